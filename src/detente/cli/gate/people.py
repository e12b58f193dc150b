"""`detente gate holds`, `approve`, `deny`, `judge` and `attribute`: what people say to a gate that runs."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from detente.cli.gate.connection import Authority, Reason, Url, connected
from detente.cli.gate.saying import say
from detente.cli.gate.telling import tell_changes, told_phase, told_time
from detente.cli.terminal import ArgumentError, Json, emit_json

__all__ = ["approve", "attribute", "deny", "holds", "judge"]

Hold = Annotated[str, typer.Argument(metavar="HOLD", help="The id of the hold.")]


def approve(
    hold: Hold, reason: Reason, gate: Url = None, authority: Authority = None, as_json: Json = False
) -> None:
    """Approve a held action: exactly the one that the gate shows now, whose digest goes with the vote."""
    _vote(hold, reason, gate, authority, as_json=as_json, approves=True)


def deny(
    hold: Hold, reason: Reason, gate: Url = None, authority: Authority = None, as_json: Json = False
) -> None:
    """Deny a held action: one denial ends the hold."""
    _vote(hold, reason, gate, authority, as_json=as_json, approves=False)


def _vote(
    hold: str, reason: str, gate: str | None, authority: Path | None, *, as_json: bool, approves: bool
) -> None:
    place = f"/v1/holds/{quote(hold, safe='')}"
    with connected(gate, authority) as client:
        shown = client.get(place)
        after = client.post(
            f"{place}/votes", {"approve": approves, "reason": reason, "digest": shown["digest"]}
        )
    if as_json:
        emit_json(after)
        return
    say([*_hold(after), f"  your vote: {'for' if approves else 'against'}"])


def holds(gate: Url = None, authority: Authority = None, as_json: Json = False) -> None:
    """List the holds that are open: what waits for people, and what was approved and not used yet."""
    with connected(gate, authority) as client:
        answer = client.get("/v1/holds")
    if as_json:
        emit_json(answer)
        return
    lines = [line for one in answer["holds"] for line in _hold(one)]
    say(lines or ["nothing waits for people"])


def judge(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="The id of a proposed action.")],
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="agree or disagree.")],
    reason: Reason,
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Say whether you agree with what a system proposed: the evidence on which it climbs from phase to phase."""
    if verdict not in ("agree", "disagree"):
        raise ArgumentError(f"VERDICT: found {verdict!r}, expected agree or disagree")
    told = {"action": action, "agrees": verdict == "agree", "reason": reason}
    with connected(gate, authority) as client:
        answer = client.post("/v1/judgements", told)
    if as_json:
        emit_json(answer)
        return
    say(told_phase(answer))


def attribute(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="The id of an incident.")],
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="P", help="How surely, from 0 to 1.", min=0.0, max=1.0)
    ],
    author: Annotated[str | None, typer.Option("--author", metavar="ACTOR", help="Who did it.")] = None,
    accident: Annotated[bool, typer.Option("--accident", help="Nobody did it.")] = False,
    evidence: Annotated[
        list[str] | None,
        typer.Option("--evidence", metavar="REFERENCE", help="What it rests on; may be given several times."),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What else there is to say.")] = "",
    gate: Url = None,
    authority: Authority = None,
    as_json: Json = False,
) -> None:
    """Report a better attribution: holds that rest on a blame which it contradicts are withdrawn."""
    if accident == (author is not None):
        raise ArgumentError("found neither or both of --author and --accident, expected one of them")
    told = {
        "incident": incident, "author": author, "confidence": confidence, "evidence": evidence or [], "note": note
    }  # fmt: skip
    with connected(gate, authority) as client:
        answer = client.post("/v1/attributions", told)
    tell_changes("noted", answer, as_json=as_json)


def _hold(view: dict[str, Any]) -> list[str]:
    lines = [f"{view['status'].upper()}  {view['id']}: {view['approvals']} of {view['quorum']} approve"]
    if "canonical" in view:  # as people see it; a system sees its own without who decides
        lines.append(f"  {view['system']} proposes {view['kind']} ({view['rung']}): {', '.join(view['why'])}")
        lines.append(f"  exactly: {view['canonical']}")
        lines += [
            f"  {one['person']}: {'for' if one['approve'] else 'against'}: {one['reason']}"
            for one in view.get("ballots", ())
        ]
    else:
        lines.append(f"  for the action {', '.join((view['action'], *view.get('also', ())))}")
    lines.append(f"  until {told_time(view['deadline'])}, then: {view['lapse']}")
    if view.get("cause"):
        lines.append(f"  {view['cause']}")
    return lines
