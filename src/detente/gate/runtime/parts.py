"""Entries that are larger than a ledger takes: only policies are, and they are written in parts, whole before their last one.

A part is a JSON object, `{"type": "part", "text": ...}`; the parts of one entry are neighbours, and those of one append are durable together
or not at all. The last one says how many there are and what they hash to together. An entry stands where its last part stands.
"""

import hashlib
from collections.abc import Iterable, Iterator

from msgspec import DecodeError, Struct, ValidationError, json

from detente.errors import GateError
from detente.gate.entries import Entry, decode
from detente.ledger.formats.entry import LARGEST_BODY

__all__ = ["joined", "split"]

_PIECE = LARGEST_BODY // 2
"""Bytes of a piece; as JSON text within JSON it grows, by less than twice."""
_PART = b'{"type":"part"'
_LAST = b'{"type":"parts"'


class _Part(Struct, frozen=True, tag="part"):
    text: str


class _Last(Struct, frozen=True, tag="parts"):
    of: int
    sha256: str
    """Of the whole body, in hex."""


_encoder = json.Encoder()
_decoder: json.Decoder[_Part | _Last] = json.Decoder(_Part | _Last)


def split(body: bytes, *, limit: int = LARGEST_BODY) -> tuple[bytes, ...]:
    """Return the body of an entry in as many parts as it takes.

    Raises
    ------
    GateError
        It is too large, and not of a policy.
    """
    if len(body) <= limit:
        return (body,)
    if not body.startswith(b'{"type":"policy"'):
        raise GateError(
            f"record: it would take {len(body)} bytes, expected at most {limit}; "
            "send a reference to what is large, and its hash, as an argument"
        )
    text = body.decode()
    pieces = [text[at : at + _PIECE // 4] for at in range(0, len(text), _PIECE // 4)]
    last = _Last(len(pieces), hashlib.sha256(body).hexdigest())
    return (*(_encoder.encode(_Part(piece)) for piece in pieces), _encoder.encode(last))


def joined(bodies: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Entry]]:
    """Yield (index, entry) of bodies with their indices; an entry in parts has the index of the last.

    Raises
    ------
    GateError
        A body is no entry of a gate, or parts do not fit together.
    """
    pieces: list[str] = []
    for index, body in bodies:
        if body.startswith(_PART):
            part = _read(body)
            assert isinstance(part, _Part)  # INVARIANT: the tag was looked at
            pieces.append(part.text)
        elif body.startswith(_LAST):
            whole = _whole(index, body, pieces)
            pieces = []
            if whole is not None:
                yield index, decode(whole)
        else:
            yield index, decode(body)


def _whole(index: int, body: bytes, pieces: list[str]) -> bytes | None:
    """Return what the parts come to; None where reading began in the middle of them."""
    last = _read(body)
    assert isinstance(last, _Last)  # INVARIANT: the tag was looked at
    if len(pieces) < last.of:
        return None
    whole = "".join(pieces[-last.of :]).encode()
    if hashlib.sha256(whole).hexdigest() != last.sha256:
        raise GateError(f"entry {index} of a gate: its parts do not come to what it says they do")
    return whole


def _read(body: bytes) -> _Part | _Last:
    try:
        return _decoder.decode(body)
    except (ValidationError, DecodeError) as error:
        raise GateError(f"entry of a gate: {error}; was this ledger written by a gate?") from error
