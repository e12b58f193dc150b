"""The JSON Schema of a language of documents, generated from the models of its short form.

Editors use it to complete and check a document while it is written. It says what a JSON Schema
can say; what it cannot (names that exist, sums, cycles) is found by `detente check`.
"""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

from detente.model.entries import Entry
from detente.model.names import COMPARTMENT_PATTERN, NAME_PATTERN, NOBODY
from detente.model.numbers import KINDS, Kind
from detente.model.units import NUMBER, PLAIN

__all__ = ["schema", "text"]

Plain = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generate(GenerateJsonSchema):
    """Leaves defaults out: the descriptions state them, in the words of the language."""

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def text(model: type[Entry], noun: str) -> str:
    """The schema as the files `spec/*.schema.json` hold it."""
    return json.dumps(schema(model, noun), indent=2, ensure_ascii=False) + "\n"


def schema(model: type[Entry], noun: str) -> Plain:
    """The schema of a kind of document, its `noun` included, as plain data."""
    made = model.model_json_schema(by_alias=True, schema_generator=_Generate)
    definitions = made.pop("$defs")
    shared = {**_names(), **_numbers(), **_forms()}
    body = _tidy({**made, "$defs": {**definitions, **shared}})
    needed = _needed(body)
    body["$defs"] = {name: item for name, item in body["$defs"].items() if name in needed}
    said = {"title": f"A detente {noun}", "description": f"The {noun} language, version 1."}
    return {"$schema": _DIALECT, **body, **said}


def _needed(body: Plain) -> set[str]:
    """The definitions that the schema refers to, directly or through others."""
    definitions = body["$defs"]
    needed: set[str] = set()
    unread = [{key: item for key, item in body.items() if key != "$defs"}]
    while unread:
        named = {name.removeprefix("#/$defs/") for name in _references(unread.pop())}
        unread += [definitions[name] for name in named - needed]
        needed |= named
    return needed


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [name for item in value.values() for name in _references(item)]


def _tidy(value: Any) -> Any:
    """The shared definitions by reference, and without what only pydantic needs."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "x-kind" in value:
        kept = {key: item for key, item in value.items() if key == "description"}
        return {"$ref": f"#/$defs/{value['x-kind']}", **kept}
    options = value.get("anyOf", [])
    if {"type": "null"} in options:
        # No key takes null: an optional key is left out.
        rest = {key: item for key, item in value.items() if key != "anyOf"}
        (option,) = (option for option in options if option != {"type": "null"})
        return _tidy({**option, **rest})
    kept = {key: _tidy(item) for key, item in value.items() if not (key == "title" and isinstance(item, str))}
    if isinstance(kept.get("additionalProperties"), dict):
        kept["propertyNames"] = {"$ref": "#/$defs/name"}
    return kept


def _names() -> Plain:
    name = {"type": "string", "pattern": f"^{NAME_PATTERN}$", "not": {"const": NOBODY}}
    return {
        "name": {"description": "A name.", **name},
        "compartment": {
            "description": "The name of a compartment.",
            "type": "string",
            "pattern": f"^{COMPARTMENT_PATTERN}$",
        },
        "actor-or-none": {
            "description": "The name of an actor, or none for nobody.",
            "type": "string",
            "pattern": f"^{NAME_PATTERN}$",
        },
    }


def _numbers() -> Plain:
    return {kind.name: _number(kind) for kind in KINDS.values()}


def _number(kind: Kind) -> Plain:
    """A number alone, or with its range and where it comes from."""
    alone = _alone(kind)
    text = {"type": "string", "pattern": "\\S"}
    stated = {
        "type": "object",
        "properties": {
            "value": {"description": "what is used unless uncertainty is sampled", **alone},
            "low": {"description": "the lowest it could be", **alone},
            "high": {"description": "the highest it could be", **alone},
            "mode": {"description": "its most likely value", **alone},
            "source": {"description": "a name under `references`", **text},
            "assumed": {"description": "why this value was assumed", **text},
        },
        "required": ["value"],
        "dependentRequired": {"low": ["high"], "high": ["low"], "mode": ["low"]},
        "additionalProperties": False,
    }
    return {"description": f"{kind.noun[0].upper()}{kind.noun[1:]}.", "anyOf": [alone, stated]}


def _alone(kind: Kind) -> Plain:
    if kind.unit is not PLAIN:
        # Only the form: whether the amount is in range is for `detente check`.
        units = "|".join(kind.unit.names)
        return {"type": "string", "pattern": f"^{NUMBER} ?({units})$"}
    least = "exclusiveMinimum" if kind.above_lowest else "minimum"
    return {
        "type": "integer" if kind.whole else "number",
        least: _bound(kind.lowest),
        "maximum": _bound(kind.highest),
    }


def _bound(number: float) -> float:
    """A bound as JSON has it: without a fraction where there is none."""
    return int(number) if number.is_integer() else number


def _forms() -> Plain:
    def only(*required: str, **members: str) -> Plain:
        properties = {key.replace("_", "-"): {"$ref": f"#/$defs/{kind}"} for key, kind in members.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        }

    return {
        "delay": {
            "description": "A delay: `1 s` or {fixed: 1 s}; {mean: 1 s}, exponential; "
            "or {median: 40 ms, spread: 1.0}, lognormal.",
            "anyOf": [
                {"$ref": "#/$defs/time"},
                only("fixed", fixed="time"),
                only("mean", mean="duration"),
                only("median", "spread", median="duration", spread="spread"),
            ],
        },
        "law": {
            "description": "The law of the number of actions.",
            "anyOf": [
                {"enum": ["poisson", "bernoulli", "fixed"]},
                only("negative-binomial", negative_binomial="positive"),
            ],
        },
        "target": {
            "description": "Where a response aims.",
            "anyOf": [
                {"enum": ["blamed", "own", "domain"]},
                {"type": "array", "items": {"$ref": "#/$defs/name"}, "minItems": 1, "uniqueItems": True},
            ],
        },
        "reviewers": {
            "description": "A number of people, or the word unlimited.",
            "anyOf": [{"$ref": "#/$defs/staff"}, {"const": "unlimited"}],
        },
        "reversible": {
            "description": "Whether an action can be undone, and how much of the harm with it.",
            "anyOf": [{"const": False}, only("recovers", recovers="probability")],
        },
    }
