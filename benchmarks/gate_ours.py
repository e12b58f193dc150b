"""The twenty rules as a charter and a portfolio, and records as what a gate is asked in the state that they speak of."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from immutables import Map
from msgspec.structs import replace

from benchmarks.gate_rules import HOMES, KINDS, LADDER, RULES, Record
from detente.gate.commands import Propose
from detente.gate.compile import compile_policy
from detente.gate.decision import Decision
from detente.gate.handle import handle
from detente.gate.policy import NS, Policy
from detente.gate.request import Action, Premise
from detente.gate.state import Hold, Mode, State
from detente.gate.state import Record as Shown
from detente.model.charter import library as charters
from detente.model.portfolio import library as portfolios

__all__ = ["START", "Asked", "asked", "fits", "policy", "remembering", "renamed", "said", "with_surroundings"]

START = datetime(2026, 1, 1, tzinfo=UTC)
_RATE_S, _BURST = 2.0, 5
_EARLIER = 60_000
"""Actions answered before anything is timed, so that what is looked up lies in a memory of ordinary size."""


def policy(*, deadline: str = "15 min") -> Policy:
    """Return what decides: whatever the portfolio and the charter have words for, and the rest as conditions."""
    return compile_policy(charters.load(_charter(deadline)), portfolios.load(_PORTFOLIO))


_PORTFOLIO: dict[str, Any] = {
    "detente": 1,
    "portfolio": "bench",
    "safeguards": {
        "red-lines": {
            "forbid": [{"in": "kinetic", "from": "damage"}, {"in": "space", "from": "degrade"}, {"from": "destroy"}]
        },
        "compartments": {"strength": 1.0},
        "confidence-floor": {"floors": {"degrade": 0.8, "damage": 0.95}, "below": "review"},
        "de-escalation-mode": {
            "trips_at": 8, "within": "30 s", "lasts": "1 h", "review_from": "probe", "restraint": 0.0,
        },
        "throttle": {"rate": "30 /min", "burst": _BURST},
        "certification": {},
        "human-on-the-loop": {
            "from": "degrade", "reviewers": 3, "review": "10 min", "approves_right": 0.9, "approves_wrong": 0.2,
            "timeout": "15 min", "on_timeout": "deny",
        },
    },
}  # fmt: skip

_CONDITIONS = {
    "cross-compartment": ("target.compartment != system.compartment", "hold"),
    "budget": ("action.arguments.cost > 700", "deny"),
    "someone-else": ("has(premise.blames) && premise.blames != target.owner", "deny"),
    "energy-at-night": (
        'target.domain == "energy" && action.rung >= rung.disrupt && (now.hour < 6 || now.hour >= 22)', "deny",
    ),
}  # fmt: skip


def _charter(deadline: str) -> dict[str, Any]:
    actors = ("avalon", "borduria", "syldavia")
    return {
        "detente": 1,
        "charter": "bench",
        "ladder": list(LADDER),
        "critical": "degrade",
        "catastrophe": "strategic",
        "actors": {actor: {"kind": "operator"} for actor in actors},
        "systems": {
            name: {
                "owner": owner, "domain": domain, "compartment": compartment, "certified": certified,
                "operators": ["ana"], "may": "*", "targets": "*", "phase": "autonomous",
            }
            for name, owner, domain, compartment, certified in HOMES
        },
        "assets": {
            _target(domain, compartment, owner): {"owner": owner, "domain": domain, "compartment": compartment}
            for (_, _, domain, compartment, _), owner in product(HOMES, actors)
        },
        "actions": {
            name: {"rung": rung, "reversible": undo, "on_halt": "deny", "arguments": {"cost": "whole"}}
            for name, (rung, undo) in KINDS.items()
        },
        "groups": {"watch": {"people": ["ana", "ben", "cleo"], "quorum": 2, "deadline": deadline}},
        "reviewed_by": dict.fromkeys(actors, "watch"),
        "conditions": {name: {"when": when, "effect": effect} for name, (when, effect) in _CONDITIONS.items()},
        "modes": {"guarded_review_from": "degrade"},
        "uncertain_below": 0.6,
    }  # fmt: skip


def _target(domain: str, compartment: str, owner: str) -> str:
    return f"{domain}-of-{owner}-in-{compartment}"


def renamed(action: Action, name: str) -> Action:
    """Return the same action under another id."""
    return replace(action, id=name)


class Asked(NamedTuple):
    """What a gate is asked, and the surroundings that a record speaks of."""

    command: Propose
    now: int
    modes: Map[str, Mode]
    phases: Map[str, Shown]
    clocks: Map[str, int]


def asked(record: Record, number: int) -> Asked:
    """Return a record as the `number`-th request to a gate: under an id of its own, at its hour a day after the one before."""
    when = START + timedelta(days=number, hours=record["hour"])
    return _asked(record, f"a{number}", int(when.timestamp()) * NS)


def _asked(record: Record, name: str, now: int) -> Asked:
    action = Action(
        name,
        _target(record["domain"], record["compartment"], record["owner"]),
        record["kind"],
        arguments={"cost": record["cost"]},
        premise=Premise(record["blames"], record["confidence"]),
    )
    owner = next(home[1] for home in HOMES if home[0] == record["system"])
    next_free = now + round((_BURST - 1) * _RATE_S * NS) + record["wait_ms"] * 1_000_000
    return Asked(
        Propose(record["system"], action),
        now,
        Map()
        if record["mode"] == "normal"
        else Map({"overall": Mode(record["mode"], now, "as the record says")}),
        Map({f"{record['system']} {record['kind']}": Shown(record["phase"], now)}),
        Map({owner: next_free}),
    )


_NONE_HELD: Map[str, Hold] = Map()


def with_surroundings(state: State, one: Asked) -> State:
    """Return the state with the mode, the phase and the clock of a record; whatever was held, people have decided."""
    return replace(state, modes=one.modes, phases=one.phases, clocks=one.clocks, holds=_NONE_HELD, due=None)


def remembering(policy: Policy, records: list[Record]) -> State:
    """Return the state of a gate that has been asked for a while."""
    state = State()
    for number in range(_EARLIER):
        now = round(START.timestamp() - _EARLIER + number) * NS
        one = _asked(records[number % len(records)], f"earlier-{number}", now)
        state = handle(with_surroundings(state, one), one.command, policy, now).state
    return state


_SAYS = {rule.name: (rule.ours, rule.effect) for rule in RULES}


def said(decision: Decision) -> set[tuple[str, str]]:
    """Return which rules had something against an action, and what."""
    return {(reason.rule, reason.effect) for reason in decision.reasons if reason.effect != "allow"}


def fits(decision: Decision, effect: str, matched: list[str]) -> bool:
    """Whether a gate answers as the reference does, for the same reasons."""
    return decision.effect == effect and said(decision) == {_SAYS[name] for name in matched}
