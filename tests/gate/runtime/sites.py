"""A small site on a disk, and a crowd that asks its gate for this and that."""

import random
from collections.abc import Iterator
from pathlib import Path

from detente.gate.commands import (
    Attribute,
    Cancel,
    CastVote,
    Command,
    PassTime,
    Propose,
    Report,
    ReportOutcome,
    SetModeTo,
    Stop,
)
from detente.gate.compile import compile_policy
from detente.gate.policy import Policy
from detente.gate.request import Action, Attribution, Incident, KillOrder, ModeOrder, Outcome, Premise, Vote
from detente.gate.state import State
from detente.model.charter import library as charters
from detente.model.portfolio import library as portfolios

CHARTER = """
detente: 1
charter: site
critical: degrade
actors: {avalon: {kind: operator}, borduria: {kind: state}}
systems:
  shield: {owner: avalon, domain: cyber, operators: [ana], may: "*", targets: "*", certified: true, phase: autonomous}
  rival: {owner: borduria, domain: cyber, may: "*", targets: "*", phase: autonomous}
assets:
  laptop: {owner: avalon, domain: cyber}
  relay: {owner: borduria, domain: cyber}
actions:
  block: {rung: probe, reversible: true, rests_on: nothing, on_halt: deny, on_lapse: allow, arguments: {address: {type: text, required: false}}}
  isolate: {rung: disrupt, reversible: true, on_halt: deny}
  release: {rung: signal, reversible: true, rests_on: nothing, on_halt: allow}
  wipe: {rung: degrade, on_halt: deny}
groups:
  watch: {people: [ana, ben, cleo, dora], quorum: 2, deadline: 10 min, open_holds: 40}
  duty: {people: [emil, finn], deadline: 10 min, open_holds: 40}
reviewed_by: {avalon: watch, borduria: duty}
"""
PORTFOLIO = """
detente: 1
portfolio: site
safeguards:
  red-lines: {forbid: [{from: damage}]}
  confidence-floor: {floors: {disrupt: 0.5}, below: review}
  de-escalation-mode: {trips_at: 60, within: 10 s, lasts: 1 min, restraint: 0.5}
  throttle: {rate: 100000 /s, burst: 100000}
  human-on-the-loop:
    from: degrade
    reviewers: 3
    review: {median: 10 min, spread: 0.6}
    approves_right: 0.9
    approves_wrong: 0.2
    timeout: 15 min
    on_timeout: deny
"""
PEOPLE = ("ana", "ben", "cleo", "dora", "emil", "finn", "stranger")


def site(folder: Path, *, charter: str = CHARTER, portfolio: str = PORTFOLIO) -> Path:
    """Make a folder with both documents; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "charter.yaml").write_text(charter)
    (folder / "portfolio.yaml").write_text(portfolio)
    return folder


def policy(charter: str = CHARTER, portfolio: str = PORTFOLIO) -> Policy:
    """The policy of a site, without a folder."""
    return compile_policy(charters.load(_plain(charter)), portfolios.load(_plain(portfolio)))


def _plain(text: str) -> dict[str, object]:
    from ruamel.yaml import YAML

    plain: dict[str, object] = YAML(typ="safe", pure=True).load(text)
    return plain


def block(name: str, **fields: object) -> Action:
    """A mild action that nothing speaks against."""
    return Action(id=name, target="laptop", action="block", **fields)


def wipe(name: str) -> Action:
    """One that people decide."""
    return Action(id=name, target="laptop", action="wipe", premise=Premise("borduria", 0.9))


class Crowd:
    """An endless stream of commands that make sense often enough, from a seed and what the state holds."""

    def __init__(self, seed: int, name: str = "a") -> None:
        self._chance = random.Random(seed)
        self._name, self._count = name, 0

    def next(self, state: State) -> Command:
        """Return what is asked next."""
        chance, dice = self._chance, self._chance.random()
        holds = sorted(state.holds)
        if dice < 0.08 and holds:
            hold = state.holds[chance.choice(holds)]
            vote = Vote(chance.random() < 0.8, "looked at it", hold.digest)
            return CastVote(chance.choice(PEOPLE), hold.id, vote)
        if dice < 0.10 and holds:
            return Cancel("shield", chance.choice(holds), "not needed any more")
        if dice < 0.16:
            return Report("shield", "avalon", Incident(self._new("i"), "laptop", "probe"))
        if dice < 0.18:
            return Attribute("ben", Attribution(self._old("i"), "borduria", 0.9))
        if dice < 0.20:
            return ReportOutcome("shield", Outcome(self._old("a"), chance.choice(("done", "failed"))))
        if dice < 0.202:
            return Stop("ana", KillOrder("enough", "actor:borduria"))
        if dice < 0.205:
            return SetModeTo("ben", ModeOrder("guarded", "quieter", "actor:borduria"))
        if dice < 0.21:
            return PassTime()
        return Propose(chance.choice(("shield", "shield", "rival")), self._action())

    def _action(self) -> Action:
        chance = self._chance
        name = self._old("a") if chance.random() < 0.15 else self._new("a")
        kind = chance.choice(("block", "block", "block", "isolate", "release", "wipe"))
        target = chance.choice(("laptop", "relay"))
        premise = None if kind in {"block", "release"} else Premise("borduria", round(chance.random(), 2))
        links = (self._old("i"),) if chance.random() < 0.3 else ()
        arguments = {"address": f"10.0.0.{chance.randrange(256)}"} if kind == "block" else {}
        return Action(name, target, kind, arguments=arguments, premise=premise, in_response_to=links)

    def _new(self, sort: str) -> str:
        self._count += 1
        return f"{sort}-{self._name}-{self._count}"

    def _old(self, sort: str) -> str:
        return f"{sort}-{self._name}-{self._chance.randrange(max(1, self._count - 30), self._count + 2)}"


def ticking(start: int = 1_764_000_000_000_000_000, step: int = 1_000_000) -> Iterator[int]:
    """Times, a millisecond apart."""
    while True:
        start += step
        yield start
