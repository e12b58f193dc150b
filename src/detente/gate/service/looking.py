"""What can be looked at besides: health, metrics, the meter, the policy, and the description of all this."""

from typing import Any

from msgspec import Struct, json

from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.metrics import MEDIA, exposition
from detente.gate.service.problems import Trouble
from detente.gate.service.reply import Reply

__all__ = ["Health", "PolicyView", "health", "metrics", "policy"]


class Health(Struct, frozen=True):
    """Whether decisions can be made."""

    status: str
    """`ok`: decisions are made and recorded. Anything else comes with 503."""


class PolicyView(Struct, frozen=True):
    """What the gate decides by: both documents in their resolved form."""

    digest: str
    charter: dict[str, Any]
    portfolio: dict[str, Any]


async def health(desk: Desk, _: Call) -> Reply:
    """Say whether decisions can be made and recorded."""
    if desk.gate.trouble:
        raise Trouble("unavailable", "nothing can be recorded, so nothing is decided")
    return answer(Health("ok"))


async def metrics(desk: Desk, _: Call) -> Reply:
    """Return counts and gauges, as Prometheus reads them."""
    return Reply(200, exposition(desk.metrics, desk.gate, desk.streams), MEDIA)


async def policy(desk: Desk, _: Call) -> Reply:
    """Return the charter and the portfolio that are in force."""
    key = f"policy {desk.gate.policy.digest}"
    if key not in desk.documents:
        desk.documents[key] = json.encode(_policy(desk), enc_hook=_plain)
    return Reply(200, desk.documents[key])


def _policy(desk: Desk) -> PolicyView:
    policy = desk.gate.policy
    return PolicyView(policy.digest, dict(policy.charter.document), dict(policy.portfolio.document))


def _plain(value: object) -> object:
    return dict(value) if hasattr(value, "keys") else str(value)  # type: ignore[call-overload]
