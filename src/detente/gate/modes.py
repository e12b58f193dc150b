"""Modes: how restrained a scope is, and which one counts for an action.

A scope is everything (`overall`), a compartment, or an actor; the most restrained of those that an action touches counts.

Down (more restrained) is at once, by anybody entitled or by itself. Up is slow, unless the charter says that modes end by
themselves: by a person, one step at a time, each after the charter's `dwell` in the mode before. Who halted a scope does not
release it: somebody else does. While the switch is in doubt (its test failed or is overdue), everything stays at
least in the mode that the charter names for that.
"""

from immutables import Map
from msgspec.structs import replace

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.decision import MODES
from detente.gate.entries import Changed
from detente.gate.policy import NS, Policy, nanoseconds
from detente.gate.request import ModeOrder
from detente.gate.state import Mode, State

__all__ = [
    "LEVEL", "OVERALL", "check_scope", "differences", "ended", "floor", "lower", "lowered", "mode_at", "mode_of",
    "set_to", "sooner",
]  # fmt: skip

OVERALL = "overall"
LEVEL: dict[str, int] = {mode: place for place, mode in enumerate(MODES)}
_NORMAL = Mode("normal", 0, "")


def mode_of(modes: Map[str, Mode], scopes: tuple[str, ...], now: int) -> tuple[str, Mode]:
    """Return the most restrained mode among scopes, and in which of them; the first of those that are equal."""
    where, most, level = OVERALL, _NORMAL, 0
    for scope in scopes:
        mode = modes.get(scope)
        if mode is not None:
            if mode.until is not None and now >= mode.until:
                mode = ended(mode)
            if LEVEL[mode.mode] > level:
                where, most, level = scope, mode, LEVEL[mode.mode]
    return where, most


def mode_at(state: State, scope: str) -> Mode:
    """Return the mode that was set for a scope itself."""
    return mode_of(state.modes, (scope,), state.now)[1]


def ended(mode: Mode) -> Mode:
    """Return what a mode that ends by itself leaves behind."""
    assert mode.until is not None  # INVARIANT: only what has an end ends by itself
    return Mode(mode.then, mode.until, f"{mode.mode} mode has ended by itself")


def sooner(due: int | None, at: int | None) -> int | None:
    """Return the earlier of two times; None is never."""
    if due is None or at is None:
        return at if due is None else due
    return min(due, at)


def floor(state: State, policy: Policy) -> str:
    """Return the mode that everything stays at least in."""
    return policy.charter.kill.overdue if state.kill.is_in_doubt else "normal"


def lower(state: State, scope: str, mode: Mode) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when a scope gets at least so restrained."""
    before = mode_at(state, scope)
    changed = lowered(state, scope, mode)
    if changed is None:
        return (), state
    told = (Changed("mode", scope, before.mode, mode.mode, mode.cause),) if before.mode != mode.mode else ()
    return told, changed


def differences(before: State, after: State) -> tuple[Changed, ...]:
    """Return which scopes are in other modes than they were."""
    if before.modes is after.modes:
        return ()
    scopes = sorted({*before.modes.keys(), *after.modes.keys()})
    pairs = ((scope, mode_at(before, scope), mode_at(after, scope)) for scope in scopes)
    return tuple(
        Changed("mode", scope, was.mode, now_in.mode, now_in.cause)
        for scope, was, now_in in pairs
        if was.mode != now_in.mode
    )


def lowered(state: State, scope: str, mode: Mode) -> State | None:
    """Return the state with a scope at least so restrained; None where it is already, for at least as long."""
    there = mode_at(state, scope)
    if LEVEL[there.mode] > LEVEL[mode.mode] or mode.mode == "normal":
        return None
    if there.mode != mode.mode:
        mode = replace(mode, then=_beneath(there, mode))
    elif there.until is None or (mode.until is not None and mode.until <= there.until):
        return None
    elif mode.until is None:
        mode = replace(mode, since=there.since)
    else:
        mode = replace(there, until=mode.until)
    return replace(state, modes=state.modes.set(scope, mode), due=sooner(state.due, mode.until))


def _beneath(there: Mode, mode: Mode) -> str:
    """Return what a mode that ends by itself leaves behind: what stood there before, if that has not ended by then."""
    if mode.until is None:
        return "normal"
    return there.mode if there.until is None or there.until > mode.until else there.then


def set_to(
    state: State, order: ModeOrder, policy: Policy, now: int, *, by: str
) -> tuple[tuple[Changed, ...], State]:
    """Return what changes when somebody sets the mode of a scope.

    Raises
    ------
    UnknownError
        The charter has no such scope.
    RefusedError
        Up, by a system, or out of `halted` by who halted it.
    ConflictError
        Up by more than one step, or too soon, or while the switch is in doubt.
    """
    check_scope(order.scope, policy)
    there, cause = mode_at(state, order.scope), f"{by}: {order.reason}"
    if LEVEL[order.mode] >= LEVEL[there.mode]:
        return lower(state, order.scope, Mode(order.mode, now, cause, by=by))
    _check_rise(state, order, there, policy, now, by=by)
    modes = (
        state.modes.delete(order.scope)
        if order.mode == "normal"
        else state.modes.set(order.scope, Mode(order.mode, now, cause, by=by))
    )
    return (Changed("mode", order.scope, there.mode, order.mode, cause),), replace(state, modes=modes)


def _check_rise(state: State, order: ModeOrder, there: Mode, policy: Policy, now: int, *, by: str) -> None:
    """Raise what stands against a less restrained mode."""
    where = f"mode of {order.scope}"
    if by in policy.systems:
        raise RefusedError(f"{where}: {by} is a system, and only a person makes it less restrained")
    if there.mode == "halted" and there.by == by:
        raise RefusedError(f"{where}: {by} halted it, so somebody else has to release it")
    step = MODES[LEVEL[there.mode] - 1]
    if order.mode != step:
        raise ConflictError(
            f"{where}: found {order.mode}, expected {step}: from {there.mode} one step at a time"
        )
    least = floor(state, policy)
    if order.scope == OVERALL and LEVEL[order.mode] < LEVEL[least]:
        raise ConflictError(
            f"{where}: found {order.mode}, expected at least {least}, until the kill switch has passed its test"
        )
    left = there.since + nanoseconds(policy.charter.modes.dwell_s) - now
    if left > 0:
        raise ConflictError(f"{where}: {there.mode} must last another {-(-left // NS)} s before it is raised")


def check_scope(scope: str, policy: Policy) -> None:
    """Raise an UnknownError where the charter has no such scope: a stop of nothing must not look like a stop."""
    compartments = {target.compartment for target in policy.targets.values()}
    scopes = [
        OVERALL,
        *(f"actor:{name}" for name in sorted(policy.owners)),
        *(f"compartment:{name}" for name in sorted(compartments)),
    ]
    if scope not in scopes:
        raise UnknownError(f"scope: found {scope!r}, expected {', '.join(scopes[:-1])} or {scopes[-1]}")
