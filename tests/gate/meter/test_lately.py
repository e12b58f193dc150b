from hypothesis import given
from hypothesis import strategies as st

from detente.gate.meter.lately import Lately

KEYS = st.lists(st.integers(0, 30), max_size=200)


@given(KEYS, st.integers(2, 20))
def test_it_holds_the_latest_and_no_more_than_it_may(keys, most):
    recent = Lately()
    for now, key in enumerate(keys):
        recent = recent.put(key, now, most, now)
        assert len(recent) <= most
    half = max(1, most // 2)
    latest: dict[int, int] = {}
    for now, key in reversed(list(enumerate(keys))):
        if key not in latest and len(latest) < half:
            latest[key] = now
    for key, now in latest.items():
        assert recent.find(key) == now


@given(KEYS)
def test_nothing_is_lost_below_half(keys):
    recent = Lately()
    for now, key in enumerate(keys):
        recent = recent.put(key, now, 64, now)
    assert recent.first_lost_at is None
    assert {key: recent.find(key) for key in keys} == dict(zip(keys, range(len(keys)), strict=True))


def test_what_was_there_before_stays_as_it_was():
    one = Lately().put("a", 1, 10, 0)
    one.put("a", 2, 10, 1)
    assert one.find("a") == 1
    assert one.find("b") is None


def test_it_says_since_when_something_was_lost():
    lately = Lately().put("a", 1, 2, 5)
    assert (lately.find("a"), lately.first_lost_at) == (1, None)
    lately = lately.put("b", 1, 2, 7).put("c", 1, 2, 9)
    assert (lately.find("a"), lately.first_lost_at) == (None, 7)
