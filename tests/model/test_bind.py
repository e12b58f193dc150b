"""A portfolio meets a scenario: who its adopters are, and names that the scenario does not have."""

import pytest

import detente
from detente.errors import PortfolioError
from detente.model.portfolio.bind import bind

SCENARIO = detente.load(
    {
        "detente": 1, "name": "four", "critical": "degrade", "horizon": "1 d",
        "actors": {
            "ash": {"kind": "state", "bloc": "north"},
            "birch": {"kind": "operator", "bloc": "north"},
            "cedar": {"kind": "non-state"},
            "state": {"kind": "vendor"},
        },
        "systems": {"field": {"owner": "ash", "domain": "cyber"}},
        "shocks": [{"hits": "field", "rung": "probe"}],
    }
)  # fmt: skip


def adopters(name: str, **safeguard: object) -> frozenset[str]:
    portfolio = detente.load_portfolio({"detente": 1, "portfolio": "x", "safeguards": {name: safeguard}})
    return bind(portfolio, SCENARIO).adopters[name]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["ash"], {"ash"}),
        (["north"], {"ash", "birch"}),
        (["operator", "cedar"], {"birch", "cedar"}),
        (["state"], {"ash", "state"}),  # a kind, and an actor of that name
        (["military"], set()),  # a known kind that nobody here is
    ],
)
def test_adopters_by_name_bloc_and_kind(listed: list[str], expected: set[str]) -> None:
    assert adopters("throttle", rate="1 /s", adopters=listed) == expected


def test_everybody_adopts_what_says_nothing() -> None:
    assert adopters("throttle", rate="1 /s") == {"ash", "birch", "cedar", "state"}


def test_export_controls_reach_their_kinds_among_the_adopters() -> None:
    assert adopters("export-controls", kinds=["non-state", "vendor"]) == {"cedar", "state"}
    assert adopters("export-controls", kinds=["non-state", "vendor"], adopters=["cedar", "ash"]) == {"cedar"}


def test_what_the_scenario_does_not_have_is_told_all_at_once() -> None:
    portfolio = detente.load_portfolio(
        {
            "detente": 1, "portfolio": "x",
            "safeguards": {
                "throttle": {"rate": "1 /s", "adopters": ["nort", "elm"]},
                "red-lines": {"forbid": [{"in": "moon", "from": "damge"}]},
                "human-on-the-loop": {
                    "from": "signal", "reviewers": 1, "review": "1 s", "approves_right": 1, "approves_wrong": 0,
                },
                "de-escalation-mode": {"trips_at": 2, "within": "1 s", "lasts": "1 s", "review_from": "war"},
            },
        }
    )  # fmt: skip
    with pytest.raises(PortfolioError) as refused:
        bind(portfolio, SCENARIO)
    told = str(refused.value)
    assert len(refused.value.problems) == 4  # a domain that nobody is in is legal
    for words in (
        "adopters[1]: found 'nort'",
        "did you mean 'north'",
        "found 'elm'",
        "did you mean 'damage'",
        "found 'war'",
    ):
        assert words in told
    assert "portfolio 'x'" in told
