"""A validated portfolio document to a portfolio: every default filled in, every number in SI, all in order."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from detente.model.forms import StatedDelay
from detente.model.portfolio.document import (
    CertificationEntry,
    CompartmentsEntry,
    ConfidenceFloorEntry,
    DeEscalationModeEntry,
    Document,
    ExportControlsEntry,
    ForbiddenEntry,
    HumanOnTheLoopEntry,
    IncidentSharingEntry,
    PhasedRolloutEntry,
    RedLinesEntry,
    RobustnessEntry,
    SafeguardEntry,
    SharedAttributionEntry,
    ThrottleEntry,
)
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
    Certification,
    Compartments,
    ConfidenceFloor,
    DeEscalationMode,
    ExportControls,
    Forbidden,
    HumanOnTheLoop,
    IncidentSharing,
    PhasedRollout,
    Portfolio,
    RedLines,
    Robustness,
    Safeguard,
    SharedAttribution,
    Throttle,
)
from detente.model.portfolio.words import UNLIMITED
from detente.model.problems import step
from detente.model.record import Plain, Record
from detente.model.references import resolve_references
from detente.model.units import DURATION, MONEY, PLAIN, RATE, Unit
from detente.model.vocabulary import Delay, Quantity

__all__ = ["resolve"]

Word = TypeVar("Word", bound=Enum)


def resolve(document: Document) -> Portfolio:
    """The portfolio that a validated document states."""
    record = Record()
    references, cited = resolve_references(document.references)
    made: dict[str, Any] = {}
    written: Plain = {}
    for name in SAFEGUARDS:
        key = name.replace("-", "_")
        stated = getattr(document.safeguards, key)
        if stated is not None:
            out = _Writer(f"safeguards.{name}", record)
            made[key] = _RESOLVERS[type(stated)](stated, out)
            written[name] = out.plain
    plain: Plain = {
        "detente": 1,
        "portfolio": document.portfolio,
        "title": document.title,
        "summary": document.summary,
        "references": cited,
        "safeguards": written,
    }
    return Portfolio(
        name=document.portfolio,
        title=document.title,
        summary=document.summary,
        references=references,
        quantities=record.quantities,
        document=plain,
        **made,
    )


@dataclass(slots=True)
class _Writer:
    """One safeguard on its way: what is read is also written, in the order of the calls."""

    path: str
    record: Record
    plain: Plain = field(default_factory=dict)

    def number(self, key: str, stated: Quantity, unit: Unit = PLAIN) -> float:
        self.plain[key] = self.record.number(f"{self.path}.{key}", stated, unit)
        return stated.value

    def whole(self, key: str, stated: Quantity) -> int:
        self.plain[key] = self.record.number(f"{self.path}.{key}", stated, whole=True)
        return int(stated.value)

    def delay(self, key: str, stated: StatedDelay) -> Delay:
        made, self.plain[key] = self.record.delay(f"{self.path}.{key}", stated)
        return made

    def name(self, key: str, stated: str | None) -> str | None:
        """A name that may be left out, and then stays out."""
        if stated is not None:
            self.plain[key] = stated
        return stated

    def names(self, key: str, stated: tuple[str, ...]) -> tuple[str, ...]:
        ordered = sorted(stated)
        self.plain[key] = ordered
        return tuple(ordered)

    def shared(self, stated: SafeguardEntry) -> Mapping[str, Any]:
        """What every safeguard has."""
        adopters = None if stated.adopters is None else self.names("adopters", stated.adopters)
        cost = self.number("cost", stated.cost, MONEY)
        inert = self.number("inert", stated.inert)
        return {"adopters": adopters, "cost_usd_per_year": cost, "inert": inert}

    def word(self, key: str, stated: Word) -> Word:
        self.plain[key] = stated.value
        return stated


def _red_lines(stated: RedLinesEntry, out: _Writer) -> RedLines:
    classes = sorted(stated.forbid, key=lambda entry: (entry.in_ or "", entry.from_ or ""))
    out.plain["forbid"] = [_forbidden(entry) for entry in classes]
    return RedLines(
        forbid=tuple(Forbidden(domain=entry.in_, from_rung=entry.from_) for entry in classes),
        compliance=out.number("compliance", stated.compliance),
        **out.shared(stated),
    )


def _forbidden(entry: ForbiddenEntry) -> Plain:
    members = {"in": entry.in_, "from": entry.from_}
    return {key: name for key, name in members.items() if name is not None}


def _phased_rollout(stated: PhasedRolloutEntry, out: _Writer) -> PhasedRollout:
    return PhasedRollout(autonomy=out.number("autonomy", stated.autonomy), **out.shared(stated))


def _certification(stated: CertificationEntry, out: _Writer) -> Certification:
    target = stated.overconfidence
    return Certification(
        coverage=out.number("coverage", stated.coverage),
        attribution=out.number("attribution", stated.attribution),
        inflates=out.number("inflates", stated.inflates),
        false_alarms=out.number("false_alarms", stated.false_alarms),
        overconfidence=None if target is None else out.number("overconfidence", target),
        **out.shared(stated),
    )


def _robustness(stated: RobustnessEntry, out: _Writer) -> Robustness:
    return Robustness(
        sees_through_spoofs=out.number("sees_through_spoofs", stated.sees_through_spoofs),
        approves_wrong=out.number("approves_wrong", stated.approves_wrong),
        review=out.number("review", stated.review),
        **out.shared(stated),
    )


def _export_controls(stated: ExportControlsEntry, out: _Writer) -> ExportControls:
    return ExportControls(
        kinds=out.names("kinds", stated.kinds),
        shocks=out.number("shocks", stated.shocks),
        actions=out.number("actions", stated.actions),
        **out.shared(stated),
    )


def _compartments(stated: CompartmentsEntry, out: _Writer) -> Compartments:
    return Compartments(strength=out.number("strength", stated.strength), **out.shared(stated))


def _confidence_floor(stated: ConfidenceFloorEntry, out: _Writer) -> ConfidenceFloor:
    ordered = sorted(stated.floors.items())
    path = f"{out.path}.floors"
    out.plain["floors"] = {rung: out.record.number(path + step(rung), floor) for rung, floor in ordered}
    return ConfidenceFloor(
        floors=tuple((rung, floor.value) for rung, floor in ordered),
        below=out.word("below", stated.below),
        **out.shared(stated),
    )


def _de_escalation_mode(stated: DeEscalationModeEntry, out: _Writer) -> DeEscalationMode:
    return DeEscalationMode(
        trips_at=out.whole("trips_at", stated.trips_at),
        within_s=out.number("within", stated.within, DURATION),
        lasts_s=out.number("lasts", stated.lasts, DURATION),
        review_from=out.name("review_from", stated.review_from),
        restraint=out.number("restraint", stated.restraint),
        **out.shared(stated),
    )


def _throttle(stated: ThrottleEntry, out: _Writer) -> Throttle:
    return Throttle(
        rate_per_s=out.number("rate", stated.rate, RATE),
        burst=out.whole("burst", stated.burst),
        excess=out.word("excess", stated.excess),
        **out.shared(stated),
    )


def _human_on_the_loop(stated: HumanOnTheLoopEntry, out: _Writer) -> HumanOnTheLoop:
    return HumanOnTheLoop(
        from_rung=out.name("from", stated.from_),
        reviewers=_reviewers(stated, out),
        review=out.delay("review", stated.review),
        approves_right=out.number("approves_right", stated.approves_right),
        approves_wrong=out.number("approves_wrong", stated.approves_wrong),
        timeout_s=math.inf if stated.timeout is None else out.number("timeout", stated.timeout, DURATION),
        on_timeout=out.word("on_timeout", stated.on_timeout),
        **out.shared(stated),
    )


def _reviewers(stated: HumanOnTheLoopEntry, out: _Writer) -> int | None:
    if stated.reviewers is None:
        out.plain["reviewers"] = UNLIMITED
        return None
    return out.whole("reviewers", stated.reviewers)


def _incident_sharing(stated: IncidentSharingEntry, out: _Writer) -> IncidentSharing:
    return IncidentSharing(
        after_s=out.number("after", stated.after, DURATION),
        recognises_accidents=out.number("recognises_accidents", stated.recognises_accidents),
        sees_through_spoofs=out.number("sees_through_spoofs", stated.sees_through_spoofs),
        **out.shared(stated),
    )


def _shared_attribution(stated: SharedAttributionEntry, out: _Writer) -> SharedAttribution:
    return SharedAttribution(
        verdict=out.delay("verdict", stated.verdict),
        accuracy=out.number("accuracy", stated.accuracy),
        **out.shared(stated),
    )


_RESOLVERS: dict[type[SafeguardEntry], Callable[[Any, _Writer], Safeguard]] = {
    RedLinesEntry: _red_lines,
    PhasedRolloutEntry: _phased_rollout,
    CertificationEntry: _certification,
    RobustnessEntry: _robustness,
    ExportControlsEntry: _export_controls,
    CompartmentsEntry: _compartments,
    ConfidenceFloorEntry: _confidence_floor,
    DeEscalationModeEntry: _de_escalation_mode,
    ThrottleEntry: _throttle,
    HumanOnTheLoopEntry: _human_on_the_loop,
    IncidentSharingEntry: _incident_sharing,
    SharedAttributionEntry: _shared_attribution,
}
