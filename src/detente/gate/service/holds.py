"""Holds: seen by those who decide them and by whoever asked, voted on, taken back."""

import asyncio
from typing import cast

from detente.gate.commands import Cancel, CastVote
from detente.gate.request import Vote
from detente.gate.service.call import Call, Desk, answer, require, reviews
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Reply
from detente.gate.service.views import Holds, HoldStatus, HoldView, OwnHolds, hold_status, hold_view
from detente.gate.state import Hold

__all__ = ["cancel", "find", "listed", "seen", "settled", "vote"]

_LONGEST_REASON = 2000


async def listed(desk: Desk, call: Call) -> Reply:
    """Return the open holds that the caller may see."""
    open_ = sorted(desk.gate.state.holds.values(), key=lambda hold: (hold.opened, hold.id))
    holds = [hold for hold in open_ if _may_see(desk, call, hold)]
    if call.has("system"):
        return answer(OwnHolds(tuple(map(hold_status, holds))))
    return answer(Holds(tuple(hold_view(hold, desk.gate.policy) for hold in holds)))


async def seen(desk: Desk, call: Call) -> Reply:
    """Return a hold; with `wait`, as soon as it is no longer pending, or after so many seconds."""
    hold = find(desk, call, call.parameters["id"])
    wait = _seconds(call.query.get("wait", "0"), desk.settings.longest_wait_s)
    if wait > 0.0:
        hold = await settled(desk, hold, wait)
        desk.look_again(call.who)
    return answer(_shown(desk, call, hold))


def find(desk: Desk, call: Call, name: str) -> Hold:
    """Return a hold that the caller may see. Raises Trouble where there is none: whether others' exist is not told."""
    state = desk.gate.state
    hold = state.holds.get(name) or state.closed.get(name)
    if hold is None or not _may_see(desk, call, hold):
        raise Trouble("not-found", f"found no hold {name!r}")
    return hold


async def settled(desk: Desk, hold: Hold, within: float) -> Hold:
    """Wait until people have decided a hold, at most so long; return it as it then stands."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    while hold.status == "pending" and (left := until - loop.time()) > 0.0:
        if not await desk.changes.more(left) and desk.changes.is_closed:
            break
        state = desk.gate.state
        hold = state.holds.get(hold.id) or state.closed.get(hold.id) or hold
    return hold


def _seconds(text: str, longest: float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= longest:
        raise Trouble("malformed-request", f"wait: found {text[:20]!r}, expected 0 to {longest:g} seconds")
    return seconds


def _may_see(desk: Desk, call: Call, hold: Hold) -> bool:
    if call.has("operator", "auditor"):
        return True
    if call.has("system"):
        return call.who.may_ask_for(hold.system)
    return call.has("approver") and reviews(desk, call.who.name, hold)


def _shown(desk: Desk, call: Call, hold: Hold) -> HoldView | HoldStatus:
    return hold_status(hold) if call.has("system") else hold_view(hold, desk.gate.policy)


async def vote(desk: Desk, call: Call) -> Reply:
    """Count the caller's vote; whether they may decide this hold at all is the gate's to say."""
    hold = find(desk, call, call.parameters["id"])
    after = cast("Hold", await desk.gate.asked(CastVote(call.who.name, hold.id, cast("Vote", call.body))))
    return answer(hold_view(after, desk.gate.policy))


async def cancel(desk: Desk, call: Call) -> Reply:
    """Take a hold back: the system that asked, or an operator."""
    hold = find(desk, call, call.parameters["id"])
    require(
        call.has("system", "operator"), "a hold is taken back by the system that asked, or by an operator"
    )
    reason = call.query.get("reason", "")
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise Trouble("malformed-request", f"expected ?reason= with 1 to {_LONGEST_REASON} characters")
    # An enforcement point takes back in the name of the system that it asked for.
    by = hold.system if call.has("system") else call.who.name
    after = cast("Hold", await desk.gate.asked(Cancel(by, hold.id, reason)))
    return answer(_shown(desk, call, after))
