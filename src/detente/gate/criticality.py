"""The meter in the gate: what it is shown, what it says, and the mode that it trips.

It sees incidents that are reported and actions that go ahead, each with what it answers. Where R has reached the charter's level with
the charter's confidence, in one compartment or over all, that scope gets into de-escalation mode: at once, and as long as people say.
"""

from collections.abc import Iterator

from detente.gate.entries import Changed
from detente.gate.meter import Estimate, Event, may_cross, probability_at_least, read
from detente.gate.modes import LEVEL, OVERALL, lower, mode_at
from detente.gate.policy import Policy, nanoseconds
from detente.gate.state import Mode, State
from detente.model.charter.vocabulary import Recovery

__all__ = ["estimates", "tripped"]

_TRIPPED = "de-escalation"


def tripped(state: State, policy: Policy, event: Event) -> tuple[tuple[Changed, ...], State]:
    """Return what it brings about that the meter has just seen an event."""
    if event.parents == () or not policy.charter.meter.trips:
        return (), state  # what answers nothing makes no R larger
    told: tuple[Changed, ...] = ()
    for name, scope in (
        (OVERALL, ("overall",)),
        (f"compartment:{event.compartment}", ("compartment", event.compartment)),
    ):
        changed, state = _tripped(state, policy, name, scope, event.at)
        told += changed
    return told, state


def _tripped(
    state: State, policy: Policy, name: str, scope: tuple[str, ...], now: int
) -> tuple[tuple[Changed, ...], State]:
    terms = policy.charter.meter
    if LEVEL[mode_at(state, name).mode] >= LEVEL[_TRIPPED]:
        return (), state
    if state.meter.events < terms.least_events or not may_cross(
        state.meter, scope, now, policy.meter, terms.level
    ):
        return (), state  # confidence is one half or more
    estimate = read(state.meter, scope, now, policy.meter)
    if estimate.events < terms.least_events:
        return (), state
    probability = probability_at_least(estimate, terms.level)
    if probability < terms.confidence:
        return (), state
    cause = (
        f"R {estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f}, by {estimate.method}): "
        f"P(R >= {terms.level:g}) = {probability:.3f}"
    )
    until = None
    if policy.charter.modes.recovery is Recovery.AUTOMATIC:
        until = now + nanoseconds(policy.charter.modes.dwell_s)
    return lower(state, name, Mode(_TRIPPED, now, cause, until))


def estimates(state: State, policy: Policy, now: int) -> Iterator[tuple[Estimate, float]]:
    """Yield what is measured, with P(R >= level): over all, in each compartment, between each pair of actors that met."""
    compartments = sorted({target.compartment for target in policy.targets.values()})
    scopes: list[tuple[str, ...]] = [("overall",), *(("compartment", one) for one in compartments)]
    meter = state.meter
    met = sorted({*meter.pairs.young.keys(), *meter.pairs.old.keys()})
    scopes += [("pair", parent, child) for parent, child in met]
    for scope in scopes:
        estimate = read(meter, scope, now, policy.meter)
        yield estimate, probability_at_least(estimate, policy.charter.meter.level)
