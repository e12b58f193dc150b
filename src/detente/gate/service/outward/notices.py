"""What is worth telling: notices made from entries, as CloudEvents 1.0 or as Slack takes them.

github.com/cloudevents/spec, 1.0.2, JSON format. `id` is the entry's index in the ledger, with a number where one entry has several.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct, json

from detente.gate.decision import DENY, HOLD
from detente.gate.entries import Adopted, Changed, Decided, Entry, Killed
from detente.gate.service.views import when

__all__ = ["Notice", "as_cloud_event", "as_slack", "notices_of"]


class Notice(Struct, frozen=True):
    """Something worth telling."""

    topic: str
    """hold, mode, phase, kill, deny or policy."""
    what: str
    """`hold.opened` and its like."""
    index: int
    """Of the entry."""
    number: int
    """Among the notices of that entry."""
    at: datetime
    subject: str
    """The id of a hold or an action, a scope, a system and a kind."""
    text: str
    """For a person."""
    data: dict[str, Any]


def notices_of(index: int, entry: Entry) -> Iterator[Notice]:
    """Yield what is worth telling about an entry. Quick where that is nothing, as nearly always."""
    number = 0
    at = when(entry.at)
    if isinstance(entry, Decided):
        decision = entry.decision
        if decision.effect == HOLD and decision.hold is not None:
            yield _opened(index, entry, at)
            number = 1
        elif decision.effect == DENY:
            yield _denied(index, entry, at)
            number = 1
    elif isinstance(entry, Killed):
        order = entry.order
        text = f"{entry.by} has stopped {order.scope}: {order.reason}"
        yield Notice(
            "kill", "kill.ordered", index, 0, at, order.scope, text, {"by": entry.by, "reason": order.reason}
        )
        number = 1
    elif isinstance(entry, Adopted):
        text = f"{entry.by} has put policy {entry.digest[:12]} in force"
        yield Notice("policy", "policy.adopted", index, 0, at, entry.digest, text, {"by": entry.by})
        number = 1
    for changed in getattr(entry, "changed", ()):
        yield _changed(index, number, at, changed)
        number += 1


def _opened(index: int, entry: Decided, at: datetime) -> Notice:
    action, decision = entry.action, entry.decision
    kind = action.action or f"{action.domain}/{action.rung}"
    why = [reason.because for reason in decision.reasons if reason.effect == HOLD]
    text = f"{decision.system} asks to {kind} {action.target}: {'; '.join(why)}"
    data = {
        "hold": decision.hold, "action": action.id, "system": decision.system, "kind": kind,
        "target": action.target, "digest": decision.digest, "why": why, "url": f"/v1/holds/{decision.hold}",
    }  # fmt: skip
    return Notice("hold", "hold.opened", index, 0, at, str(decision.hold), text, data)


def _denied(index: int, entry: Decided, at: datetime) -> Notice:
    decision = entry.decision
    why = [reason.because for reason in decision.reasons if reason.effect == DENY]
    text = f"denied to {decision.system}: {'; '.join(why)}"
    data = {
        "action": entry.action.id,
        "system": decision.system,
        "evaluation": decision.evaluation,
        "why": why,
    }
    return Notice("deny", "decision.denied", index, 0, at, entry.action.id, text, data)


def _changed(index: int, number: int, at: datetime, changed: Changed) -> Notice:
    text = f"{changed.what} {changed.of}: {changed.before} -> {changed.after}: {changed.cause}"
    data = {"of": changed.of, "before": changed.before, "after": changed.after, "cause": changed.cause}
    return Notice(changed.what, f"{changed.what}.changed", index, number, at, changed.of, text, data)


def as_cloud_event(notice: Notice, source: str) -> bytes:
    """Return a notice as CloudEvents have it."""
    return json.encode(
        {
            "specversion": "1.0",
            "id": f"{notice.index}.{notice.number}",
            "source": source,
            "type": f"dev.detente.gate.{notice.what}",
            "time": notice.at,
            "subject": notice.subject,
            "datacontenttype": "application/json",
            "data": {"text": notice.text, **notice.data},
        }
    )


def as_slack(notice: Notice, source: str) -> bytes:
    """Return a notice as Slack and what is like it take it: as text in which nothing is a link or a mention."""
    text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    place = f"{source}/v1/holds/{notice.subject}" if notice.topic == "hold" else source
    line = f"*{notice.what}* {text[:2500]}"
    return json.encode(
        {
            "text": line,
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": line}},
                {
                    "type": "context",
                    "elements": [{"type": "plain_text", "text": f"{place}, entry {notice.index}"}],
                },
            ],
        }
    )
