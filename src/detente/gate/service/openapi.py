"""The description of the service, OpenAPI 3.1: made from the table of operations and the types that are decoded and sent."""

import re
from typing import Any

from msgspec import json

from detente._version import __version__
from detente.gate.service.operations import OPERATIONS, Operation
from detente.gate.service.problems import TITLES, Problem

__all__ = ["description"]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = (400, 401, 403, 408, 413, 429, 431, 500, 503)
"""What may come of any request."""


def description(public_url: str = "") -> dict[str, Any]:
    """Return the OpenAPI document."""
    types: list[Any] = [Problem]
    for one in OPERATIONS:
        types += [kind for kind in (one.takes, *_given(one)) if kind is not None]
    schemas, components = json.schema_components(types, ref_template="#/components/schemas/{name}")
    known = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, known)
    paths["/openapi.json"] = {"get": _itself()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "detente gate",
            "version": __version__,
            "summary": "May this automated action go ahead now, and why?",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, known: dict[str, Any]) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", one.path)
    parameters = [_in_path(name) for name in names]
    parameters += [_in_query(name, what, required=name == "reason") for name, what in one.query]
    bodies = [known[str(kind)] for kind in _given(one)] or [{"type": "string"}]
    body = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
    described: dict[str, Any] = {
        "summary": one.summary,
        "description": f"Roles: {', '.join(one.roles)}.",
        "operationId": _id(one),
        "responses": {str(one.status): _response("as asked", one.media, body), **_problems(one)},
    }
    if one.path == "/access/v1/requests" and one.method == "POST":
        described["responses"]["201"] = _response("decided already", one.media, body)
    if parameters:
        described["parameters"] = parameters
    if one.takes is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": known[str(one.takes)]}},
        }
    return described


def _given(one: Operation) -> tuple[Any, ...]:
    if one.gives is None:
        return ()
    return one.gives if isinstance(one.gives, tuple) else (one.gives,)


def _id(one: Operation) -> str:
    words = re.findall(r"[a-z0-9]+", one.path)
    return "-".join([one.method.lower(), *(word for word in words if word != "v1")])


def _in_path(name: str) -> dict[str, Any]:
    pattern = r"^[A-Za-z0-9_~@:-]+(\.[A-Za-z0-9_~@:-]+)*$"
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, what: str, *, required: bool) -> dict[str, Any]:
    schemas: dict[str, dict[str, Any]] = {
        "wait": {"type": "number", "minimum": 0, "maximum": 60},
        "reason": {"type": "string", "minLength": 1, "maxLength": 2000},
        "after": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    }
    schema = schemas.get(name, {"type": "string", "minLength": 1})
    return {"name": name, "in": "query", "required": required, "description": what, "schema": schema}


def _response(what: str, media: str, schema: Any) -> dict[str, Any]:
    return {"description": what, "content": {media: {"schema": schema}}}


def _problems(one: Operation) -> dict[str, Any]:
    statuses = (
        {*_ALWAYS, 404, 405, 409, 410, 415} if one.takes or "{" in one.path or one.query else {*_ALWAYS, 405}
    )
    titles = dict(TITLES.values())
    return {
        str(status): _response(titles[status], "application/problem+json", _PROBLEM)
        for status in sorted(statuses)
    }


def _itself() -> dict[str, Any]:
    return {
        "summary": "This description",
        "operationId": "get-openapi",
        "responses": {
            "200": _response("as asked", "application/json", {"type": "object"}),
            **{
                str(status): _response("trouble", "application/problem+json", _PROBLEM)
                for status in (*_ALWAYS, 405)
            },
        },
    }
