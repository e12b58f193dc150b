"""Scenario -> tables: names become positions, laws become cumulative tables, couplings get stable ids.

An id is a hash of *names* (decision 0001): adding, removing or moving another entry never changes it.
Entries that agree in everything structural (two rules of one system with the same trigger and
target, say) are told apart by their order of content.
"""

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine.laws import cumulative, poisson
from detente.model.vocabulary import (
    Actor,
    At,
    Contagion,
    Delay,
    DelayLaw,
    Dependency,
    Response,
    Scenario,
    Shock,
    System,
)

__all__ = ["compile_tables", "stable_id"]

_DELAY_CODES = {
    DelayLaw.FIXED: t.FIXED,
    DelayLaw.EXPONENTIAL: t.EXPONENTIAL,
    DelayLaw.LOGNORMAL: t.LOGNORMAL,
}


def stable_id(*names: object) -> int:
    """The 64-bit id of a coupling, from the names that make it what it is."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=b"detente").digest(), "little")


def compile_tables(scenario: Scenario) -> t.Tables:
    """The arrays the kernel runs on; the same for every document that resolves to `scenario`."""
    return _Compiler(scenario).tables()


class _Laws:
    """Cumulative tables, each distinct law once."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, int] = {}
        self._tables: list[npt.NDArray[np.float64]] = []

    def row(self, key: Hashable, table: npt.NDArray[np.float64]) -> int:
        if key not in self._rows:
            self._rows[key] = len(self._tables)
            self._tables.append(table)
        return self._rows[key]

    def arrays(self) -> tuple[npt.NDArray[np.void], npt.NDArray[np.float64]]:
        ranges = np.zeros(len(self._tables), t.LAW)
        ends = np.cumsum([table.size for table in self._tables], dtype=np.int64)
        ranges["last"] = ends
        ranges["first"] = ends - [table.size for table in self._tables]
        return ranges, np.concatenate([*self._tables, np.ones(1)])


class _Compiler:
    """Holds the positions of names while the arrays are laid out."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.actor = _positions(actor.name for actor in scenario.actors)
        self.system = _positions(system.name for system in scenario.systems)
        domains = {s.domain for s in scenario.systems} | {r.domain for s in scenario.systems for r in s.responds}
        self.domain = _positions(sorted(domains))
        self.compartment = _positions(sorted({s.compartment for s in scenario.systems}))
        self.component = _positions(sorted({c for s in scenario.systems for c in s.components}))
        self.beyond = len(scenario.ladder) + 1  # a rung nothing reaches, for "never"
        self.laws = _Laws()

    def tables(self) -> t.Tables:
        scenario = self.scenario
        systems = np.zeros(len(scenario.systems), t.SYSTEM)
        for row, system in zip(systems, scenario.systems, strict=True):
            self._describe(row, system)
        targets, groups, by_domain = self._targets()
        rules = self._rules(systems, targets, groups, by_domain)
        watches = self._watches(systems)
        outages = self._outages(systems)
        contagion, infections, members = self._contagion(systems)
        suspects = self._suspects(systems)
        roots = self._roots()
        laws, cumulative_table = self.laws.arrays()
        return t.Tables(
            critical=scenario.critical,
            catastrophe=scenario.catastrophe,
            horizon=float(scenario.horizon_s),
            domain_count=len(self.domain),
            actors=self._actors(),
            systems=systems,
            harm=np.array([s.harm_usd for s in scenario.systems], dtype=np.float64),
            watches=watches,
            rules=rules,
            outages=outages,
            contagion=contagion,
            infections=infections,
            members=members,
            suspects=suspects,
            targets=np.array(targets, dtype=np.int32),
            groups=groups,
            laws=laws,
            cumulative=cumulative_table,
            roots=roots,
        )

    def _describe(self, row: Any, system: System) -> None:
        senses = system.senses
        row["id"] = stable_id("system", system.name)
        row["owner"] = self.actor[system.owner]
        row["domain"] = self.domain[system.domain]
        row["compartment"] = self.compartment[system.compartment]
        row["threshold"] = min((r.from_rung for r in system.responds), default=self.beyond)
        row["down_from"] = system.down.from_rung if system.down else self.beyond
        row["down_lasts"] = system.down.lasts_s if system.down else 0.0
        for name in (
            "attribution", "assurance", "overconfidence", "inflates", "deflates",
            "recognises_accidents", "sees_through_spoofs",
        ):  # fmt: skip
            row[name] = getattr(senses, name)

    def _targets(self) -> tuple[list[int], npt.NDArray[np.int32], dict[int, tuple[int, int]]]:
        """Systems grouped by (actor, domain), then by domain; groups as offsets; where each domain lies."""
        grouped: dict[int, list[int]] = {}
        in_domain: dict[int, list[int]] = {}
        for i, system in enumerate(self.scenario.systems):
            domain = self.domain[system.domain]
            grouped.setdefault(self.actor[system.owner] * len(self.domain) + domain, []).append(i)
            in_domain.setdefault(domain, []).append(i)
        count = len(self.actor) * len(self.domain)
        sizes = [len(grouped.get(group, ())) for group in range(count)]
        groups = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        targets = [i for group in range(count) for i in grouped.get(group, ())]
        ranges = {}
        for domain in range(len(self.domain)):
            members = in_domain.get(domain, [])
            ranges[domain] = (len(targets), len(targets) + len(members))
            targets.extend(members)
        return targets, groups, ranges

    def _rules(
        self,
        systems: npt.NDArray[np.void],
        targets: list[int],
        groups: npt.NDArray[np.int32],
        by_domain: dict[int, tuple[int, int]],
    ) -> npt.NDArray[np.void]:
        rules = np.zeros(sum(len(s.responds) for s in self.scenario.systems), t.RULE)
        alerts = {a.name: a.alert for a in self.scenario.actors}
        position = 0
        for i, system in enumerate(self.scenario.systems):
            systems[i]["rules_first"] = position
            ordinals: Counter[Hashable] = Counter()
            for response in system.responds:
                row = rules[position]
                structure = (
                    system.name, self.scenario.ladder[response.from_rung], response.at.value,
                    response.domain, *response.systems, response.poses_as,
                )  # fmt: skip
                row["id"] = stable_id("responds", *structure, ordinals[structure])
                ordinals[structure] += 1
                alert = alerts[system.owner]
                more = alert.actions if alert else 1.0
                row["law"] = self._count_law(response, 1.0)
                row["law_alert"] = self._count_law(response, more)
                row["autonomy"] = response.autonomy
                row["autonomy_alert"] = max(response.autonomy, alert.autonomy if alert else 0.0)
                self._aim(row, i, response, targets, groups, by_domain)
                self._shape(row, i, response)
                position += 1
            systems[i]["rules_last"] = position
        return rules

    def _count_law(self, response: Response, more: float) -> int:
        mean = response.actions * more
        return self.laws.row((response.law, mean), cumulative(response.law, mean))

    def _aim(
        self,
        row: Any,
        i: int,
        response: Response,
        targets: list[int],
        groups: npt.NDArray[np.int32],
        by_domain: dict[int, tuple[int, int]],
    ) -> None:
        """Where the rule's targets lie in `targets`, appending a listed rule's own."""
        domain = self.domain[response.domain]
        row["domain"] = domain
        row["skip"] = -1
        row["at"] = t.AT_BLAMED if response.at is At.BLAMED else t.AT_LIST
        first, last = 0, 0
        if response.at is At.OWN:
            group = self.actor[self.scenario.systems[i].owner] * len(self.domain) + domain
            first, last = int(groups[group]), int(groups[group + 1])
        elif response.at is At.DOMAIN:
            first, last = by_domain[domain]
            if self.domain[self.scenario.systems[i].domain] == domain:
                row["skip"] = targets.index(i, first, last) - first
        elif response.at is At.SYSTEMS:
            first = len(targets)
            targets.extend(self.system[name] for name in response.systems)
            last = len(targets)
        row["targets_first"], row["targets_last"] = first, last

    def _shape(self, row: Any, i: int, response: Response) -> None:
        row["system"] = i
        row["from_rung"] = response.from_rung
        row["poses_as"] = self.actor[response.poses_as] if response.poses_as else t.NOBODY
        row["step_down"], row["step_up"] = response.step.down, response.step.up
        row["keeps"] = 1.0 if response.recovers is None else 1.0 - response.recovers
        row["reversible"] = response.recovers is not None
        _write_delay(row, "delay", response.after)

    def _watches(self, systems: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        """Who watches each system; an edge that can lead to nothing is left out (its draws matter to nobody)."""
        alert = {actor.name for actor in self.scenario.actors if actor.alert}
        watched: list[list[tuple[int, float]]] = [[] for _ in self.scenario.systems]
        for i, system in enumerate(self.scenario.systems):
            if system.responds or system.owner in alert:
                for name, chance in system.watches:
                    watched[self.system[name]].append((i, chance))
        return _grouped(systems, "watches", watched, t.WATCH)

    def _outages(self, systems: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        outages = np.zeros(len(self.scenario.dependencies), t.COUPLED)
        ordinals: Counter[Hashable] = Counter()
        by_source: list[list[int]] = [[] for _ in self.scenario.systems]
        order = sorted(self.scenario.dependencies, key=lambda link: self.system[link.source])
        for row, link in zip(outages, order, strict=True):
            structure = (link.source, link.target)
            row["id"] = stable_id("dependency", *structure, ordinals[structure])
            ordinals[structure] += 1
            row["target"] = self.system[link.target]
            _write_coupling(row, link)
        for j, link in enumerate(order):
            by_source[self.system[link.source]].append(j)
        _ranges(systems, "outages", by_source)
        return outages

    def _contagion(
        self, systems: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        contagion = np.zeros(len(self.scenario.contagion), t.COUPLED)
        ordinals: Counter[str] = Counter()
        having: list[list[int]] = [[] for _ in self.component]
        for i, system in enumerate(self.scenario.systems):
            for component in system.components:
                having[self.component[component]].append(i)
        ends = np.cumsum([len(group) for group in having], dtype=np.int64)
        rules_of: list[list[int]] = [[] for _ in self.component]
        for j, (row, rule) in enumerate(zip(contagion, self.scenario.contagion, strict=True)):
            component = self.component.get(rule.component)
            row["id"] = stable_id("contagion", rule.component, ordinals[rule.component])
            ordinals[rule.component] += 1
            row["target"] = -1 if component is None else component
            _write_coupling(row, rule)
            if component is not None:
                row["members_last"] = ends[component]
                row["members_first"] = ends[component] - len(having[component])
                rules_of[component].append(j)
        per_system = [
            [j for component in system.components for j in rules_of[self.component[component]]]
            for system in self.scenario.systems
        ]
        _ranges(systems, "infections", per_system)
        return contagion, _flat(per_system), _flat(having)

    def _suspects(self, systems: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        rows = [[(self.actor[name], share) for name, share in s.senses.suspects] for s in self.scenario.systems]
        return _grouped(systems, "suspects", rows, t.SUSPECT)

    def _actors(self) -> npt.NDArray[np.void]:
        actors = np.zeros(len(self.scenario.actors), t.ACTOR)
        ring = 0
        for row, actor in zip(actors, self.scenario.actors, strict=True):
            row["ring_first"] = ring
            ring += _write_actor(row, actor)
        return actors

    def _roots(self) -> npt.NDArray[np.void]:
        phantoms = [(i, s) for i, s in enumerate(self.scenario.systems) if s.senses.false_alarms]
        roots = np.zeros(len(self.scenario.shocks) + len(phantoms), t.ROOT)
        ordinals: Counter[Hashable] = Counter()
        for row, shock in zip(roots, self.scenario.shocks, strict=False):
            self._write_shock(row, shock, ordinals)
        for row, (i, system) in zip(roots[len(self.scenario.shocks) :], phantoms, strict=True):
            alarms = system.senses.false_alarms
            assert alarms is not None  # INVARIANT: filtered above
            row["id"] = stable_id("phantom", system.name)
            row["kind"], row["system"], row["rung"] = t.PHANTOM, i, alarms.rung
            row["author"] = row["points_to"] = t.NOBODY
            row["law"] = self._stream_law(alarms.rate_per_s)
        return roots

    def _write_shock(self, row: Any, shock: Shock, ordinals: Counter[Hashable]) -> None:
        once = shock.rate_per_s is None
        structure = (shock.hits, self.scenario.ladder[shock.rung], shock.author, shock.points_to, once)
        row["id"] = stable_id("shock", *structure, ordinals[structure])
        ordinals[structure] += 1
        row["kind"], row["system"], row["rung"] = t.SHOCK, self.system[shock.hits], shock.rung
        row["author"] = self.actor[shock.author] if shock.author else t.NOBODY
        row["points_to"] = self.actor[shock.points_to] if shock.points_to else t.NOBODY
        row["at"] = shock.at_s or 0.0
        row["law"] = -1 if shock.rate_per_s is None else self._stream_law(shock.rate_per_s)

    def _stream_law(self, rate_per_s: float) -> int:
        mean = rate_per_s * self.scenario.horizon_s
        return self.laws.row(("arrivals", mean), poisson(mean))


def _positions(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _write_delay(row: Any, prefix: str, delay: Delay) -> None:
    row[f"{prefix}_law"] = _DELAY_CODES[delay.law]
    row[f"{prefix}_scale"] = delay.scale_s
    row[f"{prefix}_spread"] = delay.spread


def _write_coupling(row: Any, link: Dependency | Contagion) -> None:
    row["at_least"], row["drops"], row["spreads"] = link.at_least, link.drops, link.spreads
    _write_delay(row, "delay", link.after)


def _write_actor(row: Any, actor: Actor) -> int:
    """Fill in one actor; returns how many places its ring of sensing times takes."""
    if actor.command:
        row["has_command"] = 1
        row["approves_right"] = actor.command.approves_right
        row["approves_wrong"] = actor.command.approves_wrong
        _write_delay(row, "review", actor.command.review)
    if actor.alert is None:
        return 0
    row["trips_at"] = actor.alert.trips_at
    row["within"], row["lasts"] = actor.alert.within_s, actor.alert.lasts_s
    return actor.alert.trips_at


def _ranges(systems: npt.NDArray[np.void], field: str, grouped: Sequence[Sequence[object]]) -> None:
    """Write where each system's rows begin and end."""
    sizes = np.array([len(group) for group in grouped], dtype=np.int64)
    ends = np.cumsum(sizes)
    systems[f"{field}_first"] = ends - sizes
    systems[f"{field}_last"] = ends


def _flat(grouped: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    return np.array([item for group in grouped for item in group], dtype=np.int32)


def _grouped(
    systems: npt.NDArray[np.void],
    field: str,
    grouped: Sequence[Sequence[tuple[int, float]]],
    dtype: np.dtype[np.void],
) -> npt.NDArray[np.void]:
    _ranges(systems, field, grouped)
    return np.array([row for group in grouped for row in group], dtype=dtype)
