import json

import msgspec
import pytest
from tests.gate.meter.build import WHOLE, at, event, watched

from detente.errors import DetenteError
from detente.gate.meter import Meter, Settings, from_plain, observe, read, to_plain

SETTINGS = Settings(max_events=50)
EVENTS = [
    event(f"e{i}", i, *([f"e{i - 3}"] if i % 4 else []), actor=f"a{i % 3}", said=i % 5 > 0) for i in range(90)
]


@pytest.mark.parametrize(
    "through",
    [lambda p: json.loads(json.dumps(p)), lambda p: msgspec.msgpack.decode(msgspec.msgpack.encode(p))],
)
@pytest.mark.parametrize("events", [[], EVENTS])
def test_a_meter_goes_on_from_its_snapshot_as_if_it_had_not_stopped(events, through):
    meter = watched(events, SETTINGS)
    back = from_plain(through(to_plain(meter)))
    assert to_plain(back) == to_plain(meter)
    last = event("last", 200, "e80", actor="a1")
    one, other = observe(meter, last, SETTINGS), observe(back, last, SETTINGS)
    assert to_plain(one) == to_plain(other)
    for scope in (WHOLE, ("compartment", "west"), ("pair", "a1", "a2")):
        assert read(one, scope, at(300), SETTINGS) == read(other, scope, at(300), SETTINGS)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.pop("seen"),
        lambda p: p.update(meter=99),
        lambda p: p.update(overall=3),
        lambda p: p["law"].update(shares=[1.0]),
        lambda p: p["seen"].update(young=[["a"]]),
    ],
)
def test_a_snapshot_that_no_meter_gave_is_refused(spoil):
    plain = to_plain(watched(EVENTS, SETTINGS))
    spoil(plain)
    with pytest.raises(DetenteError, match="meter: "):
        from_plain(plain)


@pytest.mark.parametrize("plain", [None, 3, [], "x", {}])
def test_nor_is_something_else(plain):
    with pytest.raises(DetenteError, match="snapshot"):
        from_plain(plain)


def test_an_empty_meter_is_plain():
    assert from_plain(to_plain(Meter.empty(SETTINGS))) == Meter.empty(SETTINGS)
