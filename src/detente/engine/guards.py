"""Portfolio -> the part of the tables that safeguards read: one record per actor, and what is looked up by rung."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from detente.engine import tables as t
from detente.engine.identity import stable_id
from detente.engine.layout import Records, write_delay
from detente.model.portfolio.bind import Bound, bind
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
    Below,
    DeEscalationMode,
    Excess,
    HumanOnTheLoop,
    OnTimeout,
    Portfolio,
    Throttle,
)
from detente.model.vocabulary import Actor, Scenario, System

__all__ = ["NO_PORTFOLIO", "Guards", "below", "compile_guards"]

NO_PORTFOLIO = Portfolio(name="none", document={"detente": 1, "portfolio": "none", "safeguards": {}})
"""No safeguard at all: what is meant where no portfolio is named."""

_BELOW = {Below.DENY: t.DENY, Below.REVIEW: t.REVIEW, Below.REVERSIBLE_ONLY: t.REVERSIBLE_ONLY}


class Guards(NamedTuple):
    """The fields of `Tables` that a portfolio fills."""

    guarded: int
    guards: npt.NDArray[np.void]
    inert: npt.NDArray[np.float64]
    forbidden: npt.NDArray[np.int32]
    floors: npt.NDArray[np.float64]
    doubt: npt.NDArray[np.float64]


def compile_guards(
    portfolio: Portfolio, scenario: Scenario, domains: dict[str, int], systems: Records, roots: Records
) -> Guards:
    """What stands for whom; marks the `systems` that are certified and the `roots` that are thinned.

    Raises
    ------
    PortfolioError
        When the portfolio names what the scenario does not have.
    """
    return _Compiler(bind(portfolio, scenario), domains).guards(systems, roots)


class _Compiler:
    def __init__(self, bound: Bound[Scenario], domains: dict[str, int]) -> None:
        self.bound, self.portfolio, self.scenario = bound, bound.portfolio, bound.scenario
        self.domains = domains
        self.beyond = len(self.scenario.ladder) + 1

    def guards(self, systems: Records, roots: Records) -> Guards:
        actors = self.scenario.actors
        guards: Records = np.zeros(len(actors), t.GUARD)
        ring, chair = sum(actor.alert.trips_at for actor in actors if actor.alert), 0
        for guard, actor in zip(guards, actors, strict=True):
            self._describe(guard, actor)
            guard["ring_first"], guard["reviewers_first"] = ring, chair
            ring += int(guard["trips_at"])
            chair += max(0, int(guard["reviewers"]))
        self._certify(systems)
        self._thin(systems, roots)
        floors = self._floors()
        return Guards(
            guarded=int(any(self.bound.adopters.values())),
            guards=guards,
            inert=self._inert(),
            forbidden=self._forbidden(),
            floors=floors,
            doubt=self._doubt(floors, systems, guards),
        )

    def _describe(self, guard: Any, actor: Actor) -> None:
        """Write what stands for one actor; a safeguard that does not is written so that it does nothing."""
        self._describe_readings(guard, actor.name)
        self._describe_limits(guard, actor.name)
        self._describe_mode(guard, self._of(actor.name, "de-escalation-mode"))
        self._describe_throttle(guard, self._of(actor.name, "throttle"))
        self._describe_reviewers(guard, self._of(actor.name, "human-on-the-loop"))

    def _of(self, actor: str, safeguard: str) -> Any:
        """The safeguard, where it stands for that actor; else None."""
        return self.portfolio.safeguards[safeguard] if self.bound.adopts(actor, safeguard) else None

    def _describe_readings(self, guard: Any, actor: str) -> None:
        certification = self._of(actor, "certification")
        guard["attribution"] = certification.attribution if certification else 0.0
        guard["inflates"] = certification.inflates if certification else 1.0
        guard["overconfidence"] = (certification.overconfidence or 0.0) if certification else 0.0
        robustness = self._of(actor, "robustness")
        guard["sees_through_spoofs"] = robustness.sees_through_spoofs if robustness else 0.0
        guard["errs"] = robustness.approves_wrong if robustness else 1.0
        guard["takes"] = robustness.review if robustness else 1.0
        sharing = self._of(actor, "incident-sharing")
        guard["shared_after"] = sharing.after_s if sharing else math.inf
        guard["shared_recognises"] = sharing.recognises_accidents if sharing else 0.0
        guard["shared_sees_through"] = sharing.sees_through_spoofs if sharing else 0.0
        verdicts = self._of(actor, "shared-attribution")
        guard["uses_verdicts"] = verdicts is not None
        if verdicts:
            write_delay(guard, "verdict", verdicts.verdict)
            guard["accuracy"] = verdicts.accuracy

    def _describe_limits(self, guard: Any, actor: str) -> None:
        red_lines = self._of(actor, "red-lines")
        guard["compliance"] = red_lines.compliance if red_lines else 0.0
        rollout = self._of(actor, "phased-rollout")
        guard["autonomy"] = rollout.autonomy if rollout else 1.0
        controls = self._of(actor, "export-controls")
        guard["acts"] = controls.actions if controls else 1.0
        compartments = self._of(actor, "compartments")
        guard["strength"] = compartments.strength if compartments else 0.0
        floor = self._of(actor, "confidence-floor")
        guard["below_floor"] = _BELOW[floor.below] if floor else t.NO_FLOOR

    def _describe_mode(self, guard: Any, mode: DeEscalationMode | None) -> None:
        guard["mode_review_from"] = self.beyond
        if mode is None:
            return
        guard["trips_at"], guard["within"], guard["lasts"] = mode.trips_at, mode.within_s, mode.lasts_s
        guard["restraint"] = mode.restraint
        if mode.review_from is not None:
            guard["mode_review_from"] = self.bound.rung(mode.review_from)

    def _describe_throttle(self, guard: Any, throttle: Throttle | None) -> None:
        if throttle is None:
            return
        guard["interval"] = 1.0 / throttle.rate_per_s
        guard["burst"] = throttle.burst
        guard["delays_excess"] = throttle.excess is Excess.DELAY

    def _describe_reviewers(self, guard: Any, review: HumanOnTheLoop | None) -> None:
        guard["review_from"] = self.beyond
        if review is None:
            return
        guard["review_from"] = self.bound.rung(review.from_rung)
        guard["reviewers"] = t.UNLIMITED if review.reviewers is None else review.reviewers
        write_delay(guard, "review", review.review)
        guard["approves_right"], guard["approves_wrong"] = review.approves_right, review.approves_wrong
        guard["timeout"] = review.timeout_s
        guard["allows_on_timeout"] = review.on_timeout is OnTimeout.ALLOW

    def _certify(self, systems: Records) -> None:
        certification = self.portfolio.certification
        for row, system in zip(systems, self.scenario.systems, strict=True):
            covered = certification is not None and _draw(system) < certification.coverage
            row["certified"] = covered and self.bound.adopts(system.owner, "certification")

    def _thin(self, systems: Records, roots: Records) -> None:
        """Shocks by those under export controls, and false alarms of what is certified, happen less often."""
        roots["share"] = 1.0
        controls, certification = self.portfolio.export_controls, self.portfolio.certification
        controlled = [self.bound.adopts(actor.name, "export-controls") for actor in self.scenario.actors]
        for root in roots:
            author = int(root["author"])
            if certification and root["kind"] == t.PHANTOM and systems[root["system"]]["certified"]:
                root["share"], root["safeguard"] = certification.false_alarms, t.CERTIFICATION
                root["guarded_by"] = systems[root["system"]]["owner"]
            elif controls and root["kind"] == t.SHOCK and author != t.NOBODY and controlled[author]:
                root["share"], root["safeguard"] = controls.shocks, t.EXPORT_CONTROLS
                root["guarded_by"] = author

    def _inert(self) -> npt.NDArray[np.float64]:
        inert = np.zeros((len(self.scenario.actors), t.SAFEGUARD_COUNT))
        for name, safeguard in self.portfolio.safeguards.items():
            inert[:, SAFEGUARDS.index(name)] = safeguard.inert
        return inert

    def _forbidden(self) -> npt.NDArray[np.int32]:
        forbidden = np.full((len(self.scenario.actors), len(self.domains)), self.beyond, np.int32)
        red_lines = self.portfolio.red_lines
        for i, actor in enumerate(self.scenario.actors):
            if red_lines is None or not self.bound.adopts(actor.name, "red-lines"):
                continue
            for one in red_lines.forbid:
                rung = self.bound.rung(one.from_rung)
                for domain, place in self.domains.items():
                    if one.domain in (None, domain):
                        forbidden[i, place] = min(forbidden[i, place], rung)
        return forbidden

    def _floors(self) -> npt.NDArray[np.float64]:
        """The floor at each rung: that of the highest rung named which is not above it."""
        floors = np.zeros(len(self.scenario.ladder))
        stated = self.portfolio.confidence_floor.floors if self.portfolio.confidence_floor else ()
        for rung, floor in sorted((self.bound.rung(name), floor) for name, floor in stated):
            floors[rung:] = floor
        return floors

    def _doubt(
        self, floors: npt.NDArray[np.float64], systems: Records, guards: Records
    ) -> npt.NDArray[np.float64]:
        if not floors.any():
            return np.zeros((2, 0, 2, floors.size))
        doubt = np.zeros((2, systems.size, 2, floors.size))
        accuracy, stretch = systems["attribution"].copy(), systems["overconfidence"].copy()
        for certified in range(2):
            if certified:
                accuracy = np.maximum(accuracy, guards["attribution"][systems["owner"]])
                exactly = guards["overconfidence"][systems["owner"]]
                stretch = np.where(exactly > 0.0, exactly, stretch)
            for right in range(2):
                doubt[certified, :, right] = below(
                    floors[None], accuracy[:, None], systems["assurance"][:, None], stretch[:, None], right
                )
        return doubt


def below(floor: Any, accuracy: Any, assurance: Any, stretch: Any, right: int) -> npt.NDArray[np.float64]:
    """The chance that a reported confidence is below a floor (design, section 4.4; see `trace.confidence`)."""
    a = assurance * accuracy + right
    b = assurance * (1.0 - accuracy) + (1 - right)
    with np.errstate(divide="ignore"):
        unstretched = special.expit(special.logit(floor) / stretch)
    chance = special.betainc(np.maximum(a, 1e-300), np.maximum(b, 1e-300), unstretched)
    # Where one parameter is 0 the law is a point: confidence 0, or confidence 1.
    chance = np.where(a <= 0.0, 1.0, np.where(b <= 0.0, 0.0, chance))
    found: npt.NDArray[np.float64] = np.where(floor <= 0.0, 0.0, chance)
    return found


def _draw(system: System) -> float:
    """A number in [0, 1) that belongs to the name of a system."""
    return stable_id("certification", system.name) / 2.0**64
