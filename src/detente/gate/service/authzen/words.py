"""The words of AuthZEN: unknown members are ignored, as the standard asks.

openid.net/specs/authorization-api-1_0, and openid.github.io/authzen/authzen-access-request-approval-profile-1_0 (draft 1).
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from detente.gate.decision import Effect, Reason
from detente.gate.state import Status

__all__ = [
    "AccessRequest",
    "Approval",
    "Context",
    "Denial",
    "Doing",
    "Evaluated",
    "EvaluatedAll",
    "EvaluationRequest",
    "EvaluationsRequest",
    "Links",
    "Metadata",
    "Options",
    "PartialEvaluation",
    "Requestable",
    "Resource",
    "Result",
    "Subject",
    "Task",
    "TaskAnswer",
]

Text = Annotated[str, Meta(min_length=1, max_length=512)]


class Subject(Struct, frozen=True):
    """Who acts: `id` is a system of the charter."""

    type: Text
    id: Text
    properties: dict[str, Any] = {}


class Doing(Struct, frozen=True):
    """What is done: `name` is a kind of the catalogue."""

    name: Text
    properties: dict[str, Any] = {}


class Resource(Struct, frozen=True):
    """Upon what: `id`, or else `type`, is a system or an asset of the charter."""

    type: Text
    id: Text
    properties: dict[str, Any] = {}


class EvaluationRequest(Struct, frozen=True):
    """Whether a subject may do something."""

    subject: Subject
    action: Doing
    resource: Resource
    context: dict[str, Any] = {}


class Options(Struct, frozen=True):
    """How several are evaluated."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] = (
        "execute_all"
    )


class PartialEvaluation(Struct, frozen=True):
    """An evaluation of several: what it lacks is taken from the whole request."""

    subject: dict[str, Any] | UnsetType = UNSET
    action: dict[str, Any] | UnsetType = UNSET
    resource: dict[str, Any] | UnsetType = UNSET
    context: dict[str, Any] | UnsetType = UNSET


class EvaluationsRequest(Struct, frozen=True):
    """Whether several may be done. The four members are what each evaluation takes where it says nothing itself."""

    subject: dict[str, Any] | UnsetType = UNSET
    action: dict[str, Any] | UnsetType = UNSET
    resource: dict[str, Any] | UnsetType = UNSET
    context: dict[str, Any] | UnsetType = UNSET
    evaluations: Annotated[tuple[PartialEvaluation, ...], Meta(max_length=64)] = ()
    options: Options = Options()


class Requestable(Struct, frozen=True):
    """Where a denial may be brought before people, and until when."""

    expires_at: str
    endpoint: str | UnsetType = UNSET


class Approval(Struct, frozen=True, omit_defaults=True):
    """An approval, to be handed in unchanged when asking again."""

    id: str
    approved_until: str
    approved_at: str = ""


class Context(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands behind a decision."""

    effect: Effect | UnsetType = UNSET
    reason: str = ""
    """A code: `approval_required`, `rate_limited`, `policy_denied`, or one of the profile's."""
    reasons: tuple[Reason, ...] = ()
    evaluation_id: str = ""
    evaluated_at: str = ""
    action_id: str = ""
    """Under which asking again is asking about the same: hand it in as `context.action_id`."""
    policy: str = ""
    mode: str = ""
    phase: str = ""
    obligations: tuple[str, ...] = ()
    hold: str = ""
    retry_after: int | UnsetType = UNSET
    """Seconds."""
    next_action: Literal["request", "retry", "none"] | UnsetType = UNSET
    access_request: Requestable | UnsetType = UNSET
    approval: Approval | UnsetType = UNSET
    error: dict[str, Any] | UnsetType = UNSET


class Evaluated(Struct, frozen=True):
    """The answer to one evaluation."""

    decision: bool
    context: Context


class EvaluatedAll(Struct, frozen=True):
    """The answers to several, in order."""

    evaluations: tuple[Evaluated, ...]


class Metadata(Struct, frozen=True, omit_defaults=True):
    """What this decision point offers."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str
    access_request_endpoint: str = ""
    capabilities: tuple[str, ...] = ()


class Denial(Struct, frozen=True):
    """The denial that is brought before people."""

    evaluation_id: Text
    expires_at: Text


class AccessRequest(Struct, frozen=True):
    """That people decide what was denied."""

    subject: Subject
    resource: Resource
    action: Doing
    denial: Denial
    context: dict[str, Any] = {}


class Links(Struct, frozen=True):
    """Where else to go."""

    cancel: str


class Task(Struct, frozen=True, omit_defaults=True):
    """A handle on what people are deciding."""

    id: str
    status: Status
    status_endpoint: str
    expires_at: str
    links: Links | UnsetType = UNSET


class Result(Struct, frozen=True):
    """What an approval is good for: asking again."""

    mode: Literal["reevaluate"]
    approval: Approval


class TaskAnswer(Struct, frozen=True):
    """How a request stands."""

    task: Task
    result: Result | UnsetType = UNSET
