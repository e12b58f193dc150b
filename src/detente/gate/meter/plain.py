"""A meter as plain data, for snapshots, and back: JSON, MessagePack, whatever holds lists and numbers."""

from typing import Any

import msgspec
from immutables import Map

from detente.errors import DetenteError
from detente.gate.meter.delays import Law
from detente.gate.meter.recent import Recent
from detente.gate.meter.state import Actor, Meter, Pair, Scope, Seen
from detente.gate.persistent import Persistent

__all__ = ["from_plain", "to_plain"]

_VERSION = 2
_MAPS: dict[str, tuple[Any, Any]] = {
    "seen": (str, Seen),
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
    for name in _MAPS:
        recent = getattr(meter, name)
        plain[name] = {
            "young": _pairs(recent.young),
            "old": _pairs(recent.old),
            "puts": getattr(recent.young, "puts", None),
            "old_puts": getattr(recent.old, "puts", None),
            "turned_at": recent.turned_at,
            "first_lost_at": recent.first_lost_at,
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
            **{name: _recent(plain[name], key, value) for name, (key, value) in _MAPS.items()},
        )
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise DetenteError(f"meter: the snapshot cannot be read: {type(error).__name__}: {error}") from None


def _pairs(entries: Map[Any, Any] | Persistent[Any, Any]) -> list[Any]:
    return [[key, msgspec.to_builtins(value)] for key, value in sorted(entries.items(), key=_key)]


def _key(entry: tuple[Any, Any]) -> Any:
    return entry[0]


def _recent(plain: Any, key: Any, value: Any) -> Recent[Any, Any]:
    young, old = (msgspec.convert(plain[part], list[tuple[key, value]]) for part in ("young", "old"))
    puts = msgspec.convert(plain["puts"], int | None)
    return Recent(
        Map(young) if puts is None else Persistent.of(young, puts),
        Map(old) if puts is None else Persistent.of(old, msgspec.convert(plain["old_puts"], int)),
        msgspec.convert(plain["turned_at"], int | None),
        msgspec.convert(plain["first_lost_at"], int | None),
    )
