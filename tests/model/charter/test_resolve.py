"""A charter document to a charter: every default, every number, everything in order."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.charter.library import load
from detente.model.charter.vocabulary import (
    PHASES,
    ActionKind,
    Argument,
    ArgumentType,
    Charter,
    Condition,
    Enforcement,
    GroupTerms,
    KillTerms,
    MeterTerms,
    ModeTerms,
    Objection,
    OnHalt,
    OnLapse,
    Phase,
    PromotionTerms,
    Recovery,
    SystemTerms,
)
from detente.model.library import load as load_scenario
from detente.model.source import of_text
from detente.model.vocabulary import DEFAULT_LADDER
from tests.model.charter.charters import RICH, charter, isolate, rich, shield
from tests.model.documents import small

SECTIONS = ("modes", "actors", "systems", "actions", "groups", "reviewed_by")


def defaults(kind, *but):
    """The defaults of a resolved form, by field."""
    return {
        one.name: one.default
        for one in dataclasses.fields(kind)
        if one.default is not dataclasses.MISSING and one.name not in but
    }


def test_what_is_left_out_is_as_the_resolved_words_have_it():
    made = load(charter(actions={"isolate": {"rung": "disrupt"}}))
    (system,), (action,), (group,) = made.systems, made.actions, made.groups
    for thing, but in (
        (system, ("may", "targets")),
        (action, ()),
        (group, ()),
        (made.meter, ()),
        (made.promotion, ()),
        (made.kill, ()),
        (made.modes, ("guarded_review_from", "review_from")),
        (made, SECTIONS),
    ):
        wanted = defaults(type(thing), *but)
        assert {name: getattr(thing, name) for name in wanted} == wanted
    assert system.compartment == "ash/cyber"
    assert (made.ladder, made.catastrophe) == (DEFAULT_LADDER, "strategic")
    assert (made.modes.guarded_review_from, made.modes.review_from) == ("degrade", "signal")
    assert (made.actors[0].bloc, made.assets, made.conditions) == (None, (), ())


def test_every_key_arrives_where_it_belongs():
    made = rich()
    assert (made.name, made.title, made.summary) == (
        "rich",
        "Everything at once",
        "A site that has one of each.",
    )
    assert (made.critical, made.catastrophe) == ("degrade", "destroy")
    assert [(actor.name, actor.kind, actor.bloc) for actor in made.actors] == [
        ("avalon", "operator", "west"),
        ("westclear", "operator", None),
    ]
    assert made.systems[0] == SystemTerms(
        name="avalon-shield",
        owner="avalon",
        domain="cyber",
        compartment="west-cyber",
        operators=("ana",),
        may=("block-address", "isolate-host", "release-host"),
        targets=("avalon-*", "westclear-core"),
        certified=True,
        phase=Phase.AUTONOMOUS,
        per_minute=3000.0,
        burst=200,
    )
    assert (made.systems[1].may, made.systems[1].targets) == (("*",), ("*",))
    assert [(asset.name, asset.compartment) for asset in made.assets] == [("avalon-laptop-17", "west-cyber")]
    assert [action.name for action in made.actions] == ["block-address", "isolate-host", "release-host"]
    assert made.actions[1] == ActionKind(
        name="isolate-host",
        rung="disrupt",
        domain="cyber",
        reversible=True,
        undo="release-host",
        rests_on_blame=True,
        on_halt=OnHalt.HOLD,
        on_lapse=OnLapse.ALLOW,
        quorum=2,
        arguments=(
            Argument(name="host", type=ArgumentType.TEXT),
            Argument(name="labels", type=ArgumentType.TEXTS, required=False, one_of=("blue", "red")),
            Argument(name="minutes", type=ArgumentType.WHOLE, required=False, low=1.0, high=1440.0),
            Argument(name="quiet", type=ArgumentType.YES_NO),
            Argument(name="reason", type=ArgumentType.TEXT, one_of=("malware", "scan")),
            Argument(name="share", type=ArgumentType.NUMBER, low=0.0, high=0.5),
        ),
        other_arguments=True,
    )
    assert (made.actions[2].rests_on_blame, made.actions[2].on_halt) == (False, OnHalt.ALLOW)
    assert made.groups == (
        GroupTerms(name="duty", people=("dora", "emil"), deadline_s=1800.0, may_operate=True),
        GroupTerms(
            name="watch",
            people=("ana", "ben", "cleo"),
            quorum=2,
            deadline_s=600.0,
            escalates_to="duty",
            open_holds=20,
        ),
    )
    assert made.reviewed_by == {"avalon": "watch", "westclear": "duty"}
    assert made.conditions == (
        Condition(
            name="at-night",
            when="now.hour < 6",
            effect=Objection.HOLD,
            because="nobody is on site before six",
        ),
        Condition(name="never", when="action.rung == rung.damage", effect=Objection.DENY),
    )
    assert (made.uncertain_below, made.report_outcome_s, made.stale_after_s) == (0.6, 7200.0, 60.0)
    assert made.enforcement is Enforcement.OBSERVE
    assert made.modes == ModeTerms(
        recovery=Recovery.AUTOMATIC,
        dwell_s=300.0,
        guarded_review_from="disrupt",
        review_from="probe",
        restraint=0.5,
    )
    assert made.meter == MeterTerms(
        half_life_s=300.0, level=1.5, confidence=0.95, least_events=30, trips=False
    )
    assert made.promotion == PromotionTerms(
        least_s=14 * 86400.0,
        least_judged=100,
        agreement=0.9,
        confidence=0.95,
        severe_within_s=60 * 86400.0,
    )
    assert made.kill == KillTerms(test_every_s=43200.0, overdue="halted")
    assert [reference.name for reference in made.references] == ["survey"]


def test_numbers_are_kept_by_their_paths():
    made = rich()
    assert made.quantities["uncertain_below"].source == "survey"
    assert made.quantities["systems.avalon-shield.requests.rate"].value == 50.0
    assert made.quantities["groups.watch.deadline"].value == 600.0
    for path in made.quantities:
        here = made.document
        for key in path.split("."):
            here = here[key]


def test_a_resolved_charter_resolves_to_itself():
    once = rich()
    again = load(json.loads(json.dumps(once.document)))
    assert again == once
    assert json.dumps(again.document) == json.dumps(once.document)


def shuffled(value, draw):
    """The same document with the entries of every mapping in another order, and of the lists whose order says nothing."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    if isinstance(value, list):
        return value if "signal" in value else draw(st.permutations(value))
    return value


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_order_of_the_document_changes_nothing(data):
    tree = of_text(RICH).tree
    made = load(shuffled(tree, data.draw))
    assert made == rich()
    assert json.dumps(made.document) == json.dumps(rich().document)


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_can_be_stated(phase):
    assert load(shield(phase=phase)).systems[0].phase is Phase(phase)


def test_the_ladder_keeps_its_order():
    made = load(
        charter(
            ladder=["open", "calm"], critical="calm", actions={"isolate": {"rung": "open", "on_halt": "deny"}}
        )
    )
    assert (made.ladder, made.catastrophe, made.modes.review_from) == (("open", "calm"), "calm", "open")


def test_what_is_loaded_already_stays_as_it_is():
    made = load(charter())
    assert load(made) is made
    assert isinstance(made, Charter)


def test_whole_bounds_are_written_whole():
    (action,) = load(
        isolate(arguments={"n": {"type": "whole", "low": 1}, "x": {"type": "number", "low": 1}})
    ).actions
    assert [argument.low for argument in action.arguments] == [1.0, 1.0]
    zeros = {"n": {"type": "whole", "low": -0.0}, "x": {"type": "number", "low": -0.0}}
    written = load(isolate(arguments=zeros)).document["actions"]["isolate"]["arguments"]
    assert json.dumps([written["n"]["low"], written["x"]["low"]]) == "[0, 0.0]"


def test_the_default_compartment_of_the_longest_names_is_a_legal_one():
    owner, domain = "a" * 100, "d" * 100
    place = {"owner": owner, "domain": domain}
    made = load(charter(actors={owner: {"kind": "operator"}}, systems={"shield": place}, reviewed_by={}))
    assert made.systems[0].compartment == f"{owner}/{domain}"
    assert load(made.document) == made
    scenario = load_scenario(
        small(
            actors={owner: {"kind": "state"}},
            systems={"shield": place},
            shocks=[{"hits": "shield", "rung": "probe"}],
        )
    )
    assert load_scenario(scenario.document) == scenario
