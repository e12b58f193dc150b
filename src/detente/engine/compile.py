"""Scenario -> tables: names become positions, laws become cumulative tables, couplings get stable ids."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine.guards import NO_PORTFOLIO, compile_guards
from detente.engine.identity import Ids, stable_id
from detente.engine.laws import LawTable
from detente.engine.layout import Records, flat, grouped, positions, ranges, write_delay
from detente.engine.targets import Targets
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import (
    Actor,
    Alert,
    At,
    Contagion,
    Dependency,
    Response,
    Scenario,
    Shock,
    System,
)

__all__ = ["compile_tables"]


def compile_tables(scenario: Scenario, portfolio: Portfolio = NO_PORTFOLIO) -> t.Tables:
    """The arrays the kernel runs on; the same for every document that resolves to `scenario`.

    Raises
    ------
    PortfolioError
        When the portfolio names what the scenario does not have.
    """
    return _Compiler(scenario).tables(portfolio)


class _Compiler:
    """Holds the positions of names while the arrays are laid out."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.actor = positions(actor.name for actor in scenario.actors)
        self.system = positions(system.name for system in scenario.systems)
        aimed_at = {rule.domain for system in scenario.systems for rule in system.responds}
        self.domain = positions(sorted({s.domain for s in scenario.systems} | aimed_at))
        self.compartment = positions(sorted({s.compartment for s in scenario.systems}))
        self.component = positions(sorted({c for s in scenario.systems for c in s.components}))
        self.beyond = len(scenario.ladder) + 1  # a rung nothing reaches, for "never"
        self.laws = LawTable()
        self.targets = Targets(scenario, self.domain)

    def tables(self, portfolio: Portfolio) -> t.Tables:
        scenario = self.scenario
        systems: Records = np.zeros(len(scenario.systems), t.SYSTEM)
        for row, system in zip(systems, scenario.systems, strict=True):
            self._describe(row, system)
        contagion, infections, members = self._contagion(systems)
        parts = {
            "actors": self._actors(),
            "watches": self._watches(systems),
            "rules": self._rules(systems),
            "outages": self._outages(systems),
            "suspects": self._suspects(systems),
            "roots": self._roots(),
        }
        laws, cumulative_table = self.laws.arrays()
        guards = compile_guards(portfolio, scenario, self.domain, systems, parts["roots"])
        return t.Tables(
            critical=scenario.critical,
            catastrophe=scenario.catastrophe,
            horizon=float(scenario.horizon_s),
            domain_count=len(self.domain),
            systems=systems,
            harm=np.array([s.harm_usd for s in scenario.systems], dtype=np.float64),
            contagion=contagion,
            infections=infections,
            members=members,
            targets=self.targets.array(),
            groups=self.targets.groups,
            laws=laws,
            cumulative=cumulative_table,
            halt_s=math.inf,
            guarded=guards.guarded,
            guards=guards.guards,
            inert=guards.inert,
            forbidden=guards.forbidden,
            floors=guards.floors,
            doubt=guards.doubt,
            **parts,
        )

    def _describe(self, row: Any, system: System) -> None:
        row["id"] = stable_id("system", system.name)
        row["owner"] = self.actor[system.owner]
        row["domain"] = self.domain[system.domain]
        row["compartment"] = self.compartment[system.compartment]
        row["threshold"] = min((rule.from_rung for rule in system.responds), default=self.beyond)
        row["down_from"] = system.down.from_rung if system.down else self.beyond
        row["down_lasts"] = system.down.lasts_s if system.down else 0.0
        for name in (
            "attribution", "assurance", "overconfidence", "inflates", "deflates",
            "recognises_accidents", "sees_through_spoofs",
        ):  # fmt: skip
            row[name] = getattr(system.senses, name)

    def _rules(self, systems: Records) -> Records:
        by_system = [system.responds for system in self.scenario.systems]
        ranges(systems, "rules", by_system)
        rules: Records = np.zeros(sum(map(len, by_system)), t.RULE)
        alerts = {actor.name: actor.alert for actor in self.scenario.actors}
        ids = Ids("responds")
        owned = (
            (i, system, rule) for i, system in enumerate(self.scenario.systems) for rule in system.responds
        )
        for row, (i, system, rule) in zip(rules, owned, strict=True):
            row["id"] = ids.next(
                system.name, self.scenario.ladder[rule.from_rung], rule.at.value, rule.domain,
                *rule.systems, rule.poses_as,
            )  # fmt: skip
            row["system"] = i
            self._aim(row, i, rule)
            self._shape(row, rule)
            self._ready(row, rule, alerts[system.owner])
        return rules

    def _aim(self, row: Any, i: int, rule: Response) -> None:
        row["domain"] = self.domain[rule.domain]
        row["at"] = t.AT_BLAMED if rule.at is At.BLAMED else t.AT_LIST
        row["skip"] = -1
        if rule.at is not At.BLAMED:
            row["targets_first"], row["targets_last"], row["skip"] = self.targets.find(i, rule)

    def _shape(self, row: Any, rule: Response) -> None:
        row["from_rung"] = rule.from_rung
        row["poses_as"] = self.actor[rule.poses_as] if rule.poses_as else t.NOBODY
        row["step_down"], row["step_up"] = rule.step.down, rule.step.up
        row["keeps"] = 1.0 - (rule.recovers or 0.0)
        row["reversible"] = rule.recovers is not None
        write_delay(row, "delay", rule.after)

    def _ready(self, row: Any, rule: Response, alert: Alert | None) -> None:
        """How many actions, and how many of them automated: ordinarily, and on alert."""
        row["law"] = self.laws.row(rule.law, rule.actions)
        row["autonomy"] = rule.autonomy
        row["law_alert"] = self.laws.row(rule.law, rule.actions * (alert.actions if alert else 1.0))
        row["autonomy_alert"] = max(rule.autonomy, alert.autonomy if alert else 0.0)

    def _watches(self, systems: Records) -> Records:
        """Who watches each system; an edge that can lead to nothing is left out (nobody asks its draws)."""
        alert = {actor.name for actor in self.scenario.actors if actor.alert}
        watched: list[list[tuple[int, float]]] = [[] for _ in self.scenario.systems]
        for i, system in enumerate(self.scenario.systems):
            if system.responds or system.owner in alert:
                for name, chance in system.watches:
                    watched[self.system[name]].append((i, chance))
        return grouped(systems, "watches", watched, t.WATCH)

    def _outages(self, systems: Records) -> Records:
        by_source: list[list[Dependency]] = [[] for _ in self.scenario.systems]
        for link in self.scenario.dependencies:
            by_source[self.system[link.source]].append(link)
        ranges(systems, "outages", by_source)
        outages: Records = np.zeros(len(self.scenario.dependencies), t.COUPLED)
        ids = Ids("dependency")
        for row, link in zip(outages, (link for group in by_source for link in group), strict=True):
            row["id"] = ids.next(link.source, link.target)
            row["target"] = self.system[link.target]
            _write_coupling(row, link)
        return outages

    def _contagion(self, systems: Records) -> tuple[Records, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        having: list[list[int]] = [[] for _ in self.component]
        for i, system in enumerate(self.scenario.systems):
            for name in system.components:
                having[self.component[name]].append(i)
        ends = np.cumsum([len(group) for group in having], dtype=np.int64)
        of_component: list[list[int]] = [[] for _ in self.component]
        contagion: Records = np.zeros(len(self.scenario.contagion), t.COUPLED)
        ids = Ids("contagion")
        for j, (row, rule) in enumerate(zip(contagion, self.scenario.contagion, strict=True)):
            row["id"] = ids.next(rule.component)
            _write_coupling(row, rule)
            component = self.component.get(rule.component, -1)
            row["target"] = component
            if component >= 0:
                row["members_first"] = ends[component] - len(having[component])
                row["members_last"] = ends[component]
                of_component[component].append(j)
        of_system = [
            [j for name in system.components for j in of_component[self.component[name]]]
            for system in self.scenario.systems
        ]
        ranges(systems, "infections", of_system)
        return contagion, flat(of_system), flat(having)

    def _suspects(self, systems: Records) -> Records:
        rows = [
            [(self.actor[name], share) for name, share in s.senses.suspects] for s in self.scenario.systems
        ]
        return grouped(systems, "suspects", rows, t.SUSPECT)

    def _actors(self) -> Records:
        actors: Records = np.zeros(len(self.scenario.actors), t.ACTOR)
        ring = 0
        for row, actor in zip(actors, self.scenario.actors, strict=True):
            row["id"] = stable_id("actor", actor.name)
            _write_actor(row, actor)
            row["ring_first"] = ring
            ring += int(row["trips_at"])
        return actors

    def _roots(self) -> Records:
        shocks = self.scenario.shocks
        phantoms = [(i, s.name, s.senses.false_alarms) for i, s in enumerate(self.scenario.systems)]
        phantoms = [phantom for phantom in phantoms if phantom[2]]
        roots: Records = np.zeros(len(shocks) + len(phantoms), t.ROOT)
        ids = Ids("shock")
        for row, shock in zip(roots, shocks, strict=False):
            once = shock.rate_per_s is None
            names = (shock.hits, self.scenario.ladder[shock.rung], shock.author, shock.points_to, once)
            row["id"] = ids.next(*names)
            self._write_shock(row, shock)
        for row, (i, name, alarms) in zip(roots[len(shocks) :], phantoms, strict=True):
            assert alarms is not None  # INVARIANT: filtered above
            row["id"] = stable_id("phantom", name)
            row["kind"], row["system"], row["rung"] = t.PHANTOM, i, alarms.rung
            row["author"] = row["points_to"] = t.NOBODY
            row["law"] = self._stream_law(alarms.rate_per_s)
        return roots

    def _write_shock(self, row: Any, shock: Shock) -> None:
        row["kind"], row["system"], row["rung"] = t.SHOCK, self.system[shock.hits], shock.rung
        row["author"] = self.actor[shock.author] if shock.author else t.NOBODY
        row["points_to"] = self.actor[shock.points_to] if shock.points_to else t.NOBODY
        row["at"] = shock.at_s or 0.0
        row["law"] = -1 if shock.rate_per_s is None else self._stream_law(shock.rate_per_s)

    def _stream_law(self, rate_per_s: float) -> int:
        return self.laws.arrivals(rate_per_s * self.scenario.horizon_s)


def _write_coupling(row: Any, link: Dependency | Contagion) -> None:
    row["at_least"], row["drops"], row["spreads"] = link.at_least, link.drops, link.spreads
    write_delay(row, "delay", link.after)


def _write_actor(row: Any, actor: Actor) -> None:
    if actor.command:
        row["has_command"] = 1
        row["approves_right"] = actor.command.approves_right
        row["approves_wrong"] = actor.command.approves_wrong
        write_delay(row, "review", actor.command.review)
    if actor.alert:
        row["trips_at"] = actor.alert.trips_at
        row["within"], row["lasts"] = actor.alert.within_s, actor.alert.lasts_s
