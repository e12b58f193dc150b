"""An answer that comes piece by piece."""

from collections.abc import AsyncGenerator

from detente.gate.service.reply import ALWAYS, EVENTS

__all__ = ["HEADERS", "Stream"]

HEADERS = [(b"content-type", EVENTS), *ALWAYS, (b"x-accel-buffering", b"no")]


class Stream:
    """Pieces of an answer, as they come."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        self.pieces = pieces
