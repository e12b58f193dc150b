"""The command `detente`.

Commands import what they need when they run, so that `--help` and `check` load no simulator.
"""

import io
import os
import platform
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from detente._version import __version__
from detente.cli import (
    catalogue,
    check,
    compare,
    discover,
    halt,
    import_network,
    merge,
    plan,
    race,
    rare,
    report,
    run,
    sensitivity,
    solve,
    sweep,
    trace,
)
from detente.cli.gate import app as gate
from detente.cli.ledger import app as ledger
from detente.cli.terminal import INTERNAL, Command, Commands, remember_debug

__all__ = ["app", "main"]

app = typer.Typer(
    name="detente",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(value: bool) -> None:
    if value:
        parts = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "polars"))
        print(f"detente {__version__} (Python {platform.python_version()}, {parts})")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help="Show the whole traceback of an internal error (also: DETENTE_DEBUG=1).",
            callback=remember_debug,
        ),
    ] = False,
) -> None:
    """Find how automated systems escalate each other: simulate, solve, and see who triggered whom.

    Exit codes: 0 done, 2 bad input, 1 internal error, 130 interrupted.
    """


app.command("scenarios", cls=Command)(catalogue.scenarios)
app.command("portfolios", cls=Command)(catalogue.portfolios)
app.command("races", cls=Command)(catalogue.races)
app.command("check", cls=Command)(check.check)
app.command("run", cls=Command)(run.run)
app.command("merge", cls=Command)(merge.merge)
app.command("solve", cls=Command)(solve.solve)
app.command("trace", cls=Command)(trace.trace)
app.command("compare", cls=Command)(compare.compare)
app.command("halt", cls=Command)(halt.halt)
app.command("report", cls=Command)(report.report)
app.command("rare", cls=Command)(rare.rare)
app.command("race", cls=Command)(race.race)
app.command("import", cls=Command)(import_network.import_network)
app.command("sweep", cls=Command)(sweep.sweep)
app.command("sensitivity", cls=Command)(sensitivity.sensitivity)
app.command("discover", cls=Command)(discover.discover)
app.command("plan", cls=Command)(plan.plan)
app.add_typer(gate, name="gate")
app.add_typer(ledger, name="ledger")


def main() -> None:
    """Run the command line and exit with its code."""
    _require_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show µ shows ? and not a traceback
            stream.reconfigure(errors="replace")
    app(prog_name="detente")


def _require_streams() -> None:
    """Leave at once where the shell has closed standard output; do without standard error."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- lives as long as we do
    if sys.stdout is None:
        sys.stderr.write("detente: standard output is closed: there is nowhere to write to\n")
        raise SystemExit(INTERNAL)
