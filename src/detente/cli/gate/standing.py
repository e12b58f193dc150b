"""`detente gate mode`, `kill`, `phase`, `meter` and `explain`: how things stand with a gate that runs, and who changes that."""

from typing import Annotated, Any

import typer

from detente.cli.gate.connection import Authority, Reason, Url, connected
from detente.cli.gate.saying import say
from detente.cli.gate.telling import told_phase, told_time
from detente.cli.terminal import ArgumentError, Json, emit_json

__all__ = ["explain", "kill", "meter", "mode", "phase"]

Scope = Annotated[
    str, typer.Option("--scope", metavar="SCOPE", help="overall, compartment:NAME or actor:NAME.")
]


def mode(
    to: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODE]", help="normal, guarded, de-escalation or halted; without it: what stands."
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why: it becomes part of the record.")
    ] = "",
    scope: Scope = "overall",
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Show the modes that stand, or set that of a scope: down at once, up one step at a time."""
    with connected(gate, authority) as client:
        if to is None:
            answer = client.get("/v1/mode")
        elif not reason:
            raise ArgumentError("--reason: found nothing, expected why the mode is set")
        else:
            answer = client.post("/v1/mode", {"mode": to, "reason": reason, "scope": scope})
    _tell_modes(answer, as_json=as_json)


def kill(
    reason: Reason,
    scope: Scope = "overall",
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Stop everything in a scope: the very next decision obeys, and the answer says that it stands.

    Without a server, a file named KILL in the gate's folder does the same.
    """
    with connected(gate, authority) as client:
        answer = client.post("/v1/kill", {"reason": reason, "scope": scope})
    _tell_modes(answer, as_json=as_json)


def _tell_modes(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(answer)
        return
    say(_modes(answer) or ["normal everywhere"])


def _modes(answer: dict[str, Any]) -> list[str]:
    lines = []
    for one in answer["modes"]:
        until = f", until {told_time(one['until'])}" if one.get("until") else ""
        since = f"since {told_time(one['since'])}"
        lines.append(f"{one['mode'].upper()}  {one['scope']}, {since}{until}: {one['cause']}")
    return lines


def phase(
    system: Annotated[str | None, typer.Argument(metavar="[SYSTEM]", help="Without it: all.")] = None,
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", help="The kind of action.")] = None,
    to: Annotated[
        str | None, typer.Argument(metavar="[PHASE]", help="shadow, advisory, supervised or autonomous.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why: it becomes part of the record.")
    ] = "",
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Show what systems have shown, or move one for a kind of action: up needs the evidence, down needs only a reason."""
    with connected(gate, authority) as client:
        if to is not None:
            if not reason:
                raise ArgumentError("--reason: found nothing, expected why it is moved")
            order = {"system": system, "action": action, "phase": to, "reason": reason}
            answer = {"phases": [client.post("/v1/phases", order)]}
        else:
            answer = client.get("/v1/phases")
    shown = [
        one
        for one in answer["phases"]
        if (system is None or one["system"] == system) and (action is None or one["action"] == action)
    ]
    if as_json:
        emit_json({"phases": shown})
        return
    say([line for one in shown for line in told_phase(one)] or ["no system has such a kind of action"])


def explain(
    name: Annotated[str, typer.Argument(metavar="ID", help="The id of an evaluation, or of an action.")],
    is_action: Annotated[
        bool, typer.Option("--action", help="ID is an action's, also where an evaluation has the same.")
    ] = False,
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Tell a recorded decision in full: every rule that spoke, its facts, and what would have changed the answer."""
    from detente.gate.client import decision_of
    from detente.gate.telling import told

    with connected(gate, authority) as client:
        answer = client.get("/v1/actions" if is_action else "/v1/explain", {"id": name})
    if as_json:
        emit_json(answer)
        return
    say(told(decision_of(answer["decision"]), everything=True))


def meter(gate: Url = None, authority: Authority = None, as_json: Json = False) -> None:
    """Show R as it is measured: overall, per compartment, and between pairs of actors."""
    with connected(gate, authority) as client:
        answer = client.get("/v1/meter")
    if as_json:
        emit_json(answer)
        return
    say(_estimate(one) for one in answer["estimates"])


def _estimate(one: dict[str, Any]) -> str:
    return (
        f"{one['scope']}: R {one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f}), "
        f"P(R >= {one['level']:g}) = {one['probability']:.2f}, by {one['method']}, {one['events']:.0f} events"
    )
