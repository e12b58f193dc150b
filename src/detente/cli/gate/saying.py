"""How the commands of the gate put lines on a terminal: what is too long goes on below its own beginning."""

from collections.abc import Iterable

from detente.cli.folding import folded
from detente.cli.terminal import output

__all__ = ["say"]


def say(lines: Iterable[str]) -> None:
    """Print lines, each folded under its own indent; those of a reason under its text.

    What others have written is in them: nothing in it obeys or deceives a terminal, or makes a line of its own.
    """
    console = output()
    for line in map(_visible, lines):
        indent = len(line) - len(line.lstrip(" "))
        rest = " " * (12 if indent else 2)
        for part in folded(line.strip(), console.width, " " * indent, rest):
            console.print(part, soft_wrap=True)


def _visible(text: str) -> str:
    """Return a text with what does not print, direction marks included, written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
