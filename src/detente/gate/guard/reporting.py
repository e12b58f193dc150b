"""Telling the gate what became of an action."""

from contextlib import suppress

from detente.errors import GateError
from detente.gate.guard.permit import Permit
from detente.gate.guard.refusals import OutcomeUnreportedError
from detente.gate.guard.transport import Transport
from detente.gate.request import Action, Outcome

__all__ = ["give_back", "report", "report_failed"]


def report(transport: Transport, permit: Permit) -> None:
    """Tell what became of an action. Raises OutcomeUnreportedError."""
    outcome = Outcome(permit.action.id, permit.status, permit.note)
    try:
        transport.report(outcome)
    except GateError as error:
        raise OutcomeUnreportedError(permit.action, outcome, permit.result, error) from error


def report_failed(transport: Transport, permit: Permit, why: BaseException) -> None:
    """Tell that something was raised; whoever called is to get that error, whether the gate is there to hear of it or not."""
    # The name of the error alone: its text may hold what belongs in no record.
    permit.failed(type(why).__name__)
    try:
        report(transport, permit)
    except OutcomeUnreportedError as error:
        why.add_note(str(error))


def give_back(transport: Transport, action: Action) -> None:
    """Tell that nothing was done with an allowance. Nobody waits to hear whether that could be told."""
    with suppress(GateError):
        transport.report(Outcome(action.id, "failed", "cancelled before it began"))
