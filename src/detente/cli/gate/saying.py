"""How the commands of the gate put lines on a terminal: what is too long goes on below its own beginning."""

from collections.abc import Iterable

from detente.cli.folding import folded
from detente.cli.terminal import output

__all__ = ["say"]


def say(lines: Iterable[str]) -> None:
    """Print lines, each folded under its own indent; those of a reason under its text."""
    console = output()
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        rest = " " * (12 if indent else 2)
        for part in folded(line.strip(), console.width, " " * indent, rest):
            console.print(part, soft_wrap=True)
