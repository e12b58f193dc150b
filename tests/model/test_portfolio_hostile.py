"""Hostile portfolios: nothing but a report, quickly and in bounded memory."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import PortfolioError
from detente.model import source, tree
from detente.model.portfolio.library import Report, check, load
from detente.model.problems import MOST_PROBLEMS
from tests.model.portfolios import NEEDED, RICH, plain_rich, portfolio
from tests.model.test_hostile import BOMB, VALUES, mangled, spots


def assert_refused_or_legal(document):
    report = check(document)
    assert isinstance(report, Report)
    assert (report.portfolio is None) == bool(report.problems)
    for problem in (*report.problems, *report.warnings):
        assert problem.expected
        assert "\n" not in str(problem)
    return report


def written(folder, data):
    path = folder / "document.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path


@pytest.mark.parametrize("seed", range(4))
def test_mangled_documents(seed, tmp_path):
    rng = random.Random(seed)
    refused = sum(
        bool(assert_refused_or_legal(written(tmp_path, mangled(rng, RICH))).problems) for _ in range(100)
    )
    assert refused > 50


@pytest.mark.parametrize(
    "value", [None, "", "x", 0, -1, True, [], {}, [[]], {"value": None}, {"": 1}], ids=repr
)
def test_each_value_replaced(value):
    document = plain_rich()
    for container, key in spots(document):
        kept, container[key] = container[key], value
        assert_refused_or_legal(document)
        container[key] = kept


def test_each_value_left_out():
    for index in range(len(spots(plain_rich()))):
        document = plain_rich()
        container, key = spots(document)[index]
        del container[key]
        assert_refused_or_legal(document)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_value_anywhere(data):
    document = plain_rich()
    container, key = data.draw(st.sampled_from(spots(document)))
    container[key] = data.draw(VALUES)
    assert_refused_or_legal(document)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty document, expected a portfolio"),
        (RICH.encode("utf-16"), "UTF-16"),
        (b"title: caf\xe9\n", "0xe9, which is not UTF-8"),
        (b"title: a\x00b\n", r"control character U\+0000"),
        (b"[" * 1_000_000, "64 levels of nesting"),
        (BOMB.encode(), "counting what an alias repeats"),
        (b"a: &a [*a]\n", "inside its own value"),
        (b"title: 1e400\n", "a number below 1e308"),
        (b"title: " + b"x" * 70_000, "at most 65536"),
        (b"a: " + b"x" * 2_000_000, "lines of at most 1048576"),
        (b"safeguards: !x {}\n", "a tag"),
        (b"x" * (16 * 2**20 + 1), "at most 16 MiB"),
    ],
    ids=range(12),
)
def test_hostile_texts_meet_the_limits_of_all_documents(data, words, tmp_path):
    report = assert_refused_or_legal(written(tmp_path, data))
    assert re.search(words, str(report.problems[0]))
    with pytest.raises(PortfolioError):
        load(tmp_path / "document.yaml")


def test_too_many_values_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(tree, "MOST_NODES", 1000)
    monkeypatch.setattr(source, "MOST_NODES", 1000)
    for document in (written(tmp_path, "[" + "1,\n" * 1001 + "]"), {"title": [1] * 1001}):
        assert "more than 1000 values" in str(check(document).problems[0])


def test_values_that_no_document_can_hold():
    for value in (float("nan"), float("inf"), 10**5000, object(), b"bytes", {1, 2}, "\x00", "\ud800"):
        with pytest.raises(PortfolioError, match=r"safeguards\.compartments\.strength"):
            load(portfolio(compartments={"strength": value}))


@pytest.mark.parametrize("many", ["forbid", "adopters", "kinds", "floors", "safeguards"])
def test_long_documents_are_read_in_bounded_time(many):
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
    report = assert_refused_or_legal(document)
    assert len(report.problems or report.warnings) == MOST_PROBLEMS + 1
