"""Two histories of one crisis: on one clock, row by row, and why what is missing is missing."""

import copy

import pytest

import detente
from detente.analysis.histories import Reasons, parting, rows, together
from detente.engine.compile import compile_tables
from detente.engine.trace import trace
from tests.quarrel import QUARREL

LATER = {
    **QUARREL,
    "shocks": [
        {"hits": "avalon-shield", "rung": "destroy", "author": "borduria", "at": "1000.1 s"},
        {"hits": "avalon-shield", "rung": "probe", "at": "2000.3 s"},
    ],
}
"""two shocks, of which a safeguard prevents the first"""
PREVENTS = {
    "detente": 1,
    "portfolio": "prevents",
    "safeguards": {"export-controls": {"kinds": ["state"], "shocks": 0.0}},
}


def replayed(source, portfolio, crisis=0, seed=0):
    scenario, guarded = detente.load(source), detente.load_portfolio(portfolio)
    return trace(
        scenario, compile_tables(scenario, guarded), seed=seed, crisis=crisis, portfolio=guarded.name
    )


def test_a_history_says_when_it_began():
    assert replayed(LATER, "none").start_s == 1000.1
    assert replayed(LATER, PREVENTS).start_s == 2000.3


def test_a_history_whose_first_incident_was_prevented_comes_on_the_clock_of_the_other():
    left, right = replayed(LATER, "none"), replayed(LATER, PREVENTS)
    assert right.incidents[0].time_s == 0.0
    moved = together(left, right)
    assert moved.incidents[0].time_s == pytest.approx(1000.2)
    told = rows(left, moved)
    assert (told[0].left.rung, told[0].right) == ("destroy", None)
    (second,) = (row for row in told if row.left and row.left.rung == "probe" and row.left.parent is None)
    assert second.right is not None
    assert parting(left, moved) == 0.0
    back = together(right, left)
    assert back.incidents[0].time_s == pytest.approx(-1000.2)
    assert parting(right, back) == pytest.approx(-1000.2)


def test_what_happens_in_both_at_one_time_is_one_row_in_spite_of_rounding():
    slow = copy.deepcopy(LATER)
    slow["shocks"][0]["at"], slow["shocks"][1]["at"], slow["shocks"][1]["rung"] = "0.1 s", "0.7 s", "damage"
    for system in slow["systems"].values():
        system["responds"][0]["after"] = {"median": "1 min", "spread": 3}
    told = []
    for crisis in range(40):
        left = replayed(slow, "none", crisis)
        if left.ended == "died-out":
            told += [row for row in rows(left, together(left, replayed(slow, PREVENTS, crisis))) if row.right]
    assert len(told) > 40
    assert all(row.left for row in told)


def test_a_clock_that_agrees_is_left_alone():
    left, right = replayed(LATER, "none"), replayed(LATER, "throttle")
    assert together(left, right) is right


def test_what_comes_after_an_end_is_told_from_what_was_prevented():
    crises = (
        (left, right)
        for crisis in range(2000)
        if (left := replayed(LATER, "none", crisis)).ended == "catastrophe"
        and (right := together(left, replayed(LATER, PREVENTS, crisis))).ended == "died-out"
    )
    left, right = next((left, right) for left, right in crises if right.incidents[0].time_s > left.duration_s)
    assert Reasons(left, right).why(right.incidents[0], left, right) == "over by then (catastrophe)"
    assert Reasons(left, right).why(left.incidents[0], right, left) == "does not happen"
