"""One proposed action, looked up: what every rule needs to know about it, found once.

Rules read a case and speak; nothing here decides.
"""

from typing import Any

from detente.gate.chance import Chance
from detente.gate.decision import ALLOW, Effect, Reason
from detente.gate.looked import Looked
from detente.gate.policy import Policy, Target
from detente.gate.request import Action
from detente.gate.state import Hold, Known, State
from detente.model.charter.vocabulary import ActionKind, SystemTerms

__all__ = ["Case"]


class Case:
    """What is being decided, and what has been said about it so far."""

    __slots__ = (
        "action",
        "against",
        "approval",
        "chance",
        "confidence",
        "is_reversible",
        "kind",
        "looked",
        "mode",
        "now",
        "owner",
        "phase",
        "policy",
        "reasons",
        "retry_at",
        "rung",
        "state",
        "system",
        "target",
        "terms",
        "triggers",
    )

    def __init__(
        self,
        state: State,
        action: Action,
        policy: Policy,
        now: int,
        chance: Chance,
        looked: Looked,
        approval: Hold | None,
    ) -> None:
        self.state, self.action, self.policy, self.now, self.chance = state, action, policy, now, chance
        self.looked = looked
        self.system: SystemTerms = looked.system
        self.owner = looked.system.owner
        self.target: Target = looked.target
        self.kind: ActionKind = looked.kind
        self.terms = looked.terms
        self.rung = looked.rung
        # The catalogue says what can be undone; the proposer may only take that back.
        self.is_reversible = looked.kind.reversible and action.reversible is not False
        premise = action.premise
        self.confidence = None if premise is None else premise.confidence
        answers = action.in_response_to
        self.triggers: tuple[Known | None, ...] = tuple(map(state.events.get, answers)) if answers else ()
        self.approval = approval
        self.reasons: list[Reason] = []
        self.against: list[Effect] = []
        """What those of them answer that have something against it."""
        self.retry_at: int | None = None
        self.mode = "normal"
        self.phase = ""

    def says(self, reason: Reason) -> None:
        """A rule says what it always says of this combination."""
        self.reasons.append(reason)
        if reason.effect != ALLOW:
            self.against.append(reason.effect)

    def passes(self, rule: str, facts: dict[str, Any]) -> None:
        """A rule has nothing against it."""
        self.reasons.append(Reason(rule, ALLOW, facts))

    def objects(self, rule: str, effect: Effect, facts: dict[str, Any], because: str, otherwise: str) -> None:
        """A rule has something against it."""
        self.reasons.append(Reason(rule, effect, facts, because, otherwise))
        self.against.append(effect)
