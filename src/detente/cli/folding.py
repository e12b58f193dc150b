"""Text in lines of a width, which break between words and never within a number and its unit."""

import re
import shlex
import textwrap
from collections.abc import Sequence

__all__ = ["as_typed", "folded"]

_TIGHT = "\xa0"
_GOES_ON = " \\"
_QUANTITY = re.compile(r"\d (?:%|ns|µs|ms|s|min|h|d)(?!\w)(?: \d+ (?:s|min|h)(?!\w))?")
"""a share or a time, as `analysis.wording` says them"""


def folded(text: str, width: int, first: str = "", rest: str = "", *, on_hyphens: bool = False) -> list[str]:
    """Return a text as lines of at most `width` columns; a longer word has a line of its own.

    Parameters
    ----------
    first, rest
        What stands before the first line, and before each other one.
    on_hyphens
        A line may also end after a hyphen.
    """
    tight = _QUANTITY.sub(lambda found: found[0].replace(" ", _TIGHT), text)
    lines = textwrap.wrap(
        tight,
        width=max(width, 1),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=on_hyphens,
    )
    return [line.replace(_TIGHT, " ") for line in lines] or [first.rstrip()]


def as_typed(words: Sequence[str], width: int, first: str = "") -> str:
    """Return a command as one types it, on lines of at most `width` columns that a shell takes for one.

    Parameters
    ----------
    words
        As the program gets them: what a shell would not leave alone is quoted. A line ends before an option.
    first
        What stands before the first line.
    """
    parts: list[str] = []
    for word in map(_quoted, words):
        if parts and not word.startswith("--"):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [first]
    for position, part in enumerate(parts):
        if position == 0:
            lines[0] += part
        elif len(lines[-1]) + 1 + len(part) + len(_GOES_ON) <= width:
            lines[-1] += f" {part}"
        else:
            lines[-1] += _GOES_ON
            lines.append(f"    {part}")
    return "\n".join(lines)


def _quoted(word: str) -> str:
    """A word as a shell reads it, with the quotation marks that read best."""
    return f'"{word}"' if "'" in word and not re.search(r'["$`\\!]', word) else shlex.quote(word)
