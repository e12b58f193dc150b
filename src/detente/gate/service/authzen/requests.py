"""Access Request and Approval, draft 1: a held action is a task that people complete.

The gate opens the hold with the very decision that is requestable, so submitting only hands out the handle: the same handle however
often it is asked for, which is what an idempotency key is for. States are the profile's own; see `detente.gate.state.Status`.
Not offered: bulk submissions, callbacks, forms, and bindings by value (the request service is the decision point itself).
"""

import asyncio
from typing import cast

from msgspec import UNSET

from detente.errors import ConflictError, UnknownError
from detente.gate.commands import Cancel
from detente.gate.decision import HOLD
from detente.gate.request import action_digest
from detente.gate.service.authzen.approvals import TASK, approval_of, handle_of, hold_of, is_approved
from detente.gate.service.authzen.reading import action_of
from detente.gate.service.authzen.words import (
    AccessRequest,
    EvaluationRequest,
    Links,
    Result,
    Task,
    TaskAnswer,
)
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Reply
from detente.gate.service.views import rfc3339
from detente.gate.state import Hold, Status

__all__ = ["cancel", "status", "submit"]

_ERROR = "urn:openid:authzen:access-request:error:"


async def submit(desk: Desk, call: Call) -> Reply:
    """Hand out the handle of the task that a requestable denial has opened."""
    request = cast("AccessRequest", call.body)
    hold = await _bound(desk, call, request)
    if hold.status == "expired" and not is_approved(hold):
        raise Trouble("gone", "nobody has decided by the deadline", uri=f"{_ERROR}expired_denial")
    task = _answer(desk, hold)
    location = task.task.status_endpoint.encode("ascii", "replace")
    code = 202 if hold.status == "pending" else 201
    return answer(task, code, ((b"location", location),))


async def _bound(desk: Desk, call: Call, request: AccessRequest) -> Hold:
    """Return the hold of the denial that a request names. Raises Trouble unless it is that of this very action."""
    unbound = Trouble(
        "malformed-request", "the denial is not one of this subject, action and resource",
        uri=f"{_ERROR}invalid_denial_binding",
    )  # fmt: skip
    try:
        found = await asyncio.to_thread(desk.gate.explain, request.denial.evaluation_id)
    except UnknownError:
        raise unbound from None
    decision = found.decision
    if decision.system != request.subject.id or not call.who.may_ask_for(decision.system):
        raise unbound
    if decision.effect != HOLD or decision.hold is None:
        raise Trouble(
            "malformed-request", "that decision was not one that people may change",
            uri=f"{_ERROR}not_requestable",
        )  # fmt: skip
    asked = EvaluationRequest(request.subject, request.action, request.resource, request.context)
    action = action_of(asked, desk.gate.policy, decision.action)
    state = desk.gate.state
    hold = state.holds.get(decision.hold) or state.closed.get(decision.hold)
    if hold is None or action_digest(decision.system, action) != decision.digest:
        raise unbound
    if rfc3339(hold.deadline) != request.denial.expires_at:
        raise unbound
    return hold


async def status(desk: Desk, call: Call) -> Reply:
    """Say how a task stands."""
    hold = _of_handle(desk, call)
    headers = ((b"retry-after", b"2"),) if hold.status == "pending" else ()
    return answer(_answer(desk, hold), headers=headers)


async def cancel(desk: Desk, call: Call) -> Reply:
    """Take a task back, in the name of the system that asked."""
    hold = _of_handle(desk, call)
    try:
        after = cast("Hold", await desk.gate.asked(Cancel(hold.system, hold.id, "by the enforcement point")))
    except ConflictError as error:
        raise Trouble("conflict", str(error), uri=f"{_ERROR}invalid_task_state") from error
    return answer(_answer(desk, after))


def _of_handle(desk: Desk, call: Call) -> Hold:
    hold = hold_of(desk, call, TASK, call.parameters["id"])
    if hold is None:
        raise Trouble("not-found", "found no such task", uri=f"{_ERROR}unknown_task")
    return hold


def _answer(desk: Desk, hold: Hold) -> TaskAnswer:
    name = handle_of(desk, TASK, hold.id)
    place = f"{desk.settings.public_url}/access/v1/requests/{name}"
    state: Status = "approved" if is_approved(hold) else hold.status
    links = Links(f"{place}/cancel") if state == "pending" else UNSET
    result = Result("reevaluate", approval_of(desk, hold)) if state == "approved" else UNSET
    return TaskAnswer(Task(name, state, place, rfc3339(hold.deadline), links), result)
