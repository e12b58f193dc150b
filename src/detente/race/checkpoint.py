"""Finished pieces of a race on disk, so that one that was interrupted goes on where it ended.

A directory with a file that says which race it is, and one file for each piece, which appears whole or not at all. A
piece that is damaged is made again. Numbers are written so that they read back as exactly the same.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from detente.ensemble.chunks import CODE
from detente.ensemble.disk import locked, write_whole
from detente.errors import ResultError
from detente.race.paths import Evidence
from detente.race.results import Outcome

__all__ = ["Pieces", "Shelf", "pieces_in"]

Pieces = list[list[Outcome]]
"""Of one piece of work: by arm, then by run."""

_HEAD = "race.json"
_ARRAYS = ("yearly", "kept", "premiums", "entered")


class Shelf:
    """The pieces of one race in a directory that this process holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, place: int) -> Pieces | None:
        """A finished piece; None where there is none, or not a whole one."""
        try:
            check, _, text = self._path(place).read_bytes().partition(b"\n")
            if int(check) != zlib.crc32(text):
                return None
            return [[_outcome(plain) for plain in column] for column in json.loads(text)]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, place: int, piece: Pieces) -> None:
        """Keep a finished piece.

        Raises
        ------
        ResultError
            When it cannot be written; what was kept before stays.
        """
        text = json.dumps([[_plain(one) for one in column] for column in piece]).encode()
        try:
            write_whole(self._path(place), b"%d\n%s" % (zlib.crc32(text), text))
        except OSError as error:
            raise ResultError(f"{self.folder}: cannot be written: {error.strerror}") from None

    def _path(self, place: int) -> Path:
        return self.folder / f"piece-{place:06}.json"


@contextmanager
def pieces_in(folder: Path, asked: dict[str, Any]) -> Iterator[Shelf]:
    """The directory of the race that `asked` describes, which nobody else writes meanwhile.

    Raises
    ------
    ResultError
        When it holds another race, is in use, or cannot be written.
    """
    head = json.dumps({"code": CODE, "race": sha256(json.dumps(asked).encode()).hexdigest()})
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultError(f"{folder}: cannot be a directory of results: {error.strerror}") from None
    # Before there is a lock, which would stay behind in somebody else's directory.
    _require_place(folder, head)
    with locked(folder):
        _claim(folder, head)
        yield Shelf(folder)


def _require_place(folder: Path, head: str) -> None:
    """See that a directory is empty, or holds the same race's pieces."""
    path = folder / _HEAD
    try:
        if not path.exists():
            if any(one.name != ".lock" for one in folder.iterdir()):
                raise ResultError(f"{folder}: found other files, expected an empty directory")
        elif path.read_text(encoding="utf-8") != head:
            raise ResultError(
                f"{folder}: found pieces of another race, expected an empty directory or one that the same command "
                "began with the same version: name another directory, or delete this one"
            )
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(folder, error) from None


def _claim(folder: Path, head: str) -> None:
    """Say whose pieces these are, where nobody has."""
    _require_place(folder, head)
    if (folder / _HEAD).exists():
        return
    try:
        write_whole(folder / _HEAD, head.encode())
    except OSError as error:
        raise _unusable(folder, error) from None


def _unusable(folder: Path, error: OSError | UnicodeDecodeError) -> ResultError:
    reason = getattr(error, "strerror", None) or "it is not text"
    return ResultError(f"{folder}: cannot be used as a checkpoint: {reason}")


def _plain(outcome: Outcome) -> dict[str, Any]:
    arrays = {name: getattr(outcome, name).tolist() for name in _ARRAYS}
    return {
        "evidence": asdict(outcome.evidence),
        "certified": outcome.certified,
        "capability": outcome.capability,
        **arrays,
    }


def _outcome(plain: dict[str, Any]) -> Outcome:
    seen = plain["evidence"]
    return Outcome(
        evidence=Evidence(**seen | {name: tuple(seen[name]) for name in ("within", "restrained")}),
        yearly=np.array(plain["yearly"], np.float64),
        kept=np.array(plain["kept"], np.float64),
        premiums=np.array(plain["premiums"], np.float64),
        certified=plain["certified"],
        capability=plain["capability"],
        entered=np.array(plain["entered"], np.bool_),
    )
