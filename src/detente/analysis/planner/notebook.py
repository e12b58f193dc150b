"""Verdicts on disk, so that a plan that was interrupted goes on where it ended."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from detente._version import __version__
from detente.analysis.planner.examine import Verdict
from detente.analysis.planner.menu import Candidate
from detente.ensemble.disk import write_whole
from detente.ensemble.estimators import Estimate
from detente.errors import ResultError

__all__ = ["Notebook"]


class Notebook:
    """A file of verdicts, a line of JSON each; its first line says of which plan they are.

    A line that a kill cut short is dropped, and its candidate examined again.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        self.path = path
        self._head = {"detente": __version__, "plan": _digest(plan)}
        self._out: TextIO | None = None

    def read(self) -> dict[str, Verdict]:
        """The verdicts that are there, by candidate; makes the file if there is none.

        Raises
        ------
        ResultError
            When the file holds something else, or cannot be read or written.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
            found = self._parsed(lines)
            # Written anew, so that a torn last line does not run into the next one.
            whole = [self._head, *(verdict.as_dict() for verdict in found.values())]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, "".join(json.dumps(one) + "\n" for one in whole).encode())
            self._out = self.path.open("a", encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ResultError(f"{self.path}: cannot be used as a checkpoint: {reason}") from None
        return found

    def add(self, verdict: Verdict) -> None:
        """Write one verdict down."""
        self._line(verdict.as_dict())

    def close(self) -> None:
        """Give the file back."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _line(self, plain: Mapping[str, Any]) -> None:
        assert self._out is not None, "INVARIANT: a notebook is read before it is written"
        try:
            self._out.write(json.dumps(plain) + "\n")
            self._out.flush()
        except OSError as error:
            raise ResultError(f"{self.path}: cannot be written: {error.strerror}") from None

    def _parsed(self, lines: list[str]) -> dict[str, Verdict]:
        if not lines:
            return {}
        if _plain(lines[0]) != self._head:
            raise ResultError(
                f"{self.path}: found something else than the beginning of this very plan, expected a new file or one "
                "that the same command wrote: name another file, or delete this one"
            )
        verdicts = (_verdict(plain) for line in lines[1:] if (plain := _plain(line)) is not None)
        return {verdict.candidate.key: verdict for verdict in verdicts}


def _digest(plan: Mapping[str, Any]) -> str:
    return sha256(json.dumps(plan, sort_keys=True, default=str).encode()).hexdigest()


def _plain(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _verdict(plain: dict[str, Any]) -> Verdict:
    chosen = plain.pop("candidate")
    stated = {name: Estimate(**one) for name, one in plain.pop("stated").items()}
    return Verdict(
        candidate=Candidate(names=frozenset(chosen["names"]), numbers=tuple(chosen["numbers"].items())),
        stated=stated,
        **plain,
    )
