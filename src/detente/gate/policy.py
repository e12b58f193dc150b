"""A charter and a portfolio, compiled: all that `decide` looks up, by name, in whole nanoseconds and rungs by position.

The portfolio is the lab's own document. Three of its numbers describe how much of the world obeys, not what to do:
`compliance` of red lines, `strength` of compartments, and `inert`. A gate obeys: what reaches it is stopped, always
(decision record 0019). `as_modelled` keeps them, so that a gate can stand in the lab's place and be compared with it.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, json

from detente.model.charter.vocabulary import ActionKind, Asset, Charter, GroupTerms, SystemTerms
from detente.model.portfolio.bind import Bound, bind
from detente.model.portfolio.safeguards import Excess, OnTimeout, Portfolio

__all__ = ["NS", "OwnerTerms", "Policy", "Target", "compile_policy", "nanoseconds"]

NS = 1_000_000_000
"""Nanoseconds in a second."""

_NEVER = 1 << 62
"""Later than any time, in nanoseconds."""


class OwnerTerms(Struct, frozen=True, kw_only=True):
    """The safeguards that stand for one actor."""

    forbidden: dict[str, int] = {}
    """By domain, the lowest rung that is forbidden."""
    forbidden_anywhere: int
    """The same for every domain; beyond the ladder where nothing is."""
    compliance: float = 1.0
    strength: float = 0.0
    acts: float = 1.0
    autonomy: float = 1.0
    floors: tuple[float, ...] = ()
    """By rung; empty where no floor stands."""
    below: str = "deny"
    trips_at: int = 0
    within: int = 0
    lasts: int = 0
    mode_review_from: int
    restraint: float
    interval: int = 0
    """Nanoseconds per action; 0 where no throttle stands."""
    tolerance: int = 0
    delays_excess: bool = False
    review_from: int
    """Beyond the ladder where nobody reviews."""
    timeout: int = _NEVER
    lapse_allows: bool = True
    """Whether the portfolio lets an action go that nobody decided in time; the action's own default is asked as well."""
    certified_only: bool = False
    uses_verdicts: bool = False
    accuracy: float = 0.0


class Target(Struct, frozen=True):
    """What may be acted upon."""

    name: str
    owner: str
    domain: str
    compartment: str


class Policy(Struct, frozen=True, kw_only=True):
    """What a gate decides by."""

    charter: Charter
    portfolio: Portfolio
    digest: str
    """SHA-256, in hex, of both documents in their resolved form."""
    modelled: bool
    ladder: tuple[str, ...]
    rungs: dict[str, int]
    critical: int
    systems: dict[str, SystemTerms]
    targets: dict[str, Target]
    kinds: dict[str, ActionKind]
    owners: dict[str, OwnerTerms]
    groups: dict[str, GroupTerms]
    guarded_review_from: int
    looked: dict[tuple[str, str, str], Any] = {}
    """What has been looked up (see `gate.looked`): only ever a matter of speed."""


def compile_policy(charter: Charter, portfolio: Portfolio, *, as_modelled: bool = False) -> Policy:
    """Compile what a gate decides by.

    Raises
    ------
    PortfolioError
        The portfolio names what the charter does not have.
    """
    bound = bind(portfolio, charter)
    rungs = {rung: place for place, rung in enumerate(charter.ladder)}
    guarded = charter.modes.guarded_review_from or charter.critical
    return Policy(
        charter=charter,
        portfolio=portfolio,
        digest=_digest(charter, portfolio),
        modelled=as_modelled,
        ladder=charter.ladder,
        rungs=rungs,
        critical=rungs[charter.critical],
        systems={system.name: system for system in charter.systems},
        targets={one.name: one for one in (*map(_target, charter.systems), *map(_target, charter.assets))},
        kinds={kind.name: kind for kind in charter.actions},
        owners={actor.name: _owner(bound, actor.name, as_modelled=as_modelled) for actor in charter.actors},
        groups={group.name: group for group in charter.groups},
        guarded_review_from=rungs[guarded],
        looked={},
    )


def _target(one: SystemTerms | Asset) -> Target:
    return Target(one.name, one.owner, one.domain, one.compartment)


def _digest(charter: Charter, portfolio: Portfolio) -> str:
    documents = {"charter": charter.document, "portfolio": portfolio.document}
    return hashlib.sha256(json.encode(documents, order="sorted")).hexdigest()


def nanoseconds(seconds: float) -> int:
    """Return whole nanoseconds; of infinity, later than any time."""
    return _NEVER if math.isinf(seconds) else round(seconds * NS)


def _owner(bound: Bound[Charter], actor: str, *, as_modelled: bool) -> OwnerTerms:
    stands = {
        name: safeguard for name, safeguard in bound.portfolio.safeguards.items() if bound.adopts(actor, name)
    }
    one = bound.portfolio
    beyond = len(bound.scenario.ladder) + 1
    terms: dict[str, object] = {
        "forbidden_anywhere": beyond,
        "mode_review_from": bound.rung(bound.scenario.modes.review_from),
        "restraint": bound.scenario.modes.restraint,
        "review_from": beyond,
    }
    if one.red_lines and "red-lines" in stands:
        terms |= _red_lines(bound, beyond)
        terms["compliance"] = one.red_lines.compliance if as_modelled else 1.0
    if one.phased_rollout and "phased-rollout" in stands:
        terms["autonomy"] = one.phased_rollout.autonomy
    if one.export_controls and "export-controls" in stands and as_modelled:
        terms["acts"] = one.export_controls.actions
    if one.compartments and "compartments" in stands and one.compartments.strength > 0.0:
        terms["strength"] = one.compartments.strength if as_modelled else 1.0
    if one.confidence_floor and "confidence-floor" in stands:
        terms |= {"floors": _floors(bound), "below": one.confidence_floor.below.value}
    if one.de_escalation_mode and "de-escalation-mode" in stands:
        terms |= _mode(bound, beyond)
    if one.throttle and "throttle" in stands:
        terms |= {
            "interval": nanoseconds(1.0 / one.throttle.rate_per_s),
            "tolerance": nanoseconds((one.throttle.burst - 1) / one.throttle.rate_per_s),
            "delays_excess": one.throttle.excess is Excess.DELAY,
        }
    if one.human_on_the_loop and "human-on-the-loop" in stands:
        terms |= {
            "review_from": bound.rung(one.human_on_the_loop.from_rung),
            "timeout": nanoseconds(one.human_on_the_loop.timeout_s),
            "lapse_allows": one.human_on_the_loop.on_timeout is OnTimeout.ALLOW,
        }
    terms["certified_only"] = "certification" in stands
    if one.shared_attribution and "shared-attribution" in stands:
        terms |= {"uses_verdicts": True, "accuracy": one.shared_attribution.accuracy}
    return OwnerTerms(**terms)  # type: ignore[arg-type]


def _red_lines(bound: Bound[Charter], beyond: int) -> Mapping[str, object]:
    assert bound.portfolio.red_lines is not None  # INVARIANT: the caller has looked
    by_domain: dict[str, int] = {}
    anywhere = beyond
    for forbidden in bound.portfolio.red_lines.forbid:
        lowest = bound.rung(forbidden.from_rung)
        if forbidden.domain is None:
            anywhere = min(anywhere, lowest)
        else:
            by_domain[forbidden.domain] = min(by_domain.get(forbidden.domain, beyond), lowest)
    return {"forbidden": by_domain, "forbidden_anywhere": anywhere}


def _floors(bound: Bound[Charter]) -> tuple[float, ...]:
    """Return the floor of each rung: that of the nearest named one at or below it."""
    assert bound.portfolio.confidence_floor is not None  # INVARIANT: the caller has looked
    named = dict(bound.portfolio.confidence_floor.floors)
    floors, floor = [], 0.0
    for rung in bound.scenario.ladder:
        floor = named.get(rung, floor)
        floors.append(floor)
    return tuple(floors)


def _mode(bound: Bound[Charter], beyond: int) -> Mapping[str, object]:
    mode = bound.portfolio.de_escalation_mode
    assert mode is not None  # INVARIANT: the caller has looked
    return {
        "trips_at": mode.trips_at,
        "within": nanoseconds(mode.within_s),
        "lasts": nanoseconds(mode.lasts_s),
        "mode_review_from": beyond if mode.review_from is None else bound.rung(mode.review_from),
        "restraint": mode.restraint,
    }
