"""Legal names, all different, for things that people call what they like."""

import json
import re
import unicodedata
from collections.abc import Iterable

__all__ = ["Namer", "natural", "quoted", "written"]

_LONGEST = 80  # of a hundred, so that a number can follow
_LONGEST_QUOTED = 60
_TAKEN = {"none", "true", "false", "null"}
"""words that mean something else where a name stands"""


class Namer:
    """Gives out names, each once."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._given = set(reserved)
        self._next: dict[str, int] = {}

    def name(self, label: str, prefix: str) -> str:
        """A legal name like `label`; it begins with `prefix` when the label alone would be no name."""
        plain = _plain(label)
        if not plain or not plain[0].isalpha() or plain.lower() in _TAKEN:
            plain = f"{prefix}-{plain}" if plain else prefix
        number, name = self._next.get(plain, 1), plain
        while name in self._given:
            number += 1
            name = f"{plain}-{number}"
        self._next[plain] = number
        self._given.add(name)
        return name


def _plain(label: str) -> str:
    folded = unicodedata.normalize("NFKD", label[:1000]).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9._]+", "-", folded).strip("-._")[:_LONGEST].rstrip("-._")


def written(value: object) -> str:
    """A value of an attribute as text: `1` for 1.0, empty where there is none."""
    if value is None or value != value:  # noqa: PLR0124 -- not a number
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def quoted(text: str) -> str:
    """Any text as it may stand in a comment: on one line, in ASCII, short."""
    short = text if len(text) <= _LONGEST_QUOTED else text[: _LONGEST_QUOTED - 3] + "..."
    return json.dumps(short).replace("\x7f", "\\u007f")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which `bus 9` comes before `bus 10`."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", text)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts)
