"""What the meter says: R, overall, in each compartment, and between each pair of actors that met."""

import asyncio
import math
from datetime import datetime
from typing import Literal

from msgspec import Struct

from detente.gate.criticality import estimates
from detente.gate.meter import Estimate
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.reply import Reply
from detente.gate.service.views import when

__all__ = ["EstimateView", "MeterView", "meter"]


class EstimateView(Struct, frozen=True, kw_only=True):
    """R in one scope."""

    scope: tuple[str, ...]
    """`overall`; `compartment` and its name; or `pair`, the actor who was answered, and the one who answered."""
    value: float | None
    """The mean number of further events that one event provokes; null where nothing can be said."""
    low: float | None
    high: float | None
    """The central interval."""
    confidence_level: float
    probability: float
    """That R has reached the charter's level."""
    method: Literal["links", "window-variance"]
    events: float
    """Weighted by age: how many it rests on."""
    provoked: float
    history: Literal["complete", "truncated"]
    unplaced: float
    unsaid: float


class MeterView(Struct, frozen=True):
    """What the meter says at one time."""

    at: datetime
    level: float
    confidence: float
    """The mode trips where P(R >= level) is at least this."""
    trips: bool
    estimates: tuple[EstimateView, ...]


async def meter(desk: Desk, _: Call) -> Reply:
    """Return what the meter says, as of the last entry."""
    return answer(await asyncio.to_thread(_measured, desk))


def _measured(desk: Desk) -> MeterView:
    state, policy = desk.gate.state, desk.gate.policy
    terms = policy.charter.meter
    found = tuple(_view(one, probability) for one, probability in estimates(state, policy, state.now))
    return MeterView(when(state.now), terms.level, terms.confidence, terms.trips, found)


def _view(one: Estimate, probability: float) -> EstimateView:
    return EstimateView(
        scope=one.scope, value=_finite(one.value), low=_finite(one.low), high=_finite(one.high),
        confidence_level=one.confidence_level, probability=probability, method=one.method, events=one.events,
        provoked=one.provoked, history=one.history, unplaced=one.unplaced, unsaid=one.unsaid,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
