"""The facts that the tests' conditions are about."""

from detente.gate.conditions.types import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Field,
    Schema,
    list_of,
    map_of,
    object_of,
    optional,
)

SCHEMA = Schema(
    {
        "action.name": Field(STRING, among=("block-ip", "isolate-host", "restart-plc")),
        "action.rung": Field(INT, low=0, high=6),
        "action.target": STRING,
        "action.reversible": BOOL,
        "action.arguments": DYN,
        "action.targets": list_of(STRING),
        "action.weights": list_of(DOUBLE),
        "action.asked": TIMESTAMP,
        "action.age": DURATION,
        "action.note": optional(STRING),
        "premise.confidence": optional(Field(DOUBLE, low=0.0, high=1.0)),
        "meter.r": DOUBLE,
        "counts": map_of(INT),
        "hosts": list_of(object_of({"name": STRING, "weight": optional(DOUBLE)})),
        "now.hour": Field(INT, low=0, high=23),
        "now.at": TIMESTAMP,
        "mode": STRING,
    }
)

FACTS = {
    "action.name": "restart-plc",
    "action.rung": 3,
    "action.target": "west-plc-7",
    "action.reversible": True,
    "action.arguments": {"count": 3, "deep": {"a": [1, 2]}},
    "action.targets": ["a", "b"],
    "action.weights": [0.5, 2.0],
    "action.asked": 1_772_341_443_000_000_000,
    "action.age": 5_000_000_000,
    "action.note": "checked",
    "premise.confidence": 0.9,
    "meter.r": 0.7,
    "counts": {"a": 1},
    "hosts": [{"name": "h1", "weight": 2.0}, {"name": "h2"}],
    "now.hour": 3,
    "now.at": 1_772_341_443_000_000_000,
    "mode": "normal",
}
"""2026-03-01T05:04:03Z, a Sunday"""
