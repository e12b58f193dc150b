"""A meter as plain data, for snapshots, and back: JSON, MessagePack, whatever holds lists and numbers."""

from collections.abc import Iterable
from typing import Any

import msgspec
from immutables import Map

from detente.errors import DetenteError
from detente.gate.meter.delays import Law
from detente.gate.meter.lately import Lately
from detente.gate.meter.state import Actor, Meter, Pair, Scope, Seen
from detente.gate.recent import Recent

__all__ = ["from_plain", "to_plain"]

_VERSION = 3
_MAPS: dict[str, tuple[Any, Any]] = {
    "compartments": (str, Scope),
    "actors": (str, Actor),
    "pairs": (tuple[str, str], Pair),
}


def to_plain(meter: Meter) -> dict[str, Any]:
    """Return plain data; the same for the same meter, in whatever order its names came."""
    plain: dict[str, Any] = {
        "meter": _VERSION,
        "overall": msgspec.to_builtins(meter.overall),
        "law": msgspec.to_builtins(meter.law),
        "events": meter.events,
        "links": meter.links,
    }
    seen = meter.seen
    plain["seen"] = {
        "room": seen.room, "young": _pairs(seen.young()), "old": _pairs(seen.old()), "puts": seen.puts, "old_puts": seen.old_puts,
        "turned_at": seen.turned_at, "first_lost_at": seen.first_lost_at,
    }  # fmt: skip
    for name in _MAPS:
        lately = getattr(meter, name)
        plain[name] = {
            "young": _pairs(lately.young.items()),
            "old": _pairs(lately.old.items()),
            "first_lost_at": lately.first_lost_at,
        }
    return plain


def from_plain(plain: Any) -> Meter:
    """Return the meter that the data describe.

    Raises
    ------
    DetenteError
        Data that no meter gave.

    """
    try:
        if plain["meter"] != _VERSION:
            raise DetenteError(f"meter: found a snapshot of version {plain['meter']!r}, expected {_VERSION}")
        return Meter(
            overall=msgspec.convert(plain["overall"], Scope),
            law=msgspec.convert(plain["law"], Law),
            events=msgspec.convert(plain["events"], int),
            links=msgspec.convert(plain["links"], int),
            seen=_recent(plain["seen"]),
            **{name: _lately(plain[name], key, value) for name, (key, value) in _MAPS.items()},
        )
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise DetenteError(f"meter: the snapshot cannot be read: {type(error).__name__}: {error}") from None


def _pairs(entries: Iterable[tuple[Any, Any]]) -> list[Any]:
    return [[key, msgspec.to_builtins(value)] for key, value in sorted(entries, key=_key)]


def _key(entry: tuple[Any, Any]) -> Any:
    return entry[0]


class _Recent(msgspec.Struct):
    room: int
    young: list[tuple[str, Seen]]
    old: list[tuple[str, Seen]]
    puts: int
    old_puts: int
    turned_at: int | None
    first_lost_at: int | None


def _recent(plain: Any) -> Recent[Seen]:
    of = msgspec.convert(plain, _Recent)
    return Recent.of(of.room, of.young, of.old, of.puts, of.old_puts, of.turned_at, of.first_lost_at)


def _lately(plain: Any, key: Any, value: Any) -> Lately[Any, Any]:
    young, old = (msgspec.convert(plain[part], list[tuple[key, value]]) for part in ("young", "old"))
    return Lately(Map(young), Map(old), msgspec.convert(plain["first_lost_at"], int | None))
