"""What an incident leads to, the slow and obvious way: every possibility written out with its chance.

Written from the prose (design, section 4; decision 0004; the scenario language), over the resolved
scenario; it shares no code with `detente.engine` or `detente.exact`. What an incident leads to
depends on its type alone: (system, rung, author, points_to). `alert` and `down` are left out, because
they remember. What has chance 0 does not appear.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from detente.model.problems import step as path_step
from detente.model.vocabulary import At, CountLaw, Delay, Response, Scenario, System

Type = tuple[str, int, str | None, str | None]
"""(system, rung, author, points_to)"""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one rule does about one reading: `law` and `mean` say how many actions, each one of `actions`."""

    law: CountLaw
    mean: float
    right: bool
    keeps: float
    """share of the harm that stays"""
    actions: tuple[tuple[float, Type, tuple[Delay, ...]], ...]
    """(chance that an action is this, the incident, delays that add up); else it is not carried out"""


@dataclass(frozen=True, eq=False)
class View:
    """How a watcher may read an incident that it senses."""

    readings: tuple[tuple[float, tuple[Answer, ...]], ...]
    """(chance, what it then does), one for each rung read and actor blamed; the chances sum to 1"""


@dataclass(frozen=True, eq=False)
class Litter:
    """All that an incident can lead to; couplings and watchers are independent of each other."""

    couplings: tuple[tuple[float, Type, Delay], ...]
    """(chance, the outage or worm, delay)"""
    watchers: tuple[tuple[float, View], ...]
    """(chance of sensing it, how it is read)"""

    def children(self) -> "Iterator[Child]":
        for chance, x, delay in self.couplings:
            yield Child(chance, x, (delay,), None)
        for chance, view in self.watchers:
            for share, answers in view.readings:
                for answer in answers:
                    for passes, x, delays in answer.actions:
                        yield Child(chance * share * answer.mean * passes, x, delays, answer)


@dataclass(frozen=True)
class Child:
    """One way to be a child, and the mean number of children that come that way."""

    mean: float
    type: Type
    delays: tuple[Delay, ...]
    answer: Answer | None
    """None for an outage or a worm"""


@dataclass(frozen=True)
class Root:
    """A shock, or a stream of shocks or false alarms."""

    path: str
    arrivals: float | None
    """mean of a Poisson number; None for a shock that happens once"""
    type: Type
    phantom: bool


class Offspring:
    """Reads `scenario` once; everything it makes exists once, so that it can stand as a key."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.systems = {system.name: system for system in scenario.systems}
        self.command = {actor.name: actor.command for actor in scenario.actors}
        self.answers: dict[tuple[Any, ...], Answer] = {}
        self.views: dict[tuple[Any, ...], View] = {}

    def roots(self) -> Iterator[Root]:
        """All that can happen from outside before the horizon."""
        horizon = self.scenario.horizon_s
        for shock in self.scenario.shocks:
            arrivals = None if shock.rate_per_s is None else shock.rate_per_s * horizon
            if arrivals != 0.0 and (shock.at_s or 0.0) <= horizon:
                hit = (shock.hits, shock.rung, shock.author, shock.points_to)
                yield Root(shock.path, arrivals, hit, phantom=False)
        for system in self.scenario.systems:
            alarms = system.senses.false_alarms
            if alarms and alarms.rate_per_s > 0.0:
                path = f"systems{path_step(system.name)}.senses.false_alarms"
                seen = (system.name, alarms.rung, None, None)
                yield Root(path, alarms.rate_per_s * horizon, seen, phantom=True)

    def of_phantom(self, x: Type) -> Litter:
        """A false alarm is sensed by its own system alone, with certainty, and passed on by nothing."""
        return Litter((), ((1.0, self.view(self.systems[x[0]], *x[1:])),))

    def of_incident(self, x: Type) -> Litter:
        """What an incident of type `x` can lead to: nothing at the catastrophe rung."""
        if x[1] >= self.scenario.catastrophe:
            return Litter((), ())
        return Litter((*self._outages(x), *self._worms(x)), tuple(self._watchers(x)))

    def _outages(self, x: Type) -> Iterator[tuple[float, Type, Delay]]:
        name, rung, _, _ = x
        for link in self.scenario.dependencies:
            if link.source == name and rung >= link.at_least and link.spreads > 0.0:
                yield link.spreads, (link.target, max(0, rung - link.drops), None, None), link.after

    def _worms(self, x: Type) -> Iterator[tuple[float, Type, Delay]]:
        name, rung, author, points_to = x
        for rule in self.scenario.contagion:
            has_it = rule.component in self.systems[name].components
            if not has_it or rung < rule.at_least or rule.spreads == 0.0:
                continue
            for other in self.scenario.systems:
                if other.name != name and rule.component in other.components:
                    worm = (other.name, max(0, rung - rule.drops), author, points_to)
                    yield rule.spreads, worm, rule.after

    def _watchers(self, x: Type) -> Iterator[tuple[float, View]]:
        name, rung, author, points_to = x
        for watcher in self.scenario.systems:
            chance = dict(watcher.watches).get(name, 0.0)
            if chance > 0.0:
                yield chance, self.view(watcher, rung, author, points_to)

    def view(self, watcher: System, rung: int, author: str | None, points_to: str | None) -> View:
        """How `watcher` may read an incident at this rung, and what it then does."""
        key = (watcher.name, rung, author, points_to)
        if key not in self.views:
            readings = (
                (chance * share, tuple(self._answers_to(watcher, perceived, blamed, author)))
                for perceived, chance in self.perceived(watcher, rung).items()
                for blamed, share in self.blames(watcher, author, points_to).items()
            )
            self.views[key] = View(tuple(readings))
        return self.views[key]

    def perceived(self, watcher: System, rung: int) -> dict[int, float]:
        """Rung read -> chance. No reading is one too high if that would make it a catastrophe."""
        senses = watcher.senses
        higher = rung + 1 if rung + 1 < self.scenario.catastrophe else rung
        chances: dict[int, float] = defaultdict(float)
        chances[higher] += senses.inflates
        chances[max(0, rung - 1)] += senses.deflates
        chances[rung] += 1.0 - (senses.inflates + senses.deflates)
        return {read: chance for read, chance in chances.items() if chance > 0.0}

    def blames(self, watcher: System, author: str | None, points_to: str | None) -> dict[str | None, float]:
        """Actor blamed, None for nobody -> chance."""
        senses = watcher.senses
        bases = {author: 1.0}
        if points_to != author:
            bases = {author: senses.sees_through_spoofs, points_to: 1.0 - senses.sees_through_spoofs}
        chances: dict[str | None, float] = defaultdict(float)
        for basis, share in bases.items():
            # The basis may be taken at its word: nobody is blamed for an accident, otherwise that actor.
            stays = senses.recognises_accidents if basis is None else senses.attribution
            chances[basis] += share * stays
            left = [(name, weight) for name, weight in senses.suspects if name != basis and weight > 0.0]
            total = math.fsum(weight for _, weight in left)
            for name, weight in left:
                chances[name] += share * (1.0 - stays) * weight / total
            if not left:
                chances[None] += share * (1.0 - stays)
        return {name: chance for name, chance in chances.items() if chance > 0.0}

    def _answers_to(
        self, watcher: System, perceived: int, blamed: str | None, author: str | None
    ) -> Iterator[Answer]:
        for rule in watcher.responds:
            if perceived < rule.from_rung or rule.actions == 0.0:
                continue
            needs_blame = rule.at is At.BLAMED
            right = author is not None and (blamed == author or not needs_blame)
            key = (rule.path, perceived, blamed if needs_blame else None, right)
            if key not in self.answers:
                self.answers[key] = self._answer(watcher, rule, perceived, blamed, right=right)
            yield self.answers[key]

    def _answer(
        self, watcher: System, rule: Response, perceived: int, blamed: str | None, *, right: bool
    ) -> Answer:
        targets = self.targets(watcher, rule, blamed)
        shares: dict[tuple[Type, tuple[Delay, ...]], float] = defaultdict(float)
        for move, chance in ((-1, rule.step.down), (0, rule.step.same), (1, rule.step.up)):
            rung = min(max(0, perceived + move), self.scenario.catastrophe)
            for target in targets:
                incident = (target, rung, watcher.owner, rule.poses_as or watcher.owner)
                for passes, delays in self.roads(watcher, rule, right=right):
                    shares[incident, delays] += chance * passes / len(targets)
        actions = tuple((share, *way) for way, share in shares.items() if share > 0.0)
        return Answer(rule.law, rule.actions, right, 1.0 - (rule.recovers or 0.0), actions)

    def targets(self, watcher: System, rule: Response, blamed: str | None) -> list[str]:
        """The systems among which the target is drawn evenly; none, and nothing happens."""
        if rule.at is At.SYSTEMS:
            return list(rule.systems)
        there = [system for system in self.scenario.systems if system.domain == rule.domain]
        if rule.at is At.DOMAIN:
            return [system.name for system in there if system.name != watcher.name]
        if rule.at is At.OWN:
            return [system.name for system in there if system.owner == watcher.owner]
        if blamed is None or blamed == watcher.owner:
            return []
        return [system.name for system in there if system.owner == blamed]

    def roads(
        self, watcher: System, rule: Response, *, right: bool
    ) -> Iterator[tuple[float, tuple[Delay, ...]]]:
        """How an action comes to be carried out: by itself, or approved by the owner's command."""
        yield rule.autonomy, (rule.after,)
        command = self.command[watcher.owner]
        if command:
            approves = command.approves_right if right else command.approves_wrong
            yield (1.0 - rule.autonomy) * approves, (rule.after, command.review)
