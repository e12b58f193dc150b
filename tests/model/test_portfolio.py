"""Portfolios: defaults, units and order; warnings; hostile documents; the door; what ships."""

import copy
import json
import math
import pickle
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import DocumentError, PortfolioError, ScenarioError
from detente.model import document as scenarios
from detente.model import either, library, source, tree
from detente.model.entries import fields_of
from detente.model.portfolio.document import Document, SafeguardsEntry
from detente.model.portfolio.library import Report, check, find, load, names
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
    Below,
    Excess,
    Forbidden,
    OnTimeout,
    Portfolio,
    Throttle,
)
from detente.model.problems import MOST_PROBLEMS
from detente.model.source import of_text
from detente.model.tree import grow
from detente.model.vocabulary import Delay, DelayLaw, Quantity
from detente.model.which import ONLY
from tests.model.documents import small
from tests.model.test_hostile import BOMB, VALUES, mangled, spots
from tests.scenarios.test_sources import stated_numbers, unexplained

RICH = """\
detente: 1
portfolio: rich
title: Everything at once
references:
  survey: {title: A survey, authors: A. Writer, year: 2020}
safeguards:
  red-lines: {forbid: [{in: kinetic, from: damage}, {from: destroy}], compliance: 0.95, adopters: [west, east]}
  phased-rollout: {autonomy: {value: 0.3, low: 0.1, high: 0.5, source: survey}}
  certification: {coverage: 0.8, attribution: 0.9, inflates: 0.5, false_alarms: 0.5, overconfidence: 1.0}
  robustness: {sees_through_spoofs: 0.8, approves_wrong: 0.5, review: 0.5, cost: 5e6 USD}
  export-controls: {kinds: [vendor, non-state], shocks: 0.6, actions: 0.8}
  compartments: {strength: 0.95, inert: 0.02}
  confidence-floor: {floors: {degrade: 0.8, damage: 0.95}, below: review}
  de-escalation-mode: {trips_at: 5, within: 10 s, lasts: 1 h, review_from: probe, restraint: 0.7}
  throttle: {rate: 1 /min, burst: 3, excess: delay}
  human-on-the-loop:
    from: degrade
    reviewers: 3
    review: {median: 15 min, spread: 0.6}
    approves_right: 0.9
    approves_wrong: 0.2
    timeout: 1 h
    on_timeout: deny
  incident-sharing: {after: 30 min, recognises_accidents: 0.9, sees_through_spoofs: 0.7}
  shared-attribution: {verdict: {median: 6 h, spread: 0.5}, accuracy: 0.95}
"""
PEOPLE = {"reviewers": 3, "review": "10 min", "approves_right": 0.9, "approves_wrong": 0.2}
NEEDED = {
    "red-lines": {"forbid": [{"from": "damage"}]},
    "phased-rollout": {"autonomy": 0.5},
    "certification": {"attribution": 0.9},
    "robustness": {"review": 0.5},
    "export-controls": {"kinds": ["non-state"], "shocks": 0.5},
    "compartments": {"strength": 0.5},
    "confidence-floor": {"floors": {"damage": 0.9}},
    "de-escalation-mode": {"trips_at": 5, "within": "1 s", "lasts": "1 h", "restraint": 0.5},
    "throttle": {"rate": "1 /min"},
    "human-on-the-loop": PEOPLE,
    "incident-sharing": {"after": "1 h", "recognises_accidents": 0.9},
    "shared-attribution": {"verdict": "1 h", "accuracy": 0.9},
}
"""Every safeguard with what it needs, and with some effect."""
SHIPPED = names()


def portfolio(**safeguards):
    named = {name.replace("_", "-"): copy.deepcopy(body) for name, body in safeguards.items()}
    return {"detente": 1, "portfolio": "small", "safeguards": named}


def plain_rich():
    return json.loads(json.dumps(load(of_text(RICH).tree).document))


def warnings(document):
    report = check(document)
    assert report.problems == ()
    return {problem.path: f"{problem.found} / {problem.expected}" for problem in report.warnings}


# --- from the short form to a portfolio; the expectations here were worked out by hand ------------------------


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


# --- limits of numbers ---------------------------------------------------------------------------------------


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


# --- warnings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_sound_safeguards_draw_no_warning(safeguard):
    assert warnings(portfolio(**{safeguard: NEEDED[safeguard]})) == {}


def test_a_rich_portfolio_has_no_warnings():
    assert warnings(of_text(RICH).tree) == {}


@pytest.mark.parametrize(
    ("safeguard", "body"),
    [
        ("red-lines", {"forbid": [{"from": "damage"}], "compliance": 0}),
        ("phased-rollout", {"autonomy": 1}),
        ("certification", {}),
        ("certification", {"coverage": 0, "attribution": 0.9}),
        ("certification", {"inflates": {"value": 1, "low": 1, "high": 1}}),
        ("robustness", {}),
        ("export-controls", {"kinds": ["vendor"]}),
        ("compartments", {"strength": 0}),
        ("de-escalation-mode", {"trips_at": 5, "within": "1 s", "lasts": "1 h"}),
        ("incident-sharing", {"after": "1 h"}),
        ("confidence-floor", {"floors": {"damage": 0}}),
    ],
)
def test_safeguards_that_change_nothing(safeguard, body):
    found = warnings(portfolio(**{safeguard: body}))
    where = (
        "safeguards.confidence-floor.floors" if safeguard == "confidence-floor" else f"safeguards.{safeguard}"
    )
    assert list(found) == [where]


@pytest.mark.parametrize("key", ["attribution", "inflates", "overconfidence"])
def test_a_range_that_leaves_the_idle_value_is_an_effect(key):
    uncertain = {
        "value": 0 if key == "attribution" else 1,
        "low": 0 if key == "attribution" else 0.5,
        "high": 1,
    }
    assert warnings(portfolio(certification={key: uncertain})) == {}


def test_a_safeguard_that_is_always_disarmed():
    assert list(warnings(portfolio(compartments={"strength": 1, "inert": 1}))) == [
        "safeguards.compartments.inert"
    ]
    assert warnings(portfolio(compartments={"strength": 1, "inert": 0.99})) == {}


def test_forbidden_classes_of_which_one_holds_the_other():
    forbid = [
        {"in": "cyber"},
        {"in": "energy"},
        {"in": "cyber", "from": "damage"},
        {"from": "a"},
        {"from": "b"},
    ]
    found = warnings(portfolio(red_lines={"forbid": forbid}))
    assert list(found) == [f"safeguards.red-lines.forbid[{index}]" for index in (2, 4)]


def test_an_unusual_kind():
    found = warnings(portfolio(export_controls={"kinds": ["vendor", "nonstate"], "shocks": 0.5}))
    assert list(found) == ["safeguards.export-controls.kinds[1]"]
    assert "did you mean 'non-state'" in found["safeguards.export-controls.kinds[1]"]


def test_floors_that_fall_while_rungs_rise():
    found = warnings(portfolio(confidence_floor={"floors": {"degrade": 0.9, "damage": 0.8, "destroy": 0.85}}))
    assert list(found) == ["safeguards.confidence-floor.floors.damage"]
    assert warnings(portfolio(confidence_floor={"floors": {"war": 0.1, "tense": 0.9}})) == {}
    assert warnings(portfolio(confidence_floor={"floors": {"damage": 0.9, "degrade": 0.9}})) == {}


def test_a_throttle_that_forbids():
    assert list(warnings(portfolio(throttle={"rate": "0.002 /d"}))) == ["safeguards.throttle.rate"]
    assert warnings(portfolio(throttle={"rate": "0.003 /d"})) == {}


def test_reviewers_who_do_not_tell_right_from_wrong():
    found = warnings(portfolio(human_on_the_loop=PEOPLE | {"approves_wrong": 0.9}))
    assert list(found) == ["safeguards.human-on-the-loop.approves_wrong"]
    assert warnings(portfolio(human_on_the_loop=PEOPLE | {"approves_wrong": 0.89})) == {}


def test_on_timeout_without_a_timeout():
    found = warnings(portfolio(human_on_the_loop=PEOPLE | {"on_timeout": "allow"}))
    assert list(found) == ["safeguards.human-on-the-loop.on_timeout"]
    assert warnings(portfolio(human_on_the_loop=PEOPLE | {"on_timeout": "allow", "timeout": "1 h"})) == {}


def test_a_reference_that_is_cited_nowhere():
    document = portfolio(
        throttle={"rate": {"value": "1 /s", "source": "used"}},
        human_on_the_loop=PEOPLE | {"review": {"mean": {"value": "1 h", "assumed": "as in [mentioned]"}}},
    )
    document["references"] = {name: {"title": name} for name in ("used", "mentioned", "idle")}
    assert list(warnings(document)) == ["references.idle"]


def test_warnings_say_where(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("detente: 1\nportfolio: odd\nsafeguards:\n  compartments:\n    strength: 0\n")
    (warning,) = check(path).warnings
    assert (warning.file, warning.line, warning.column) == (str(path), 4, 3)


# --- hostile documents: nothing but a report, quickly and in bounded memory -----------------------------------


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


# --- the door ------------------------------------------------------------------------------------------------


def test_a_wrong_name_is_told_the_nearest():
    with pytest.raises(PortfolioError, match=r"did you mean 'throttle'.*as my-portfolio\.yaml"):
        load("throtle")
    with pytest.raises(PortfolioError, match="essay, "):
        find("xyzzy")


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_path(kind, tmp_path):
    path = tmp_path / "rich.yaml"
    path.write_text(RICH, encoding="utf-8")
    assert load(kind(path)) == load(of_text(RICH).tree)


def test_a_shipped_name_comes_before_a_file_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "throttle").write_text(RICH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("throttle").name == "throttle"
    assert load("./throttle").name == "rich"


@pytest.mark.parametrize("wrong", [None, 5, ["a"], b"throttle"])
def test_other_sources_are_refused(wrong):
    with pytest.raises(PortfolioError, match="the name of a shipped portfolio, a path, or a mapping"):
        load(wrong)


def test_both_errors_are_errors_of_documents():
    assert issubclass(PortfolioError, DocumentError)
    assert issubclass(ScenarioError, DocumentError)
    assert not issubclass(PortfolioError, ScenarioError)


def test_a_document_of_the_other_kind_is_one_mistake():
    with pytest.raises(PortfolioError) as refused:
        load(small())
    assert [problem.path for problem in refused.value.problems] == ["name"]
    assert str(refused.value) == (
        "name: found a scenario, expected a portfolio: a document with `portfolio:` and `safeguards:`"
    )
    with pytest.raises(ScenarioError) as refused:
        library.load(portfolio())
    assert str(refused.value) == (
        "portfolio: found a portfolio, expected a scenario: a document with `name:`, `actors:` and `systems:`"
    )


def test_keys_of_both_kinds_are_told_one_by_one():
    paths = {problem.path for problem in check(portfolio() | {"name": "both"}).problems}
    assert paths == {"name"}
    paths = {problem.path for problem in library.check(small() | {"safeguards": {}}).problems}
    assert paths == {"safeguards"}


def test_the_keys_that_tell_the_kinds_apart_are_those_of_the_languages():
    keys = {"scenario": set(fields_of(scenarios.Document)), "portfolio": set(fields_of(Document))}
    assert set(ONLY["scenario"]) == keys["scenario"] - keys["portfolio"]
    assert set(ONLY["portfolio"]) == keys["portfolio"] - keys["scenario"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (small(), "scenario"),
        (portfolio(), "portfolio"),
        ({"detente": 1, "name": "x", "safeguards": {}}, "portfolio"),
        (small() | {"safeguards": {}}, "scenario"),
        ({"detente": 1}, "scenario"),
        ({}, "scenario"),
    ],
    ids=range(6),
)
def test_a_document_of_either_kind(document, kind):
    report = either.check(document)
    assert report.kind == kind
    own = check(document) if kind == "portfolio" else library.check(document)
    assert (report.problems, report.warnings) == (own.problems, own.warnings)
    assert report.made == (own.portfolio if kind == "portfolio" else own.scenario)


def test_a_document_of_either_kind_by_name():
    assert either.check("essay").made == load("essay")
    assert either.check("attribution-error").made == library.load("attribution-error")
    report = either.check("esay")
    assert (report.kind, report.made) == (None, None)
    assert "a shipped scenario, portfolio or race (did you mean 'essay'?)" in str(report.problems[0])


def test_reading_a_portfolio_loads_no_simulator():
    code = (
        "import sys, detente; detente.load_portfolio('essay'); assert 'essay' in detente.portfolios()\n"
        "found = {'numba', 'numpy', 'polars', 'scipy'} & set(sys.modules); assert not found, found"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- what ships ----------------------------------------------------------------------------------------------


def test_the_essay_none_and_every_safeguard_alone_are_shipped():
    assert set(SHIPPED) >= {"none", "essay", *SAFEGUARDS}
    assert list(SHIPPED) == sorted(SHIPPED)
    assert not set(SHIPPED) & set(library.names())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_portfolio_is_sound_and_says_what_it_is(name):
    report = check(name)
    assert (report.problems, report.warnings) == ((), ())
    assert report.portfolio.name == name
    assert report.portfolio.title
    assert len(report.portfolio.summary) > 40


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_has_a_source_or_a_reason(name):
    file = find(name)
    document = grow(file.read_text(encoding="utf-8"), str(file))
    assert unexplained(document) == []
    explained = [number for number in load(name).quantities.values() if number.source or number.assumed]
    # The walk above and the program agree on what the document states; what is left are filled-in defaults.
    assert len(explained) == len(list(stated_numbers(document)))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_says_how_far_it_could_be_off(name):
    explained = [number for number in load(name).quantities.values() if number.source or number.assumed]
    assert [number for number in explained if number.low is None] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_references_can_be_found(name):
    for reference in load(name).references:
        assert reference.title
        assert reference.authors
        assert 1900 < reference.year < 2100
        assert reference.url or reference.doi or reference.publisher


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_a_safeguard_alone_stands_as_in_the_essay(name):
    alone, essay = load(name), load("essay")
    assert list(alone.safeguards) == [name]
    assert alone.document["safeguards"][name] == essay.document["safeguards"][name]


def test_the_essay_has_all_safeguards_and_none_has_none():
    assert tuple(load("essay").safeguards) == SAFEGUARDS
    assert load("none").safeguards == {}


def test_the_red_lines_are_drawn_in_several_domains():
    lines = load("red-lines").red_lines.forbid
    assert {line.domain for line in lines} >= {"kinetic", "energy"}
    assert {line.from_rung for line in lines} == {"damage"}
