"""The safeguards of one crisis, the slow and obvious way: names, dictionaries, exact fractions.

Written from the prose (design, section 7; decision 0009), not from the kernel, with which it shares no
code. One object stands for one crisis: who is armed in it, what adopters remember, and the books.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from scipy import special

from detente.model.portfolio.safeguards import SAFEGUARDS, Below, Excess, OnTimeout, Portfolio
from detente.model.vocabulary import At, Response, Scenario, System
from tests.oracles.chance import lag, name_id, uniform

NANOSECOND = Fraction(1, 10**9)
"""Shorter waits are none."""


@dataclass(frozen=True)
class Root:
    """What a lineage descends from."""

    time: float
    key: int


@dataclass(frozen=True)
class Blame:
    """What a watcher makes of one incident."""

    on: str | None
    confidence: float


@dataclass(frozen=True)
class Proposal:
    """An action that a rule wants to take, at the moment its trigger was sensed."""

    time: float
    key: int
    root: Root
    trigger: tuple[int, str | None]  # key and author of the incident answered
    trigger_domain: str
    system: System
    rule: Response
    target: str
    target_domain: str
    rung: int
    right: bool
    blame: Blame | None  # None where the rule needs none
    autonomy: float  # of the rule, or of the alert if that is more


@dataclass(frozen=True)
class Stop:
    by: str
    key: int
    kind: str
    target: str
    rung: int
    author: str | None
    right: bool


@dataclass
class Books:
    stops: list[Stop] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    """how often something happened that has no column of its own"""
    reviewed: int = 0
    review_wait_s: float = 0.0
    review_queue_s: float = 0.0
    denied: int = 0
    timed_out: int = 0
    withdrawn: int = 0
    rightful_delay_s: float = 0.0

    @property
    def stopped(self) -> Counter[str]:
        return Counter(stop.by for stop in self.stops)

    @property
    def rightful_stopped(self) -> int:
        return sum(stop.right for stop in self.stops if stop.kind == "action")


class Safeguards:
    def __init__(self, scenario: Scenario, portfolio: Portfolio, crisis: int) -> None:
        self.scenario, self.books = scenario, Books()
        self.actors = {actor.name: actor for actor in scenario.actors}
        self.domains = {system.name: system.domain for system in scenario.systems}
        self.standing: dict[tuple[str, str], Any] = {}  # (actor, safeguard) -> its words, where armed
        for name, words in portfolio.safeguards.items():
            for actor in scenario.actors:
                adopts = words.adopters is None or bool({actor.name, actor.bloc} & set(words.adopters))
                if name == "export-controls":
                    adopts = adopts and actor.kind in words.kinds
                who = (name_id("actor", actor.name) + SAFEGUARDS.index(name)) % 2**64
                if not adopts:
                    continue
                if uniform(crisis, who, "disarm") < words.inert:
                    self.books.notes["disarmed"] += 1
                else:
                    self.standing[actor.name, name] = words
        self.sensed: dict[str, list[float]] = {}
        self.mode_until: dict[str, float] = {}
        self.arrival: dict[str, Fraction] = {}  # theoretical arrival time of the next action (GCRA)
        self.free: dict[str, list[float]] = {}  # when each reviewer is free again

    def of(self, actor: str | None, safeguard: str) -> Any:
        return self.standing.get((actor or "", safeguard))

    # --- what happens at all ---------------------------------------------------------------------------

    def withholds_shock(self, author: str | None, key: int) -> bool:
        controls = self.of(author, "export-controls")
        if controls is None or uniform(key, 0, "thin") < controls.shocks:
            return False
        self.books.notes["shock withheld"] += 1
        return True

    def thins_alarm(self, system: System, key: int) -> bool:
        tested = self.certified(system)
        if tested is None or uniform(key, 0, "thin") < tested.false_alarms:
            return False
        self.books.notes["false alarm thinned"] += 1
        return True

    def cuts_contagion(self, source: System, other: System, infection: Stop) -> bool:
        walls = self.of(other.owner, "compartments")
        if walls is None or source.compartment == other.compartment:
            return False
        if uniform(infection.key, 0, "cut off") >= walls.strength:
            return False
        self.books.stops.append(infection)
        return True

    # --- senses ----------------------------------------------------------------------------------------

    def certified(self, system: System) -> Any:
        tested = self.of(system.owner, "certification")
        if tested is None or name_id("certification", system.name) / 2**64 >= tested.coverage:
            return None
        return tested

    def inflates(self, system: System) -> float:
        tested = self.certified(system)
        return system.senses.inflates * (1.0 if tested is None else tested.inflates)

    def blame(
        self, system: System, trigger: tuple[int, str | None], points_to: str | None, now: float, root: Root
    ) -> Blame:
        key, author = trigger
        found, given = self.verdict(system, trigger, now, root)
        if found:
            self.books.notes["blamed by verdict"] += 1
            return Blame(given, self.of(system.owner, "shared-attribution").accuracy)
        senses, me = system.senses, name_id("system", system.name)
        attribution, recognises = senses.attribution, senses.recognises_accidents
        sees_through, overconfidence = senses.sees_through_spoofs, senses.overconfidence
        if tested := self.certified(system):
            attribution = max(attribution, tested.attribution)
            overconfidence = overconfidence if tested.overconfidence is None else tested.overconfidence
        if hardened := self.of(system.owner, "robustness"):
            sees_through = max(sees_through, hardened.sees_through_spoofs)
        shared = self.of(system.owner, "incident-sharing")
        if shared and now >= root.time + shared.after_s:
            recognises = max(recognises, shared.recognises_accidents)
            sees_through = max(sees_through, shared.sees_through_spoofs)
        basis = author
        if points_to != author and uniform(key, me, "see-through") >= sees_through:
            basis = points_to
        if basis is None:
            recognised = uniform(key, me, "recognise") < recognises
            on = None if recognised else self.suspect(system, key, None)
        elif uniform(key, me, "attribute") < attribution:
            on = basis
        else:
            on = self.suspect(system, key, basis)
        sure = confidence(
            uniform(key, me, "confidence"), attribution, senses.assurance, overconfidence,
            right=on is not None and on == author,
        )  # fmt: skip
        return Blame(on, sure)

    def suspect(self, system: System, key: int, but: str | None) -> str | None:
        others = [(name, share) for name, share in system.senses.suspects if name != but and share > 0.0]
        if not others:
            return None
        u = uniform(key, name_id("system", system.name), "suspect") * sum(share for _, share in others)
        for name, share in others:
            u -= share
            if u < 0.0:
                return name
        return others[-1][0]

    def verdict(
        self, system: System, trigger: tuple[int, str | None], now: float, root: Root
    ) -> tuple[bool, str | None]:
        """Whether the verdict on the root has come, and what it says about one incident."""
        board = self.of(system.owner, "shared-attribution")
        if board is None or now < self.verdict_time(system.owner, root):
            return False, None
        key, author = trigger
        is_right = uniform(root.key, 0, "verdict") < board.accuracy
        return True, author if is_right else self.suspect(system, key, author)

    def verdict_time(self, actor: str, root: Root) -> float:
        board = self.of(actor, "shared-attribution")
        if board is None:
            return math.inf
        return root.time + lag(board.verdict, uniform(root.key, 0, "verdict delay"))

    def note(self, actor: str, now: float) -> None:
        """One of the actor's systems sensed an incident."""
        mode = self.of(actor, "de-escalation-mode")
        if mode is None:
            return
        times = self.sensed.setdefault(actor, [])
        times.append(now)
        if len(times) >= mode.trips_at and now - times[-mode.trips_at] <= mode.within_s:
            self.mode_until[actor] = now + mode.lasts_s

    # --- actions ---------------------------------------------------------------------------------------

    def wait(self, it: Proposal) -> float | None:
        """How long it is held up before its own delay begins; None if it does not happen."""
        owner = it.system.owner
        stopper, sent_by = self.denied(it)
        if stopper:
            return self.stop(it, stopper)
        throttled = self.throttled(it)
        if throttled is None:
            return self.stop(it, "throttle")
        held = it.time + throttled
        loop = self.of(owner, "human-on-the-loop")
        is_reviewed = loop is not None and (sent_by is not None or it.rung >= self.rung(loop.from_rung))
        verdict_time = self.withdrawal(it)
        if throttled:
            self.books.notes["delayed by throttle"] += 1
        if verdict_time < held:  # waiting for the throttle
            self.books.withdrawn += 1
            self.books.notes["withdrawn from throttle"] += 1
            return self.stop(it, "shared-attribution")
        reviewing = 0.0
        if is_reviewed:
            stopper, reviewing = self.review(it, loop, held, verdict_time)
            if stopper:
                return self.stop(it, stopper)
        elif sent_by:
            answer, reviewing = self.asked(it, "vote", "service", held, verdict_time)
            self.books.notes[f"command stood in, {answer}"] += 1
            if answer == "withdrawn":
                return self.stop(it, "shared-attribution")
            if answer == "refused":
                return self.stop(it, sent_by)
        added, commanding = throttled + reviewing, 0.0
        u, capped = uniform(it.key, 0, "automated"), self.of(owner, "phased-rollout")
        if u >= min(it.autonomy, capped.autonomy if capped else 1.0):
            answer, commanding = self.asked(it, "approve", "review", it.time + added, verdict_time)
            if answer == "withdrawn":
                self.books.notes["withdrawn from command"] += 1
                return self.stop(it, "shared-attribution")
            if answer == "refused":
                return self.stop(it, "phased-rollout") if u < it.autonomy else None
            if u < it.autonomy:
                added += commanding
        if it.right:
            self.books.rightful_delay_s += added
        return throttled + reviewing + commanding

    def stop(self, it: Proposal, by: str) -> None:
        self.books.stops.append(Stop(by, it.key, "action", it.target, it.rung, it.system.owner, it.right))

    def denied(self, it: Proposal) -> tuple[str | None, str | None]:
        """Which safeguard stops it on the spot; which one sends it to review."""
        owner, key, sent_by = it.system.owner, it.key, None
        controls = self.of(owner, "export-controls")
        if controls and uniform(key, 0, "withhold") >= controls.actions:
            return "export-controls", None
        lines = self.of(owner, "red-lines")
        if lines and self.forbids(lines, it) and uniform(key, 0, "red line") < lines.compliance:
            return "red-lines", None
        walls = self.of(owner, "compartments")
        if walls and it.target_domain != it.trigger_domain and uniform(key, 0, "cut off") < walls.strength:
            return "compartments", None
        floor = self.of(owner, "confidence-floor")
        if floor and it.blame and it.blame.confidence < self.floor(floor, it.rung):
            self.books.notes[f"below floor, {floor.below.value}"] += 1
            if floor.below is Below.REVIEW:
                sent_by = "confidence-floor"
            elif floor.below is Below.DENY or it.rule.recovers is None:
                return "confidence-floor", None
        mode = self.of(owner, "de-escalation-mode")
        if mode and it.time < self.mode_until.get(owner, -math.inf):
            if mode.review_from is not None and it.rung >= self.rung(mode.review_from):
                self.books.notes["sent by both" if sent_by else "sent by mode"] += 1
                sent_by = sent_by or "de-escalation-mode"
            elif uniform(key, 0, "restrain") < mode.restraint:
                return "de-escalation-mode", None
        return None, sent_by

    def forbids(self, lines: Any, it: Proposal) -> bool:
        return any(
            one.domain in {None, it.target_domain} and it.rung >= self.rung(one.from_rung)
            for one in lines.forbid
        )

    def floor(self, words: Any, rung: int) -> float:
        """That of the highest rung named that is not above it."""
        named = sorted((self.rung(name), least) for name, least in words.floors)
        return next((least for at, least in reversed(named) if at <= rung), 0.0)

    def rung(self, name: str | None) -> int:
        return 0 if name is None else self.scenario.ladder.index(name)

    def throttled(self, it: Proposal) -> float | None:
        """How long the throttle lets it wait; None if that drops it."""
        words = self.of(it.system.owner, "throttle")
        if words is None:
            return 0.0
        now, increment = Fraction(it.time), Fraction(1.0 / words.rate_per_s)
        due = max(now, self.arrival.get(it.system.owner, now))
        conforms_at = max(now, due - (words.burst - 1) * increment)
        if conforms_at - now < NANOSECOND:
            conforms_at = now
        elif words.excess is Excess.DROP:
            return None
        self.arrival[it.system.owner] = due + increment
        return float(conforms_at - now)

    def withdrawal(self, it: Proposal) -> float:
        """When a verdict will withdraw it; never, if it rests on no blame or on the verdict's."""
        if it.rule.at is not At.BLAMED or it.blame is None:
            return math.inf
        comes = self.verdict_time(it.system.owner, it.root)
        if comes <= it.time or comes == math.inf:
            return math.inf
        _, given = self.verdict(it.system, it.trigger, comes, it.root)
        return math.inf if given == it.blame.on else comes

    def review(self, it: Proposal, loop: Any, held: float, verdict_time: float) -> tuple[str | None, float]:
        """Which safeguard stops it in the end, and how long it was held."""
        books, owner = self.books, it.system.owner
        free = self.free.setdefault(owner, [-math.inf] * (loop.reviewers or 0))
        begins = held if loop.reviewers is None else max(held, min(free))
        books.notes["waited for a reviewer"] += begins > held
        hardened = self.of(owner, "robustness")
        service = lag(loop.review, uniform(it.key, 0, "service")) * (hardened.review if hardened else 1.0)
        ends = min(begins + service, held + loop.timeout_s, verdict_time)
        if begins < ends and free:
            free[free.index(min(free))] = ends
        books.reviewed += 1
        books.review_wait_s += ends - held
        books.review_queue_s += max(0.0, min(begins, ends) - held)
        if ends == verdict_time:
            books.withdrawn += 1
            return "shared-attribution", ends - held
        if ends < begins + service:
            books.timed_out += 1
            allowed = loop.on_timeout is OnTimeout.ALLOW
            books.notes[f"timed out, {loop.on_timeout.value}"] += 1
            return None if allowed else "human-on-the-loop", ends - held
        approves = loop.approves_right if it.right else self.erring(owner, loop.approves_wrong)
        if uniform(it.key, 0, "vote") < approves:
            return None, ends - held
        books.denied += 1
        return "human-on-the-loop", ends - held

    def erring(self, owner: str, approves_wrong: float) -> float:
        hardened = self.of(owner, "robustness")
        return approves_wrong * (hardened.approves_wrong if hardened else 1.0)

    def asked(
        self, it: Proposal, approve: str, review: str, since: float, verdict_time: float
    ) -> tuple[str, float]:
        """What the owner's command says to it, and how long that takes."""
        owner = it.system.owner
        command, hardened = self.actors[owner].command, self.of(owner, "robustness")
        if command is None:
            return "refused", 0.0
        takes = lag(command.review, uniform(it.key, 0, review)) * (hardened.review if hardened else 1.0)
        if since <= verdict_time < since + takes:
            self.books.withdrawn += 1
            return "withdrawn", verdict_time - since
        approves = command.approves_right if it.right else self.erring(owner, command.approves_wrong)
        return ("approved" if uniform(it.key, 0, approve) < approves else "refused"), takes


def confidence(u: float, accuracy: float, assurance: float, overconfidence: float, *, right: bool) -> float:
    """The quantile at `u` of the watcher's Beta law, its logit stretched."""
    a = assurance * accuracy + (1.0 if right else 0.0)
    b = assurance * (1.0 - accuracy) + (0.0 if right else 1.0)
    if a == 0.0 or b == 0.0:
        return 0.0 if a == 0.0 else 1.0
    x = float(special.betaincinv(a, b, u))
    if x in {0.0, 1.0}:
        return x
    return float(1.0 / (1.0 + ((1.0 - x) / x) ** overconfidence))
