"""No document of any language, however mangled, gives anything but its own error: quickly, and in bounded memory."""

import os
import random
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model import source, tree
from detente.model.problems import MOST_PROBLEMS
from tests.model.documents import RICH, small
from tests.model.hostile import BOMB, KINDS, VALUES, mangled, spots, written
from tests.model.portfolios import NEEDED, portfolio

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)


@each_kind
@pytest.mark.parametrize("seed", range(8))
def test_mangled_documents(kind, seed, tmp_path):
    rng = random.Random(seed)
    refused = sum(
        bool(kind.assert_refused_or_legal(written(tmp_path, mangled(rng, kind.rich))).problems)
        for _ in range(100)
    )
    assert refused > 50


@each_kind
def test_flipped_bytes(kind, tmp_path):
    rng = random.Random(1)
    for _ in range(200):
        data = bytearray(kind.rich.encode())
        for _ in range(rng.choice([1, 3])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        kind.assert_refused_or_legal(written(tmp_path, bytes(data)))


@each_kind
def test_every_beginning_of_a_document(kind, tmp_path):
    for end in range(0, len(kind.rich), 37):
        kind.assert_refused_or_legal(written(tmp_path, kind.rich[:end]))


@each_kind
@pytest.mark.parametrize(
    "value", [None, "", "x", 0, -1, True, [], {}, [[]], {"value": None}, {"": 1}], ids=repr
)
def test_each_value_of_a_mapping_replaced(kind, value):
    document = kind.plain()
    for container, key in spots(document):
        kept, container[key] = container[key], value
        kind.assert_refused_or_legal(document)
        container[key] = kept


@each_kind
def test_each_value_of_a_mapping_left_out(kind):
    for index in range(len(spots(kind.plain()))):
        document = kind.plain()
        container, key = spots(document)[index]
        del container[key]
        kind.assert_refused_or_legal(document)


@each_kind
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_in_a_mapping(kind, data):
    document = kind.plain()
    container, key = data.draw(st.sampled_from(spots(document)))
    container[key] = data.draw(VALUES)
    kind.assert_refused_or_legal(document)


@each_kind
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty document, expected a (scenario|portfolio|race|charter)"),
        (b"\n\n# nothing\n", "an empty document"),
        (b"\x00\x01\x02\x03", "UTF-16 or UTF-32"),
        (RICH.encode("utf-16"), "UTF-16"),
        (RICH.encode("utf-16-be"), "UTF-16"),
        (RICH.encode("utf-32"), "UTF-16"),
        (b"title: caf\xe9\n", "0xe9, which is not UTF-8"),
        (b"title: \xed\xa0\x80\n", "0xed, which is not UTF-8"),
        (b"title: \xf8\x88\x80\x80\x80\n", "0xf8, which is not UTF-8"),
        (b"title: a\x00b\n", r"control character U\+0000"),
        (b"[" * 1_000_000, "64 levels of nesting"),
        (b"\n".join([b"{a: "] * 100_000), "64 levels of nesting"),
        (b"\n".join(b" " * i + b"-" for i in range(1000)), "64 levels of nesting"),
        (b"- " * 500_000, "64 levels of nesting"),
        (BOMB.encode(), "counting what an alias repeats"),
        (b"a: &a [*a]\n", "inside its own value"),
        (b"a: &a {b: {c: *a}}\n", "inside its own value"),
        (b"title: 1e400\n", "a number below 1e308"),
        (b"title: " + b"9" * 50_000, "a number below 1e308"),
        (b"title: -" + b"9" * 500, "a number below 1e308"),
        (b"title: " + b"x" * 70_000, "at most 65536"),
        (b"title: |\n" + b" x\n" * 70_000, "at most 65536"),
        (b"safeguards: !x {}\n", "a tag"),
        (b"x" * (16 * 2**20 + 1), "at most 16 MiB"),
        (b"x" * 70_000 + b": 1", "not YAML|at most 65536"),
        (b"a: " + b"x" * 2_000_000, "lines of at most 1048576"),
        (b"%YAML 99999999999999999999.1\n---\na: 1\n", "not YAML"),
        (b"%TAG ! tag:example.org,2002:\n---\na: !x 1\n", "a tag"),
        (b'a: "\\ud800"\n', "not YAML|without control characters"),
        (b'{"a": "\\udc00\\ud800"}\n', "not YAML|without control characters"),
    ],
    ids=range(30),
)
def test_hostile_texts(kind, data, words, tmp_path):
    report = kind.assert_refused_or_legal(written(tmp_path, data))
    assert re.search(words, str(report.problems[0]))
    with pytest.raises(kind.language.error):
        kind.language.load(tmp_path / "document.yaml")


@each_kind
def test_a_line_of_100_megabytes_is_refused_without_reading_it(kind, tmp_path):
    path = tmp_path / "long.yaml"
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(b"x" * 10**6)
    tracemalloc.start()
    try:
        report = kind.language.check(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "at most 16 MiB" in str(report.problems[0])
    assert peak < 64 * 2**20


@each_kind
def test_a_document_without_end_is_refused(kind):
    if Path("/dev/zero").exists():
        assert "at most 16 MiB" in str(kind.language.check("/dev/zero").problems[0])


@each_kind
def test_too_many_values_are_refused(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(tree, "MOST_NODES", 1000)
    monkeypatch.setattr(source, "MOST_NODES", 1000)
    many = "[" + "1,\n" * 1001 + "]"
    for document in (written(tmp_path, many), {"title": [1] * 1001}):
        assert "more than 1000 values" in str(kind.language.check(document).problems[0])


@each_kind
def test_problems_without_end_are_cut_off(kind, tmp_path):
    unknown = "".join(f"key-{i}: 1\n" for i in range(5000))
    problems = kind.language.check(written(tmp_path, unknown)).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert "more problems than these" in str(problems[-1])


def test_wrong_names_without_end_are_searched_for_in_bounded_time():
    systems = {f"system-{i}": {"owner": f"nobody-{i}", "domain": "cyber"} for i in range(3000)}
    actors = {f"actor-{i}": {"kind": "state"} for i in range(3000)}
    problems = KINDS[0].language.check(small(actors=actors, systems=systems, shocks=[])).problems
    assert len(problems) == MOST_PROBLEMS + 1


@each_kind
@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        10**5000,
        -(10**400),
        object(),
        b"bytes",
        {1, 2},
        1j,
        "\x00",
        "\ud800",
    ],
    ids=range(11),
)
def test_values_that_no_document_can_hold(kind, value):
    kind.assert_refused_or_legal(kind.holding(value))
    with pytest.raises(kind.language.error, match=re.escape(kind.place)):
        kind.language.load(kind.holding(value))


@each_kind
def test_keys_that_no_document_can_hold(kind):
    for key in (1, None, ("a",), "\x00"):
        with pytest.raises(kind.language.error):
            kind.language.load({**kind.plain(), "references": {key: {"title": "A survey"}}})


@each_kind
def test_a_mapping_inside_itself(kind):
    document = kind.plain()
    document["title"] = document
    with pytest.raises(kind.language.error, match="64 levels of nesting"):
        kind.language.load(document)


@each_kind
def test_files_that_cannot_be_read(kind, tmp_path):
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    for path in (
        tmp_path,
        tmp_path / "missing.yaml",
        loop,
        "a\0b.yaml",
        "x" * 5000 + ".yaml",
        "~/\udc80.yaml",
    ):
        with pytest.raises(kind.language.error, match="cannot be read"):
            kind.language.load(path)


@each_kind
@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything is readable to the superuser")
def test_a_file_without_permission(kind, tmp_path):
    path = written(tmp_path, kind.rich)
    path.chmod(0)
    with pytest.raises(kind.language.error, match="cannot be read"):
        kind.language.load(path)


@pytest.mark.parametrize("many", ["forbid", "adopters", "kinds", "floors", "safeguards"])
def test_long_portfolios_are_read_in_bounded_time(many):
    """Twenty thousand entries, all wrong: quadratic work would take minutes."""
    count = 20_000
    document = portfolio(**NEEDED)
    safeguards = document["safeguards"]
    if many == "forbid":
        safeguards["red-lines"]["forbid"] = [{"in": "cyber"}] * count
    elif many == "adopters":
        safeguards["throttle"]["adopters"] = [f"a{i} " for i in range(count)]
    elif many == "kinds":
        safeguards["export-controls"]["kinds"] = [f"k{i}" for i in range(count)]
    elif many == "floors":
        safeguards["confidence-floor"]["floors"] = {f"r{i}": 2 for i in range(count)}
    else:
        safeguards.update({f"safeguard-{i}": {} for i in range(count)})
    report = KINDS[1].assert_refused_or_legal(document)
    assert len(report.problems or report.warnings) == MOST_PROBLEMS + 1
