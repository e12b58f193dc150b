"""Approvals as AuthZEN carries them: handles that cannot be guessed, made from holds and never stored.

A handle is the hold's name and a keyed hash of it. Having one is no authority: whoever presents it must be allowed to see the hold
all the same, and the gate decides anew.
"""

import hashlib
import re
from hmac import compare_digest

from msgspec import UNSET, UnsetType

from detente.gate.decision import ALLOW
from detente.gate.holds import use_by
from detente.gate.service.authzen.words import Approval, EvaluationRequest, Requestable
from detente.gate.service.call import Call, Desk
from detente.gate.service.problems import Trouble
from detente.gate.service.views import rfc3339
from detente.gate.state import Hold

__all__ = ["APPROVAL", "TASK", "approval_of", "approved_hold", "handle_of", "hold_of", "requestable"]

TASK = "arq"
APPROVAL = "apr"

_HANDLE = re.compile(r"(arq|apr)_([A-Za-z0-9]{1,24})_([0-9a-f]{32})")


def handle_of(desk: Desk, kind: str, hold: str) -> str:
    """Return the handle of a hold: `arq_...` for the task, `apr_...` for the approval."""
    return f"{kind}_{hold}_{_mark(desk, kind, hold)}"


def _mark(desk: Desk, kind: str, hold: str) -> str:
    return hashlib.blake2b(f"{kind} {hold}".encode(), digest_size=16, key=desk.secret).hexdigest()


def hold_of(desk: Desk, call: Call, kind: str, handle: str) -> Hold | None:
    """Return the hold of a handle; None where it is no handle of ours, or the caller may not see that hold."""
    parts = _HANDLE.fullmatch(handle)
    if parts is None or parts[1] != kind or not compare_digest(parts[3], _mark(desk, kind, parts[2])):
        return None
    state = desk.gate.state
    hold = state.holds.get(parts[2]) or state.closed.get(parts[2])
    return hold if hold is not None and call.who.may_ask_for(hold.system) else None


def approval_of(desk: Desk, hold: Hold) -> Approval:
    """Return the approval that a hold has become."""
    approved_at = "" if hold.closed is None else rfc3339(hold.closed)
    return Approval(handle_of(desk, APPROVAL, hold.id), rfc3339(use_by(hold)), approved_at)


def is_approved(hold: Hold) -> bool:
    """Tell whether a hold lets its action be asked again with a chance."""
    return hold.status == "approved" or (hold.status == "expired" and hold.lapse == ALLOW)


def requestable(desk: Desk, name: str) -> Requestable | UnsetType:
    """Return where a held action may be brought before people; unset where the profile is not served."""
    hold = desk.gate.state.holds.get(name)
    if not desk.settings.access_requests or hold is None:
        return UNSET
    base = desk.settings.public_url
    return Requestable(rfc3339(hold.deadline), f"{base}/access/v1/requests" if base else UNSET)


def approved_hold(desk: Desk, call: Call, request: EvaluationRequest) -> Hold | None:
    """Return the hold whose approval an evaluation brings along; None where it brings none that applies to the caller."""
    given = request.context.get("approval")
    if given is None or not desk.settings.access_requests:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("id"), str):
        raise Trouble("malformed-request", "context.approval: expected the approval as it was given")
    hold = hold_of(desk, call, APPROVAL, given["id"])
    # Anything else is evaluated as not approved: a swapped or foreign reference gains nothing.
    return hold if hold is not None and hold.system == request.subject.id else None
