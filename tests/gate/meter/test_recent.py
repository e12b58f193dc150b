from hypothesis import given
from hypothesis import strategies as st

from detente.gate.meter.recent import empty, find, put, turn

KEYS = st.lists(st.integers(0, 30), max_size=200)


@given(KEYS, st.integers(2, 20))
def test_it_holds_the_latest_and_no_more_than_it_may(keys, most):
    recent = empty()
    for now, key in enumerate(keys):
        recent = put(recent, key, now, most, now)
        assert len(recent) <= most
    half = max(1, most // 2)
    latest: dict[int, int] = {}
    for now, key in reversed(list(enumerate(keys))):
        if key not in latest and len(latest) < half:
            latest[key] = now
    for key, now in latest.items():
        assert find(recent, key) == now


@given(KEYS)
def test_nothing_is_lost_below_half(keys):
    recent = empty()
    for now, key in enumerate(keys):
        recent = put(recent, key, now, 64, now)
    assert recent.first_lost_at is None
    assert {key: find(recent, key) for key in keys} == dict(zip(keys, range(len(keys)), strict=True))


def test_what_was_there_before_stays_as_it_was():
    one = put(empty(), "a", 1, 10, 0)
    put(one, "a", 2, 10, 1)
    assert find(one, "a") == 1
    assert find(one, "b") is None


def test_it_says_since_when_something_was_lost():
    recent = turn(put(empty(), "a", 1, 10, 0), 5)
    assert (find(recent, "a"), recent.first_lost_at) == (1, None)
    recent = turn(turn(recent, 7), 9)
    assert (find(recent, "a"), recent.first_lost_at) == (None, 7)
