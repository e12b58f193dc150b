"""What comes due as time passes: holds escalate and lapse, approvals not used expire, modes end, a test of the switch is overdue.

Nothing here runs by itself: a gate asks what has come due before it does anything else, and `State.due` says when to ask
although nobody asks for anything.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from detente.gate.entries import Changed
from detente.gate.holds import due_of, lapsed
from detente.gate.modes import LEVEL, OVERALL, ended, floor, lower, sooner
from detente.gate.policy import Policy
from detente.gate.state import Mode, State

__all__ = ["KILL_TEST", "next_due", "passed"]

KILL_TEST = "kill-test"


def next_due(state: State) -> int | None:
    """Return when something next comes due; None: nothing will."""
    due = state.kill.due
    for mode in state.modes.values():
        due = sooner(due, mode.until)
    for hold in state.holds.values():
        due = sooner(due, due_of(hold))
    return due


def passed(
    state: State, policy: Policy, now: int, *, tests: bool = True
) -> tuple[tuple[Changed, ...], State]:
    """Return what has come due by `now`, by the time it was due and then by name, and the state after it.

    Parameters
    ----------
    tests
        Whether an overdue test of the switch counts; False while one is being recorded.
    """
    if state.due is None or now < state.due:
        return (), state
    told: tuple[Changed, ...] = ()
    state = replace(state, now=now)
    for _, what, name in sorted(_all_due(state, now)):
        if what == "hold":
            changed, state = lapsed(state, name, policy, now)
        elif what == "mode":
            changed, state = _mode_ended(state, name, policy)
        elif tests:
            changed, state = _overdue(state, policy)
        else:
            continue
        told += changed
    return told, replace(state, due=next_due(state))


def _all_due(state: State, now: int) -> Iterator[tuple[int, str, str]]:
    """Yield (when, what, of) for everything that has come due."""
    if state.kill.due is not None and state.kill.due <= now:
        yield state.kill.due, "test", KILL_TEST
    for scope, mode in state.modes.items():
        if mode.until is not None and mode.until <= now:
            yield mode.until, "mode", scope
    for hold in state.holds.values():
        at = due_of(hold)
        if at <= now:
            yield at, "hold", hold.id


def _mode_ended(state: State, scope: str, policy: Policy) -> tuple[tuple[Changed, ...], State]:
    before = state.modes[scope]
    after, least = ended(before), floor(state, policy)
    if scope == OVERALL and LEVEL[after.mode] < LEVEL[least]:
        after = Mode(least, state.now, "the kill switch has not passed its test")
    modes = state.modes.delete(scope) if after.mode == "normal" else state.modes.set(scope, after)
    told = Changed("mode", scope, before.mode, after.mode, after.cause)
    return (told,), replace(state, modes=modes)


def _overdue(state: State, policy: Policy) -> tuple[tuple[Changed, ...], State]:
    """Put everything in the mode that the charter names: a switch that nobody tries may be disarmed."""
    cause = "the test of the kill switch is overdue"
    before = "passed" if state.kill.passed else "failed" if state.kill.tested is not None else "never tested"
    told = (Changed("kill", OVERALL, before, "overdue", cause),)
    state = replace(state, kill=replace(state.kill, due=None, overdue=True))
    changed, state = lower(state, OVERALL, Mode(policy.charter.kill.overdue, state.now, cause))
    return told + changed, state
