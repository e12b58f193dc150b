"""What the commands do that takes time, and what they say meanwhile."""

from typing import TYPE_CHECKING

from detente.cli.terminal import errors

if TYPE_CHECKING:
    from detente.exact.solution import Solution
    from detente.model.vocabulary import Scenario

__all__ = ["announce_compilation", "announce_solver", "solved"]


def announce_compilation() -> None:
    """Say on standard error that the first run takes longer, when it will."""
    from detente.engine.run import is_compiled

    if not is_compiled():
        errors().print("compiling the kernel (once; later runs start at once) ...")


def solved(scenario: "Scenario") -> "Solution":
    """Return the solution, with a sign of life on a terminal while it is worked out."""
    from detente.exact.solve import solve as solve_exactly

    console = errors()
    if not console.is_terminal:
        return solve_exactly(scenario)
    with console.status("solving"):
        return solve_exactly(scenario)


def announce_solver() -> bool:
    """Say on standard error that the first solution takes longer, when it will; returns whether it will."""
    from detente.engine.run import is_compiled

    if is_compiled("flow"):
        return False
    errors().print("compiling the solver (once; later runs start at once) ...")
    return True
