"""What was decided before, in full: from the few latest in memory, else from the record."""

from collections import OrderedDict

from msgspec.structs import replace

from detente.errors import LedgerError, UnavailableError, UnknownError
from detente.gate.commands import Propose, Stands
from detente.gate.decision import ALLOW, DENY, Decision
from detente.gate.entries import Decided
from detente.gate.request import action_digest
from detente.gate.rule_names import REPEAT
from detente.gate.runtime.ids import Ids
from detente.gate.runtime.parts import joined
from detente.gate.runtime.record import Record

__all__ = ["Past"]

_LATEST = 4096
"""Decisions that are kept in full: whoever asks again mostly asks soon."""


class Past:
    """Decisions of a record, found by their ids. The caller sees to it that one thread at a time writes here."""

    def __init__(self, record: Record, ids: Ids) -> None:
        self._record, self.ids = record, ids
        self._latest: OrderedDict[str, Decision] = OrderedDict()

    def remember(self, decision: Decision) -> None:
        """Keep a decision, durable or not yet, for whoever asks again soon."""
        latest = self._latest
        latest[decision.action] = decision
        latest.move_to_end(decision.action)
        if len(latest) > _LATEST:
            latest.popitem(last=False)

    def forget(self) -> None:
        """Forget what was remembered: some of it never happened."""
        self._latest.clear()

    def note(self, decision: Decision, place: int) -> None:
        """Take down where a decision that is durable stands in the record."""
        self.ids.note(decision, place)

    def in_full(self, decision: Decision) -> Decision:
        """Return a repeated answer as it was first given, with all its reasons.

        Where it cannot be read just now the short one has to do: it says the same.
        """
        if not decision.repeated or not decision.reasons or decision.reasons[0].rule != REPEAT:
            return decision
        first = self._latest.get(decision.action)
        if first is None or first.evaluation != decision.evaluation:
            try:
                found = self.of_action(decision.action)
            except UnavailableError:
                return decision
            first = None if found is None else found.decision
        if first is None or first.evaluation != decision.evaluation:
            return decision
        return replace(first, repeated=True)

    def of_action(self, action: str) -> Decided | None:
        """Return the last recorded decision on an action; None where there is none.

        Raises
        ------
        UnavailableError
            It cannot be looked up just now; so whether there is one is not known.
        """
        for place in self.ids.of_action(action):
            entry = self._at(place, place + 1, action=action)
            if entry is not None:
                return entry
        return None

    def explain(self, name: str, last: int) -> Decided:
        """Return the evaluation of that id, or else the last decision on an action of that id.

        The evaluation comes first: it is the gate that gives its id, and whoever proposes could hide it under an action's.

        Parameters
        ----------
        last
            The number of the last evaluation.

        Raises
        ------
        UnknownError
            There is none.
        UnavailableError
            It cannot be looked up just now.
        """
        number = _number_of(name, last)
        found = None if number is None else self._at(*self.ids.of_evaluation(number), evaluation=name)
        found = found or self.of_action(name)
        if found is None:
            raise UnknownError(f"{name}: found no decision, expected the id of an action or of an evaluation")
        return found

    def again(self, asked: Propose, before: Decision) -> tuple[Propose, Decision | None]:
        """Return what becomes of an action that was answered as `before`, which the state has forgotten: the proposal, and its answer.

        A final answer stays. What waited, or was to ask again, is decided anew, and by the same chances; None. So is another action
        under that id, which is told what stands.
        """
        if before.digest != action_digest(asked.system, asked.action):
            return replace(asked, stands=Stands(before.evaluation, before.digest, before.system)), None
        answer = replace(before, repeated=True) if before.effect in {ALLOW, DENY} else None
        return replace(asked, nonce=before.nonce), answer

    def _at(self, start: int, end: int, *, action: str = "", evaluation: str = "") -> Decided | None:
        """Return the decision on an action, or with an evaluation, that stands within [start, end) of the record."""
        try:
            for _, entry in joined(self._record.bodies(start, end)):
                if isinstance(entry, Decided) and (
                    entry.decision.action == action or entry.decision.evaluation == evaluation
                ):
                    return entry
        except LedgerError as error:
            raise UnavailableError("what was answered before cannot be looked up", str(error)) from error
        return None


def _number_of(name: str, last: int) -> int | None:
    """Return the number of the evaluation that has such an id; None where there is none up to the last one."""
    digits = name[1:]
    if name[:1] != "e" or not digits.isascii() or not digits.isdecimal() or len(digits) > len(str(last)):
        return None
    number = int(digits)
    return number if name == f"e{number}" and 0 < number <= last else None
