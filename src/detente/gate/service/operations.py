"""All that can be asked of the service: the one table from which it is routed, guarded and described.

Least privilege, in one column. A system proposes, reports and asks as itself alone, and sees what is its own. Approvers decide
holds of their groups. Operators set modes, stop, move phases, take holds back. Auditors see everything and change nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Vote,
)
from detente.gate.service import actions, events, holds, looking, orders
from detente.gate.service.authzen import evaluation, metadata, requests
from detente.gate.service.authzen.words import (
    AccessRequest,
    Evaluated,
    EvaluatedAll,
    EvaluationRequest,
    EvaluationsRequest,
    Metadata,
    TaskAnswer,
)
from detente.gate.service.call import Call, Desk
from detente.gate.service.identities import ROLES, Role
from detente.gate.service.reply import Reply
from detente.gate.service.stream import Stream
from detente.gate.service.views import (
    ActionView,
    Changes,
    DecisionView,
    Holds,
    HoldStatus,
    HoldView,
    Modes,
    OwnHolds,
    Phases,
    PhaseView,
)

__all__ = ["OPERATIONS", "Operation"]

Handler = Callable[[Desk, Call], Awaitable[Reply | Stream]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that can be asked."""

    method: str
    path: str
    summary: str
    roles: tuple[Role, ...]
    handler: Handler
    takes: Any = None
    """The type of its body; None: it has none."""
    gives: Any = None
    """The type of its answer, or several; None: not JSON."""
    status: int = 200
    media: str = "application/json"
    query: tuple[tuple[str, str], ...] = ()
    """Parameters: (name, what it is)."""
    largest: int = 32 * 1024
    """Bytes of its body."""
    is_switched: bool = False
    """Of access requests: there only where these are switched on."""
    is_lenient: bool = False
    """As AuthZEN asks for: what is wrong with a body, its media type included, is 400."""


PEOPLE: tuple[Role, ...] = ("approver", "operator", "auditor")
_ID = ("id", "instead of the id in the path, where that has slashes in it")

_ACTIONS = (
    Operation(
        method="POST", path="/v1/actions", summary="Propose an action", roles=("system",),
        handler=actions.propose, takes=Action, gives=DecisionView,
    ),
    Operation(
        method="GET", path="/v1/actions", summary="An action and its latest answer", roles=ROLES,
        handler=actions.seen, gives=ActionView, query=(_ID,),
    ),
    Operation(
        method="GET", path="/v1/actions/{id}", summary="An action and its latest answer", roles=ROLES,
        handler=actions.seen, gives=ActionView,
    ),
    Operation(
        method="GET", path="/v1/explain", summary="An evaluation in full, as recorded", roles=ROLES,
        handler=actions.explain, gives=ActionView, query=(_ID,),
    ),
    Operation(
        method="GET", path="/v1/explain/{id}", summary="An evaluation in full, as recorded", roles=ROLES,
        handler=actions.explain, gives=ActionView,
    ),
    Operation(
        method="POST", path="/v1/incidents", summary="Report an incident", roles=("system", "operator"),
        handler=actions.report, takes=Incident, gives=Changes, status=202,
    ),
    Operation(
        method="POST", path="/v1/attributions", summary="Report a better attribution", roles=("operator",),
        handler=actions.attribute, takes=Attribution, gives=Changes, status=202,
    ),
    Operation(
        method="POST", path="/v1/outcomes", summary="Report what became of an action", roles=("system",),
        handler=actions.outcome, takes=Outcome, gives=Changes, status=202,
    ),
    Operation(
        method="POST", path="/v1/judgements", summary="Judge a proposal", roles=("approver",),
        handler=actions.judge, takes=Judgement, gives=PhaseView, status=202,
    ),
)  # fmt: skip

_HOLDS = (
    Operation(
        method="GET", path="/v1/holds", summary="Open holds", roles=ROLES, handler=holds.listed, gives=(Holds, OwnHolds)
    ),
    Operation(
        method="GET", path="/v1/holds/{id}", summary="A hold", roles=ROLES, handler=holds.seen,
        gives=(HoldView, HoldStatus), query=(("wait", "seconds to wait for people to decide"),),
    ),
    Operation(
        method="POST", path="/v1/holds/{id}/votes", summary="Vote on a hold", roles=("approver",),
        handler=holds.vote, takes=Vote, gives=HoldView,
    ),
    Operation(
        method="DELETE", path="/v1/holds/{id}", summary="Take a hold back", roles=("system", "operator"),
        handler=holds.cancel, gives=(HoldView, HoldStatus), query=(("reason", "why; 1 to 2,000 characters"),),
    ),
)  # fmt: skip

_ORDERS = (
    Operation(
        method="GET", path="/v1/mode", summary="Modes that stand", roles=ROLES, handler=orders.modes, gives=Modes
    ),
    Operation(
        method="POST", path="/v1/mode", summary="Set the mode of a scope", roles=("operator",),
        handler=orders.set_mode, takes=ModeOrder, gives=Modes,
    ),
    Operation(
        method="POST", path="/v1/kill", summary="Stop everything in a scope", roles=("operator",),
        handler=orders.kill, takes=KillOrder, gives=Modes,
    ),
    Operation(
        method="GET", path="/v1/phases", summary="What systems have shown", roles=ROLES, handler=orders.phases,
        gives=Phases,
    ),
    Operation(
        method="POST", path="/v1/phases", summary="Move a system to another phase", roles=("operator",),
        handler=orders.move, takes=PhaseOrder, gives=PhaseView,
    ),
)  # fmt: skip

_LOOKING = (
    Operation(
        method="GET", path="/v1/policy", summary="The policy in force", roles=PEOPLE, handler=looking.policy,
        gives=looking.PolicyView,
    ),
    Operation(
        method="GET", path="/v1/meter", summary="R as it is measured", roles=PEOPLE, handler=looking.meter,
        gives=looking.MeterView,
    ),
    Operation(
        method="GET", path="/v1/events", summary="Everything that happens, as it becomes durable",
        roles=("operator", "auditor"), handler=events.stream, media="text/event-stream",
        query=(("after", "the id of the last event seen, for clients that cannot send Last-Event-ID"),),
    ),
    Operation(
        method="GET", path="/metrics", summary="Metrics for Prometheus", roles=("operator", "auditor"),
        handler=looking.metrics, media="text/plain",
    ),
    Operation(
        method="GET", path="/healthz", summary="Whether decisions are made", roles=ROLES,
        handler=looking.health, gives=looking.Health,
    ),
)  # fmt: skip

_AUTHZEN = (
    Operation(
        method="POST", path="/access/v1/evaluation", summary="AuthZEN 1.0: one evaluation", roles=("system",),
        handler=evaluation.evaluate, takes=EvaluationRequest, gives=Evaluated, is_lenient=True,
    ),
    Operation(
        method="POST", path="/access/v1/evaluations", summary="AuthZEN 1.0: several evaluations",
        roles=("system",), handler=evaluation.evaluate_all, takes=EvaluationsRequest,
        gives=(EvaluatedAll, Evaluated), is_lenient=True, largest=256 * 1024,
    ),
    Operation(
        method="GET", path="/.well-known/authzen-configuration", summary="AuthZEN 1.0: metadata", roles=ROLES,
        handler=metadata.configuration, gives=Metadata,
    ),
    Operation(
        method="POST", path="/access/v1/requests", summary="AuthZEN Access Request, draft 1: submit",
        roles=("system",), handler=requests.submit, takes=AccessRequest, gives=TaskAnswer, status=202,
        is_lenient=True, is_switched=True,
    ),
    Operation(
        method="GET", path="/access/v1/requests/{id}", summary="AuthZEN Access Request, draft 1: status",
        roles=("system",), handler=requests.status, gives=TaskAnswer, is_switched=True,
    ),
    Operation(
        method="POST", path="/access/v1/requests/{id}/cancel",
        summary="AuthZEN Access Request, draft 1: take back", roles=("system",), handler=requests.cancel,
        gives=TaskAnswer, is_switched=True,
    ),
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (*_ACTIONS, *_HOLDS, *_ORDERS, *_LOOKING, *_AUTHZEN)
"""Everything but the description of it, which is made from this."""
