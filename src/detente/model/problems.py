"""What is wrong with a document, and where: from a path in the tree to a line for a person."""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from detente.errors import Problem

__all__ = [
    "MOST_PROBLEMS",
    "Fault",
    "Path",
    "nearest_of",
    "shorten",
    "shown",
    "spell",
    "step",
    "turned",
    "within_reason",
]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a document to one of its values."""

MOST_PROBLEMS = 1000
"""No person reads more of them, and a hostile document could make millions."""

_LONGEST_SHOWN = 60
_LONGEST_STEP = 200  # above the longest name, so that no two legal paths look the same


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that does not know its file and line yet."""

    path: Path
    found: str
    expected: str
    at_key: bool = False
    """the key is at fault, not the value under it"""


def spell(path: Iterable[str | int]) -> str:
    """A path as people write it, as `systems.avalon-shield.responds[0].actions`.

    A name that is not one plain word, such as `a.b`, is written `["a.b"]`, so that two different
    paths never look the same.
    """
    return "".join(step(part) for part in path).removeprefix(".")


def step(part: str | int) -> str:
    """One step of a path, as it is written after the steps before it."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _is_plain(part) else f'["{shorten(part, _LONGEST_STEP)}"]'


def _is_plain(part: str) -> bool:
    return bool(part) and part.isascii() and part.replace("-", "").replace("_", "").isalnum()


def shown(value: object) -> str:
    """A value as an error shows it: short, on one line, in the words of a document."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{shorten(value)}'"
    if isinstance(value, dict):
        return f"a mapping with the keys {shorten(', '.join(value))}" if value else "an empty mapping"
    if isinstance(value, Sequence):
        return f"a list of {len(value)}" if value else "an empty list"
    text = str(value)
    return "nothing (null)" if text == "null" else shorten(text)


def shorten(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """The beginning of `text`, on one line and without what a terminal would not print."""
    start = text[: longest + 1].replace("\n", " ")
    printable = "".join(letter if letter.isprintable() else "?" for letter in start)
    return printable if len(printable) <= longest else printable[: longest - 1] + "…"


_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def turned(text: str, path: Path = ()) -> Fault | None:
    """The fault of a text whose invisible characters make it read otherwise than it is written (bidirectional controls)."""
    found = _TURNS.search(text)
    if found is None:
        return None
    expected = "a text without characters that turn the direction of writing"
    return Fault(path, f"U+{ord(found[0]):04X} in {shown(text)}", expected)


def nearest_of(name: str, among: Collection[str]) -> list[str]:
    """The one of `among` that looks most like `name`, in a list; empty if none does."""
    return difflib.get_close_matches(name[:200], among, n=1, cutoff=0.6)


def within_reason(problems: list[Problem]) -> list[Problem]:
    """The problems, cut off at `MOST_PROBLEMS` with a last line that says so."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    rest = Problem(
        path="", found="more problems than these", expected=f"the first {MOST_PROBLEMS} to be mended"
    )
    return [*problems[:MOST_PROBLEMS], rest]
