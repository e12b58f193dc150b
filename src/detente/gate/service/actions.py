"""Actions: proposed, looked at, explained; incidents, attributions, outcomes and judgements."""

import asyncio
from collections.abc import Callable
from typing import cast

from detente.errors import GateError, UnknownError
from detente.gate.commands import Attribute, Judge, Propose, Report, ReportOutcome
from detente.gate.decision import THROTTLE, Decision
from detente.gate.entries import Decided
from detente.gate.request import Action, Attribution, Incident, Judgement, Outcome
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Header, Reply
from detente.gate.service.views import ActionView, changes_view, decision_view, phase_view
from detente.gate.state import Record

__all__ = ["attribute", "decided", "explain", "judge", "outcome", "propose", "report", "retry_after", "seen"]


async def propose(desk: Desk, call: Call) -> Reply:
    """Decide an action that the calling system proposes; 200 whatever the effect: a denial is an answer, not an error."""
    action = cast("Action", call.body)
    desk.place(call.who.name, action.id, call.headers)
    decision = await decided(desk, call.who.name, action)
    return answer(decision_view(decision), 200, retry_after(decision))


async def decided(desk: Desk, system: str, action: Action) -> Decision:
    """Return the gate's answer, counted and timed. Raises GateError."""
    clock = asyncio.get_running_loop().time
    since = clock()
    decision = cast("Decision", await desk.gate.asked(Propose(system, action)))
    desk.metrics.decided(decision, clock() - since)
    return decision


def retry_after(decision: Decision) -> tuple[Header, ...]:
    """Return the header that says when asking again makes sense, where it does."""
    if decision.effect != THROTTLE or decision.retry_at is None:
        return ()
    seconds = max(1, -(-(decision.retry_at - decision.at) // 1_000_000_000))
    return ((b"retry-after", str(seconds).encode()),)


async def seen(desk: Desk, call: Call) -> Reply:
    """Return an action and what was answered to it last, by the id of the action."""
    name = _name(call)
    return answer(await _told(desk, call, name, desk.gate.decided))


async def explain(desk: Desk, call: Call) -> Reply:
    """Return an action and the decision on it, by the id of the evaluation or of the action.

    Where both are there, it is the first of them that the caller may see: others' evaluations hide nobody's actions.
    """
    return answer(await _told(desk, call, _name(call), desk.gate.explain, desk.gate.decided))


def _name(call: Call) -> str:
    name = call.parameters.get("id") or call.query.get("id", "")
    if not name:
        raise Trouble("malformed-request", "expected an id: in the path, or as ?id=")
    return name


async def _told(desk: Desk, call: Call, name: str, *ways: Callable[[str], Decided]) -> ActionView:
    """Return what is found in the first of these ways that finds something which the caller may see."""
    for way in ways:
        try:
            found = await asyncio.to_thread(way, name)
        except UnknownError:
            break  # an action is looked for in each of the ways
        if _may_see(desk, call, found):
            return ActionView(found.action, decision_view(found.decision), found.changed)
    # Not «forbidden»: whether somebody else has used an id is not for strangers to find out.
    raise Trouble("not-found", f"found no action or evaluation {name!r}")


def _may_see(desk: Desk, call: Call, found: Decided) -> bool:
    if call.has("operator", "auditor"):
        return True
    decision = found.decision
    if call.has("system"):
        return call.who.may_ask_for(decision.system)
    policy = desk.gate.policy
    system = policy.systems.get(decision.system)
    group = None if system is None else policy.groups.get(policy.charter.reviewed_by.get(system.owner, ""))
    return group is not None and call.who.name in group.people


async def report(desk: Desk, call: Call) -> Reply:
    """Take in an incident, in the name of the calling system's owner."""
    actor = desk.gate.actor_of(call.who.name)
    changed = await desk.gate.asked(Report(call.who.name, actor, cast("Incident", call.body)))
    return answer(changes_view(changed, desk.gate.state.now), 202)


async def attribute(desk: Desk, call: Call) -> Reply:
    """Take in a better attribution."""
    changed = await desk.gate.asked(Attribute(call.who.name, cast("Attribution", call.body)))
    return answer(changes_view(changed, desk.gate.state.now), 202)


async def outcome(desk: Desk, call: Call) -> Reply:
    """Take in what became of an action of the calling system."""
    told = cast("Outcome", call.body)
    before = desk.gate.state.answered.get(told.action)
    owner = before.system if before is not None else await _system_of(desk, told.action)
    if owner is None or not call.who.may_ask_for(owner):
        # Not «forbidden», as in `_told`.
        raise Trouble(
            "not-found", f"action: found no {told.action!r}, expected one that {call.who.name} proposed"
        )
    changed = await desk.gate.asked(ReportOutcome(owner, told))
    return answer(changes_view(changed, desk.gate.state.now), 202)


async def _system_of(desk: Desk, action: str) -> str | None:
    try:
        return (await asyncio.to_thread(desk.gate.decided, action)).decision.system
    except UnknownError:
        return None


async def judge(desk: Desk, call: Call) -> Reply:
    """Take in what a person makes of a proposal."""
    told = cast("Judgement", call.body)
    record = cast("Record", await desk.gate.asked(Judge(call.who.name, told)))
    before = desk.gate.state.answered.get(told.action)
    if before is None:
        raise GateError(f"action: {told.action} is not remembered any more")
    kind = getattr(before, "kind", "")
    return answer(phase_view(f"{before.system} {kind}", record), 202)
