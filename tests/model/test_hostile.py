"""No document, however mangled, gives anything but a ScenarioError: quickly, and in bounded memory."""

import json
import os
import random
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import ScenarioError
from detente.model import source, tree
from detente.model.library import Report, check, load
from detente.model.problems import MOST_PROBLEMS
from detente.model.source import of_text
from tests.model.documents import RICH, small, with_shield

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
)


def written(folder, data):
    path = folder / "document.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path


def assert_refused_or_legal(path):
    """The whole promise: a report, and nothing raised."""
    report = check(path)
    assert isinstance(report, Report)
    assert (report.scenario is None) == bool(report.problems)
    for problem in (*report.problems, *report.warnings):
        assert problem.expected
        assert "\n" not in str(problem)
    return report


SNIPPETS = [
    "null", "~", "-1", "1e400", "[]", "{}", "true", "'x'", "*a", "&a b", "!t x", "!!str x", "1 h", "none", "1.5",
    "{value: 1}", "{value: 1, low: 2}", "{value: {value: 1}}", ": ", "- ", "? ", "0x10", ".nan", "9" * 30, "9" * 5000,
    '"\\ud800"', '"\\0"', "[a, [b]]", "ash", "{value: 1 s}", "---\n", "...\n", "%YAML 1.1\n", "\t", "|\n", ">-\n",
    "<<: *a", "\u2028", "\x85", "\ufeff", "\U0001f600", "#", "'", '"', "{", "[", "`", "@", "\\", "\r", "\x7f",
]  # fmt: skip


def mangled(rng, text):
    """The text with one to five accidents."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randrange(30))
        accident = rng.randrange(6)
        if accident == 0:
            text = (
                text[:start]
                + chr(rng.choice([rng.randrange(128), rng.randrange(0xD7FF)]))
                + text[start + 1 :]
            )
        elif accident == 1:
            text = text[:start] + text[end:]
        elif accident == 2:
            text = text[:start] + text[start:end] * 2 + text[end:]
        elif accident == 3:
            lines = text.split("\n")
            one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            text = "\n".join(lines)
        elif accident == 4:
            words = [match.span() for match in re.finditer(r"[\w.-]+(?: [a-zA-Z/]+)?", text)] or [(0, 0)]
            one, other = rng.choice(words)
            text = text[:one] + rng.choice(SNIPPETS) + text[other:]
        else:
            text = text[:start] + rng.choice(SNIPPETS) + text[start:]
    return text


@pytest.mark.parametrize("seed", range(8))
def test_mangled_documents(seed, tmp_path):
    rng = random.Random(seed)
    refused = sum(
        bool(assert_refused_or_legal(written(tmp_path, mangled(rng, RICH))).problems) for _ in range(150)
    )
    assert refused > 75


def test_flipped_bytes(tmp_path):
    rng = random.Random(1)
    for _ in range(300):
        data = bytearray(RICH.encode())
        for _ in range(rng.choice([1, 3])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        assert_refused_or_legal(written(tmp_path, bytes(data)))


def test_every_beginning_of_a_document(tmp_path):
    for end in range(0, len(RICH), 37):
        assert_refused_or_legal(written(tmp_path, RICH[:end]))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["ash", "1 h", "tower"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "from", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def spots(value):
    """Every container of a document with every key or position in it."""
    items = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [(value, key) for key, _ in items] + [spot for _, item in items for spot in spots(item)]


@pytest.mark.parametrize(
    "value", [None, "", "x", 0, -1, True, [], {}, [[]], {"value": None}, {"": 1}], ids=repr
)
def test_each_value_of_a_mapping_replaced(value):
    document = plain_rich()
    for container, key in spots(document):
        kept, container[key] = container[key], value
        assert_refused_or_legal(document)
        container[key] = kept


def test_each_value_of_a_mapping_left_out():
    for index in range(len(spots(plain_rich()))):
        document = plain_rich()
        container, key = spots(document)[index]
        del container[key]
        assert_refused_or_legal(document)


def plain_rich():
    return json.loads(json.dumps(load(of_text(RICH).tree).document))


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_in_a_mapping(data):
    document = plain_rich()
    container, key = data.draw(st.sampled_from(spots(document)))
    container[key] = data.draw(VALUES)
    assert_refused_or_legal(document)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty document"),
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
        (b"x" * 70_000 + b": 1", "not YAML|at most 65536"),
        (b"a: " + b"x" * 2_000_000, "lines of at most 1048576"),
        (b"%YAML 99999999999999999999.1\n---\na: 1\n", "not YAML"),
        (b"%TAG ! tag:example.org,2002:\n---\na: !x 1\n", "a tag"),
        (b'a: "\\ud800"\n', "not YAML|without control characters"),
        (b'{"a": "\\udc00\\ud800"}\n', "not YAML|without control characters"),
    ],
    ids=range(28),
)
def test_hostile_texts(data, words, tmp_path):
    report = assert_refused_or_legal(written(tmp_path, data))
    assert re.search(words, str(report.problems[0]))


def test_a_line_of_100_megabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "long.yaml"
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(b"x" * 10**6)
    tracemalloc.start()
    try:
        report = check(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "at most 16 MiB" in str(report.problems[0])
    assert peak < 64 * 2**20


def test_a_document_without_end_is_refused():
    if Path("/dev/zero").exists():
        assert "at most 16 MiB" in str(check("/dev/zero").problems[0])


def test_too_many_values_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(tree, "MOST_NODES", 1000)
    monkeypatch.setattr(source, "MOST_NODES", 1000)
    many = "[" + "1,\n" * 1001 + "]"
    for document in (written(tmp_path, many), {"title": [1] * 1001}):
        assert "more than 1000 values" in str(check(document).problems[0])


def test_problems_without_end_are_cut_off(tmp_path):
    unknown = "".join(f"key-{i}: 1\n" for i in range(5000))
    problems = check(written(tmp_path, unknown)).problems
    assert len(problems) == MOST_PROBLEMS + 1
    assert "more problems than these" in str(problems[-1])


def test_wrong_names_without_end_are_searched_for_in_bounded_time():
    systems = {f"system-{i}": {"owner": f"nobody-{i}", "domain": "cyber"} for i in range(3000)}
    actors = {f"actor-{i}": {"kind": "state"} for i in range(3000)}
    problems = check(small(actors=actors, systems=systems, shocks=[])).problems
    assert len(problems) == MOST_PROBLEMS + 1


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
def test_values_that_no_document_can_hold(value):
    assert_refused_or_legal(with_shield(senses={"attribution": value}))
    with pytest.raises(ScenarioError, match=r"systems\.shield\.senses\.attribution"):
        load(with_shield(senses={"attribution": value}))


def test_keys_that_no_document_can_hold():
    for key in (1, None, ("a",), "\x00"):
        with pytest.raises(ScenarioError):
            load(small(actors={key: {"kind": "state"}}))


def test_a_mapping_inside_itself():
    document = small()
    document["title"] = document
    with pytest.raises(ScenarioError, match="64 levels of nesting"):
        load(document)


def test_files_that_cannot_be_read(tmp_path):
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
        with pytest.raises(ScenarioError, match="cannot be read"):
            load(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything is readable to the superuser")
def test_a_file_without_permission(tmp_path):
    path = written(tmp_path, RICH)
    path.chmod(0)
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(path)
