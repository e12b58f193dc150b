"""Portfolios from the short form: defaults, units, order, limits of numbers. What is expected was worked out by hand."""

import json
import math
import pickle
import random
import re

import pytest

from detente.model.entries import fields_of
from detente.model.portfolio.document import SafeguardsEntry
from detente.model.portfolio.library import check, load
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
    Below,
    Excess,
    Forbidden,
    OnTimeout,
    Portfolio,
    Throttle,
)
from detente.model.source import of_text
from detente.model.vocabulary import Delay, DelayLaw, Quantity
from tests.model.portfolios import NEEDED, PEOPLE, RICH, portfolio


def test_the_languages_agree_on_the_names_of_safeguards():
    assert tuple(fields_of(SafeguardsEntry)) == SAFEGUARDS
    assert set(NEEDED) == set(SAFEGUARDS)


def test_no_safeguards():
    none = load(portfolio())
    assert none.safeguards == {}
    assert none.cost_usd_per_year == 0
    assert none == Portfolio(name="small", document=none.document)


def test_defaults():
    made = load(portfolio(**NEEDED))
    assert made.red_lines.compliance == 1
    assert made.red_lines.forbid == (Forbidden(domain=None, from_rung="damage"),)
    assert (made.certification.coverage, made.certification.overconfidence) == (1, None)
    assert (made.certification.inflates, made.certification.false_alarms) == (1, 1)
    assert (made.robustness.sees_through_spoofs, made.robustness.approves_wrong) == (0, 1)
    assert made.export_controls.actions == 1
    assert made.confidence_floor.below is Below.DENY
    assert made.de_escalation_mode.review_from is None
    assert made.throttle == Throttle(rate_per_s=1 / 60)
    assert (made.throttle.burst, made.throttle.excess) == (1, Excess.DROP)
    people = made.human_on_the_loop
    assert (people.from_rung, people.timeout_s, people.on_timeout) == (None, math.inf, OnTimeout.DENY)
    assert people.review == Delay(law=DelayLaw.FIXED, scale_s=600)
    assert made.incident_sharing.sees_through_spoofs == 0
    for safeguard in made.safeguards.values():
        assert (safeguard.adopters, safeguard.cost_usd_per_year, safeguard.inert) == (None, 0, 0)


def test_the_whole_of_a_rich_portfolio():
    made = load(of_text(RICH).tree)
    assert tuple(made.safeguards) == SAFEGUARDS
    assert made.cost_usd_per_year == 5e6
    assert made.red_lines.adopters == ("east", "west")
    assert made.red_lines.forbid == (
        Forbidden(domain=None, from_rung="destroy"),
        Forbidden(domain="kinetic", from_rung="damage"),
    )
    assert made.export_controls.kinds == ("non-state", "vendor")
    assert made.confidence_floor.floors == (("damage", 0.95), ("degrade", 0.8))
    assert made.confidence_floor.below is Below.REVIEW
    assert (made.de_escalation_mode.within_s, made.de_escalation_mode.lasts_s) == (10, 3600)
    assert made.human_on_the_loop.review == Delay(law=DelayLaw.LOGNORMAL, scale_s=900, spread=0.6)
    assert made.human_on_the_loop.timeout_s == 3600
    assert made.shared_attribution.verdict == Delay(law=DelayLaw.LOGNORMAL, scale_s=21600, spread=0.5)
    assert made.references[0].title == "A survey"


def test_numbers_are_kept_by_path():
    quantities = load(of_text(RICH).tree).quantities
    assert quantities["safeguards.throttle.rate"] == Quantity(value=1 / 60)
    assert quantities["safeguards.phased-rollout.autonomy"] == Quantity(
        value=0.3, low=0.1, high=0.5, source="survey"
    )
    assert quantities["safeguards.confidence-floor.floors.degrade"] == Quantity(value=0.8)
    assert quantities["safeguards.human-on-the-loop.review.median"] == Quantity(value=900.0)
    assert quantities["safeguards.robustness.cost"] == Quantity(value=5e6)
    assert quantities["safeguards.human-on-the-loop.reviewers"] == Quantity(value=3.0)


def test_a_rung_of_an_awkward_name_has_a_path_of_its_own():
    made = load(portfolio(confidence_floor={"floors": {"level.2": 0.5}}))
    assert 'safeguards.confidence-floor.floors["level.2"]' in made.quantities


def test_resolving_twice_changes_nothing():
    once = load(of_text(RICH).tree)
    again = load(once.document)
    assert again == once
    assert json.dumps(again.document) == json.dumps(once.document)
    assert not check(once.document).warnings


def shuffled(value, rng):
    if isinstance(value, dict):
        items = [(key, shuffled(item, rng)) for key, item in value.items()]
        return dict(rng.sample(items, len(items)))
    if isinstance(value, list):
        return [shuffled(item, rng) for item in rng.sample(value, len(value))]
    return value


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_document_never_matters(seed):
    given_order = of_text(RICH).tree
    other_order = load(shuffled(given_order, random.Random(seed)))
    assert other_order == load(given_order)
    assert json.dumps(other_order.document) == json.dumps(load(given_order).document)
    assert list(other_order.quantities) == list(load(given_order).quantities)


def test_unlimited_reviewers():
    made = load(portfolio(human_on_the_loop=PEOPLE | {"reviewers": "unlimited"}))
    assert made.human_on_the_loop.reviewers is None
    assert made.document["safeguards"]["human-on-the-loop"]["reviewers"] == "unlimited"
    assert load(made.document) == made


def test_portfolios_can_be_pickled_and_compared():
    made = load(of_text(RICH).tree)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 -- our own


@pytest.mark.parametrize(
    ("safeguard", "key", "legal", "illegal"),
    [
        ("red-lines", "compliance", (0, 1), (-0.01, 1.01)),
        ("phased-rollout", "autonomy", (0, 1), (-0.01, 1.01)),
        ("certification", "coverage", (0, 1), (-0.01, 1.01)),
        ("certification", "inflates", (0, 1), (-0.01, 1.01)),
        ("certification", "false_alarms", (0, 1), (-0.01, 1.01)),
        ("certification", "overconfidence", (0.001, 1e6), (0, 1.1e6)),
        ("robustness", "approves_wrong", (0, 1), (-0.01, 1.01)),
        ("robustness", "review", (0, 1e6), (-0.01, 1.1e6)),
        ("export-controls", "shocks", (0, 1), (-0.01, 1.01)),
        ("export-controls", "actions", (0, 1), (-0.01, 1.01)),
        ("compartments", "strength", (0, 1), (-0.01, 1.01)),
        ("compartments", "inert", (0, 1), (-0.01, 1.01)),
        ("compartments", "cost", ("0 USD", "1e18 USD"), ("-1 USD", "1.1e18 USD")),
        ("de-escalation-mode", "trips_at", (1, 1e6), (0, 1_000_001, 1.5)),
        ("de-escalation-mode", "within", ("1 ns", "1e11 s"), ("0 s", "1.1e11 s")),
        ("de-escalation-mode", "lasts", ("1 ns", "1e11 s"), ("0 s", "1.1e11 s")),
        ("throttle", "rate", ("1e-9 /s", "1e9 /s"), ("0 /s", "-1 /s", "1.1e9 /s")),
        ("throttle", "burst", (1, 1e6), (0, 1_000_001, 1.5)),
        ("human-on-the-loop", "reviewers", (1, 1000, "unlimited"), (0, 1001, 1.5, "many", True)),
        ("human-on-the-loop", "timeout", ("1 ns", "1e11 s"), ("0 s", "-1 s")),
        ("incident-sharing", "after", ("0 s", "1e11 s"), ("-1 s", "1.1e11 s")),
        ("shared-attribution", "accuracy", (0, 1), (-0.01, 1.01)),
    ],
)
def test_numbers_at_their_limits(safeguard, key, legal, illegal):
    for value in legal:
        assert check(portfolio(**{safeguard: NEEDED[safeguard] | {key: value}})).problems == (), value
    for value in illegal:
        (problem,) = check(portfolio(**{safeguard: NEEDED[safeguard] | {key: value}})).problems
        assert problem.path == f"safeguards.{safeguard}.{key}", value


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_what_every_safeguard_may_say(safeguard):
    body = NEEDED[safeguard] | {"adopters": ["west"], "cost": "5 USD", "inert": 0.25}
    made = load(portfolio(**{safeguard: body})).safeguards[safeguard]
    assert (made.adopters, made.cost_usd_per_year, made.inert) == (("west",), 5, 0.25)


@pytest.mark.parametrize(
    "safeguard", [name for name in SAFEGUARDS if name not in {"certification", "robustness"}]
)
def test_what_a_safeguard_needs_is_told_when_it_is_missing(safeguard):
    problems = check(portfolio(**{safeguard: {}})).problems
    assert problems
    for problem in problems:
        assert re.fullmatch(r"no `\w+`", problem.found)
        assert problem.path == f"safeguards.{safeguard}"
