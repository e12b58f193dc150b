"""Modes: how restrained a scope is, and which one counts for an action.

A scope is everything (`overall`), a compartment, or an actor; the most restrained of those an action touches counts. Down is
automatic and at once; up is one step at a time, by a person, unless the charter says that modes end by themselves.
"""

from immutables import Map
from msgspec.structs import replace

from detente.gate.decision import MODES
from detente.gate.state import Mode, State

__all__ = ["LEVEL", "OVERALL", "lowered", "mode_of"]

OVERALL = "overall"
LEVEL: dict[str, int] = {mode: place for place, mode in enumerate(MODES)}
_NORMAL = Mode("normal", 0, "")


def mode_of(modes: Map[str, Mode], scopes: tuple[str, ...], now: int) -> tuple[str, Mode]:
    """Return the most restrained mode among scopes, and in which of them; the first of those that are equal."""
    where, most, level = OVERALL, _NORMAL, 0
    for scope in scopes:
        mode = modes.get(scope)
        if mode is not None and LEVEL[mode.mode] > level and (mode.until is None or now < mode.until):
            where, most, level = scope, mode, LEVEL[mode.mode]
    return where, most


def lowered(state: State, scope: str, mode: Mode) -> State | None:
    """Return the state with a scope at least so restrained; None where it is already, for at least as long."""
    there = state.modes.get(scope)
    if there is not None and (there.until is None or state.now < there.until):
        if LEVEL[there.mode] > LEVEL[mode.mode]:
            return None
        if there.mode == mode.mode and (
            there.until is None or (mode.until is not None and mode.until <= there.until)
        ):
            return None
        if there.mode == mode.mode:
            mode = Mode(mode.mode, there.since, there.cause, mode.until)
    return replace(state, modes=state.modes.set(scope, mode))
