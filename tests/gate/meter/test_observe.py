import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.meter.build import SECOND, START, WHOLE, at, event, watched

from detente.gate.meter import Meter, Settings, observe, read

EVENTS = st.lists(
    st.tuples(st.integers(0, 9), st.lists(st.integers(0, 12), max_size=3), st.booleans()), max_size=30
)


def test_an_event_that_is_remembered_changes_nothing():
    settings = Settings()
    meter = watched([event("a", 0), event("b", 1, "a")], settings)
    assert observe(meter, event("b", 50, "a"), settings) is meter


def test_the_old_meter_stays_as_it_was():
    settings = Settings()
    before = watched([event("a", 0)], settings)
    value = read(before, WHOLE, at(10), settings)
    observe(before, event("b", 1, "a"), settings)
    assert read(before, WHOLE, at(10), settings) == value


def test_parents_share_a_child():
    meter = watched([event("a", 0), event("b", 0), event("c", 1, "a", "b", "b")])
    assert meter.seen.get("a").offspring == meter.seen.get("b").offspring == 0.5
    assert meter.overall.tally.count == 1.0
    assert meter.overall.tally.unplaced == 0.0


def test_nothing_is_its_own_parent():
    meter = watched([event("a", 0, "a")])
    assert meter.overall.tally.count == 0.0


def test_siblings_are_counted_in_pairs():
    meter = watched([event("a", 0), *(event(f"c{i}", 1, "a") for i in range(4))])
    assert meter.overall.tally.siblings == pytest.approx(4 * 3)


def test_an_unknown_parent_counts_where_it_can_only_raise():
    settings = Settings()
    meter = watched([event("p", 0, actor="borduria"), event("c", 1, "gone")], settings)
    for scope in (WHOLE, ("compartment", "west"), ("pair", "borduria", "avalon")):
        found = read(meter, scope, at(1), settings)
        assert found.provoked == pytest.approx(1.0, abs=1e-3)
        assert found.unplaced == pytest.approx(1.0, abs=1e-3)
        assert found.history == "truncated"
    assert read(meter, ("pair", "avalon", "borduria"), at(1), settings).history == "complete"


def test_offspring_belong_to_the_parents_compartment_and_to_the_pair():
    settings = Settings()
    meter = watched(
        [
            event("a", 0, actor="avalon", compartment="west"),
            event("b", 1, "a", actor="borduria", compartment="east"),
        ],
        settings,
    )
    assert read(meter, ("compartment", "west"), at(1), settings).provoked == pytest.approx(1.0)
    assert read(meter, ("compartment", "east"), at(1), settings).provoked == 0.0
    assert read(meter, ("pair", "avalon", "borduria"), at(1), settings).provoked == pytest.approx(1.0)
    assert read(meter, ("pair", "borduria", "avalon"), at(1), settings).provoked == 0.0


@given(EVENTS)
def test_counts_never_exceed_what_happened(drawn):
    settings = Settings()
    events = [
        event(f"e{i}", t, *(f"e{p}" for p in parents), said=said)
        for i, (t, parents, said) in enumerate(drawn)
    ]
    meter = watched(events, settings)
    found = read(meter, WHOLE, at(10), settings)
    assert meter.events == len(events)
    assert 0.0 <= found.unplaced <= found.provoked + 1e-9
    assert found.provoked + found.unsaid <= found.events + 1e-9
    assert 0.0 <= found.low <= found.value <= found.high
    assert sum(meter.law.shares) == pytest.approx(1.0)


def test_memory_stays_bounded_whatever_comes():
    settings = Settings(max_events=200, max_scopes=20, horizon_s=1000.0)
    rng, meter = random.Random(5), Meter.empty(settings)
    for i in range(5_000):
        actor, compartment = f"a{rng.randrange(10_000)}", f"c{rng.randrange(10_000)}"
        one = event(f"e{i}", 0.1 * i, f"e{i - rng.randrange(1, 300)}", actor=actor, compartment=compartment)
        meter = observe(meter, one, settings)
        assert len(meter.seen) <= 200
        assert max(len(meter.compartments), len(meter.actors), len(meter.pairs)) <= 20
    assert read(meter, ("compartment", "c-none"), at(500), settings).history == "truncated"


def test_events_are_forgotten_after_the_horizon_but_not_before():
    settings = Settings(horizon_s=100.0)
    meter = watched([event("a", 0), *(event(f"e{i}", i) for i in range(1, 100))], settings)
    assert meter.seen.get("a") is not None
    meter = observe(meter, event("later", 150), settings)
    meter = observe(meter, event("much-later", 300), settings)
    assert meter.seen.get("a") is None


def test_a_late_report_counts_with_its_age():
    settings = Settings(half_life_s=10.0)
    meter = watched([event("a", 100), event("b", 90)], settings)
    assert read(meter, WHOLE, START + 100 * SECOND, settings).events == pytest.approx(1.5)
