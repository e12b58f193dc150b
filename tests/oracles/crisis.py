"""A crisis, the slow and obvious way: names, dictionaries, big integers, a sorted list.

Written from the prose (design, sections 4, 5 and 7; decisions 0001 and 0009), not from the kernel: it
reads the resolved scenario and portfolio and shares no code with `detente.engine`. Given the same seed it must
give the same incidents, one for one.
"""

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field

from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import At, CountLaw, Delay, Response, Scenario, System
from tests.oracles.chance import child, crisis_key, lag, name_id, quantile, uniform
from tests.oracles.safeguards import Books, Proposal, Root, Safeguards, Stop

NO_PORTFOLIO = Portfolio(name="none")


@dataclass(order=True)
class Pending:
    time: float
    key: int
    system: str = field(compare=False)
    rung: int = field(compare=False)
    author: str | None = field(compare=False)
    points_to: str | None = field(compare=False)
    kind: str = field(compare=False)
    depth: int = field(compare=False)
    root: Root = field(compare=False)
    right: bool = field(compare=False, default=False)
    keeps: float = field(compare=False, default=1.0)


@dataclass
class Result:
    ended: str
    happened: list[Pending]  # with phantoms, in order
    loss: dict[str, float]
    books: Books


class Oracle:
    def __init__(
        self, scenario: Scenario, max_incidents: int = 10_000, portfolio: Portfolio = NO_PORTFOLIO
    ) -> None:
        self.scenario, self.max_incidents, self.portfolio = scenario, max_incidents, portfolio
        self.systems = {system.name: system for system in scenario.systems}
        self.actors = {actor.name: actor for actor in scenario.actors}
        self.rule_ids = {}
        for system in scenario.systems:
            seen: Counter[tuple[object, ...]] = Counter()
            for i, rule in enumerate(system.responds):
                structure = (
                    system.name, scenario.ladder[rule.from_rung], rule.at.value, rule.domain,
                    *rule.systems, rule.poses_as,
                )  # fmt: skip
                self.rule_ids[system.name, i] = name_id("responds", *structure, seen[structure])
                seen[structure] += 1

    def run(self, seed: int, crisis: int) -> Result:
        self.queue: list[Pending] = []
        self.cut = False
        self.down: dict[str, float] = {}
        self.sensed: dict[str, list[float]] = {actor: [] for actor in self.actors}
        self.alert_until: dict[str, float] = {}
        key = crisis_key(seed, crisis)
        self.safeguards = Safeguards(self.scenario, self.portfolio, key)
        self.plant(key)
        happened: list[Pending] = []
        loss = dict.fromkeys(self.actors, 0.0)
        books = self.safeguards.books
        incidents = 0
        while self.queue:
            if incidents == self.max_incidents:
                return Result("capped", happened, loss, books)
            x = self.queue.pop(0)
            happened.append(x)
            if x.kind != "false-alarm":
                incidents += 1
                system = self.systems[x.system]
                loss[system.owner] += system.harm_usd[x.rung] * x.keeps
                if system.down and x.rung >= system.down.from_rung:
                    until = x.time + system.down.lasts_s
                    self.down[x.system] = max(until, self.down.get(x.system, 0.0))
                if x.rung == self.scenario.catastrophe:
                    return Result("catastrophe", happened, loss, books)
                self.outages(x)
                self.contagion(x)
            self.sensing(x)
        return Result("horizon" if self.cut else "died-out", happened, loss, books)

    def push(self, x: Pending) -> None:
        if x.time > self.scenario.horizon_s:
            self.cut = True
        else:
            insort(self.queue, x)

    def plant(self, key: int) -> None:
        seen: Counter[tuple[object, ...]] = Counter()
        for shock in self.scenario.shocks:
            once = shock.rate_per_s is None
            structure = (shock.hits, self.scenario.ladder[shock.rung], shock.author, shock.points_to, once)
            root = name_id("shock", *structure, seen[structure])
            seen[structure] += 1
            for number, time in self.arrivals(key, root, shock.at_s, shock.rate_per_s):
                if not self.safeguards.withholds_shock(shock.author, number):
                    self.push(
                        Pending(
                            time, number, shock.hits, shock.rung, shock.author, shock.points_to, "shock", 0,
                            Root(time, number),
                        )
                    )  # fmt: skip
        for system in self.scenario.systems:
            alarms = system.senses.false_alarms
            if alarms:
                root = name_id("phantom", system.name)
                for number, time in self.arrivals(key, root, None, alarms.rate_per_s):
                    if not self.safeguards.thins_alarm(system, number):
                        self.push(
                            Pending(
                                time, number, system.name, alarms.rung, None, None, "false-alarm", 0,
                                Root(time, number),
                            )
                        )  # fmt: skip

    def arrivals(self, key: int, root: int, at: float | None, rate: float | None) -> list[tuple[int, float]]:
        if rate is None:
            return [(child(key, root, 0), at or 0.0)]
        horizon = self.scenario.horizon_s
        number = quantile(CountLaw(law="poisson"), rate * horizon, uniform(key, root, "count"))
        keys = [child(key, root, i) for i in range(number)]
        return [(k, horizon * uniform(k, 0, "arrival")) for k in keys]

    def outages(self, x: Pending) -> None:
        seen: Counter[tuple[str, str]] = Counter()
        for link in self.scenario.dependencies:
            coupling = name_id("dependency", link.source, link.target, seen[link.source, link.target])
            seen[link.source, link.target] += 1
            if link.source == x.system and x.rung >= link.at_least:
                self.spread(
                    x, coupling, link.spreads, link.drops, link.after, link.target, None, None, "outage"
                )

    def contagion(self, x: Pending) -> None:
        seen: Counter[str] = Counter()
        for rule in self.scenario.contagion:
            base = name_id("contagion", rule.component, seen[rule.component])
            seen[rule.component] += 1
            if rule.component not in self.systems[x.system].components or x.rung < rule.at_least:
                continue
            for other in self.scenario.systems:
                if other.name != x.system and rule.component in other.components:
                    coupling = base ^ name_id("system", other.name)
                    self.spread(
                        x, coupling, rule.spreads, rule.drops, rule.after, other.name, x.author, x.points_to,
                        "contagion",
                    )  # fmt: skip

    def spread(
        self, x: Pending, coupling: int, spreads: float, drops: int, after: Delay, target: str,
        author: str | None, points_to: str | None, kind: str,
    ) -> None:  # fmt: skip
        if uniform(x.key, coupling, "spread") < spreads:
            key = child(x.key, coupling, 0)
            time = x.time + lag(after, uniform(key, 0, "delay"))
            rung = max(0, x.rung - drops)
            if kind == "contagion":
                infection = Stop("compartments", key, kind, target, rung, author, right=False)
                if self.safeguards.cuts_contagion(self.systems[x.system], self.systems[target], infection):
                    return
            self.push(Pending(time, key, target, rung, author, points_to, kind, x.depth + 1, x.root))

    def sensing(self, x: Pending) -> None:
        watchers = []
        for system in self.scenario.systems:
            chance = 1.0 if x.kind == "false-alarm" else dict(system.watches).get(x.system, 0.0)
            if x.kind == "false-alarm" and system.name != x.system:
                continue
            up = self.down.get(system.name, -1.0) <= x.time
            if up and uniform(x.key, name_id("system", system.name), "sense") < chance:
                watchers.append(system)
        for actor in {system.owner for system in watchers}:
            self.note(actor, x.time)
        for system in watchers:
            self.answer(system, x)

    def note(self, actor: str, time: float) -> None:
        self.safeguards.note(actor, time)
        alert = self.actors[actor].alert
        if alert is None:
            return
        times = self.sensed[actor]
        times.append(time)
        if len(times) >= alert.trips_at and time - times[-alert.trips_at] <= alert.within_s:
            self.alert_until[actor] = time + alert.lasts_s

    def answer(self, system: System, x: Pending) -> None:
        perceived = x.rung
        u = uniform(x.key, name_id("system", system.name), "perceive")
        if u < self.safeguards.inflates(system) and x.rung + 1 < self.scenario.catastrophe:
            perceived = x.rung + 1
        elif u >= 1.0 - system.senses.deflates:
            perceived = max(0, x.rung - 1)
        for i, rule in enumerate(system.responds):
            if perceived >= rule.from_rung:
                self.apply(system, i, rule, x, perceived)

    def apply(self, system: System, i: int, rule: Response, x: Pending, perceived: int) -> None:
        everyone = [s for s in self.scenario.systems if s.domain == rule.domain]
        right, blame = x.author is not None, None
        if rule.at is At.BLAMED:
            blame = self.safeguards.blame(system, (x.key, x.author), x.points_to, x.time, x.root)
            if blame.on is None or blame.on == system.owner:
                return
            right = blame.on == x.author
            targets = [s.name for s in everyone if s.owner == blame.on]
        elif rule.at is At.OWN:
            targets = [s.name for s in everyone if s.owner == system.owner]
        elif rule.at is At.DOMAIN:
            targets = [s.name for s in everyone if s.name != system.name]
        else:
            targets = list(rule.systems)
        if not targets:
            return
        alert = self.actors[system.owner].alert
        on = alert is not None and x.time < self.alert_until.get(system.owner, -1.0)
        mean = rule.actions * (alert.actions if alert and on else 1.0)
        autonomy = max(rule.autonomy, alert.autonomy if alert and on else 0.0)
        coupling = self.rule_ids[system.name, i]
        for ordinal in range(quantile(rule.law, mean, uniform(x.key, coupling, "count"))):
            key = child(x.key, coupling, ordinal)
            u = uniform(key, 0, "step")
            step = -1 if u < rule.step.down else 1 if u >= 1.0 - rule.step.up else 0
            target = targets[int(uniform(key, 0, "target") * len(targets))]
            proposed = Proposal(
                time=x.time, key=key, root=x.root, trigger=(x.key, x.author),
                trigger_domain=self.systems[x.system].domain, system=system, rule=rule, target=target,
                target_domain=self.systems[target].domain,
                rung=min(max(perceived + step, 0), self.scenario.catastrophe), right=right, blame=blame,
                autonomy=autonomy,
            )  # fmt: skip
            wait = self.safeguards.wait(proposed)
            if wait is None:
                continue
            self.push(
                Pending(
                    x.time + (lag(rule.after, uniform(key, 0, "delay")) + wait), key, target, proposed.rung,
                    system.owner, rule.poses_as or system.owner, "action", x.depth + 1, x.root, right,
                    1.0 - (rule.recovers or 0.0),
                )
            )  # fmt: skip
