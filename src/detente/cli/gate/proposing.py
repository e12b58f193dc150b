"""`detente gate propose`, `report` and `outcome`: what systems say to a gate that runs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from detente.cli.gate.connection import Authority, Url, connected
from detente.cli.gate.documents import documents
from detente.cli.gate.offline import LEAVES
from detente.cli.gate.saying import say
from detente.cli.gate.telling import tell_changes, told_change
from detente.cli.terminal import DONE, Json, emit_json
from detente.errors import GateError

__all__ = ["outcome", "propose", "report"]

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An action, as JSON, or one on each line; - reads standard input."),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Also the rules that had nothing against it, with their facts.")
]


def propose(
    file: File,
    everything: Everything = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with 0 for allow, 10 hold, 11 throttle, 12 deny.")
    ] = False,
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Propose an action, or one on each line, to a running gate, in the name of the system whose token it is.

    Of several, `--exit-code` tells the strictest answer.
    """
    from detente.gate.client import decision_of
    from detente.gate.telling import told

    actions = documents(file, "action")
    with connected(gate, authority) as client:
        answers = _sent(
            client, "/v1/actions", file, actions, "answered", "asked again, the answer is the same"
        )
    decisions = [decision_of(one) for one in answers]
    if as_json:
        emit_json(answers[0] if len(answers) == 1 else answers)
    else:
        for decision in decisions:
            say(told(decision, everything=everything, brief=len(decisions) > 1 and not everything))
    strictest = max((LEAVES[one.effect] for one in decisions), default=DONE)
    raise typer.Exit(strictest if exit_code else DONE)


def report(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="An incident, as JSON, or one on each line; - reads standard input."
        ),
    ],
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Report incidents to a running gate; tell what they brought about."""
    incidents = documents(file, "incident")
    with connected(gate, authority) as client:
        answers = _sent(
            client, "/v1/incidents", file, incidents, "noted", "what was noted is not noted twice"
        )
    changed = [change for answer in answers for change in answer["changed"]]
    if as_json:
        emit_json({"reported": len(answers), "changed": changed})
        return
    noted = f"{len(answers)} incidents noted" if len(answers) != 1 else "noted"
    say([noted, *map(told_change, changed)])


def outcome(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="The id of an action that was allowed.")],
    status: Annotated[str, typer.Argument(metavar="STATUS", help="done, failed or rolled-back.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What else there is to say.")] = "",
    finished: Annotated[
        str | None, typer.Option("--finished", metavar="TIME", help="When, as 2026-11-27T09:00:00Z.")
    ] = None,
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Report what became of an action, in the name of the system that proposed it: whatever was allowed owes that."""
    told: dict[str, Any] = {"action": action, "status": status, "note": note}
    if finished is not None:
        told["finished_at"] = finished
    with connected(gate, authority) as client:
        answer = client.post("/v1/outcomes", told)
    tell_changes("noted", answer, as_json=as_json)


def _sent(
    client: Any, path: str, file: Path, lines: list[tuple[int, Any]], noted: str, again: str
) -> list[Any]:
    """Send one after another; where one is not taken, say which line it is, and what is on record before it."""
    answers: list[Any] = []
    for number, one in lines:
        try:
            answers.append(client.post(path, one))
        except GateError as error:
            if len(lines) == 1:
                raise
            told = f"{error}; before it {len(answers)} of {len(lines)} were {noted}; send the file again once it is mended: {again}"
            raise GateError(f"{file}:{number}: {told}") from None
    return answers
