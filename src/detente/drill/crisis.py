"""One crisis, played in Python, with somebody at the desk who says what becomes of each proposed action.

The order of everything is the kernel's (`engine._kernel`), and so is every draw: each belongs to the key of a lineage, not to whoever
draws it. So the same crisis is played here and simulated there, incident by incident, as long as the desk lets pass what the
kernel lets pass.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from detente.drill.chance import Key, child_of, draw, is_below, lag_of
from detente.drill.world import World
from detente.engine import tables as t
from detente.engine._armed import is_armed, root_time
from detente.engine._chance import COUNT, ITSELF, SENSE, SPREAD, STEP, TARGET, THIN, count
from detente.engine._guards import is_cut_off
from detente.engine._senses import inflation, is_on, judge, note, perceive
from detente.engine.run import MAX_INCIDENTS, new_work
from detente.engine.trace import key_of
from detente.model.vocabulary import Ending

__all__ = ["Crisis", "Desk", "Happening", "Proposal"]


@dataclass(slots=True, kw_only=True)
class Happening:
    """An incident, or a false alarm. Positions are those of the tables; times in seconds since the scenario's clock began."""

    time: float
    key: Key
    system: int
    rung: int
    author: int
    points_to: int
    root: int
    root_key: Key
    depth: int
    kind: int
    coupling: int
    parent: int = -1
    right: bool = False
    index: int = -1
    """Its place in the order of time; -1 before it happens."""


@dataclass(slots=True, kw_only=True)
class Proposal:
    """An action that a rule wants to take."""

    time: float
    key: Key
    rule: int
    system: int
    owner: int
    target: int
    rung: int
    right: bool
    """It rests on a right blame, or defends against somebody."""
    blamed: int
    """The actor; NOBODY for a rule that needs no blame."""
    autonomy: float
    """The share of such actions that its owner's command does not see."""
    answers: Happening
    held: float = 0.0
    """Seconds for which safeguards have held it up."""


class Desk(Protocol):
    """Who says what becomes of actions: in the end it lets each land (`Crisis.lands`) or not."""

    def begins(self, crisis: "Crisis") -> None:
        """A crisis begins."""

    def sensed(self, actor: int, incident: Happening) -> None:
        """A system of an actor has sensed an incident; told again for each of its systems that does."""

    def proposed(self, proposal: Proposal) -> None:
        """An action is proposed, now."""


class Crisis:
    """Crisis number `index` of the ensemble `seed`."""

    def __init__(
        self, world: World, seed: int, index: int, desk: Desk, *, max_incidents: int = MAX_INCIDENTS
    ) -> None:
        self.world, self.desk, self.key = world, desk, key_of(seed, index)
        self.max_incidents = max_incidents
        self.work = new_work(world.tables)
        self.work.state[t.STAMP], self.work.crisis[0] = 1, self.key
        self.now = 0.0
        self.happened: list[Happening] = []
        self.incidents = 0
        self.stopped: Counter[str] = Counter()
        """By safeguard or rule: what did not happen because of it."""
        self.rightful_stopped = 0
        self._pending: list[tuple[float, int, int, Any]] = []
        self._events = 0
        self._is_cut = False
        self._down_until = [-math.inf] * len(world.systems)

    def run(self) -> Ending:
        """Play it to its end."""
        self.desk.begins(self)
        self._plant()
        while self._pending:
            time, is_incident, _, what = self._pending[0]
            if is_incident and self.incidents == self.max_incidents:
                return Ending.CAPPED
            heapq.heappop(self._pending)
            self.now = time
            if not is_incident:
                what()
            elif self._happens(what):
                return Ending.CATASTROPHE
        return Ending.HORIZON if self._is_cut else Ending.DIED_OUT

    def at(self, time: float, what: Callable[[], None]) -> None:
        """Let something happen at the desk at that time, before any incident of that moment."""
        self._events += 1
        heapq.heappush(self._pending, (time, 0, self._events, what))

    def lands(self, proposal: Proposal, wait: float = 0.0) -> None:
        """Let an action happen: after its own delay, what it was held up, and the `wait` for an order."""
        rule = self.world.rules[proposal.rule]
        answers = proposal.answers
        self._schedule(
            Happening(
                time=proposal.time + (lag_of(proposal.key, rule) + wait + proposal.held),
                key=proposal.key,
                system=proposal.target,
                rung=proposal.rung,
                author=proposal.owner,
                points_to=proposal.owner if rule.poses_as == t.NOBODY else rule.poses_as,
                root=answers.root,
                root_key=answers.root_key,
                depth=answers.depth + 1,
                kind=t.ACTION,
                coupling=proposal.rule,
                parent=answers.index,
                right=proposal.right,
            )
        )

    def stops(self, proposal: Proposal, by: str) -> None:
        """Let an action not happen, because of a safeguard."""
        self.stopped[by] += 1
        self.rightful_stopped += proposal.right

    # --- what happens at all ---------------------------------------------------------------------------

    def _schedule(self, one: Happening) -> None:
        if one.time > self.world.tables.horizon:
            self._is_cut = True
        else:
            heapq.heappush(self._pending, (one.time, 1, int(one.key), one))

    def _plant(self) -> None:
        tables = self.world.tables
        for i, root in enumerate(self.world.roots):
            arrivals = 1
            if root.law >= 0:
                arrivals = int(
                    count(draw(self.key, root.id, COUNT), tables.cumulative, *self.world.laws[root.law])
                )
            for ordinal in range(arrivals):
                key = child_of(self.key, root.id, ordinal)
                if self._is_kept_away(root, key):
                    continue
                self._schedule(
                    Happening(
                        time=float(root_time(tables, i, key)), key=key, system=root.system, rung=root.rung,
                        author=root.author, points_to=root.points_to, root=i, root_key=key, depth=0,
                        kind=root.kind, coupling=i,
                    )
                )  # fmt: skip

    def _is_kept_away(self, root: Any, key: Key) -> bool:
        """Whether safeguards keep a shock or a false alarm from happening."""
        if root.share >= 1.0 or draw(key, ITSELF, THIN) < root.share:
            return False
        return bool(is_armed(self.world.tables, self.key, root.guarded_by, root.safeguard))

    def _happens(self, one: Happening) -> bool:
        """One incident and what follows from it; whether it is the catastrophe."""
        one.index = len(self.happened)
        self.happened.append(one)
        self.work.state[t.SERIAL] += 1
        if one.kind != t.PHANTOM:
            self.incidents += 1
            system = self.world.systems[one.system]
            if one.rung >= system.down_from:
                until = one.time + system.down_lasts
                self._down_until[one.system] = max(self._down_until[one.system], until)
            if one.rung >= self.world.tables.catastrophe:
                return True
            self._spread(one)
            self._infect(one)
        self._sensed(one)
        return False

    def _spread(self, one: Happening) -> None:
        system = self.world.systems[one.system]
        for j in range(system.outages_first, system.outages_last):
            link = self.world.outages[j]
            if one.rung >= link.at_least and is_below(link.spreads, one.key, link.id, SPREAD):
                self._passes_on(one, link, link.id, link.target, t.OUTAGE, j, t.NOBODY, t.NOBODY)

    def _infect(self, one: Happening) -> None:
        system = self.world.systems[one.system]
        for j in self.world.infections[system.infections_first : system.infections_last]:
            worm = self.world.contagion[j]
            if one.rung < worm.at_least:
                continue
            for other in self.world.members[worm.members_first : worm.members_last]:
                coupling = np.uint64(worm.id ^ self.world.systems[other].id)
                if other == one.system or not is_below(worm.spreads, one.key, coupling, SPREAD):
                    continue
                if not self._is_cut_off(one, other, child_of(one.key, coupling, 0)):
                    self._passes_on(one, worm, coupling, other, t.WORM, j, one.author, one.points_to)

    def _is_cut_off(self, one: Happening, other: int, key: Key) -> bool:
        """Whether compartments keep a worm out. No gate is asked: nobody proposes it."""
        systems, tables = self.world.systems, self.world.tables
        if not tables.guarded or systems[one.system].compartment == systems[other].compartment:
            return False
        is_stopped = bool(is_cut_off(tables, self.key, key, systems[other].owner))
        self.stopped["compartments (worms)"] += is_stopped
        return is_stopped

    def _passes_on(
        self, one: Happening, link: Any, coupling: Key, target: int, kind: int, row: int, author: int, points_to: int
    ) -> None:  # fmt: skip
        key = child_of(one.key, coupling, 0)
        self._schedule(
            Happening(
                time=one.time + lag_of(key, link), key=key, system=target, rung=max(0, one.rung - link.drops),
                author=author, points_to=points_to, root=one.root, root_key=one.root_key, depth=one.depth + 1,
                kind=kind, coupling=row, parent=one.index,
            )
        )  # fmt: skip

    # --- who senses it, and answers --------------------------------------------------------------------

    def _sensed(self, one: Happening) -> None:
        world, system = self.world, self.world.systems[one.system]
        if one.kind == t.PHANTOM:
            watchers = [(one.system, 1.0)]
        else:
            watchers = [
                (watch.watcher, watch.chance)
                for watch in world.watches[system.watches_first : system.watches_last]
            ]
        for r, chance in watchers:
            if chance < 1.0 and draw(one.key, world.systems[r].id, SENSE) >= chance:
                continue
            if not one.time < self._down_until[r]:
                self._attends(r, one)

    def _attends(self, r: int, one: Happening) -> None:
        world, system, record = self.world, self.world.systems[r], self.world.system_records[r]
        work, owner = self.work, system.owner
        is_alert = False
        if world.actors[owner].trips_at > 0:
            trigger, stamp = world.actor_records[owner], work.state[t.STAMP]
            note(trigger, work, owner, one.time, stamp, work.state[t.SERIAL])
            is_alert = bool(is_on(trigger, work, owner, one.time, stamp))
        self.desk.sensed(owner, one)
        inflates = system.inflates
        if world.tables.guarded and system.certified:
            inflates = float(inflation(world.tables, record, self.key))
        perceived = int(perceive(record, inflates, one.key, one.rung, world.tables.catastrophe))
        if perceived >= system.threshold:
            self._responds(r, one, perceived, is_alert=is_alert)

    def _responds(self, r: int, one: Happening, perceived: int, *, is_alert: bool) -> None:
        world, system = self.world, self.world.systems[r]
        blamed: int | None = None
        for q in range(system.rules_first, system.rules_last):
            rule = world.rules[q]
            if perceived < rule.from_rung:
                continue
            law = world.laws[rule.law_alert if is_alert else rule.law]
            actions = int(count(draw(one.key, rule.id, COUNT), world.tables.cumulative, *law))
            if actions == 0:
                continue
            first, last, skip = rule.targets_first, rule.targets_last, rule.skip
            right = one.author != t.NOBODY
            if rule.at == t.AT_BLAMED:
                if blamed is None:
                    blamed = self.blames(r, one, one.time)
                if blamed in (t.NOBODY, system.owner):
                    continue
                group = blamed * world.tables.domain_count + rule.domain
                first, last, skip = world.groups[group], world.groups[group + 1], -1
                right = blamed == one.author
            if last - first <= (skip >= 0):
                continue  # nobody there: nothing happens
            for ordinal in range(actions):
                key = child_of(one.key, rule.id, ordinal)
                self.desk.proposed(
                    Proposal(
                        time=one.time, key=key, rule=q, system=r, owner=system.owner,
                        target=self._aims(key, first, last, skip), rung=self._rung(key, rule, perceived),
                        right=right, blamed=blamed if rule.at == t.AT_BLAMED and blamed is not None else t.NOBODY,
                        autonomy=rule.autonomy_alert if is_alert else rule.autonomy, answers=one,
                    )
                )  # fmt: skip

    def blames(self, r: int, one: Happening, time: float) -> int:
        """Whom system `r` blames for an incident at that time: by its senses, or by a verdict that has come."""
        return int(
            judge(
                self.world.tables, self.key, self.world.system_records[r], one.key, one.author, one.points_to,
                time, one.root, one.root_key,
            )
        )  # fmt: skip

    def _rung(self, key: Key, rule: Any, perceived: int) -> int:
        if rule.step_down == 0.0 and rule.step_up == 0.0:
            return perceived
        u = draw(key, ITSELF, STEP)
        if u < rule.step_down:
            return max(0, perceived - 1)
        return min(perceived + 1, self.world.tables.catastrophe) if u >= 1.0 - rule.step_up else perceived

    def _aims(self, key: Key, first: int, last: int, skip: int) -> int:
        choices, choice = last - first - (skip >= 0), first
        if choices > 1:
            choice += int(draw(key, ITSELF, TARGET) * choices)
        if skip >= 0 and choice - first >= skip:
            choice += 1
        return int(self.world.targets[choice])
