"""Conditions that users write in CEL: checked when they are loaded, compiled once, evaluated in microseconds.

    from detente.gate.conditions import BOOL, INT, STRING, Schema, load, optional

    schema = Schema({"action.name": STRING, "now.hour": INT})
    conditions = load({"no-night-changes": 'action.name == "restart-plc" && now.hour < 6'}, schema)
    conditions.evaluate({"action.name": "restart-plc", "now.hour": 3})      # (True,)

Text flows one way: `lexer`, `parser`, `checker`, `compiler`, all called by `loader`. `linter` looks at what was loaded, and `reference`
evaluates it with the library of the CEL project's Rust implementation, which tests hold the compiler to.
Where this reading of CEL is narrower than the specification, and why: `docs/decisions/`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detente.gate.conditions.linter import Finding as Finding
    from detente.gate.conditions.linter import lint as lint
    from detente.gate.conditions.loader import Conditions as Conditions
    from detente.gate.conditions.loader import Failure as Failure
    from detente.gate.conditions.loader import Outcome as Outcome
    from detente.gate.conditions.loader import faults as faults
    from detente.gate.conditions.loader import load as load
    from detente.gate.conditions.types import BOOL as BOOL
    from detente.gate.conditions.types import DOUBLE as DOUBLE
    from detente.gate.conditions.types import DURATION as DURATION
    from detente.gate.conditions.types import DYN as DYN
    from detente.gate.conditions.types import INT as INT
    from detente.gate.conditions.types import STRING as STRING
    from detente.gate.conditions.types import TIMESTAMP as TIMESTAMP
    from detente.gate.conditions.types import Field as Field
    from detente.gate.conditions.types import Schema as Schema
    from detente.gate.conditions.types import Type as Type
    from detente.gate.conditions.types import list_of as list_of
    from detente.gate.conditions.types import map_of as map_of
    from detente.gate.conditions.types import object_of as object_of
    from detente.gate.conditions.types import optional as optional

_HOMES = {
    "Conditions": "loader",
    "Failure": "loader",
    "Finding": "linter",
    "Outcome": "loader",
    "faults": "loader",
    "lint": "linter",
    "load": "loader",
}
_TYPES = (
    *("BOOL", "DOUBLE", "DURATION", "DYN", "INT", "STRING", "TIMESTAMP", "Field", "Schema", "Type"),
    *("list_of", "map_of", "object_of", "optional"),
)


def __getattr__(name: str) -> object:
    if name not in _HOMES and name not in _TYPES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'types')}"), name)


def __dir__() -> list[str]:
    return sorted((*_HOMES, *_TYPES))
