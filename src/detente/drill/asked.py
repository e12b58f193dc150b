"""The gate as a desk asks it: what it is told, what it answers, how a hold stands. Here in process, by the gate's pure functions."""

from typing import Protocol

import numpy as np

from detente.drill.chance import draw
from detente.drill.charter import officer_of
from detente.engine import _chance
from detente.gate import chance
from detente.gate.commands import Attribute, CastVote, Command, PassTime, Propose, Report
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.handle import handle
from detente.gate.holds import found
from detente.gate.policy import Policy
from detente.gate.request import Action, Attribution, Incident, Vote
from detente.gate.state import State, Status

__all__ = ["LOOKED", "SENSORS", "SHARED", "AskedGate", "InProcess"]

SENSORS, SHARED, LOOKED = "sensors", "consortium", "looked at it"
"""Who reports incidents where nobody in particular does, who knows the shared attributions, and the reason of every vote."""


class AskedGate(Protocol):
    """A gate that is asked. Times, `now`, are nanoseconds since the epoch."""

    def begins(self) -> None:
        """A crisis begins: the gate has seen nothing yet."""

    def reports(self, actor: str, incident: Incident, now: int) -> None:
        """Systems of an actor have sensed an incident."""

    def attributes(self, attribution: Attribution, now: int) -> None:
        """A shared attribution has arrived."""

    def decides(self, system: str, action: Action, nonce: int, now: int) -> Decision:
        """Return the answer to an action that a system proposes; its chances are drawn from the nonce, which is the key of its lineage."""

    def votes(self, hold: str, owner: str, now: int, *, approve: bool) -> bool:
        """Let the officer of an owner vote on a hold; tell whether it still waited for that."""

    def lapses(self, hold: str, now: int) -> None:
        """Nobody decides a hold in time."""

    def status(self, hold: str, owner: str) -> Status:
        """Return how a hold stands."""


class InProcess:
    """A gate without its network and its disk: one state after another."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def begins(self) -> None:
        self._state = State()

    def reports(self, actor: str, incident: Incident, now: int) -> None:
        self._tell(Report(SENSORS, actor, incident), now)

    def attributes(self, attribution: Attribution, now: int) -> None:
        self._tell(Attribute(SHARED, attribution), now)

    def decides(self, system: str, action: Action, nonce: int, now: int) -> Decision:
        if self._policy.modelled:
            return self._decides_as_modelled(system, action, nonce, now)
        handled = handle(self._state, Propose(system, action, nonce), self._policy, now)
        self._state = handled.state
        assert isinstance(handled.answer, Decision)  # INVARIANT: that is what a proposal is answered with
        return handled.answer

    def _decides_as_modelled(self, system: str, action: Action, nonce: int, now: int) -> Decision:
        self._tell(PassTime(), now)
        decision, self._state = decide(
            self._state, action, self._policy, now, system=system, chance=Lineage(nonce)
        )
        return decision

    def votes(self, hold: str, owner: str, now: int, *, approve: bool) -> bool:
        self._tell(PassTime(), now)
        there = found(self._state, hold)
        if there.status != "pending":  # it lapsed, or was withdrawn for another's sake
            return False
        self._tell(CastVote(officer_of(owner), hold, Vote(approve, LOOKED, there.digest)), now)
        return True

    def lapses(self, hold: str, now: int) -> None:
        self._tell(PassTime(), max(now, found(self._state, hold).deadline))

    def status(self, hold: str, owner: str) -> Status:  # noqa: ARG002 -- over a network it matters who asks
        return found(self._state, hold).status

    def _tell(self, command: Command, now: int) -> None:
        self._state = handle(self._state, command, self._policy, now).state


class Lineage:
    """The kernel's own draws for one action, under the names by which a gate asks for them."""

    nonce = 0

    def __init__(self, key: int) -> None:
        self._key = np.uint64(key)

    def uniform(self, purpose: bytes) -> float:
        """Return the draw for a purpose, uniform on [0, 1)."""
        return draw(self._key, _chance.ITSELF, _PURPOSES[purpose])


_PURPOSES = {
    chance.RESTRAIN: _chance.RESTRAIN,
    chance.AUTOMATED: _chance.AUTOMATED,
    chance.RED_LINE: _chance.RED_LINE,
    chance.CUT_OFF: _chance.CUT_OFF,
    chance.WITHHOLD: _chance.WITHHOLD,
}
