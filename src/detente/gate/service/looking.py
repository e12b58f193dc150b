"""What can be looked at besides: health, metrics, the meter, the policy, and the description of all this."""

from datetime import datetime
from typing import Any

from msgspec import Struct, json

from detente.gate.criticality import estimates
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.metrics import MEDIA, exposition
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Reply
from detente.gate.service.views import when

__all__ = ["Health", "MeterView", "PolicyView", "health", "meter", "metrics", "policy"]


class Health(Struct, frozen=True):
    """Whether decisions can be made."""

    status: str
    """`ok`: decisions are made and recorded. Anything else comes with 503."""


class PolicyView(Struct, frozen=True):
    """What the gate decides by: both documents in their resolved form."""

    digest: str
    charter: dict[str, Any]
    portfolio: dict[str, Any]


class EstimateView(Struct, frozen=True):
    """R in one scope: the mean number of further events that one event provokes."""

    scope: str
    """`overall`, `compartment:NAME`, or `pair:ACTOR>ACTOR`: whose events provoke whose."""
    value: float
    low: float
    high: float
    confidence_level: float
    """Of the interval from `low` to `high`."""
    level: float
    """At which de-escalation mode trips."""
    probability: float
    """That R is at least `level`."""
    method: str
    """`links`, or `window-variance` where links are mostly missing: a drifting baseline makes that one larger."""
    events: float
    """How many it rests on, weighted by age."""
    history: str
    """`complete`, or `truncated` where parents are unknown or not said."""


class MeterView(Struct, frozen=True):
    """What is measured now."""

    at: datetime
    half_life_s: float
    estimates: tuple[EstimateView, ...]


async def meter(desk: Desk, _: Call) -> Reply:
    """Return R over everything, in each compartment, and between each pair of actors that met."""
    gate = desk.gate
    state, policy, now = gate.state, gate.policy, gate.now()
    level = policy.charter.meter.level
    views = tuple(
        EstimateView(
            _scope(one.scope), one.value, one.low, one.high, one.confidence_level, level, probability,
            one.method, one.events, one.history,
        )
        for one, probability in estimates(state, policy, now)
    )  # fmt: skip
    return answer(MeterView(when(now), policy.charter.meter.half_life_s, views))


def _scope(scope: tuple[str, ...]) -> str:
    return f"pair:{scope[1]}>{scope[2]}" if scope[0] == "pair" else ":".join(scope)


async def health(desk: Desk, _: Call) -> Reply:
    """Say whether decisions can be made and recorded."""
    if desk.gate.trouble:
        raise Trouble("unavailable", "nothing can be recorded, so nothing is decided")
    return answer(Health("ok"))


async def metrics(desk: Desk, _: Call) -> Reply:
    """Return counts and gauges, as Prometheus reads them."""
    return Reply(200, exposition(desk.metrics, desk.gate, desk.streams), MEDIA)


async def policy(desk: Desk, _: Call) -> Reply:
    """Return the charter and the portfolio that are in force."""
    key = f"policy {desk.gate.policy.digest}"
    if key not in desk.documents:
        desk.documents[key] = json.encode(_policy(desk), enc_hook=_plain)
    return Reply(200, desk.documents[key])


def _policy(desk: Desk) -> PolicyView:
    policy = desk.gate.policy
    return PolicyView(policy.digest, dict(policy.charter.document), dict(policy.portfolio.document))


def _plain(value: object) -> object:
    return dict(value) if hasattr(value, "keys") else str(value)  # type: ignore[call-overload]
