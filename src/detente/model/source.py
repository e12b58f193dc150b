"""A document as it arrives, from a file, a text or a mapping, to a plain tree within fixed limits."""

import math
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path as FilePath

from detente.errors import DocumentError, Problem, ScenarioError
from detente.model.problems import Fault, Path, shown, spell, within_reason
from detente.model.tree import (
    DEEPEST,
    LONGEST_SCALAR,
    MOST_NODES,
    NULL,
    Place,
    Tree,
    grow,
    places,
    strange_letter,
)

__all__ = ["Source", "is_named_pipe", "of_mapping", "of_text", "read"]

LARGEST_BYTES = 16 * 2**20
"""a document's size; far above the largest that is useful, far below what hurts a computer"""
_MOST_EXACT = 10**15
LONGEST_LINE = 2**20
"""letters in one line"""

_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its tree, and what is needed to say where in it something is wrong."""

    tree: Tree
    file: str = ""
    """as the caller named it; empty for a mapping"""
    text: str | None = None

    def locate(self, faults: Iterable[Fault]) -> tuple[Problem, ...]:
        """The faults as problems with file, line and column, in the order of the document."""
        listed = list(faults)
        found = self._places(listed)
        placed = [(self._place(fault, found), fault) for fault in listed]
        placed.sort(key=lambda pair: (pair[0] is None, pair[0] or Place(0, 0)))
        return tuple(within_reason([self._problem(fault, place) for place, fault in placed]))

    def _places(self, faults: list[Fault]) -> dict[Path, tuple[Place, Place]]:
        wanted = {fault.path[:length] for fault in faults for length in range(len(fault.path) + 1)}
        return places(self.text, wanted) if self.text is not None and faults else {}

    def _place(self, fault: Fault, found: Mapping[Path, tuple[Place, Place]]) -> Place | None:
        """Of the value itself, or of the nearest thing around it that the text shows."""
        for length in range(len(fault.path), -1, -1):
            if fault.path[:length] in found:
                key, value = found[fault.path[:length]]
                return key if fault.at_key or length < len(fault.path) else value
        return None

    def _problem(self, fault: Fault, place: Place | None) -> Problem:
        return Problem(
            path=spell(fault.path),
            found=fault.found,
            expected=fault.expected,
            file=self.file,
            line=place.line if place else None,
            column=place.column if place else None,
        )


def read(path: FilePath, error: type[DocumentError] = ScenarioError) -> Source:
    """The document in a file.

    Raises
    ------
    error
        no such file, not readable, or whatever `of_text` refuses.
    """
    file = str(path)
    try:
        if is_named_pipe(path):
            raise _refusal(error, file, "a named pipe", f"a {error.noun} document in a file")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as why:
        reason = why.strerror if isinstance(why, OSError) else str(why)
        found = f"a file that cannot be read ({reason})"
        raise _refusal(error, file, found, f"a {error.noun} document") from why
    if len(data) > LARGEST_BYTES:
        raise _refusal(error, file, f"more than {LARGEST_BYTES} bytes", "a document of at most 16 MiB")
    return of_text(_decode(data, file, error), file, error)


def is_named_pipe(path: FilePath) -> bool:
    """Tell whether to open a file would be to wait for somebody who writes to it.

    A pipe of the shell's own, as `/dev/stdin` or `<(...)`, has somebody already. Raises OSError, ValueError.
    """
    return stat.S_ISFIFO(path.stat().st_mode) and path.absolute().parts[1:2] not in {("dev",), ("proc",)}


def of_text(text: str, file: str = "", error: type[DocumentError] = ScenarioError) -> Source:
    """The document written in `text`, YAML or JSON.

    Raises
    ------
    error
        over a limit, control characters in it, or whatever `tree.grow` refuses.
    """
    if len(text) > LARGEST_BYTES:
        raise _refusal(error, file, f"more than {LARGEST_BYTES} letters", "a document of at most 16 MiB")
    text = text.removeprefix("\ufeff")
    _refuse_strange(text, file, error)
    _refuse_long_lines(text, file, error)
    if text.lstrip().startswith("{"):
        text = _SURROGATES.sub(_joined, text)
    return Source(tree=grow(text, file, error), file=file, text=text)


def of_mapping(document: Mapping[str, object], error: type[DocumentError] = ScenarioError) -> Source:
    """The document that a mapping holds: the same tree as if it had been written and read.

    Raises
    ------
    error
        something in it that a document cannot hold, or a limit passed.
    """
    return Source(tree=_Copy(error).copy(document, ()))


def _decode(data: bytes, file: str, error: type[DocumentError]) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        raise _refusal(error, file, "text in UTF-16 or UTF-32, or no text at all", "text in UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as why:
        place = _place_of(data[: why.start].decode("utf-8"))
        found = f"the byte 0x{data[why.start]:02x}, which is not UTF-8"
        raise _refusal(error, file, found, "text in UTF-8", place) from why


def _refuse_strange(text: str, file: str, error: type[DocumentError]) -> None:
    strange = strange_letter(text.replace("\r", "\n"))
    if strange is not None:
        found = f"the control character U+{ord(strange[0]):04X}"
        place = _place_of(text[: strange.start()])
        raise _refusal(error, file, found, "text without control characters", place)


def _refuse_long_lines(text: str, file: str, error: type[DocumentError]) -> None:
    start = 0
    for end in _LINE_END.finditer(text + "\n"):
        if end.start() - start > LONGEST_LINE:
            found = f"a line of {end.start() - start} letters"
            raise _refusal(error, file, found, f"lines of at most {LONGEST_LINE}", _place_of(text[:start]))
        start = end.end()


def _joined(pair: re.Match[str]) -> str:
    """One escape for the two that JSON writes for a letter beyond U+FFFF; YAML does not know the two."""
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _place_of(before: str) -> Place:
    lines = _LINE_END.split(before)
    return Place(len(lines), len(lines[-1]) + 1)


def _refusal(
    error: type[DocumentError], file: str, found: str, expected: str, place: Place | None = None
) -> DocumentError:
    line, column = place or (None, None)
    return error([Problem(path="", found=found, expected=expected, file=file, line=line, column=column)])


class _Copy:
    """Copies a mapping into a plain tree; a mapping inside itself meets the limit on depth."""

    def __init__(self, error: type[DocumentError]) -> None:
        self.error = error
        self.nodes = 0

    def copy(self, value: object, path: Path) -> Tree:
        self._count(path)
        if isinstance(value, Mapping):
            return {self._key(key, path): self.copy(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            return [self.copy(item, (*path, index)) for index, item in enumerate(value)]
        if value is None:
            return NULL
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(str.__str__(value), path)
        if isinstance(value, Real):
            return self._number(value, path)
        raise self._wrong(
            path, f"a Python {type(value).__name__}", "text, a number, true, false, a list or a mapping"
        )

    def _count(self, path: Path) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self._wrong((), f"more than {MOST_NODES} values", f"at most {MOST_NODES}")
        if len(path) > DEEPEST:
            raise self._wrong(path[:3], f"more than {DEEPEST} levels of nesting", f"at most {DEEPEST}")

    def _key(self, key: object, path: Path) -> str:
        if not isinstance(key, str):
            raise self._wrong(path, f"a key that is a Python {type(key).__name__}", "text as a key")
        return self._text(str.__str__(key), path)

    def _text(self, text: str, path: Path) -> str:
        if len(text) > LONGEST_SCALAR:
            raise self._wrong(path, f"a text of {len(text)} letters", f"at most {LONGEST_SCALAR}")
        if strange_letter(text):
            raise self._wrong(path, shown(text), "text without control characters")
        return text

    def _number(self, value: Real, path: Path) -> int | float:
        if isinstance(value, Integral) and abs(int(value)) < _MOST_EXACT:
            return int(value)
        try:
            number = float(value)
        except (OverflowError, ValueError, TypeError):
            number = math.inf
        if not math.isfinite(number):
            raise self._wrong(path, "a number that is not finite or too large", "a number below 1e308")
        return number

    def _wrong(self, path: Path, found: str, expected: str) -> DocumentError:
        return self.error([Problem(path=spell(path), found=found, expected=expected)])
