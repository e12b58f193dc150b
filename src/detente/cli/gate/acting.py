"""`detente gate propose`, `report`, `approve`, `deny`, `holds`, `mode`, `kill`, `phase` and `explain`: asking a gate that runs."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from detente.cli.gate.connection import Authority, Reason, Url, connected
from detente.cli.gate.given import LARGEST, read_bounded, refuse_twice
from detente.cli.gate.offline import LEAVES
from detente.cli.gate.saying import say
from detente.cli.terminal import DONE, ArgumentError, Json, emit_json
from detente.errors import GateError

__all__ = ["approve", "deny", "explain", "holds", "kill", "meter", "mode", "phase", "propose", "report"]

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An action, as JSON, or one on each line; - reads standard input."),
]
Hold = Annotated[str, typer.Argument(metavar="HOLD", help="The id of the hold.")]
Everything = Annotated[
    bool, typer.Option("--all", help="Also the rules that had nothing against it, with their facts.")
]
Scope = Annotated[
    str, typer.Option("--scope", metavar="SCOPE", help="overall, compartment:NAME or actor:NAME.")
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

    actions = _documents(file, "action")
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
    incidents = _documents(file, "incident")
    with connected(gate, authority) as client:
        answers = _sent(
            client, "/v1/incidents", file, incidents, "noted", "what was noted is not noted twice"
        )
    changed = [change for answer in answers for change in answer["changed"]]
    if as_json:
        emit_json({"reported": len(answers), "changed": changed})
        return
    noted = f"{len(answers)} incidents noted" if len(answers) != 1 else "noted"
    say([noted, *(_change(one) for one in changed)])


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


def approve(
    hold: Hold, reason: Reason, gate: Url = None, authority: Authority = None, as_json: Json = False
) -> None:
    """Approve a held action: exactly the one that the gate shows, which is printed before it counts."""
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
    lines.append(f"  until {_instant(view['deadline'])}, then: {view['lapse']}")
    if view.get("cause"):
        lines.append(f"  {view['cause']}")
    return lines


def _instant(text: str) -> str:
    """Return a time as it is served as people write it, and as decisions show it."""
    from detente.gate.client import nanoseconds
    from detente.gate.telling import instant

    return instant(nanoseconds(text))


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
        until = f", until {_instant(one['until'])}" if one.get("until") else ""
        since = f"since {_instant(one['since'])}"
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
    say([line for one in shown for line in _phase(one)] or ["no system has such a kind of action"])


def _phase(one: dict[str, Any]) -> list[str]:
    shown = one | {name: _instant(one[name]) for name in ("since", "severe_at") if one.get(name)}
    told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in shown.items() if key not in _NAMED)
    since = "" if "since" in one else ", where the charter starts it"
    head = f"{one['phase'].upper()}  {one['system']} with {one['action']}{since}"
    return [head, f"  {told}"] if told else [head]


_NAMED = frozenset({"phase", "system", "action"})


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


def _change(one: dict[str, Any]) -> str:
    return f"  {one['what']} of {one['of']}: {one['before']} -> {one['after']}: {one['cause']}"


_MOST_LINES = 10_000
_NOT_SENT = "; nothing was sent"


def _documents(file: Path, what: str) -> list[tuple[int, Any]]:
    """Return what is in a file, each with its line: one JSON document, or one on each line, and never none."""
    from msgspec import DecodeError, json

    from detente.gate.expected import in_words

    body = read_bounded(file, LARGEST * 32, f"one JSON object{_NOT_SENT}")
    try:
        whole = json.decode(body)
        refuse_twice(body, str(file), _NOT_SENT)
    except RecursionError:
        raise ArgumentError(f"{file}: it is nested too deeply, expected one JSON object") from None
    except DecodeError:
        pass
    else:
        return [(1, whole)]
    found = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append((number, json.decode(line)))
            refuse_twice(line, f"{file}:{number}", _NOT_SENT)
        except RecursionError:
            raise ArgumentError(
                f"{file}:{number}: it is nested too deeply, expected one JSON object"
            ) from None
        except DecodeError as error:
            raise ArgumentError(
                f"{file}:{number}: {in_words(None, str(error))}; expected one JSON object{_NOT_SENT}"
            ) from None
        if len(found) > _MOST_LINES:
            raise ArgumentError(f"{file}: found more than {_MOST_LINES} lines, expected at most so many")
    if not found:
        raise ArgumentError(f"{file}: found no {what}, expected one as JSON, or one on each line")
    return found
