"""Why a guarded function did not run, or why nobody was told that it did."""

from datetime import UTC, datetime
from typing import Any

from detente.errors import ConflictError, GateError, RefusedError, UnknownError
from detente.gate.decision import ALLOW, Decision
from detente.gate.policy import NS
from detente.gate.request import Action, Outcome

__all__ = [
    "AlreadyAllowedError",
    "DeniedError",
    "HeldError",
    "NotAllowedError",
    "OutcomeUnreportedError",
    "ThrottledError",
    "already_allowed",
    "refusal",
]


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
    """It waits for people; asking again with the same id picks their decision up, and so does a call that may wait: `wait_s`."""


class AlreadyAllowedError(NotAllowedError):
    """It was allowed before, to another call, and may have been carried out: an allowance is for one time."""


class OutcomeUnreportedError(GateError):
    """It was allowed and ran, and the gate could not be told, or does not take what it was told: not to be done again for that."""

    def __init__(self, action: Action, outcome: Outcome, result: Any, why: GateError) -> None:
        self.action = action
        self.outcome = outcome
        """What was to be reported; where the gate was not there, give it to the transport's `report` once it is."""
        self.result = result
        """What the function returned; None in a `with` block."""
        ran = f"action {action.id} ({action.action} at {action.target}): it was allowed and ran ({outcome.status})"
        super().__init__(f"{ran}, and {_untold(action, why)}")


def _untold(action: Action, why: GateError) -> str:
    """Say why an outcome is not on record, and what to do: a gate that refuses it once refuses it always."""
    if isinstance(why, ConflictError | RefusedError | UnknownError):
        return (
            f"the gate refuses its outcome: {why}; do not do it again: what is on record stands, "
            f"and `detente gate explain {action.id}` shows it"
        )
    return f"its outcome could not be reported: {why}; do not do it again, report `outcome` once the gate is there"


_KINDS: dict[str, type[NotAllowedError]] = {
    "deny": DeniedError,
    "throttle": ThrottledError,
    "hold": HeldError,
}


def already_allowed(decision: Decision) -> AlreadyAllowedError:
    """Return what to raise for an allowance that was given before: a second call cannot be told from one tried again after a crash."""
    at = datetime.fromtimestamp(decision.at // NS, UTC).isoformat().replace("+00:00", "Z")
    return AlreadyAllowedError(
        decision,
        f"action {decision.action}: it was allowed before, at {at}, under this id, and may have been carried out: look whether it was; "
        "to do it once more, ask under another id, or pass `again=True` where doing it twice does no harm",
    )


def refusal(decision: Decision) -> NotAllowedError:
    """Return what to raise for an answer that is not `allow`."""
    assert decision.effect != ALLOW  # INVARIANT: whoever calls this has looked
    against = [reason.because for reason in decision.reasons if reason.effect == decision.effect]
    said = "; ".join(filter(None, against)) or "no reason is given"
    return _KINDS[decision.effect](decision, f"action {decision.action}: {decision.effect}: {said}")
