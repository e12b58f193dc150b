"""A state as bytes, in pieces small enough that making them keeps nobody waiting.

A snapshot is a shortcut: it names the version that made it and the ledger it is the fold of, and is thrown away where either differs.
"""

import hashlib
import time
import typing
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from immutables import Map
from msgspec import DecodeError, Raw, Struct, ValidationError, json

from detente._version import __version__
from detente.errors import DetenteError
from detente.gate import state as states
from detente.gate.meter import Meter, from_plain, to_plain
from detente.gate.recent import Recent
from detente.gate.state import State

__all__ = ["Snapshot", "pieces_of", "read"]

_PIECE = 256
"""Entries of a map that are encoded without a pause."""
_PAUSE = 0.0005
"""Seconds: long enough for whoever waits for the interpreter to get it."""
_HINTS = typing.get_type_hints(State)


class Snapshot(Struct, frozen=True):
    """The first piece: what the others are."""

    version: str
    form: str
    """Of the structs of a state: any change of theirs makes another."""
    size: int
    """Entries of the ledger that are folded."""
    root: str
    """Of the ledger at that size, in hex."""
    adopted: int
    """Where the policy in force was adopted."""
    digest: str
    """SHA-256 over the other pieces, in hex."""


class _Piece(Struct, frozen=True):
    field: str
    part: str
    """`young` or `old` of what was seen lately; `whole` of a map; `plain` of anything else."""
    body: Any


def _form() -> str:
    """Return a hash of how a state is made."""
    lines = [
        f"{name} {typing.get_type_hints(one)}"
        for name, one in vars(states).items()
        if isinstance(one, type) and issubclass(one, Struct) and one is not Struct
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


FORM = _form()
_encoder = json.Encoder()


def pieces_of(state: State, size: int, root: bytes, adopted: int, *, pause: float = _PAUSE) -> list[bytes]:
    """Return a snapshot of a state as pieces, the `Snapshot` that says what they are first."""
    pieces = []
    for field, part, body in _fields(state):
        pieces.append(_encoder.encode(_Piece(field, part, body)))
        if pause:
            time.sleep(pause)
    digest = hashlib.sha256(b"\n".join(pieces)).hexdigest()
    head = Snapshot(__version__, FORM, size, root.hex(), adopted, digest)
    return [_encoder.encode(head), *pieces]


def read(pieces: Sequence[bytes]) -> tuple[Snapshot, State] | None:
    """Return what a snapshot is of, and the state; None where it is not whole, or of another version."""
    try:
        head = json.decode(pieces[0], type=Snapshot)
        if (head.version, head.form) != (__version__, FORM):
            return None
        if hashlib.sha256(b"\n".join(pieces[1:])).hexdigest() != head.digest:
            return None
        return head, _state(pieces[1:])
    except (IndexError, DecodeError, DetenteError, UnicodeDecodeError, ValidationError, TypeError, KeyError):
        return None


def _fields(state: State) -> Iterator[tuple[str, str, Any]]:
    for field in State.__struct_fields__:
        value = getattr(state, field)
        if isinstance(value, Recent):
            yield (
                field,
                "plain",
                (value.room, value.puts, value.old_puts, value.turned_at, value.first_lost_at),
            )
            yield from ((field, "young", piece) for piece in _chunks(value.young()))
            yield from ((field, "old", piece) for piece in _chunks(value.old()))
        elif isinstance(value, Map):
            yield from ((field, "whole", piece) for piece in _chunks(value.items()))
        elif isinstance(value, Meter):
            yield field, "plain", to_plain(value)
        else:
            yield field, "plain", value


def _chunks(items: Iterable[tuple[str, Any]]) -> Iterator[dict[str, Any]]:
    left = iter(items)
    while chunk := dict(islice(left, _PIECE)):
        yield chunk


class _Raw(Struct, frozen=True):
    field: str
    part: str
    body: Raw


def _plain_type(kind: Any) -> Any:
    return tuple[int, int, int, int | None, int | None] if typing.get_origin(kind) is Recent else kind


def _map_type(kind: Any) -> Any:
    """Return the type of a piece of a map, as a dict: of `Map[str, X]` and of `Recent[X]`."""
    return dict[str, typing.get_args(kind)[-1]]  # type: ignore[misc]


def _state(pieces: Sequence[bytes]) -> State:
    maps: dict[tuple[str, str], dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for piece in pieces:
        one = json.decode(piece, type=_Raw)
        kind = _HINTS[one.field]
        if one.part == "plain":
            made = json.decode(one.body, type=Any if kind is Meter else _plain_type(kind))
            plain[one.field] = from_plain(made) if kind is Meter else made
        else:
            maps.setdefault((one.field, one.part), {}).update(json.decode(one.body, type=_map_type(kind)))
    fields: dict[str, Any] = {}
    for field, kind in _HINTS.items():
        origin = typing.get_origin(kind)
        if origin is Recent:
            room, *past = plain[field]
            young, old = (maps.get((field, part), {}).items() for part in ("young", "old"))
            fields[field] = Recent.of(room, young, old, *past)
        elif origin is Map:
            fields[field] = Map(maps.get((field, "whole"), {}))
        else:
            fields[field] = plain[field]
    return State(**fields)
