"""Twenty rules over an action record of seventeen fields, each in the words of every engine, and the records to judge.

The Python predicate is the reference. A rule says what it alone would answer; the strictest of those that match wins: deny before
throttle before hold before allow. Rungs are positions on the ladder.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = [
    "DOMAINS",
    "EFFECTS",
    "HOMES",
    "KINDS",
    "LADDER",
    "RULES",
    "Record",
    "Rule",
    "records",
    "strictest",
]

Record: TypeAlias = dict[str, Any]

LADDER = ("signal", "probe", "disrupt", "degrade", "damage", "destroy", "strategic")
DOMAINS = ("cyber", "energy", "kinetic", "space")
RANK = {"allow": 0, "hold": 1, "throttle": 2, "deny": 3}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, and how each language says it."""

    name: str
    effect: str
    python: Callable[[Record], bool]
    cel: str
    cedar: str
    """over `context`, where confidence is in thousandths: Cedar has no floating point"""
    rego: str
    """conditions, all of which hold; where `|` stands between them, one of several rules of that name"""
    yaml: str | None
    """in the grammar of Microsoft's toolkit; None where it cannot be said"""
    ours: str
    """the rule of a gate that says it, from charter and portfolio"""


RULES = (
    Rule(
        name="red-kinetic", effect="deny", ours="red-lines",
        python=lambda r: r["domain"] == "kinetic" and r["rung"] >= 4,
        cel='domain == "kinetic" && rung >= 4',
        cedar='context.domain == "kinetic" && context.rung >= 4',
        rego='input.domain == "kinetic"; input.rung >= 4',
        yaml="domain == 'kinetic' and rung >= 4",
    ),
    Rule(
        name="red-space", effect="deny", ours="red-lines",
        python=lambda r: r["domain"] == "space" and r["rung"] >= 3,
        cel='domain == "space" && rung >= 3',
        cedar='context.domain == "space" && context.rung >= 3',
        rego='input.domain == "space"; input.rung >= 3',
        yaml="domain == 'space' and rung >= 3",
    ),
    Rule(
        name="red-anywhere", effect="deny", ours="red-lines",
        python=lambda r: r["rung"] >= 5,
        cel="rung >= 5",
        cedar="context.rung >= 5",
        rego="input.rung >= 5",
        yaml="rung >= 5",
    ),
    Rule(
        name="halted", effect="deny", ours="de-escalation-mode",
        python=lambda r: r["mode"] == "halted",
        cel='mode == "halted"',
        cedar='context.mode == "halted"',
        rego='input.mode == "halted"',
        yaml="mode == 'halted'",
    ),
    Rule(
        name="de-escalation", effect="hold", ours="de-escalation-mode",
        python=lambda r: r["mode"] == "de-escalation" and r["rung"] >= 1,
        cel='mode == "de-escalation" && rung >= 1',
        cedar='context.mode == "de-escalation" && context.rung >= 1',
        rego='input.mode == "de-escalation"; input.rung >= 1',
        yaml="mode == 'de-escalation' and rung >= 1",
    ),
    Rule(
        name="guarded", effect="hold", ours="de-escalation-mode",
        python=lambda r: r["mode"] == "guarded" and r["rung"] >= 3,
        cel='mode == "guarded" && rung >= 3',
        cedar='context.mode == "guarded" && context.rung >= 3',
        rego='input.mode == "guarded"; input.rung >= 3',
        yaml="mode == 'guarded' and rung >= 3",
    ),
    Rule(
        name="shadow", effect="deny", ours="phase",
        python=lambda r: r["phase"] == "shadow",
        cel='phase == "shadow"',
        cedar='context.phase == "shadow"',
        rego='input.phase == "shadow"',
        yaml="phase == 'shadow'",
    ),
    Rule(
        name="advisory", effect="deny", ours="phase",
        python=lambda r: r["phase"] == "advisory",
        cel='phase == "advisory"',
        cedar='context.phase == "advisory"',
        rego='input.phase == "advisory"',
        yaml="phase == 'advisory'",
    ),
    Rule(
        name="supervised", effect="hold", ours="phase",
        python=lambda r: r["phase"] == "supervised",
        cel='phase == "supervised"',
        cedar='context.phase == "supervised"',
        rego='input.phase == "supervised"',
        yaml="phase == 'supervised'",
    ),
    Rule(
        name="uncertified", effect="hold", ours="phase",
        python=lambda r: r["phase"] == "autonomous" and not r["certified"],
        cel='phase == "autonomous" && !certified',
        cedar='context.phase == "autonomous" && !context.certified',
        rego='input.phase == "autonomous"; input.certified == false',
        yaml="phase == 'autonomous' and certified < 1",  # a boolean is compared as a number, or not at all
    ),
    Rule(
        name="cross-domain", effect="deny", ours="compartments",
        python=lambda r: r["domain"] != r["home_domain"],
        cel="domain != home_domain",
        cedar="context.domain != context.home_domain",
        rego="input.domain != input.home_domain",
        yaml=None,  # one field is never compared with another
    ),
    Rule(
        name="cross-compartment", effect="hold", ours="conditions.cross-compartment",
        python=lambda r: r["compartment"] != r["home_compartment"],
        cel="compartment != home_compartment",
        cedar="context.compartment != context.home_compartment",
        rego="input.compartment != input.home_compartment",
        yaml=None,
    ),
    Rule(
        name="unsure-degrade", effect="hold", ours="confidence-floor",
        python=lambda r: r["rung"] == 3 and r["confidence"] < 0.8,
        cel="rung == 3 && confidence < 0.8",
        cedar="context.rung == 3 && context.confidence < 800",
        rego="input.rung == 3; input.confidence < 0.8",
        yaml="rung >= 3 and rung <= 3 and confidence < 0.8",  # numbers are not compared for equality
    ),
    Rule(
        name="unsure-damage", effect="hold", ours="confidence-floor",
        python=lambda r: r["rung"] >= 4 and r["confidence"] < 0.95,
        cel="rung >= 4 && confidence < 0.95",
        cedar="context.rung >= 4 && context.confidence < 950",
        rego="input.rung >= 4; input.confidence < 0.95",
        yaml="rung >= 4 and confidence < 0.95",
    ),
    Rule(
        name="irreversible-unsure", effect="hold", ours="reversibility",
        python=lambda r: not r["reversible"] and r["confidence"] < 0.6,
        cel="!reversible && confidence < 0.6",
        cedar="!context.reversible && context.confidence < 600",
        rego="input.reversible == false; input.confidence < 0.6",
        yaml="reversible < 1 and confidence < 0.6",
    ),
    Rule(
        name="rate", effect="throttle", ours="throttle",
        python=lambda r: r["wait_ms"] > 0,
        cel="wait_ms > 0",
        cedar="context.wait_ms > 0",
        rego="input.wait_ms > 0",
        yaml="wait_ms > 0",
    ),
    Rule(
        name="budget", effect="deny", ours="conditions.budget",
        python=lambda r: r["cost"] > 700,
        cel="cost > 700",
        cedar="context.cost > 700",
        rego="input.cost > 700",
        yaml="cost > 700",
    ),
    Rule(
        name="someone-else", effect="deny", ours="conditions.someone-else",
        python=lambda r: r["blames"] != r["owner"],
        cel="blames != owner",
        cedar="context.blames != context.owner",
        rego="input.blames != input.owner",
        yaml=None,
    ),
    Rule(
        name="energy-at-night", effect="deny", ours="conditions.energy-at-night",
        python=lambda r: r["domain"] == "energy" and r["rung"] >= 2 and (r["hour"] < 6 or r["hour"] >= 22),
        cel='domain == "energy" && rung >= 2 && (hour < 6 || hour >= 22)',
        cedar='context.domain == "energy" && context.rung >= 2 && (context.hour < 6 || context.hour >= 22)',
        rego='input.domain == "energy"; input.rung >= 2; input.hour < 6'
        '|input.domain == "energy"; input.rung >= 2; input.hour >= 22',
        yaml="domain == 'energy' and rung >= 2 and hour < 6 or domain == 'energy' and rung >= 2 and hour >= 22",
    ),
    Rule(
        name="human-review", effect="hold", ours="human-on-the-loop",
        python=lambda r: r["rung"] >= 3,
        cel="rung >= 3",
        cedar="context.rung >= 3",
        rego="input.rung >= 3",
        yaml="rung >= 3",
    ),
)  # fmt: skip
EFFECTS = {rule.name: rule.effect for rule in RULES}


def strictest(matched: Iterable[str]) -> str:
    """Return the answer, from the names of the rules that match."""
    worst = "allow"
    for name in matched:
        effect = EFFECTS[name]
        if RANK[effect] > RANK[worst]:
            worst = effect
    return worst


# --- the records ----------------------------------------------------------------------------------

HOMES = tuple(
    (f"{actor}-{domain}", actor, domain, f"{actor}-{domain}-{'core' if certified else 'edge'}", certified)
    for actor in ("avalon", "borduria", "syldavia")
    for domain, certified in zip(DOMAINS, (True, True, True, False), strict=True)
)
"""Systems that propose: name, owner, domain, compartment, whether certified. Each compartment holds an asset of every owner."""

KINDS = {f"{rung}-{'soft' if undo else 'hard'}": (rung, undo) for rung in LADDER for undo in (True, False)}
"""Kinds of actions: rung, and whether it can be undone."""

_RUNGS = (0.22, 0.30, 0.30, 0.11, 0.04, 0.02, 0.01)
_MODES = {"normal": 0.86, "guarded": 0.08, "de-escalation": 0.04, "halted": 0.02}
_PHASES = {"autonomous": 0.86, "supervised": 0.08, "advisory": 0.03, "shadow": 0.03}


def records(count: int, seed: int) -> list[Record]:
    """Return random records: mostly mild and in order, so that every answer is common and every rule matches now and then."""
    chance = random.Random(seed)
    return [_record(chance) for _ in range(count)]


def _record(chance: random.Random) -> Record:
    system, home_owner, home_domain, home, certified = chance.choice(HOMES)
    rung = chance.choices(LADDER, _RUNGS)[0]
    reversible = chance.random() < 0.8
    is_at_home = chance.random() < 0.93
    domain, compartment = home_domain, home
    if not is_at_home:
        _, _, domain, compartment, _ = chance.choice(HOMES)
    owner = chance.choice([one for one in ("avalon", "borduria", "syldavia") if one != home_owner])
    return {
        "system": system,
        "kind": f"{rung}-{'soft' if reversible else 'hard'}",
        "rung": LADDER.index(rung),
        "reversible": reversible,
        "domain": domain,
        "compartment": compartment,
        "owner": owner,
        "home_domain": home_domain,
        "home_compartment": home,
        "certified": certified,
        "phase": chance.choices(list(_PHASES), list(_PHASES.values()))[0],
        "mode": chance.choices(list(_MODES), list(_MODES.values()))[0],
        "blames": owner if chance.random() < 0.96 else home_owner,
        "confidence": min(999, int(1000 * chance.betavariate(6, 1.2))) / 1000,
        "cost": int(1000 * chance.betavariate(1.5, 4)),
        "wait_ms": chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 900, 2500)),
        "hour": chance.randrange(24),
    }
