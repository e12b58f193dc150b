"""The words of a scenario, resolved: every default filled in, every unit in SI, every name checked.

These classes hold no rule and read no document; `model.resolve` builds them, everything else
reads them. Times are in seconds, rates in events per second, money in USD, probabilities in
[0, 1]. A rung is its position on the ladder, counted from 0. Every collection is in the order of
its names, never in the order of the document, so that reordering a document changes nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

__all__ = [
    "DEFAULT_LADDER",
    "KNOWN_KINDS",
    "Actor",
    "Alert",
    "At",
    "Command",
    "Contagion",
    "CountLaw",
    "Delay",
    "DelayLaw",
    "Dependency",
    "Down",
    "Ending",
    "FalseAlarms",
    "Quantity",
    "Reference",
    "Response",
    "Scenario",
    "Senses",
    "Shock",
    "Step",
    "System",
]

KNOWN_KINDS = ("state", "military", "supplier", "vendor", "operator", "non-state")
"""of actors; others are legal"""

DEFAULT_LADDER = ("signal", "probe", "disrupt", "degrade", "damage", "destroy", "strategic")


class Ending(Enum):
    """Why a crisis ended; the value is its name in every result, `meaning` is for people."""

    DIED_OUT = "died-out"
    CATASTROPHE = "catastrophe"
    HORIZON = "horizon"
    CAPPED = "capped"

    @property
    def meaning(self) -> str:
        return _ENDINGS[self]


_ENDINGS = {
    Ending.DIED_OUT: "nothing was left to happen",
    Ending.CATASTROPHE: "an incident reached the catastrophe rung",
    Ending.HORIZON: "incidents were still to come when the horizon was reached",
    Ending.CAPPED: (
        "the event budget or the room for pending incidents ran out, so how it would have ended is unknown; "
        "raise the budget (--max-incidents) or shorten the horizon"
    ),
}


class DelayLaw(Enum):
    """How a delay is distributed."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


class At(Enum):
    """Among which systems a response picks its target."""

    BLAMED = "blamed"
    """the systems, in the response's domain, of the actor that was blamed"""
    OWN = "own"
    """the owner's own systems in that domain"""
    DOMAIN = "domain"
    """all systems in that domain except the responder"""
    SYSTEMS = "systems"
    """a list of systems"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a document: its value, how uncertain it is, and where it comes from."""

    value: float
    low: float | None = None
    high: float | None = None
    mode: float | None = None
    """with `low` and `high`: triangular; without: uniform"""
    source: str | None = None
    """a name under `references`"""
    assumed: str | None = None
    """why this value was assumed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A publication that a number may cite."""

    name: str
    title: str
    authors: str | None
    year: int | None
    url: str | None
    doi: str | None
    publisher: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A delay law: fixed at `scale_s`, exponential with that mean, or lognormal with that median."""

    law: DelayLaw
    scale_s: float
    spread: float = 0.0
    """standard deviation of the logarithm; lognormal only"""

    @property
    def median_s(self) -> float:
        """The delay that half of all delays stay below, in seconds."""
        return self.scale_s * math.log(2.0) if self.law is DelayLaw.EXPONENTIAL else self.scale_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLaw:
    """How many actions a response takes, given their mean."""

    law: str
    """poisson, bernoulli, fixed or negative-binomial"""
    dispersion: float | None = None
    """negative-binomial only: variance = mean + mean**2 / dispersion"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The ordinary human path for what is not automated."""

    review: Delay
    approves_right: float
    approves_wrong: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Readiness that rises with what an actor's systems sense."""

    trips_at: int
    within_s: float
    lasts_s: float
    autonomy: float
    actions: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who owns systems."""

    name: str
    kind: str
    bloc: str | None
    command: Command | None
    alert: Alert | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """Phantoms: sensed by one system alone, no harm, no outages, author none."""

    rate_per_s: float
    rung: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """How well a system reads what it senses."""

    attribution: float
    assurance: float
    overconfidence: float
    inflates: float
    deflates: float
    recognises_accidents: float
    sees_through_spoofs: float
    suspects: tuple[tuple[str, float], ...]
    """(actor, share) in the order of names; the shares sum to 1, empty when there is nobody to suspect"""
    false_alarms: FalseAlarms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The rung of an action relative to the rung perceived; the three sum to 1."""

    down: float
    same: float
    up: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The rule by which a system turns a sensed incident into actions."""

    path: str
    """where the document states it, as `systems.avalon-shield.responds[0]`"""
    from_rung: int
    at: At
    systems: tuple[str, ...]
    """the list of targets for `At.SYSTEMS`, else empty"""
    domain: str
    actions: float
    law: CountLaw
    step: Step
    after: Delay
    poses_as: str | None
    recovers: float | None
    """share of the harm undone; None for an action that is not reversible"""
    autonomy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """What puts a system out of action, and for how long."""

    from_rung: int
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """An automated (or human) agent and asset of one actor."""

    name: str
    owner: str
    domain: str
    compartment: str
    components: tuple[str, ...]
    harm_usd: tuple[float, ...]
    """expected loss per incident, one entry per rung of the ladder"""
    down: Down | None
    watches: tuple[tuple[str, float], ...]
    """(system, chance of sensing an incident there)"""
    senses: Senses
    responds: tuple[Response, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A physical or logical coupling by which outages spread."""

    path: str
    source: str
    """`from` in the document"""
    target: str
    """`to` in the document"""
    spreads: float
    at_least: int
    drops: int
    after: Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Contagion:
    """Self-propagation between systems that share a component."""

    path: str
    component: str
    spreads: float
    at_least: int
    drops: int
    after: Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """An incident from outside: once `at_s`, or a Poisson stream of `rate_per_s` until the horizon."""

    path: str
    hits: str
    rung: int
    author: str | None
    points_to: str | None
    at_s: float | None
    rate_per_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario, resolved."""

    name: str
    title: str
    summary: str
    ladder: tuple[str, ...]
    critical: int
    catastrophe: int
    horizon_s: float
    references: tuple[Reference, ...]
    actors: tuple[Actor, ...]
    systems: tuple[System, ...]
    dependencies: tuple[Dependency, ...]
    contagion: tuple[Contagion, ...]
    shocks: tuple[Shock, ...]
    quantities: Mapping[str, Quantity]
    """every number the document states, by path, in SI units"""
    document: Mapping[str, object]
    """the resolved form as plain data: itself a legal document"""
