"""One crisis in full: who did what to whom, in answer to what, and how it was read.

The kernel leaves only times, keys and rows. What a watcher perceived, whom it blamed and how sure it
was are drawn again from the parent's key: chance belongs to keys (design, section 5), so
asking again gives the same answer and recording changes nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from detente.engine import tables as t
from detente.engine._armed import has_verdict, is_armed
from detente.engine._chance import CONFIDENCE, crisis_key, uniform
from detente.engine._senses import inflation, judge, perceive
from detente.engine.run import MAX_INCIDENTS, record_crisis
from detente.engine.tables import Log, Tables
from detente.model.portfolio.safeguards import SAFEGUARDS
from detente.model.problems import step
from detente.model.vocabulary import Ending, Scenario

__all__ = ["Incident", "Reading", "Stopped", "Trace", "confidence", "key_of", "stated", "trace"]

_KINDS = {
    t.SHOCK: "shock",
    t.PHANTOM: "false-alarm",
    t.OUTAGE: "outage",
    t.WORM: "contagion",
    t.ACTION: "action",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the system that acted had read the incident it answered."""

    responder: str
    perceived: str
    """the rung it read"""
    blamed: str | None
    """None for a response that needs no blame"""
    right: bool
    """the blame was the author; without blame: there was an author"""
    confidence: float | None
    """reported probability that the blame is right; None without blame"""
    reviewed: bool
    """it went through people: the adopter's reviewers, or the owner's human command"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident (or false alarm) of a traced crisis."""

    index: int
    """position in the order of time"""
    parent: int | None
    """index of the incident that led to it; None for a shock or a false alarm"""
    key: int
    """64-bit lineage key: the same in every run in which this incident happens"""
    time_s: float
    """seconds since the crisis's first incident; a false alarm may come before it"""
    kind: str
    """shock, false-alarm, outage, contagion or action"""
    system: str
    owner: str
    domain: str
    rung: str
    author: str | None
    points_to: str | None
    depth: int
    rule: str
    """path of the document's entry that made it, as `systems.avalon-shield.responds[0]`"""
    loss_usd: float
    reading: Reading | None
    """for an action: what it rests on"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """An action, or an infection, that a safeguard stopped: what would have happened."""

    by: str
    """the safeguard"""
    parent: int
    """index of the incident that it would have answered"""
    key: int
    """64-bit lineage key: that of the incident where the safeguard is off"""
    kind: str
    """action or contagion"""
    system: str
    """where it would have landed"""
    rung: str
    author: str | None
    rule: str
    responder: str | None
    """the system that would have acted"""
    right: bool
    """it rested on a right blame, or defended against somebody"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A crisis in full."""

    scenario: str
    seed: int
    crisis: int
    ended: str
    duration_s: float
    critical: str
    catastrophe: str
    incidents: tuple[Incident, ...]
    stopped: tuple[Stopped, ...] = ()
    """in the order in which they were proposed"""
    portfolio: str = "none"
    """the name of the safeguards that stood"""
    start_s: float = 0.0
    """when its first incident happened, since the clock of the scenario began; 0 where nothing did"""

    def children(self, index: int | None) -> tuple[Incident, ...]:
        """The incidents that `index` led to, in the order of time; of None, the roots."""
        return tuple(incident for incident in self.incidents if incident.parent == index)

    def path_to(self, index: int) -> tuple[Incident, ...]:
        """From the root to `index`, one incident per generation."""
        path = [self.incidents[index]]
        while (parent := path[-1].parent) is not None:
            path.append(self.incidents[parent])
        return tuple(reversed(path))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def trace(
    scenario: Scenario,
    tables: Tables,
    *,
    seed: int,
    crisis: int,
    max_incidents: int = MAX_INCIDENTS,
    portfolio: str = "none",
) -> Trace:
    """Crisis number `crisis` of the ensemble `seed`, in full; the same crisis as in any run of them.

    Parameters
    ----------
    tables
        What `compile_tables(scenario, portfolio)` gave.
    max_incidents
        Event budget, as in the run the crisis comes from.
    portfolio
        The name of the portfolio that `tables` were compiled with, for the record.
    """
    outcome, log = record_crisis(tables, seed, crisis, max_incidents)
    reader = Reader(scenario, tables, log, key_of(seed, crisis))
    return Trace(
        scenario=scenario.name,
        seed=seed,
        crisis=crisis,
        ended=tuple(Ending)[outcome.ended[0]].value,
        duration_s=float(outcome.duration_s[0]),
        critical=scenario.ladder[scenario.critical],
        catastrophe=scenario.ladder[scenario.catastrophe],
        incidents=reader.incidents(),
        stopped=reader.stopped(),
        portfolio=portfolio,
        start_s=reader.start,
    )


def key_of(seed: int, crisis: int) -> np.uint64:
    """The key of one crisis of an ensemble."""
    # Compiled functions hand 64-bit keys back as plain integers, which would come in again as signed.
    return np.uint64(crisis_key(np.uint64(seed), np.uint64(crisis)))


def confidence(u: float, *, accuracy: float, assurance: float, overconfidence: float, right: bool) -> float:
    """The confidence a watcher reports: the quantile at `u` of its Beta law, its logit stretched.

    With accuracy q and assurance c, right blame draws from Beta(cq + 1, c(1 - q)) and wrong blame
    from Beta(cq, c(1 - q) + 1). Their densities stand as x to 1 - x, so with overconfidence 1
    P(right | confidence) = confidence.
    """
    a = assurance * accuracy + (1.0 if right else 0.0)
    b = assurance * (1.0 - accuracy) + (0.0 if right else 1.0)
    if a <= 0.0 or b <= 0.0:  # a point mass: always wrong, or never
        return 0.0 if a <= 0.0 else 1.0
    x = float(special.betaincinv(a, b, u))
    if x <= 0.0 or x >= 1.0:
        return x
    return float(special.expit(overconfidence * special.logit(x)))


def stated(
    tables: Tables, crisis: np.uint64, system: Any, key: np.uint64, *, right: bool, time: float, root: int,
    root_key: np.uint64,
) -> float:  # fmt: skip
    """How sure `system` (SYSTEM) says it is of its blame for the incident `key`; a verdict is as sure as it is accurate."""
    owner = system["owner"]
    if tables.guarded and has_verdict(tables, crisis, owner, time, root, root_key):
        return float(tables.guards[owner]["accuracy"])
    accuracy, overconfidence = float(system["attribution"]), float(system["overconfidence"])
    if system["certified"] and is_armed(tables, crisis, owner, t.CERTIFICATION):
        accuracy = max(accuracy, float(tables.guards[owner]["attribution"]))
        certified = float(tables.guards[owner]["overconfidence"])
        overconfidence = certified or overconfidence
    return confidence(
        float(uniform(key, system["id"], CONFIDENCE)),
        accuracy=accuracy,
        assurance=float(system["assurance"]),
        overconfidence=overconfidence,
        right=right,
    )


class Reader:
    """Turns the kernel's log into words."""

    def __init__(self, scenario: Scenario, tables: Tables, log: Log, crisis: np.uint64) -> None:
        self.scenario, self.tables, self.log, self.crisis = scenario, tables, log, crisis
        happened = np.flatnonzero(log.rows[:, t.KIND] != t.PHANTOM)
        self.start = float(log.times[happened[0]]) if happened.size else 0.0
        self.rules = [response for system in scenario.systems for response in system.responds]
        phantoms = [s.name for s in scenario.systems if s.senses.false_alarms]
        self.roots = [shock.path for shock in scenario.shocks]
        self.roots += [f"systems{step(name)}.senses.false_alarms" for name in phantoms]

    def incidents(self) -> tuple[Incident, ...]:
        return tuple(self._incident(i) for i in range(self.log.times.size))

    def stopped(self) -> tuple[Stopped, ...]:
        return tuple(
            self._stopped(row, int(key)) for row, key in zip(self.log.stops, self.log.stop_keys, strict=True)
        )

    def _stopped(self, row: npt.NDArray[np.int32], key: int) -> Stopped:
        kind, coupling = int(row[t.KIND]), int(row[t.COUPLING])
        is_action = kind == t.ACTION
        responder = self.scenario.systems[self.tables.rules[coupling]["system"]].name if is_action else None
        return Stopped(
            by=SAFEGUARDS[row[t.STOPPER]],
            parent=int(row[t.PARENT]),
            key=key,
            kind=_KINDS[kind],
            system=self.scenario.systems[row[t.AT_SYSTEM]].name,
            rung=self.scenario.ladder[row[t.AT_RUNG]],
            author=self._actor(row[t.BY]),
            rule=self._rule(kind, coupling),
            responder=responder,
            right=bool(row[t.RIGHT]),
        )

    def _incident(self, i: int) -> Incident:
        row = self.log.rows[i]
        system = self.scenario.systems[row[t.AT_SYSTEM]]
        kind = int(row[t.KIND])
        return Incident(
            index=i,
            parent=int(row[t.PARENT]) if row[t.PARENT] >= 0 else None,
            key=int(self.log.keys[i]),
            time_s=float(self.log.times[i]) - self.start,
            kind=_KINDS[kind],
            system=system.name,
            owner=system.owner,
            domain=system.domain,
            rung=self.scenario.ladder[row[t.AT_RUNG]],
            author=self._actor(row[t.BY]),
            points_to=self._actor(row[t.POINTS_TO]),
            depth=int(row[t.DEPTH]),
            rule=self._rule(kind, int(row[t.COUPLING])),
            loss_usd=self._loss(row, kind),
            reading=self._reading(row) if kind == t.ACTION else None,
        )

    def _actor(self, position: int) -> str | None:
        return None if position == t.NOBODY else self.scenario.actors[position].name

    def _rule(self, kind: int, coupling: int) -> str:
        if kind in (t.SHOCK, t.PHANTOM):
            return self.roots[coupling]
        if kind == t.OUTAGE:
            return self.scenario.dependencies[coupling].path
        if kind == t.WORM:
            return self.scenario.contagion[coupling].path
        return self.rules[coupling].path

    def _loss(self, row: npt.NDArray[np.int32], kind: int) -> float:
        if kind == t.PHANTOM:
            return 0.0
        keeps = float(self.tables.rules[row[t.COUPLING]]["keeps"]) if kind == t.ACTION else 1.0
        return float(self.tables.harm[row[t.AT_SYSTEM], row[t.AT_RUNG]]) * keeps

    def _reading(self, row: npt.NDArray[np.int32]) -> Reading:
        rule = self.tables.rules[row[t.COUPLING]]
        system = self.tables.systems[rule["system"]]
        parent = self.log.rows[row[t.PARENT]]
        key = self.log.keys[row[t.PARENT]]
        inflates = inflation(self.tables, system, self.crisis)
        perceived = perceive(system, inflates, key, parent[t.AT_RUNG], self.tables.catastrophe)
        right = bool(row[t.RIGHT])
        blamed, sure = None, None
        if rule["at"] == t.AT_BLAMED:
            root, time = int(parent[t.ROOT_ROW]), float(self.log.times[row[t.PARENT]])
            root_key = self.log.root_keys[row[t.PARENT]]
            named = judge(
                self.tables, self.crisis, system, key, parent[t.BY], parent[t.POINTS_TO], time, root, root_key
            )
            blamed = self._actor(named)
            sure = stated(
                self.tables, self.crisis, system, key, right=right, time=time, root=root, root_key=root_key
            )
        return Reading(
            responder=self.scenario.systems[rule["system"]].name,
            perceived=self.scenario.ladder[perceived],
            blamed=blamed,
            right=right,
            confidence=sure,
            reviewed=bool(row[t.REVIEWED]),
        )
