"""From the short form to a scenario: defaults, units, order. The expectations here were worked out by hand."""

import json
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.library import load
from detente.model.source import of_text
from detente.model.vocabulary import At, CountLaw, Delay, DelayLaw, Quantity, Step
from tests.generate import document as generated
from tests.model.documents import RICH, small, with_response, with_shield


@pytest.fixture(scope="module")
def rich():
    return load(of_text(RICH).tree)


def system(scenario, name):
    return next(system for system in scenario.systems if system.name == name)


def test_the_whole_of_a_small_document():
    harm = dict.fromkeys(
        ("signal", "probe", "disrupt", "degrade", "damage", "destroy", "strategic"), "0.0 USD"
    )

    def body(name, owner, other):
        return {
            "owner": owner,
            "domain": "cyber",
            "compartment": f"{owner}/cyber",
            "components": [],
            "harm": harm,
            "watches": {name: 1.0},
            "senses": {
                "attribution": 1.0,
                "assurance": 4.0,
                "overconfidence": 1.0,
                "inflates": 0.0,
                "deflates": 0.0,
                "recognises_accidents": 0.0,
                "sees_through_spoofs": 0.0,
                "suspects": {other: 1.0},
            },
            "responds": [],
        }

    assert load(small()).document == {
        "detente": 1,
        "name": "small",
        "title": "",
        "summary": "",
        "ladder": list(harm),
        "critical": "degrade",
        "catastrophe": "strategic",
        "horizon": "86400.0 s",
        "references": {},
        "actors": {"ash": {"kind": "state"}, "birch": {"kind": "state"}},
        "systems": {"shield": body("shield", "ash", "birch"), "tower": body("tower", "birch", "ash")},
        "dependencies": [],
        "contagion": [],
        "shocks": [{"hits": "shield", "rung": "probe", "author": "none", "points_to": "none", "at": "0.0 s"}],
    }


def test_the_top(rich):
    assert (rich.critical, rich.catastrophe, rich.horizon_s) == (3, 6, 259200.0)
    assert [actor.name for actor in rich.actors] == ["ash", "birch", "crooks"]
    assert [reference.title for reference in rich.references] == ["A survey"]


def test_an_actor(rich):
    ash, birch, _ = rich.actors
    assert ash.command.review == Delay(law=DelayLaw.LOGNORMAL, scale_s=14400.0, spread=0.5)
    assert (ash.command.approves_right, ash.command.approves_wrong, ash.bloc) == (0.7, 0.3, "west")
    assert (birch.alert.trips_at, birch.alert.within_s, birch.alert.lasts_s) == (3, 3600.0, 86400.0)
    assert (birch.alert.autonomy, birch.alert.actions, birch.command) == (1.0, 1.5, None)


def test_a_system(rich):
    shield = system(rich, "shield")
    assert shield.harm_usd == (0.0, 0.0, 2e6, 5e7, 0.0, 0.0, 0.0)
    assert (shield.down.from_rung, shield.down.lasts_s) == (5, 43200.0)
    assert shield.watches == (("grid", 0.95), ("tower", 1.0))
    assert shield.compartment == "ash/cyber"
    assert system(rich, "tower").compartment == "east/towers"
    assert system(rich, "grid").components == ("edge-os", "radio")
    assert system(rich, "grid").watches == (("grid", 1.0),)


def test_senses(rich):
    senses = system(rich, "shield").senses
    assert (senses.attribution, senses.assurance, senses.overconfidence) == (0.72, 4.0, 1.0)
    assert (senses.inflates, senses.deflates) == (0.1, 0.0)
    assert senses.suspects == (("birch", 0.75), ("crooks", 0.25))
    assert (senses.false_alarms.rate_per_s, senses.false_alarms.rung) == (0.2 / 86400, 1)
    assert system(rich, "grid").senses.suspects == (("birch", 0.5), ("crooks", 0.5))


def test_responses_in_order(rich):
    scattered, plain, aimed = system(rich, "shield").responds
    assert [response.path for response in (scattered, plain, aimed)] == [
        f"systems.shield.responds[{index}]" for index in range(3)
    ]
    # Both trigger at `disrupt`; negative-binomial comes before poisson.
    assert scattered.law == CountLaw(law="negative-binomial", dispersion=2.0)
    assert (scattered.recovers, scattered.autonomy, scattered.actions) == (0.5, 0.5, 0.5)
    assert plain.step == Step(down=0.3, same=0.6, up=0.1)
    assert plain.after == Delay(law=DelayLaw.LOGNORMAL, scale_s=0.04, spread=1.0)
    assert (plain.at, plain.systems, plain.domain, plain.from_rung) == (At.BLAMED, (), "cyber", 2)
    assert (aimed.at, aimed.systems, aimed.from_rung) == (At.SYSTEMS, ("grid", "tower"), 3)
    assert (aimed.law, aimed.poses_as, aimed.recovers) == (CountLaw(law="fixed"), "crooks", None)
    assert aimed.after == Delay(law=DelayLaw.FIXED, scale_s=0.0)


def test_couplings_in_order(rich):
    first, second = rich.dependencies
    assert (first.target, first.at_least, first.drops, first.after.law) == ("shield", 0, 0, DelayLaw.FIXED)
    assert (second.target, second.at_least, second.drops) == ("tower", 3, 1)
    assert second.after == Delay(law=DelayLaw.EXPONENTIAL, scale_s=120.0)
    assert [rule.component for rule in rich.contagion] == ["edge-os", "radio"]
    assert [rule.path for rule in rich.contagion] == ["contagion[0]", "contagion[1]"]


def test_shocks_in_order(rich):
    stream, accident = rich.shocks
    assert (stream.hits, stream.author, stream.points_to) == ("grid", "crooks", "crooks")
    assert (stream.at_s, stream.rate_per_s) == (None, 0.1 / 86400)
    assert (accident.author, accident.points_to, accident.at_s, accident.rung) == (None, "birch", 0.0, 2)


def test_quantities_are_kept_by_path_in_si(rich):
    assert rich.quantities["systems.shield.senses.attribution"] == Quantity(
        value=0.72, low=0.5, high=0.9, mode=0.8, source="survey"
    )
    assert rich.quantities["horizon"] == Quantity(
        value=259200.0, low=86400.0, high=345600.0, assumed="why not"
    )
    assert rich.quantities["systems.shield.responds[1].after.median"].value == 0.04
    assert rich.quantities["systems.shield.responds[0].law.negative-binomial"].value == 2.0
    assert rich.quantities["systems.shield.responds[0].reversible.recovers"].value == 0.5
    assert rich.quantities["systems.shield.harm.degrade"].value == 5e7
    assert rich.quantities["systems.shield.watches.grid"].value == 0.95
    assert rich.quantities["systems.shield.senses.suspects.birch"].value == 0.75
    assert rich.quantities["systems.shield.senses.false_alarms.rate"].value == 0.2 / 86400
    assert rich.quantities["systems.shield.down.lasts"].value == 43200.0
    assert rich.quantities["actors.ash.command.review.median"].value == 14400.0
    assert rich.quantities["actors.birch.alert.trips_at"].value == 3.0
    assert rich.quantities["dependencies[1].after.mean"].value == 120.0
    assert rich.quantities["shocks[0].rate"].value == 0.1 / 86400
    assert rich.quantities["shocks[1].at"].value == 0.0


def test_there_is_a_quantity_for_every_number_of_the_document(rich):
    assert len(rich.quantities) == sum(1 for _ in numbers(rich.document))


def numbers(value):
    """Every number of a resolved document: with a unit, plain, or as a mapping with a value."""
    if isinstance(value, dict):
        if "value" in value:
            yield value
        else:
            for key, item in value.items():
                if key not in ("detente", "year", "title", "summary"):
                    yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif (isinstance(value, int | float) and not isinstance(value, bool)) or str(value).endswith(
        (" s", " /s", " USD")
    ):
        yield value


def test_paths_with_dots_in_names_cannot_be_confused():
    document = small(
        systems={"a.b": {"owner": "ash", "domain": "cyber"}}, shocks=[{"hits": "a.b", "rung": "probe"}]
    )
    assert 'systems["a.b"].senses.attribution' in load(document).quantities
    assert 'systems["a.b"].watches["a.b"]' in load(document).quantities


def test_weights_that_sum_to_one_are_left_alone():
    actors = {name: {"kind": "state"} for name in ("ash", "b", "c", "d")}
    systems = {
        "shield": {"owner": "ash", "domain": "cyber", "senses": {"suspects": {"b": 0.1, "c": 0.2, "d": 0.7}}}
    }
    suspects = load(small(actors=actors, systems=systems)).systems[0].senses.suspects
    assert suspects == (("b", 0.1), ("c", 0.2), ("d", 0.7))


def test_entries_that_differ_only_in_a_number_are_sorted_by_it():
    shocks = [{"hits": "shield", "rung": "probe", "at": f"{time} s"} for time in (10, 9, 100, 1e-7)]
    assert [shock.at_s for shock in load(small(shocks=shocks)).shocks] == [1e-7, 9.0, 10.0, 100.0]


def test_entries_that_differ_only_in_a_reason_have_one_order():
    shocks = [
        {"hits": "shield", "rung": "probe", "at": {"value": "1 s", "assumed": reason}}
        for reason in ("b", "c", "a")
    ]
    documents = [
        load(small(shocks=order)).document for order in (shocks, shocks[::-1], shocks[1:] + shocks[:1])
    ]
    assert documents[0] == documents[1] == documents[2]


def test_a_false_flag_at_oneself_is_legal():
    assert load(with_response(poses_as="ash")).systems[0].responds[0].poses_as == "ash"


def test_the_scenario_can_be_pickled(rich):
    assert pickle.loads(pickle.dumps(rich)) == rich  # noqa: S301 - our own bytes


def test_the_document_is_plain_json(rich):
    assert json.loads(json.dumps(rich.document)) == rich.document


def resolved_twice(document):
    scenario = load(document)
    again = load(scenario.document)
    assert again == scenario
    assert json.dumps(again.document) == json.dumps(scenario.document)
    return scenario


def test_resolving_twice_changes_nothing(rich):
    assert resolved_twice(of_text(RICH).tree) == rich


def without_idle_contagion(document):
    """Without the rules about components that, by chance, no system was given."""
    components = {part for system in document["systems"].values() for part in system.get("components", [])}
    rules = [rule for rule in document.get("contagion", []) if rule["component"] in components]
    return document | {"contagion": rules}


def shuffled(value, rng):
    """The same document with every mapping and list in another order, except the ladder."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: value[key] if key == "ladder" else shuffled(value[key], rng) for key in keys}
    if isinstance(value, list):
        items = [shuffled(item, rng) for item in value]
        rng.shuffle(items)
        return items
    return value


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), order=st.randoms(use_true_random=False))
def test_order_never_matters_and_resolving_is_idempotent(seed, order):
    document = without_idle_contagion(generated(seed))
    scenario = resolved_twice(document)
    other = load(shuffled(document, order))
    assert other == scenario
    assert json.dumps(other.document) == json.dumps(scenario.document)


@settings(max_examples=30, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_the_rich_document_never_matters(order):
    assert load(shuffled(of_text(RICH).tree, order)) == load(of_text(RICH).tree)


@settings(max_examples=200, deadline=None)
@given(
    weights=st.dictionaries(
        st.sampled_from(["ash", "birch", "cedar"]), st.floats(0, 1e9, allow_subnormal=False), min_size=1
    ).filter(lambda weights: any(weights.values())),
    down=st.floats(0, 0.5),
    up=st.floats(0, 0.5),
    horizon=st.floats(1e-6, 1e6),
)
def test_numbers_survive_resolving_twice(weights, down, up, horizon):
    document = with_shield(
        senses={"suspects": weights},
        responds=[{"from": "probe", "at": "own", "actions": 1, "step": {"down": down, "up": up}}],
    )
    document["actors"]["cedar"] = {"kind": "state"}
    scenario = resolved_twice(document | {"horizon": f"{horizon!r} h"})
    shares = [share for _, share in scenario.systems[0].senses.suspects]
    assert sum(shares) == pytest.approx(1)
    step = scenario.systems[0].responds[0].step
    assert step.down + step.same + step.up == pytest.approx(1)


def test_a_shuffle_is_a_shuffle():
    # The tests above are worth nothing if `shuffled` leaves things where they are.
    tree = of_text(RICH).tree
    assert json.dumps(shuffled(tree, random.Random(1))) != json.dumps(tree)
