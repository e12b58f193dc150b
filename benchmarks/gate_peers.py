"""The twenty rules in other engines: each is given a record as a dict and returns the answer and the rules that match.

Whatever can be done once, is: programs compiled, policies and entities parsed, bundles built. A peer that is not installed is said to
be missing and left out. Where a peer answers with two values only, its own way of naming rules carries the rest.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeAlias

from benchmarks.gate_rules import EFFECTS, RULES, Record, Rule, strictest
from detente.gate.conditions.loader import load
from detente.gate.conditions.types import BOOL, DOUBLE, INT, STRING, Schema, Type

__all__ = ["Engine", "engines", "plain", "unsaid"]

Said: TypeAlias = tuple[str, list[str]]
"""The answer, and the names of the rules that match."""


@dataclass(frozen=True)
class Engine:
    """Something that decides by the rules."""

    name: str
    judge: Callable[[Any], Any]
    inputs: list[Any]
    """one for each record, made before anything is timed"""
    says: Callable[[Any], Said]
    """what its answer amounts to, looked at before anything is timed"""
    rules: tuple[Rule, ...] = RULES
    """those that it can be told"""
    names_all: bool = True
    """it names every rule that matches, and not only the answer"""


_PYTHON = [(rule.name, rule.python) for rule in RULES]
_NAMES = [rule.name for rule in RULES]


def plain(record: Record) -> Said:
    """The reference: twenty predicates, the names of those that match, the strictest answer."""
    matched = [name for name, holds in _PYTHON if holds(record)]
    return strictest(matched), matched


def engines(records: list[Record]) -> tuple[list[Engine], list[str]]:
    """Return the reference, our conditions and whichever peers are installed; and a line for each that is not."""
    found = [
        Engine("plain Python", plain, records, _as_said),
        Engine("detente, all rules as conditions", our_conditions(), records, _as_said),
    ]
    missing = []
    for make in (rust_cel, cedar, rego, microsoft):
        try:
            found += make(records)
        except ImportError as error:
            missing.append(f"{make.__name__}: {error}; install what benchmarks/requirements.txt pins")
    return found, missing


def _as_said(said: Said) -> Said:
    return said


def our_conditions() -> Callable[[Record], Said]:
    """Return our own conditions, without the gate around them."""
    types: dict[str, Type] = {"rung": INT, "cost": INT, "wait_ms": INT, "hour": INT, "confidence": DOUBLE}
    types |= {"reversible": BOOL, "certified": BOOL}
    texts = (
        "system",
        "kind",
        "domain",
        "compartment",
        "owner",
        "home_domain",
        "home_compartment",
        "phase",
        "mode",
        "blames",
    )
    schema = Schema({name: types.get(name, STRING) for name in (*types, *texts)})
    evaluate = load({rule.name: rule.cel for rule in RULES}, schema).evaluate

    def judge(record: Record) -> Said:
        matched = [
            name for name, outcome in zip(_NAMES, evaluate(record), strict=True) if outcome is not False
        ]
        return strictest(matched), matched

    return judge


def rust_cel(records: list[Record]) -> list[Engine]:
    """One program of all rules, twice: naming those that match, and with nothing but the answer, stopping at the first that decides."""
    import cel

    each = cel.compile("[" + ", ".join(f"({rule.cel})" for rule in RULES) + "]").execute

    def judge(record: Record) -> Said:
        matched = [name for name, holds in zip(_NAMES, each(record), strict=True) if holds]
        return strictest(matched), matched

    def any_of(effect: str) -> str:
        return " || ".join(f"({rule.cel})" for rule in RULES if rule.effect == effect)

    answer = cel.compile(
        f'({any_of("deny")}) ? "deny" : ({any_of("throttle")}) ? "throttle" : ({any_of("hold")}) ? "hold" : "allow"'
    ).execute
    name = f"common-expression-language {version('common-expression-language')}, one program"
    return [
        Engine(f"{name}, rules named", judge, records, _as_said),
        Engine(f"{name}, answer only", answer, records, lambda effect: (effect, []), names_all=False),
    ]


def cedar(records: list[Record]) -> list[Engine]:
    """Permit everything, forbid by each rule: a denial names every policy that forbids, and their names carry hold and throttle."""
    import cedarpy

    policies = cedarpy.PolicySet.from_str(
        "permit (principal, action, resource);\n"
        + "\n".join(
            f'@id("{rule.name}") forbid (principal, action, resource) when {{ {rule.cedar} }};'
            for rule in RULES
        )
    )
    entities = cedarpy.Entities.from_json_str("[]")

    def judge(record: Record) -> Said:
        request = {
            "principal": {"type": "System", "id": record["system"]},
            "action": {"type": "Action", "id": record["kind"]},
            "resource": {"type": "Target", "id": record["compartment"]},
            "context": record,
        }
        answer = cedarpy.is_authorized(request, policies, entities)
        if answer.allowed:
            return "allow", []
        matched = list(answer.diagnostics.id_annotations_by_reason.values())
        return strictest(matched), matched

    # Cedar has whole numbers only: the records it is given have the confidence in thousandths.
    whole = [{**record, "confidence": round(1000 * record["confidence"])} for record in records]
    return [Engine(f"cedarpy {version('cedarpy')}, parsed beforehand", judge, whole, _as_said)]


def rego(records: list[Record]) -> list[Engine]:
    """A bundle compiled once, with one entry point: the set of the names of rules that match."""
    import regopy

    lines = ["package gate", "import rego.v1"]
    for rule in RULES:
        lines += [f'matched contains "{rule.name}" if {{ {body} }}' for body in rule.rego.split("|")]
    interpreter = regopy.Interpreter()
    interpreter.add_module("gate", "\n".join(lines))
    bundle = interpreter.build(None, ["gate/matched"])
    assert bundle.ok()

    def judge(record: Record) -> Said:
        interpreter.set_input(regopy.Input(record))
        matched = interpreter.query_bundle_entrypoint(bundle, "gate/matched")[0][0]
        return strictest(matched), matched

    return [Engine(f"regopy {version('regopy')}, compiled bundle", judge, records, _as_said)]


def unsaid() -> list[str]:
    """Return the rules that Microsoft's toolkit cannot be told."""
    return [rule.name for rule in RULES if rule.yaml is None]


_ITS_ACTIONS = {"deny": ("deny", 3), "throttle": ("deny", 2), "hold": ("require_approval", 1)}
"""Action and priority of a rule: the highest priority that matches wins. It has no throttle for what has been measured elsewhere."""


def microsoft(records: list[Record]) -> list[Engine]:
    """The policy engine of the toolkit: it looks at every rule and names the one that wins."""
    from agentmesh.governance.policy import PolicyEngine

    rules = tuple(rule for rule in RULES if rule.yaml is not None)
    engine = PolicyEngine()
    engine.load_json(
        json.dumps(
            {
                "apiVersion": "governance.toolkit/v1",
                "name": "bench",
                "agents": ["*"],
                "default_action": "allow",
                "rules": [
                    {
                        "name": rule.name,
                        "condition": rule.yaml,
                        "action": _ITS_ACTIONS[rule.effect][0],
                        "priority": _ITS_ACTIONS[rule.effect][1],
                    }
                    for rule in rules
                ],
            }
        )
    )

    def judge(record: Record) -> Any:
        return engine.evaluate(record["system"], record)

    def says(decision: Any) -> Said:
        return "allow" if decision.matched_rule is None else EFFECTS[decision.matched_rule], []

    name = f"agent-governance-toolkit-core {version('agent-governance-toolkit-core')}, {len(rules)} of {len(RULES)} rules"
    return [Engine(name, judge, records, says, rules, names_all=False)]
