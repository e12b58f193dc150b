"""AuthZEN 1.0: what this decision point offers, and where."""

from detente.gate.service.authzen.words import Metadata
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.reply import Reply

__all__ = ["configuration"]


async def configuration(desk: Desk, _: Call) -> Reply:
    """Return the metadata, in full addresses as `public_url` has them: never as a request's Host would."""
    base, requests = desk.settings.public_url, desk.settings.access_requests
    return answer(
        Metadata(
            policy_decision_point=base,
            access_evaluation_endpoint=f"{base}/access/v1/evaluation",
            access_evaluations_endpoint=f"{base}/access/v1/evaluations",
            access_request_endpoint=f"{base}/access/v1/requests" if requests else "",
            capabilities=("urn:openid:authzen:capability:access-request",) if requests else (),
        )
    )
