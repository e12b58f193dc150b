"""A scenario as the place where crises happen: who acts as whom, what stands there, what each profile risks."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from detente.engine.compile import compile_tables
from detente.engine.guards import NO_PORTFOLIO
from detente.engine.run import simulate_here
from detente.engine.tables import Outcomes, Tables
from detente.errors import Problem, RaceError
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.problems import nearest_of, spell
from detente.model.race.vocabulary import Crises, Measure, Race
from detente.model.vocabulary import Actor, Scenario
from detente.race.postures import Fitter, Floats, Mask, rounded
from detente.race.risk import CATASTROPHE, CRITICAL, Escalation, Risk, escalation, risk

__all__ = ["MOST_INCIDENTS", "Regime", "Severity", "Theatre", "expected_loss_weights", "starts"]

MOST_INCIDENTS = 100_000
"""event budget of one crisis"""

_SAMPLE = 4000  # crises from which severities are taken
_REMEMBERED = 20_000  # profiles of which the risk is known
_KEPT = 64  # sets of tables, some 50 kB each

Regime = tuple[tuple[Measure, tuple[bool, ...]], ...]
"""The measures in force that bring safeguards, each with whom of the players it covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """The mean loss of each player in a crisis of each gravity, USD, from a sample of crises at first postures."""

    critical: Floats
    """(players,) in a critical crisis without catastrophe"""
    catastrophe: Floats
    """(players,)"""


class Theatre:
    """One scenario of a race. It remembers what it has worked out, which changes nothing but the speed."""

    def __init__(self, race: Race, crises: Crises) -> None:
        self.race, self.crises = race, crises
        self.scenario: Scenario = load(crises.scenario)
        self.actors = [actor.name for actor in self.scenario.actors]
        self.plays = self._plays()
        """(players, actors) 1 where the player acts as the actor"""
        self.weights = self._weights()
        """(actors, players) of whose choice an actor's posture is made"""
        self.blocs: tuple[Mask, ...] = tuple(
            np.array([self._bloc(actor) == bloc for actor in self.scenario.actors]) for bloc in race.blocs
        )
        self._fitter = Fitter(race.conduct)
        self._bases: dict[Regime, Tables] = {}
        self._fitted: OrderedDict[tuple[Regime, bytes, bytes], Tables] = OrderedDict()
        self._risks: OrderedDict[tuple[Regime, bytes, bytes], Risk] = OrderedDict()
        self._escalations: OrderedDict[tuple[Regime, bytes, bytes, bool], Escalation] = OrderedDict()
        self.severity = self._severity()

    def _plays(self) -> Floats:
        plays = np.zeros((len(self.race.players), len(self.actors)))
        for i, player in enumerate(self.race.players):
            for j, name in enumerate(player.acts_as.get(self.crises.scenario, ())):
                if name not in self.actors:
                    near = nearest_of(name, self.actors)
                    hint = f" (did you mean '{near[0]}'?)" if near else ""
                    path = spell(("players", player.name, "acts_as", self.crises.scenario, j))
                    expected = f"an actor of the scenario '{self.crises.scenario}'{hint}"
                    raise RaceError([Problem(path=path, found=f"'{name}'", expected=expected)])
                plays[i, self.actors.index(name)] = 1.0
        return plays

    def _weights(self) -> Floats:
        places = {player.name: i for i, player in enumerate(self.race.players)}
        mix = np.eye(len(places))
        for i, player in enumerate(self.race.players):
            for supplier, share in player.supplied_by.items():
                mix[i, places[supplier]] += share
                mix[i, i] -= share
        found: Floats = self.plays.T @ mix
        return found

    def _bloc(self, actor: Actor) -> str | None:
        """The bloc of the player that acts as it, else the actor's own, if the race knows it."""
        for player in self.race.players:
            if actor.name in player.acts_as.get(self.crises.scenario, ()):
                return player.bloc
        return actor.bloc

    def actor_postures(self, postures: Floats) -> Floats:
        """(actors, 3) on the grid; an actor whom nobody plays is as the scenario states it."""
        conduct = self.race.conduct
        unplayed = np.array([1.0, conduct.reference_capability, conduct.reference_safety])
        own = self.weights @ postures
        found = np.where(self.weights.sum(axis=1)[:, None] > 0.0, own, unplayed)
        return rounded(found)

    def tables(self, regime: Regime, postures: Floats, there: Mask) -> Tables:
        """The tables on a profile of players."""
        key = self._key(regime, postures, there)
        if key not in self._fitted:
            absent = self._absent(there)
            made = self._fitter.fit(self.base(regime), self.actor_postures(postures), absent)
            _remember(self._fitted, key, made, _KEPT)
        return self._fitted[key]

    def risk(self, regime: Regime, postures: Floats, there: Mask) -> Risk:
        """What the solver says about a profile."""
        key = self._key(regime, postures, there)
        if key not in self._risks:
            found = risk(self.tables(regime, postures, there), self.base(regime), self.race.conduct)
            _remember(self._risks, key, found)
        return self._risks[key]

    def escalation(self, regime: Regime, postures: Floats, there: Mask, *, parts: bool) -> Escalation:
        """R on a profile, as a whole, and with `parts` between blocs and within each."""
        key = (*self._key(regime, postures, there), parts)
        if key not in self._escalations:
            tables = self.tables(regime, postures, there)
            _remember(self._escalations, key, escalation(tables, self.blocs, parts=parts))
        return self._escalations[key]

    def run(self, tables: Tables, seed: int, first: int, count: int) -> Outcomes:
        """Crises `first` and following of the ensemble `seed`."""
        indices = np.arange(first, first + count)
        return simulate_here(tables, indices, seed=seed, max_incidents=MOST_INCIDENTS)

    def losses(self, outcomes: Outcomes) -> Floats:
        """(crises, players) what each player lost, USD."""
        found: Floats = outcomes.loss_usd @ self.plays.T
        return found

    def base(self, regime: Regime) -> Tables:
        """The compiled scenario with the safeguards of a regime."""
        if regime not in self._bases:
            self._bases[regime] = compile_tables(self.scenario, self._portfolio(regime))
        return self._bases[regime]

    def _key(self, regime: Regime, postures: Floats, there: Mask) -> tuple[Regime, bytes, bytes]:
        return regime, self.actor_postures(postures).tobytes(), there.tobytes()

    def _absent(self, there: Mask) -> Mask:
        found: Mask = (self.plays.sum(axis=0) > 0.0) & ~(there @ self.plays > 0.0)
        return found

    def _portfolio(self, regime: Regime) -> Portfolio:
        """One portfolio of all safeguards in force.

        A portfolio knows each safeguard once, so one that several measures bring stands for all whom they cover, with the
        settings and the verification of the measure stated first.
        """
        standing: dict[str, Any] = {}
        for measure, covered in regime:
            shipped = load_portfolio(measure.portfolio or "none")
            actors = self._covered(covered)
            for dashed, safeguard in shipped.safeguards.items():
                name, adopters = dashed.replace("-", "_"), self._adopters(safeguard.adopters, actors)
                if name in standing:
                    adopters |= set(standing[name].adopters)
                    safeguard = standing[name]  # noqa: PLW2901 -- the first decides
                else:
                    inert = 1.0 - (1.0 - safeguard.inert) * measure.verification
                    safeguard = replace(safeguard, inert=inert)  # noqa: PLW2901
                if adopters:
                    ordered = tuple(name for name in self.actors if name in adopters)
                    standing[name] = replace(safeguard, adopters=ordered)
        return replace(NO_PORTFOLIO, **standing)

    def _adopters(self, listed: tuple[str, ...] | None, covered: Mask) -> set[str]:
        """Who adopts a safeguard: those whom the measure covers, if the portfolio lists them or nobody."""
        return {
            actor.name
            for actor, is_covered in zip(self.scenario.actors, covered, strict=True)
            if is_covered and (listed is None or not {actor.name, actor.bloc, actor.kind}.isdisjoint(listed))
        }

    def _covered(self, covered: tuple[bool, ...]) -> Mask:
        """(actors,) whom a measure covers: whose player it covers; of those nobody plays, those of covered blocs."""
        players = np.array(covered)
        blocs = {player.bloc for player, is_in in zip(self.race.players, covered, strict=True) if is_in}
        everywhere = set(self.race.blocs) <= blocs
        played = players @ self.plays > 0.0
        unplayed = self.plays.sum(axis=0) == 0.0
        belongs = [
            actor.bloc in blocs if actor.bloc in self.race.blocs else everywhere
            for actor in self.scenario.actors
        ]
        found: Mask = played | (unplayed & np.array(belongs))
        return found

    def _severity(self) -> Severity:
        start = starts(self.race)
        there = np.ones(len(self.race.players), np.bool_)
        outcomes = self.run(self.tables((), start, there), 0, 0, _SAMPLE)
        losses = self.losses(outcomes)
        ends = np.isfinite(outcomes.catastrophe_s)
        critical = np.isfinite(outcomes.first_critical_s) & ~ends
        mild = losses[critical].mean(axis=0) if critical.any() else np.zeros(losses.shape[1])
        return Severity(critical=mild, catastrophe=losses[ends].mean(axis=0) if ends.any() else mild)


def expected_loss_weights(theatre: Theatre) -> Floats:
    """(2, players): what one more unit of each chance costs, so that chance times this is the expected loss.

    A crisis that ends in catastrophe is critical first, so the second counts what it costs beyond that.
    """
    severity = theatre.severity
    found = np.zeros((2, severity.critical.size))
    found[CRITICAL] = severity.critical
    found[CATASTROPHE] = np.maximum(severity.catastrophe - severity.critical, 0.0)
    return found


def starts(race: Race) -> Floats:
    """(players, 3) postures at first."""
    return np.array([(p.start.autonomy, p.start.capability, p.start.safety) for p in race.players])


def _remember(store: OrderedDict[Any, Any], key: object, value: object, most: int = _REMEMBERED) -> None:
    store[key] = value
    if len(store) > most:
        store.popitem(last=False)
