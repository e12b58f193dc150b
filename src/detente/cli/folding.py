"""Text in lines of a width, which break between words and never within a number and its unit."""

import re
import textwrap

__all__ = ["folded"]

_TIGHT = "\xa0"
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
