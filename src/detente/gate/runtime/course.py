"""The course of a gate: one state, one command after another, and no answer before its record.

What was handled last, durable or not, is what the next command meets, so that a switch that was thrown counts for the very next decision. What is
durable is what everybody else sees. Answers leave in order, each when it and all it stands on is recorded.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from detente.errors import DetenteError, GateError
from detente.gate.commands import Adopt, Command, Propose, Stop
from detente.gate.decision import Decision
from detente.gate.entries import Adopted, Decided, Entry, encode
from detente.gate.handle import Answer, Handled, handle
from detente.gate.policy import Policy
from detente.gate.reasons import require_reason
from detente.gate.runtime.committer import Committer, Taken, not_recorded
from detente.gate.runtime.gathering import Gathering
from detente.gate.runtime.index import Index
from detente.gate.runtime.keeper import Mark
from detente.gate.runtime.nonces import Nonces
from detente.gate.runtime.parts import joined, split
from detente.gate.runtime.past import Past
from detente.gate.runtime.pending import Pending, Waiter
from detente.gate.runtime.record import Record
from detente.gate.runtime.restore import Restored
from detente.gate.runtime.unrecorded import UnrecordedStops
from detente.gate.state import State

__all__ = ["Course", "Follower"]

Follower: TypeAlias = Callable[[Sequence[tuple[int, Entry]]], None]
"""Gets every entry that has become durable, with its index in the record, a group at a time and in order. It is called by the thread
that records, so it is to be quick, and never to ask the gate anything."""


class Course:
    """Takes commands from any number of threads and event loops.

    Parameters
    ----------
    policy, state
        Where it begins.
    record
        Where entries go.
    past
        What was recorded, by id.
    clock
        Gives nanoseconds since the epoch.
    draw
        From which new actions get their nonces.
    """

    def __init__(
        self,
        policy: Policy,
        state: State,
        record: Record,
        past: Past,
        clock: Callable[[], int],
        draw: Nonces,
    ) -> None:
        self._record, self._past, self._clock, self._draw = record, past, clock, draw
        self._known, self._root = record.size, record.root
        self.adopted = -1
        """Where in the record the policy was adopted; -1 where it was not."""
        self._lock = threading.Lock()
        self.state = self.head = state
        """What is durable; what was handled last."""
        self.policy = self._head_policy = policy
        """In force as of the last durable entry; as of the last command."""
        self.veto: Callable[[Command], None] = lambda _: None
        """Raises a GateError where something outside the state stands against a command that is no proposal."""
        self._refusing: BaseException | None = None
        self._stops = UnrecordedStops()
        self._followers: list[Follower] = []
        self._closed = False
        self._committer = Committer(record, self._lock, self._done, self._refuse, self._recover)
        self._gathering = Gathering(self._committer, self._lock)

    def close(self) -> bool:
        """Record what is under way, then take nothing more; return whether that had not been done before."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
        self._committer.close()
        return True

    # --- asking ---------------------------------------------------------------------------------

    def submit(self, command: Command) -> Pending:
        """Handle a command now; its answer comes when it is durable. Raises GateError as `Gate.submit`."""
        pending = Pending()
        with self._lock:
            answer = self._take(command, pending)
            if answer is None:
                self._committer.wake()
        if answer is not None:
            pending.settle(answer, None)
        return pending

    async def asked(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable, without blocking the loop. Raises GateError as `ask`."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer] = loop.create_future()
        with self._lock:
            answer = self._take(command, waiter)
        if answer is not None:
            return answer
        self._gathering.begin(loop)
        return await waiter

    # --- looking --------------------------------------------------------------------------------

    @property
    def standing(self) -> State:
        """What is remembered and durable, and over it the stops that stand and could not be recorded yet."""
        if not self._stops:
            return self.state
        with self._lock:
            return self._stops.over(self.state, self.policy, self.now())

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded just now, and what stands although it could not be; empty where all is well."""
        with self._lock:
            why = "" if self._refusing is None else str(self._refusing)
            return f"{why}; {self._stops}, and not recorded" if why and self._stops else why

    def now(self) -> int:
        """Return the time by its clock, in nanoseconds since the epoch."""
        return max(self._clock(), self.head.now)

    @property
    def behind(self) -> int:
        """Nanoseconds by which its clock is behind the last entry: time does not go back, and stands still meanwhile."""
        return max(0, self.head.now - self._clock())

    def mark(self, index: Index | None = None) -> Mark:
        """Return how far things are durable; what was noted in the index up to there is set aside to be written."""
        with self._lock:
            if index is not None:
                index.cut(self._known, self._root)
            return Mark(self.state, self.policy, self._known, self._root, self.adopted)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Tell `follower` all that becomes durable from now on; return what ends that."""
        with self._lock:
            self._followers = [*self._followers, follower]

        def leave() -> None:
            with self._lock:
                self._followers = [one for one in self._followers if one is not follower]

        return leave

    # --- one command ----------------------------------------------------------------------------

    def _take(self, command: Command, waiter: Waiter) -> Answer | None:
        """Handle a command under the lock; return its answer where that needs no record, None where it is queued."""
        if self._closed:
            raise GateError("this gate is closed")
        if not isinstance(command, Propose):
            require_reason(command)
            self.veto(command)
        if self._refusing is not None:
            return self._refused(command, self._refusing)
        if isinstance(command, Propose):
            command, recalled = self._recalled(command)
            if recalled is not None:
                return self._given(command, recalled, waiter)
        handled = _handled(self.head, command, self._head_policy, self._clock())
        entry, answer = handled.entry, handled.answer
        if entry is None:
            if isinstance(answer, Decision):
                answer = self._past.in_full(answer)
            return self._given(command, answer, waiter)
        bodies = split(encode(entry))
        self.head = handled.state
        if type(command) is Adopt:
            self._head_policy = command.policy
        if isinstance(entry, Decided):
            self._past.remember(entry.decision)
        weight = sum(map(len, bodies))
        self._committer.put(
            Taken(command, entry, bodies, weight, answer, self.head, self._head_policy, waiter)
        )
        return None

    def _refused(self, command: Command, why: BaseException) -> Answer:
        """Say that nothing can be recorded; a stop stands all the same."""
        if isinstance(command, Stop):
            handled = _handled(self.state, command, self.policy, self._clock())
            if handled.entry is None:
                return handled.answer  # halted already, and recorded
            self._stops.keep(command)
        raise not_recorded(why, command)

    def _given(self, command: Command, answer: Answer, waiter: Waiter) -> Answer | None:
        """Give an answer that changes nothing: at once, unless what it stands on is still being recorded."""
        if self._committer.is_idle:
            return answer
        self._committer.put(Taken(command, None, (), 0, answer, self.head, self._head_policy, waiter))
        return None

    def _recalled(self, asked: Propose) -> tuple[Propose, Decision | None]:
        """Return the proposal with a nonce, and the answer where it was given so long ago that the state has forgotten it."""
        # Neither a nonce nor what stands is for whoever asks to say.
        state, action, answer = self.head, asked.action, None
        asked = Propose(asked.system, action)
        if state.answered.first_lost_at is not None and state.answered.get(action.id) is None:
            before = self._past.of_action(action.id)
            if before is not None:
                asked, answer = self._past.again(asked, before.decision)
        nonce = asked.nonce or self._draw.nonce()
        return Propose(asked.system, action, nonce, asked.stands), answer

    # --- what the committer says ----------------------------------------------------------------

    def _done(self, group: Sequence[Taken], places: Sequence[int]) -> None:
        """A group is durable: it may be seen. The lock is held."""
        told = [
            (place, taken.entry)
            for taken, place in zip(group, places, strict=True)
            if taken.entry is not None
        ]
        self._see(told, group[-1].state, group[-1].policy)

    def _see(self, told: Sequence[tuple[int, Entry]], state: State, policy: Policy) -> None:
        """Show what has become durable, and tell whoever follows. The lock is held."""
        self.state, self.policy = state, policy
        self._known, self._root = self._record.size, self._record.root
        for place, entry in told:
            if isinstance(entry, Decided):
                self._past.note(entry.decision, place)
            elif isinstance(entry, Adopted):
                self.adopted = place
        if told:
            for follower in self._followers:
                follower(told)

    def _refuse(self, lost: Sequence[Taken], error: BaseException) -> None:
        """A group was not recorded: it never happened, and until the record is known again nothing does. The lock is held."""
        self._refusing = error
        self.head, self._head_policy = self.state, self.policy
        self._past.forget()
        for taken in lost:
            if isinstance(taken.command, Stop):
                self._stops.keep(taken.command)

    def _recover(self) -> None:
        """Fold what the record holds beyond what was acknowledged, then see that stops which were not recorded are.

        Raises DetenteError while that cannot be done.
        """
        try:
            self._record.recover()
            self._fold_on()
            while (order := self._back_or_stop()) is not None:
                self._stop_again(order)
        except DetenteError as error:
            self._refusing = error
            raise

    def _back_or_stop(self) -> Stop | None:
        """Return a stop that is to be recorded first; where there is none, listen again to whoever asks."""
        with self._lock:
            order = self._stops.first()
            if order is None:
                self.head, self._head_policy = self.state, self.policy
                self._refusing = None
            return order

    def _fold_on(self) -> None:
        """Some of what was not acknowledged may be recorded all the same."""
        restored = Restored(self.state, self.policy)
        told = list(joined(self._record.bodies(self._known, self._record.size)))
        for place, entry in told:
            restored = restored.after(place, entry)
        with self._lock:
            self._see(told, restored.state, restored.policy or self.policy)

    def _stop_again(self, order: Stop) -> None:
        handled = _handled(self.state, order, self.policy, self._clock())
        place = -1 if handled.entry is None else self._record.append([encode(handled.entry)])
        with self._lock:
            if handled.entry is not None:
                self._see([(place, handled.entry)], handled.state, self.policy)
            self._stops.drop(order)


def _handled(state: State, command: Command, policy: Policy, now: int) -> Handled:
    """Handle a command; a rule that errs lets nothing pass."""
    try:
        return handle(state, command, policy, now)
    except DetenteError:
        raise
    except Exception as error:
        raise GateError(f"the gate erred, and nothing goes ahead: {type(error).__name__}: {error}") from error
