"""`detente gate simulate`: a stream of requests, answered by one policy or several."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from detente.cli.gate.given import Charter, Folder, refuse_named_pipe
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["simulate"]

_EFFECTS = ("allow", "throttle", "hold", "deny")


def simulate(
    folder: Folder,
    stream: Annotated[
        Path,
        typer.Argument(
            metavar="STREAM",
            help="Requests with their times, one JSON object a line; - reads standard input.",
        ),
    ],
    charter: Charter = None,
    portfolio: Annotated[
        list[str] | None,
        typer.Option(
            "--portfolio",
            metavar="PORTFOLIO",
            help="A portfolio to try: a file, or a shipped name; as often as you like. Default: that of the folder.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer a recorded or imagined stream of requests, by the stream's own clock: nothing is recorded or carried out.

    A line is {"at": "2026-11-27T09:00:00Z", "propose": {"system": NAME, "action": {...}}}, or has report, attribute, outcome, judge, vote, cancel, mode,
    kill or phase instead of propose: {"at": ..., "report": {"by": NAME, "incident": {...}}}.
    """
    from detente.gate.folder import policy_in
    from detente.gate.rehearsal import Rehearsed, read_stream, rehearse

    results: dict[str, Rehearsed] = {}
    lines = _lines(stream)
    tried: list[str | None] = [*portfolio] if portfolio else [None]
    for named in tried:
        policy = policy_in(folder, charter=charter, portfolio=named)
        came_to = rehearse(policy, read_stream(lines, str(stream)))
        if not came_to.effects and not came_to.changed and not came_to.refused:
            raise ArgumentError(f"{stream}: found no requests, expected one on each line")
        results[policy.portfolio.name] = came_to
    if as_json:
        emit_json({name: _as_dict(one) for name, one in results.items()})
        return
    console = output()
    table = Table(box=None, pad_edge=False, header_style="")
    for title in ("portfolio", *_EFFECTS, "refused"):
        table.add_column(title, justify="left" if title == "portfolio" else "right")
    for name, one in results.items():
        counts = (str(one.effects.get(effect, 0)) for effect in _EFFECTS)
        table.add_row(name, *counts, str(len(one.refused)))
    console.print(table)
    for name, one in results.items():
        console.print(f"\n{name}: what objected")
        for rule, effects in sorted(one.rules.items(), key=lambda item: -sum(item[1].values())):
            console.print(
                f"  {rule}: " + ", ".join(f"{count} x {effect}" for effect, count in effects.items())
            )
        for number, change in one.changed:
            console.print(
                f"  line {number}: {change.what} of {change.of}: {change.before} -> {change.after}: {change.cause}"
            )
        for number, why in one.refused:
            console.print(f"  line {number}: refused: {why}")


def _lines(stream: Path) -> list[bytes]:
    try:
        if str(stream) == "-":
            return sys.stdin.buffer.readlines()
        refuse_named_pipe(stream)
        with stream.open("rb") as file:
            return file.readlines()
    except OSError as error:
        raise ArgumentError(f"{stream}: cannot be read: {error.strerror or error}") from None


def _as_dict(one: "object") -> dict[str, object]:
    from msgspec import to_builtins

    made: dict[str, object] = to_builtins(one)
    made.pop("decisions", None)
    return made
