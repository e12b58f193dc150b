"""Why a guarded function did not run."""

from detente.errors import GateError
from detente.gate.decision import ALLOW, Decision

__all__ = ["DeniedError", "HeldError", "NotAllowedError", "ThrottledError", "refusal"]


class NotAllowedError(GateError):
    """The gate did not allow it; `decision` says all that was said."""

    def __init__(self, decision: Decision, message: str) -> None:
        self.decision = decision
        super().__init__(message)


class DeniedError(NotAllowedError):
    """It is denied, and stays so."""


class ThrottledError(NotAllowedError):
    """It comes too soon; `decision.retry_at` says when asking again makes sense."""


class HeldError(NotAllowedError):
    """It waits for people; asking again with the same id, or `Guard.wait`, picks their decision up."""


_KINDS: dict[str, type[NotAllowedError]] = {
    "deny": DeniedError,
    "throttle": ThrottledError,
    "hold": HeldError,
}


def refusal(decision: Decision) -> NotAllowedError:
    """Return what to raise for an answer that is not `allow`."""
    assert decision.effect != ALLOW  # INVARIANT: whoever calls this has looked
    against = [reason.because for reason in decision.reasons if reason.effect == decision.effect]
    said = "; ".join(filter(None, against)) or "no reason is given"
    return _KINDS[decision.effect](decision, f"action {decision.action}: {decision.effect}: {said}")
