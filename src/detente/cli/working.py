"""What the commands do that takes time, and what they say meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from detente.cli.terminal import errors

if TYPE_CHECKING:
    from detente.exact.solution import Solution
    from detente.model.portfolio.safeguards import Portfolio
    from detente.model.vocabulary import Scenario

__all__ = ["announce", "announce_compilation", "announce_solver", "bar", "solved", "tally"]


def announce(what: str) -> None:
    """Say on a terminal what is going on; nothing anywhere else."""
    console = errors()
    if console.is_terminal:
        console.print(f"{what} ...", soft_wrap=True)


def announce_compilation() -> None:
    """Say on standard error that the first run takes longer, when it will."""
    from detente.engine.run import is_compiled

    if not is_compiled():
        errors().print("compiling the kernel (once; later runs start at once) ...")


def solved(scenario: "Scenario", portfolio: "Portfolio") -> "Solution":
    """Return the solution, with a sign of life on a terminal while it is worked out."""
    from detente.exact.solve import solve as solve_exactly

    console = errors()
    if not console.is_terminal:
        return solve_exactly(scenario, portfolio)
    with console.status("solving"):
        return solve_exactly(scenario, portfolio)


def announce_solver(kernel: str = "flow") -> bool:
    """Say on standard error that the first solution takes longer, when it will; returns whether it will.

    `kernel` is the last one that is needed.
    """
    from detente.engine.run import is_compiled

    if is_compiled(kernel):
        return False
    errors().print("compiling the solver (once; later runs start at once) ...")
    return True


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and nothing anywhere else; gives what is to be told of every step."""
    console = errors()
    if not console.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda finished: progress.update(task, advance=finished)


@contextmanager
def tally(what: str) -> Iterator[Callable[[int], None]]:
    """Show a count on a terminal, where nobody knows how far it will go; gives what is to be told of every step."""
    console = errors()
    if not console.is_terminal:
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(what), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda finished: progress.update(task, advance=finished)
