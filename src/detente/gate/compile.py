"""A charter and a portfolio, compiled: all that `decide` looks up, by name, in whole nanoseconds and rungs by position.

The portfolio is the lab's own document. Three of its numbers describe how much of the world obeys, not what to do:
`compliance` of red lines, `strength` of compartments, and `inert`. A gate obeys: what reaches it is stopped, always
(decision record 0019). `as_modelled` keeps them, so that a gate can stand in the lab's place and be compared with it.
"""

import hashlib
from collections.abc import Mapping

from msgspec import json

from detente.gate.conditions.loader import load
from detente.gate.decision import ALLOW, DENY, HOLD, Reason
from detente.gate.facts import FOUND, NAMES, finder, fixed_finder, schema_of, shower, varying
from detente.gate.meter import Settings
from detente.gate.policy import NEVER, OwnCondition, OwnConditions, OwnerTerms, Policy, Target, nanoseconds
from detente.gate.rule_names import CONDITIONS
from detente.model.charter.vocabulary import Asset, Charter, Enforcement, Objection, SystemTerms
from detente.model.portfolio.bind import Bound, bind
from detente.model.portfolio.safeguards import Excess, OnTimeout, Portfolio

__all__ = ["compile_policy"]


def compile_policy(charter: Charter, portfolio: Portfolio, *, as_modelled: bool = False) -> Policy:
    """Compile what a gate decides by.

    Raises
    ------
    PortfolioError
        The portfolio names what the charter does not have.
    PolicyError
        A condition cannot be understood, or would go wrong.
    """
    bound = bind(portfolio, charter)
    rungs = {rung: place for place, rung in enumerate(charter.ladder)}
    guarded = charter.modes.guarded_review_from or charter.critical
    return Policy(
        charter=charter,
        portfolio=portfolio,
        digest=_digest(charter, portfolio),
        modelled=as_modelled,
        observes=charter.enforcement is Enforcement.OBSERVE,
        ladder=charter.ladder,
        rungs=rungs,
        critical=rungs[charter.critical],
        systems={system.name: system for system in charter.systems},
        targets={one.name: one for one in (*map(_target, charter.systems), *map(_target, charter.assets))},
        kinds={kind.name: kind for kind in charter.actions},
        owners={actor.name: _owner(bound, actor.name, as_modelled=as_modelled) for actor in charter.actors},
        groups={group.name: group for group in charter.groups},
        guarded_review_from=rungs[guarded],
        conditions=_conditions(charter),
        meter=Settings(half_life_s=charter.meter.half_life_s),
        looked={},
    )


def _conditions(charter: Charter) -> OwnConditions | None:
    if not charter.conditions:
        return None
    own = load({one.name: one.when for one in charter.conditions}, schema_of(charter))
    paths = sorted({path for reads in own.reads.values() for path in reads})
    varies = [name for name in own.names if varying(own.reads[name])]
    fixed = [name for name in own.names if name not in varies]
    places = {name: place for names in (varies, fixed) for place, name in enumerate(names)}
    stated = {one.name: one for one in charter.conditions}
    return OwnConditions(
        each=tuple(
            OwnCondition(
                stated[name], DENY if stated[name].effect is Objection.DENY else HOLD, shower(own.reads[name]),
                name in varies, places[name],
            )
            for name in own.names
        ),
        find_fixed=fixed_finder(charter, paths),
        find=finder(paths),
        fixed=own.evaluate_of(fixed),
        varying=own.evaluate_of(varies),
        quick=own.quick(varies, FOUND, NAMES),
        none_varying=(False,) * len(varies),
        none_matched=Reason(CONDITIONS, ALLOW, {"looked_at": len(own.names), "matched": 0}),
        loaded=own,
    )  # fmt: skip


def _target(one: SystemTerms | Asset) -> Target:
    return Target(one.name, one.owner, one.domain, one.compartment)


def _digest(charter: Charter, portfolio: Portfolio) -> str:
    documents = {"charter": charter.document, "portfolio": portfolio.document}
    return hashlib.sha256(json.encode(documents, order="sorted")).hexdigest()


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
        interval = nanoseconds(1.0 / one.throttle.rate_per_s)
        terms |= {
            "interval": interval,
            # In whole intervals: rounded by itself it could be less, and the last of a burst would wait for a nanosecond.
            "tolerance": min((one.throttle.burst - 1) * interval, NEVER),
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
