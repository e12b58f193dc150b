"""AuthZEN 1.0: one evaluation, or several."""

import asyncio
from typing import Any, cast

from msgspec import UNSET, UnsetType, ValidationError, convert

from detente.errors import GateError
from detente.gate.decision import ALLOW, HOLD, THROTTLE, Decision
from detente.gate.expected import in_words
from detente.gate.service.actions import decided
from detente.gate.service.authzen.approvals import approval_of, approved_hold, requestable
from detente.gate.service.authzen.reading import action_of
from detente.gate.service.authzen.words import (
    Context,
    Evaluated,
    EvaluatedAll,
    EvaluationRequest,
    EvaluationsRequest,
    PartialEvaluation,
)
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.problems import Trouble, told
from detente.gate.service.reply import Reply
from detente.gate.service.views import rfc3339
from detente.gate.state import Hold

__all__ = ["evaluate", "evaluate_all"]


async def evaluate(desk: Desk, call: Call) -> Reply:
    """Answer one evaluation: always 200, also where the decision is false."""
    return answer(await _evaluated(desk, call, cast("EvaluationRequest", call.body)))


async def evaluate_all(desk: Desk, call: Call) -> Reply:
    """Answer several, in order; what is wrong with one of them is told in its place."""
    request = cast("EvaluationsRequest", call.body)
    if not request.evaluations:
        return answer(await _evaluated(desk, call, _merged(PartialEvaluation(), request)))
    desk.charge(call.who, len(request.evaluations) - 1)
    semantic = request.options.evaluations_semantic
    if semantic == "execute_all":  # together, so that they share one record
        answers = await asyncio.gather(*(_one(desk, call, one, request) for one in request.evaluations))
        return answer(EvaluatedAll(tuple(answers)))
    stops = semantic == "permit_on_first_permit"
    found: list[Evaluated] = []
    for one in request.evaluations:
        found.append(await _one(desk, call, one, request))
        if found[-1].decision is stops:
            break
    return answer(EvaluatedAll(tuple(found)))


async def _one(desk: Desk, call: Call, one: PartialEvaluation, whole: EvaluationsRequest) -> Evaluated:
    """Answer one of several. What cannot be recorded is no trouble of one alone: it is raised."""
    try:
        return await _evaluated(desk, call, _merged(one, whole))
    except Trouble as trouble:
        if trouble.status >= 500:
            raise
        return Evaluated(False, Context(error={"status": trouble.status, "message": trouble.detail}))


def _merged(one: PartialEvaluation, whole: EvaluationsRequest) -> EvaluationRequest:
    """Return an evaluation with what it takes from the whole request. Raises Trouble where something is missing."""
    given: dict[str, Any] = {}
    for name in ("subject", "action", "resource", "context"):
        own, default = getattr(one, name), getattr(whole, name)
        if own is UNSET:
            own = default
        elif default is not UNSET and name != "context":
            # A member replaces the default whole, save that a required part it lacks comes from there.
            own = {part: default[part] for part in ("type", "id", "name") if part in default} | own
        if not isinstance(own, UnsetType):
            given[name] = own
    try:
        return convert(given, EvaluationRequest)
    except ValidationError as error:
        raise Trouble("malformed-request", in_words(EvaluationRequest, str(error))) from None


async def _evaluated(desk: Desk, call: Call, request: EvaluationRequest) -> Evaluated:
    system = request.subject.id
    if not call.who.may_ask_for(system):
        raise Trouble("forbidden", f"subject.id: {call.who.name} may not ask for {system[:128]!r}")
    approval = approved_hold(desk, call, request)
    action = action_of(request, desk.gate.policy, None if approval is None else approval.action.id)
    desk.place(system, action.id, call.headers)
    try:
        decision = await decided(desk, system, action)
    except GateError as error:
        raise told(error) from error
    return _answer(desk, decision, approval)


def _answer(desk: Desk, decision: Decision, approval: Hold | None) -> Evaluated:
    effect = decision.effect
    more: dict[str, Any] = {}
    if effect == THROTTLE and decision.retry_at is not None:
        wait = -(-(decision.retry_at - decision.at) // 1_000_000_000)
        more = {"retry_after": max(1, wait), "next_action": "retry"}
    elif effect == HOLD and decision.hold is not None:
        more = {"hold": decision.hold, "access_request": requestable(desk, decision.hold)}
    if approval is not None:
        more |= {"approval": approval_of(desk, approval)} if effect == ALLOW else {}
        more.setdefault("next_action", "none") if effect != ALLOW else None
    return Evaluated(
        effect == ALLOW,
        Context(
            effect=effect,
            reason=_CODES[effect],
            reasons=decision.reasons,
            evaluation_id=decision.evaluation,
            evaluated_at=rfc3339(decision.at),
            action_id=decision.action,
            policy=decision.policy,
            mode=decision.mode,
            phase=decision.phase,
            obligations=decision.obligations,
            **more,
        ),
    )


_CODES = {"allow": "", "hold": "approval_required", "throttle": "rate_limited", "deny": "policy_denied"}
