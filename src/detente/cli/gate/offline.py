"""`detente gate check`, `explain` and `lint`: what a policy would answer, without a server and without a trace."""

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.gate.given import Charter, Folder, Now, Portfolio, moment, read_request
from detente.cli.gate.saying import say
from detente.cli.terminal import DONE, Json, emit_json, output

__all__ = ["LEAVES", "check", "lint"]

LEAVES = {"allow": 0, "hold": 10, "throttle": 11, "deny": 12}
"""Exit codes of `check --exit-code`."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="The request, as JSON; - reads standard input.")]
System = Annotated[
    str | None, typer.Option("--system", metavar="NAME", help="Who proposes it, where the file does not say.")
]


def check(
    folder: Folder,
    file: File,
    system: System = None,
    charter: Charter = None,
    portfolio: Portfolio = None,
    now: Now = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the rules that had nothing against it, with their facts.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with 0 for allow, 10 hold, 11 throttle, 12 deny.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Decide one action by a policy, as a new gate would: nothing is recorded, and no server is asked."""
    from msgspec import to_builtins

    from detente.gate.decide import decide
    from detente.gate.folder import policy_in
    from detente.gate.state import State
    from detente.gate.telling import told

    policy = policy_in(folder, charter=charter, portfolio=portfolio)
    request = read_request(file, system)
    decision, _ = decide(State(), request.action, policy, moment(now), system=request.system)
    if as_json:
        emit_json(to_builtins(decision))
    else:
        say(told(decision, everything=everything))
    raise typer.Exit(LEAVES[decision.effect] if exit_code else DONE)


def lint(folder: Folder, charter: Charter = None, portfolio: Portfolio = None, as_json: Json = False) -> None:
    """Look for what is legal and looks like a mistake: rules that never speak, people out of reach, exits that a halt stops.

    Leaves with 1 where something was found.
    """
    from msgspec import to_builtins

    from detente.gate.folder import policy_in
    from detente.gate.lint import lint as look

    policy = policy_in(folder, charter=charter, portfolio=portfolio)
    found = look(policy)
    if as_json:
        emit_json({"findings": to_builtins(found)})
    else:
        console = output()
        for one in found:
            console.print(str(one))
        if not found:
            kinds, systems = len(policy.kinds), len(policy.systems)
            console.print(
                f"nothing found: {systems} systems, {kinds} kinds of actions, {len(policy.charter.conditions)} conditions"
            )
    raise typer.Exit(1 if found else DONE)
