"""A stream of all that becomes durable, as server-sent events: the id of each is its index in the ledger.

A client that comes back with `Last-Event-ID` goes on where it stopped, however long it was away: what is no longer in memory is
read from the ledger. Nothing is queued for anybody: a client that reads slowly is a cursor that moves slowly. A stream ends soon
after the token counts no more with which it was asked for.
"""

import asyncio
from collections.abc import AsyncGenerator

from msgspec import json

from detente.gate.entries import Entry
from detente.gate.service.call import Call, Desk
from detente.gate.service.identities import Identity
from detente.gate.service.problems import Trouble
from detente.gate.service.stream import Stream

__all__ = ["stream"]

_AT_ONCE = 256
"""Entries that are sent together."""
_READ_AT_ONCE = 1024
"""Entries that are read from the ledger together."""
_LOOK_EVERY_S = 1.0
"""Whether the token still counts, where nothing happens."""

_encoder = json.Encoder()


async def stream(desk: Desk, call: Call) -> Stream:
    """Return the stream of events after the last one that the client has seen, or from now on."""
    if desk.streams >= desk.settings.most_streams:
        raise Trouble("unavailable", f"there are {desk.streams} streams open, as many as there may be")
    return Stream(_events(desk, call.who, _start(desk, call)))


def _start(desk: Desk, call: Call) -> int:
    text, where = call.headers.get(b"last-event-id", b"").decode("latin-1"), "Last-Event-ID"
    if not text:
        text, where = call.query.get("after", ""), "after"
    end = max(desk.changes.end, desk.gate.size)
    if not text:
        return desk.changes.end
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Trouble("malformed-request", f"{where}: found {text[:40]!r}, expected the id of an event")
    if int(text) >= end:
        last = f"the last is {end - 1}" if end else "there is none yet"
        raise Trouble("malformed-request", f"{where}: found {text}, expected the id of an event; {last}")
    return min(int(text) + 1, desk.changes.end)


async def _events(desk: Desk, who: Identity, start: int) -> AsyncGenerator[bytes, None]:
    desk.streams += 1
    try:
        yield b"retry: 2000\n\n"
        while _goes_on(desk, who):
            batch = desk.changes.since(start)
            if batch is None:
                batch, start = await asyncio.to_thread(_read, desk, start, desk.changes.end)
            if not batch:
                if start < desk.changes.end:
                    continue
                if await _is_quiet(desk, who):
                    yield b": alive\n\n"
                continue
            for place in range(0, len(batch), _AT_ONCE):
                # Each piece may have waited long for a client that reads slowly, and the first for the disk.
                if not _goes_on(desk, who):
                    return
                yield b"".join(_event(*one) for one in batch[place : place + _AT_ONCE])
            start = max(start, batch[-1][0] + 1)
    finally:
        desk.streams -= 1


def _goes_on(desk: Desk, who: Identity) -> bool:
    return not desk.changes.is_closed and desk.identities.still_counts(who)


async def _is_quiet(desk: Desk, who: Identity) -> bool:
    """Wait for something to happen; tell whether nothing did until a sign of life is due."""
    clock = asyncio.get_running_loop().time
    due = clock() + desk.settings.heartbeat_s
    while (left := due - clock()) > 0.0:
        if await desk.changes.more(min(left, _LOOK_EVERY_S)) or not _goes_on(desk, who):
            return False
    return True


def _read(desk: Desk, start: int, end: int) -> tuple[list[tuple[int, Entry]], int]:
    """Return some entries, and the index at which to go on.

    An entry in parts stands where its last part does, and is found only by whoever reads from its first: so a reading ends after
    an entry, never at an index of our choosing.
    """
    found: list[tuple[int, Entry]] = []
    for one in desk.gate.entries(start, end):
        found.append(one)
        if len(found) == _READ_AT_ONCE:
            return found, one[0] + 1
    return found, end


def _event(index: int, entry: Entry) -> bytes:
    # JSON from this encoder has no line breaks, so one `data` line holds it.
    kind = entry.__struct_config__.tag
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (index, str(kind).encode(), _encoder.encode(entry))
