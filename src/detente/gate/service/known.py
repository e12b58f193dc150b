"""Who a token belongs to, as a service that runs knows it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from pathlib import Path

from detente.errors import GateError
from detente.gate.service.identities import Identity, fingerprint, found

__all__ = ["Identities"]

_LOOK_EVERY = timedelta(seconds=1.0)


class Identities:
    """Who a token belongs to: the file in memory, read anew when it has changed.

    Parameters
    ----------
    path
        The file; None for those given only.
    clock
        Gives the time, with a time zone.
    tell
        Is told in words when a changed file cannot be used, or is there no more: once, as long as it is for the same reason.
        What was known before still counts then, what was revoked stays revoked, and the file is tried again at every look.

    """

    def __init__(
        self,
        path: Path | None,
        given: Iterable[Identity] = (),
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path, self._clock, self._tell = path, clock, tell
        self._given = tuple(given)
        self._stamp: tuple[int, int, int] | None = None
        self._was_there = False
        self._trouble = ""
        self._looked = clock()
        self._by_fingerprint: dict[str, Identity] = {}
        self._load()

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._by_fingerprint.values())

    def whose(self, token: bytes) -> Identity | None:
        """Return whose token it is; None where it is nobody's, or counts no more.

        What is looked up is its hash, so the time that takes says nothing of any secret.
        """
        now = self._fresh()
        sha256 = fingerprint(token)
        one = self._by_fingerprint.get(sha256)
        if one is None or not compare_digest(one.sha256, sha256) or not one.is_valid(now):
            return None
        return one

    def still_counts(self, who: Identity) -> bool:
        """Tell whether somebody who was let in would be now, as exactly the same: for answers that take long."""
        now = self._fresh()
        return self._by_fingerprint.get(who.sha256) == who and who.is_valid(now)

    def _fresh(self) -> datetime:
        """Look at the file if the last look is too long ago; return the time."""
        now = self._clock()
        if not timedelta(0) <= now - self._looked < _LOOK_EVERY:
            self.refresh(now)
        return now

    def refresh(self, now: datetime | None = None) -> None:
        """Read the file anew if it has changed."""
        self._looked = now or self._clock()
        if self._path is not None and _stamp(self._path) != self._stamp:
            try:
                self._load()
            except GateError as error:
                self._complain(str(error))
            else:
                self._trouble = ""

    def _complain(self, trouble: str) -> None:
        # The file is looked at every second: who reads the log is not to be told as often.
        if trouble != self._trouble:
            self._trouble = trouble
            self._tell(f"{trouble}; who was known before still counts")

    def _load(self) -> None:
        stamp = None if self._path is None else _stamp(self._path)
        there = None if self._path is None else found(self._path)
        if there is None and self._was_there:
            raise GateError(f"{self._path}: is there no more, expected the file that was there before")
        self._stamp, self._was_there = stamp, there is not None
        self._by_fingerprint = {one.sha256: one for one in (*self._given, *(there or ()))}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
