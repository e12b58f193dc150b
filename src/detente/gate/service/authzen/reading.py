"""What an evaluation asks of the gate: one action, proposed by the subject.

    subject.id            the system; its properties -> arguments["subject"]
    action.name           the kind; its properties -> arguments
    resource.id           the target, where the charter has it; its properties -> arguments
    resource.type         the target, where the charter has that and not the id: what comes and goes is described as a
                          class, and the id becomes the argument `resource_id`
    context.action_id     the id of the action: asked again under it, the answer is the same; by default a new one
    context.premise, .in_response_to, .reversible, .requested_at, .arguments
                          as in the native API
    context.approval      of the access request profile: asks again what people have approved

Any other member of `context` is left alone: a time or an address in it does not make it another action.
"""

import re
import secrets
from typing import Any

from msgspec import ValidationError, convert

from detente.gate.expected import in_words
from detente.gate.policy import Policy
from detente.gate.request import Action
from detente.gate.service.authzen.words import EvaluationRequest
from detente.gate.service.problems import Trouble

__all__ = ["action_of"]

_TAKEN = ("premise", "in_response_to", "reversible", "requested_at")
_PLACE = re.compile(r" - at `\$\.(?P<name>\w+)(?P<rest>[^`]*)`")


def action_of(request: EvaluationRequest, policy: Policy, action_id: str | None = None) -> Action:
    """Return the action that an evaluation asks about. Raises Trouble where its members do not fit together."""
    target, arguments = _target(request, policy)
    given: dict[str, Any] = {
        "id": action_id or request.context.get("action_id") or f"authzen-{secrets.token_hex(16)}",
        "target": target,
        "action": request.action.name,
        "arguments": arguments,
    }
    given |= {name: request.context[name] for name in _TAKEN if name in request.context}
    try:
        return convert(given, Action)
    except ValidationError as error:
        resource = "resource.id" if target == request.resource.id else "resource.type"
        raise Trouble("malformed-request", _where_sent(in_words(Action, str(error)), resource)) from None


def _where_sent(said: str, resource: str) -> str:
    """Return what is wrong with an action, with the member of the evaluation from which that part of it was taken."""
    place = _PLACE.search(said)
    if place is None:
        return said
    members = {"id": "context.action_id", "target": resource, "action": "action.name"}
    name = place["name"]
    return f"{members.get(name, f'context.{name}')}{place['rest']}: {_PLACE.sub('', said, count=1)}"


def _target(request: EvaluationRequest, policy: Policy) -> tuple[str, dict[str, Any]]:
    resource, context = request.resource, request.context
    arguments: dict[str, Any] = {}
    _put(arguments, request.action.properties, "action.properties")
    _put(arguments, resource.properties, "resource.properties")
    more = context.get("arguments", {})
    if not isinstance(more, dict):
        raise Trouble("malformed-request", "context.arguments: expected an object")
    _put(arguments, more, "context.arguments")
    if request.subject.properties:
        _put(arguments, {"subject": request.subject.properties}, "subject.properties")
    if resource.id in policy.targets or resource.type not in policy.targets:
        return resource.id, arguments
    _put(arguments, {"resource_id": resource.id}, "resource.id")
    return resource.type, arguments


def _put(arguments: dict[str, Any], more: dict[str, Any], where: str) -> None:
    for name, value in more.items():
        # Which of two values is meant is not for us to guess.
        if name in arguments and arguments[name] != value:
            raise Trouble("malformed-request", f"{where}: found {name[:80]!r} twice, with different values")
        arguments[name] = value
