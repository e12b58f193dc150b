"""Incidents of a traced crisis in words."""

from typing import TYPE_CHECKING

from detente.analysis.wording import share

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Trace

__all__ = ["cause", "told"]


def told(trace: "Trace", incident: "Incident") -> str:
    """Return an incident in a line: what, where, and who did it on what reading."""
    return f"{incident.rung}: {incident.system} ({incident.owner}), {cause(trace, incident)}"


def cause(trace: "Trace", incident: "Incident") -> str:
    """Return how an incident came about: by accident, as an outage passed on, or as whose action on what reading."""
    if incident.kind == "false-alarm":
        return "a false alarm"
    if incident.kind == "shock":
        return _shock(incident)
    parent = trace.incidents[incident.parent] if incident.parent is not None else None
    source = parent.system if parent else "elsewhere"
    if incident.kind == "outage":
        return f"an outage passed on by {source}"
    if incident.kind == "contagion":
        return f"spread from {source}"
    return _action(trace, incident, parent)


def _shock(incident: "Incident") -> str:
    who = f"attacked by {incident.author}" if incident.author else "an accident"
    if incident.points_to == incident.author:
        return who
    return (
        f"{who}, made to look like {incident.points_to or 'an accident'}"
        if incident.author
        else (f"{who} that looks like the work of {incident.points_to}")
    )


def _action(trace: "Trace", incident: "Incident", parent: "Incident | None") -> str:
    reading = incident.reading
    if reading is None:
        return f"struck by {incident.author}"
    parts = [f"struck by {reading.responder} ({incident.author})"]
    if incident.points_to != incident.author:
        parts.append(f"posing as {incident.points_to or 'an accident'}")
    if parent and reading.perceived != parent.rung:
        parts.append(f"which read {parent.rung} as {reading.perceived}")
    if reading.blamed:
        verdict = "right" if reading.right else "WRONG"
        sure = f", {share(reading.confidence, 0.5)} sure" if reading.confidence is not None else ""
        parts.append(f"blaming {reading.blamed}: {verdict}{sure}")
    elif not reading.right:
        parts.append("though nobody had attacked")
    if reading.reviewed:
        people = "its command" if trace.portfolio == "none" else "people"
        parts.append(f"approved by {people}")
    return ", ".join(parts)
