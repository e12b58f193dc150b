import pytest
from tests.gate.meter.build import WHOLE, at, event, watched

from detente.errors import DetenteError
from detente.gate.meter import Meter, Settings, crosses, probability_at_least, read

SETTINGS = Settings(half_life_s=600.0)


def burst(children):
    return [event("a", 0), *(event(f"c{i}", 1, "a") for i in range(children))]


def chain(length):
    return [event(f"e{i}", i, *([f"e{i - 1}"] if i else [])) for i in range(length)]


@pytest.mark.parametrize("scope", [WHOLE, ("compartment", "west"), ("pair", "avalon", "borduria")])
def test_before_anything_was_seen_nothing_is_known(scope):
    found = read(Meter.empty(SETTINGS), scope, at(0), SETTINGS)
    assert found.value == 1.0
    assert found.low < 0.01
    assert found.high > 4.0
    assert 0.2 < probability_at_least(found, 1.0) < 0.5
    assert not crosses(found, 1.0, 0.95)


def test_what_provokes_nothing_reads_low_and_never_zero():
    found = read(watched([event(f"e{i}", i) for i in range(300)], SETTINGS), WHOLE, at(300), SETTINGS)
    assert 0.0 < found.value < 0.01
    assert found.high < 0.03
    assert found.history == "complete"


def test_a_runaway_crosses():
    events = [event("e0", 0), *(event(f"e{i}", i / 10, f"e{(i - 1) // 2}") for i in range(1, 120))]
    found = read(watched(events, SETTINGS), WHOLE, at(12), SETTINGS)
    assert found.value > 1.2
    assert crosses(found, 1.0, 0.95)


def test_offspring_still_to_come_are_allowed_for():
    # A chain so far: every delay was 1 s, so the last of a hundred has had next to none of its time.
    meter = watched(chain(100), SETTINGS)
    assert read(meter, WHOLE, at(99), SETTINGS).value > read(meter, WHOLE, at(110), SETTINGS).value


def test_with_nothing_new_it_returns_to_the_prior():
    meter = watched(chain(200), SETTINGS)
    widths = [
        found.high - found.low
        for found in (read(meter, WHOLE, at(s), SETTINGS) for s in (200, 6_000, 60_000))
    ]
    assert widths == sorted(widths)
    assert widths[0] < 0.5
    assert widths[-1] > 4.0
    assert read(meter, WHOLE, at(60_000), SETTINGS).value == pytest.approx(1.0, abs=0.01)


def test_the_weight_of_what_is_old_is_not_made_up_for():
    meter = watched(chain(200), SETTINGS)
    fresh, old = (read(meter, WHOLE, at(200 + s), SETTINGS) for s in (10, 3600))  # six half-lives apart
    assert old.high - old.low > 3.0 * (fresh.high - fresh.low)


def test_uneven_offspring_widen_the_interval():
    parents = [event(f"p{i}", i / 64) for i in range(64)]
    even = [*parents, *(event(f"c{i}", 64 + i / 64, f"p{i}") for i in range(64))]
    odd = [*parents, *(event(f"c{i}", 64 + i / 64, f"p{i % 4}") for i in range(64))]
    narrow, wide = (read(watched(events, SETTINGS), WHOLE, at(70), SETTINGS) for events in (even, odd))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_probability_agrees_with_the_interval():
    found = read(watched(chain(50), SETTINGS), WHOLE, at(60), SETTINGS)
    assert probability_at_least(found, found.low) == pytest.approx(0.975, abs=1e-3)
    assert probability_at_least(found, found.high) == pytest.approx(0.025, abs=1e-3)
    assert probability_at_least(found, 0.0) == 1.0


def test_events_that_do_not_say_leave_it_open():
    events = [event(f"e{i}", i, said=i % 4 != 0) for i in range(100)]
    found = read(watched(events, SETTINGS), WHOLE, at(100), SETTINGS)
    assert found.method == "links"
    assert found.history == "truncated"
    assert found.unsaid == pytest.approx(25, abs=2)
    assert found.low < 0.01
    assert found.high > 0.25


def test_when_most_do_not_say_counts_in_windows_are_all_there_is():
    events = [event(f"e{i}", 7 * i, said=False) for i in range(400)]
    for scope in (WHOLE, ("compartment", "west")):
        found = read(watched(events, SETTINGS), scope, at(2800), SETTINGS)
        assert found.method == "window-variance"
        assert found.history == "truncated"
        assert found.low == 0.0
        assert found.low <= found.value <= found.high < 1.0
    assert read(watched(events, SETTINGS), ("pair", "avalon", "avalon"), at(2800), SETTINGS).method == "links"


@pytest.mark.parametrize("scope", [(), ("whole",), ("compartment",), ("pair", "a"), ("overall", "x")])
def test_a_scope_that_is_none_is_refused(scope):
    with pytest.raises(DetenteError, match="found scope"):
        read(Meter.empty(SETTINGS), scope, at(0), SETTINGS)
