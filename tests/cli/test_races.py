"""`detente races`, and `detente check` on a name that a portfolio and a race share."""

import json

import pytest

from detente.model.portfolio import library as portfolios
from detente.model.race import library as races


def test_the_shipped_races_are_listed(detente):
    done = detente("races")
    assert done.exit_code == 0
    for name in races.names():
        assert name in done.stdout
    assert "detente race essay" in done.stdout
    (essay,) = json.loads(detente("races", "--json").stdout)["races"]
    assert essay["players"] == len(races.load("essay").players)
    assert "laissez-faire" in essay["policies"]
    assert essay["crises"] == ["attribution-error", "exploit-chaining"]


def test_a_name_of_two_kinds_is_not_taken_silently(detente):
    """Null: the portfolio is checked, and nobody hears of the race."""
    assert "essay" in portfolios.names()
    assert "essay" in races.names()
    done = detente("check", "essay")
    assert done.exit_code == 0
    assert "safeguards" in done.stdout
    for words in (
        "'essay'",
        "a portfolio (--kind portfolio)",
        "a race (--kind race)",
        "this is the portfolio",
    ):
        assert words in done.stderr
    assert json.loads(detente("check", "essay", "--json").stdout)["warnings"]


@pytest.mark.parametrize(
    ("kind", "words"), [("portfolio", "safeguards"), ("race", "11 players over 40 quarters")]
)
def test_the_kind_can_be_said(detente, kind, words):
    done = detente("check", "essay", "--kind", kind)
    assert (done.exit_code, done.stderr) == (0, "")
    assert words in done.stdout


def test_a_wrong_kind_is_told(detente):
    done = detente("check", "essay", "--kind", "raze")
    assert done.exit_code == 2
    assert "--kind: found 'raze', expected scenario, portfolio, race or charter" in done.stderr
    done = detente("check", "essay", "--kind", "scenario")
    assert done.exit_code == 2
    assert "expected the name of a shipped scenario" in done.stderr
