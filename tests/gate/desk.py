"""A gate in memory for tests: every command is checked against its entry on the way."""

from typing import Any

from detente.gate.commands import (
    Adopt,
    Attribute,
    Cancel,
    CastVote,
    Command,
    Judge,
    Move,
    PassTime,
    Propose,
    Report,
    ReportOutcome,
    SetModeTo,
    Stop,
)
from detente.gate.decision import Decision
from detente.gate.due import next_due
from detente.gate.entries import decode, encode
from detente.gate.fold import fold
from detente.gate.handle import handle
from detente.gate.policy import Policy
from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Premise,
    Vote,
)
from detente.gate.state import Hold, State
from tests.gate.build import seconds

__all__ = ["BLAME", "Desk"]

BLAME = Premise("borduria", 0.9)


class Desk:
    """A state, the policy in force and a clock in seconds since the start."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.state = State()
        self.time = 0.0
        self.entries: list[Any] = []
        self.adopt(policy)

    def do(self, command: Command) -> Any:
        """Handle a command, and see that its entry alone gives the same state."""
        policy = command.policy if isinstance(command, Adopt) else self.policy
        handled = handle(self.state, command, self.policy, seconds(self.time))
        if handled.entry is None:
            assert handled.state is self.state
        else:
            assert decode(encode(handled.entry)) == handled.entry
            assert fold(self.state, handled.entry, policy) == handled.state
            assert handled.state.now >= self.state.now
            assert handled.state.now == handled.entry.at
            self.entries.append(handled.entry)
        assert handled.state.due == next_due(handled.state)
        self.state, self.policy = handled.state, policy
        return handled.answer

    def adopt(self, policy: Policy, by: str = "olga") -> Any:
        return self.do(Adopt(by, policy, "0"))

    def ask(self, id_: str = "a1", kind: str = "wipe-host", **fields: Any) -> Decision:
        given: dict[str, Any] = {"target": "avalon-laptop", "premise": BLAME} | fields
        system = given.pop("system", "avalon-shield")
        nonce = given.pop("nonce", 0)
        answer = self.do(Propose(system, Action(id_, action=kind, **given), nonce))
        assert isinstance(answer, Decision)
        return answer

    def vote(
        self, by: str, hold: str, *, approve: bool = True, digest: str = "", reason: str = "seen"
    ) -> Hold:
        digest = digest or self.hold(hold).digest
        answer = self.do(CastVote(by, hold, Vote(approve, reason, digest)))
        assert isinstance(answer, Hold)
        return answer

    def hold(self, id_: str) -> Hold:
        hold = self.state.holds.get(id_) or self.state.closed.get(id_)
        assert hold is not None
        return hold

    def cancel(self, by: str, hold: str, reason: str = "not needed") -> Any:
        return self.do(Cancel(by, hold, reason))

    def pass_time(self, at: float) -> Any:
        self.time = at
        return self.do(PassTime())

    def judge(self, by: str, action: str, *, agrees: bool = True) -> Any:
        return self.do(Judge(by, Judgement(action, agrees, "seen")))

    def outcome(self, action: str, status: Any, by: str = "avalon-shield") -> Any:
        return self.do(ReportOutcome(by, Outcome(action, status)))

    def report(self, id_: str, rung: str, *caused_by: str, by: str = "avalon-shield", **fields: Any) -> Any:
        actor = self.policy.systems[by].owner if by in self.policy.systems else ""
        return self.do(Report(by, actor, Incident(id_, "avalon-laptop", rung, tuple(caused_by), **fields)))

    def attribute(self, incident: str, author: str | None) -> Any:
        return self.do(Attribute("consortium", Attribution(incident, author, 0.95)))

    def mode(self, mode: Any, by: str = "olga", scope: str = "overall") -> Any:
        return self.do(SetModeTo(by, ModeOrder(mode, "as agreed", scope)))

    def stop(self, by: str = "olga", scope: str = "overall") -> Any:
        return self.do(Stop(by, KillOrder("enough", scope)))

    def move(
        self, phase: Any, by: str = "olga", system: str = "avalon-shield", kind: str = "wipe-host"
    ) -> Any:
        return self.do(Move(by, PhaseOrder(system, kind, phase, "as agreed")))
