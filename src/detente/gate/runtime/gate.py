"""The gate itself: one state, one command after another, and no answer before its record.

Reads see what is durable. Commands see what was handled last, durable or not, so that a switch that was thrown counts for the very
next decision; their answers leave in order, each when it and all it stands on is recorded.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self, TypeAlias, TypeVar, cast

from msgspec import DecodeError, EncodeError, Struct, ValidationError, json

from detente._version import __version__
from detente.errors import DetenteError, GateError, UnknownError
from detente.gate.commands import (
    Adopt,
    Attribute,
    Cancel,
    CastVote,
    Command,
    Judge,
    Move,
    Propose,
    RecordKillTest,
    Report,
    ReportOutcome,
    SetModeTo,
    Stop,
)
from detente.gate.decision import Decision
from detente.gate.entries import Adopted, Changed, Decided, Entry, encode
from detente.gate.expected import in_words
from detente.gate.folder import policy_in
from detente.gate.handle import Answer, Handled, handle
from detente.gate.kill import self_test
from detente.gate.policy import Policy
from detente.gate.reasons import require_reason
from detente.gate.request import (
    Action,
    Attribution,
    Incident,
    Judgement,
    KillOrder,
    ModeOrder,
    Outcome,
    PhaseOrder,
    Vote,
)
from detente.gate.runtime.committer import Committer, Taken, not_recorded
from detente.gate.runtime.ids import Ids, MemoryIds
from detente.gate.runtime.index import Index
from detente.gate.runtime.keeper import Keeper, Mark, test_is_due
from detente.gate.runtime.nonces import Nonces
from detente.gate.runtime.opening import KILL, Opened, opened
from detente.gate.runtime.parts import joined, split
from detente.gate.runtime.past import Past
from detente.gate.runtime.pending import Pending, Waiter
from detente.gate.runtime.record import MemoryRecord, Record
from detente.gate.runtime.restore import Restored
from detente.gate.runtime.unrecorded import UnrecordedStops
from detente.gate.runtime.watch import Watch, order_in
from detente.gate.state import Hold, State
from detente.gate.state import Record as PhaseRecord
from detente.ledger.store.disk import Disk
from detente.ledger.store.ledger import Cosign

__all__ = ["Follower", "Gate"]

Follower: TypeAlias = Callable[[Sequence[tuple[int, Entry]]], None]
"""Gets every entry that has become durable, with its index in the record, a group at a time and in order. It is called by the thread
that records, so it is to be quick, and never to ask the gate anything."""


_GATHERS_S = 0.002
"""Seconds that commands gather for one group at most. To write a group costs as much as to answer five requests, whatever is in it."""
_EMPTY_TURNS = 3
"""Turns of an event loop that bring nothing more: from an answer to the same client's next request in the queue it takes so many."""


class Gate:
    """A gate that decides. Any number of threads and event loops may ask it at once.

    Parameters
    ----------
    policy
        What it decides by.
    record
        Where its entries go; by default memory, for trying things out.
    state
        What it remembers: the fold of what is in the record.
    ids
        Where answers stand in the record.
    clock
        Gives nanoseconds since the epoch.
    nonces
        From which new actions get theirs; by default the system's. Whoever knows one before it is drawn can choose its chances.
    """

    def __init__(
        self,
        policy: Policy,
        record: Record | None = None,
        *,
        state: State | None = None,
        ids: Ids | None = None,
        clock: Callable[[], int] = time.time_ns,
        nonces: Nonces | None = None,
    ) -> None:
        self._clock = clock
        self._record = record or MemoryRecord()
        self._known = self._record.size
        self._past = Past(self._record, ids or MemoryIds())
        self._lock = threading.Lock()
        self._state = self._head = state or State(policy=policy.digest)
        self._policy = self._head_policy = policy
        self._adopted = -1
        self._root = self._record.root
        self._draw = nonces or Nonces()
        self._refusing: BaseException | None = None
        self._stops = UnrecordedStops()
        self._followers: list[Follower] = []
        self._waking: set[asyncio.AbstractEventLoop] = set()
        self._closed = False
        self._ends: list[Callable[[], None]] = []
        """What is to be ended with it, the last first."""
        self._committer = Committer(self._record, self._lock, self._done, self._refuse, self._recover)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        policy: Policy | None = None,
        clock: Callable[[], int] = time.time_ns,
        disk: Disk | None = None,
        cosign: Cosign | None = None,
        publish_every: float | None = 1.0,
        snapshot_every: int = 100_000,
    ) -> Self:
        """Open the gate of a folder that holds a charter and a portfolio, with all that it remembers.

        A policy that is not the one in force is adopted; the switch is tested where that is due; and where there is a file
        named KILL, everything is stopped before anything is decided.

        Parameters
        ----------
        policy
            What it decides by, where it is not to be read from the folder.
        clock
            Gives nanoseconds since the epoch.
        disk, cosign, publish_every
            As of the ledger.
        snapshot_every
            Entries after which the state is kept, to begin with at the next opening.

        Raises
        ------
        GateError
            It is no folder of a gate, another process serves it, or its ledger is not the one it had.
        CharterError, PortfolioError, PolicyError
            A document cannot be used.
        LedgerError
            The ledger is damaged, or the disk does not take it.
        """
        folder = Path(folder)
        policy = policy or policy_in(folder)
        there = opened(
            folder, policy.charter.name, clock=clock, disk=disk, cosign=cosign, publish_every=publish_every
        )
        restored = there.restored
        gate = cls(
            restored.policy or policy, there.record, state=restored.state, ids=there.index, clock=clock
        )
        gate._adopted = restored.adopted
        gate._serve(there, policy, snapshot_every)
        return gate

    def _serve(self, there: Opened, policy: Policy, snapshot_every: int) -> None:
        """Do first what comes before any decision, then see to all that nobody asks for."""
        file = there.folder / KILL
        self._ends.append(there.lock.release)
        try:
            self.ask(Adopt("gate", policy, __version__))
            mark = self.mark()
            if test_is_due(mark, self.now()):
                self.ask(RecordKillTest(*self_test(mark.state, mark.policy)))
            order = order_in(file, self._head)
            if order is not None:
                self.ask(order)
        except BaseException:
            self.close()
            there.index.close()
            raise
        self._ends.append(Keeper(self, there.index, self.size, snapshot_every=snapshot_every).close)
        self._ends.append(Watch(file, lambda: self._head, self.submit, self.now).close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Record what is under way, then end. Closing twice does nothing more."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._committer.close()
        try:
            self._record.close()
        finally:
            for end in reversed(self._ends):
                end()

    # --- asking ---------------------------------------------------------------------------------

    def submit(self, command: Command) -> Pending:
        """Handle a command now; its answer comes when it is durable.

        Raises
        ------
        UnknownError, RefusedError, ConflictError
            It makes no sense to this gate, or whoever asks may not; nothing has changed.
        UnavailableError
            Nothing can be recorded just now, so nothing is decided.
        GateError
            It is too large to be recorded, or the gate is closed.
        """
        pending = Pending()
        with self._lock:
            answer = self._take(command, pending)
            if answer is None:
                self._committer.wake()
        if answer is not None:
            pending.settle(answer, None)
        return pending

    def ask(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable. Raises GateError as `submit`, and when it is not recorded."""
        return self.submit(command).result()

    async def asked(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable, without blocking the loop. Raises GateError as `ask`."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer] = loop.create_future()
        with self._lock:
            answer = self._take(command, waiter)
        if answer is not None:
            return answer
        if loop not in self._waking:
            self._waking.add(loop)
            loop.call_soon(self._gather, loop, 0, 0, loop.time() + _GATHERS_S)
        return await waiter

    def propose(self, system: str, action: Action) -> Decision:
        """Return the answer to an action that `system` proposes. Raises GateError as `ask`."""
        return cast("Decision", self.ask(Propose(system, checked(action))))

    def report(self, by: str, incident: Incident) -> tuple[Changed, ...]:
        """Take in an incident; return what it brought about. Raises GateError as `ask`."""
        return cast("tuple[Changed, ...]", self.ask(Report(by, self.actor_of(by), checked(incident))))

    def attribute(self, by: str, attribution: Attribution) -> tuple[Changed, ...]:
        """Take in a better attribution; return what it brought about. Raises GateError as `ask`."""
        return cast("tuple[Changed, ...]", self.ask(Attribute(by, checked(attribution))))

    def report_outcome(self, by: str, outcome: Outcome) -> tuple[Changed, ...]:
        """Take in what became of an action. Raises GateError as `ask`."""
        return cast("tuple[Changed, ...]", self.ask(ReportOutcome(by, checked(outcome))))

    def judge(self, by: str, judgement: Judgement) -> PhaseRecord:
        """Take in what a person makes of a proposal. Raises GateError as `ask`."""
        return cast("PhaseRecord", self.ask(Judge(by, checked(judgement))))

    def vote(self, by: str, hold: str, vote: Vote) -> Hold:
        """Count a person's vote; return the hold as it then stands. Raises GateError as `ask`."""
        return cast("Hold", self.ask(CastVote(by, hold, checked(vote))))

    def cancel(self, by: str, hold: str, reason: str) -> Hold:
        """Take a hold back. Raises GateError as `ask`."""
        return cast("Hold", self.ask(Cancel(by, hold, reason)))

    def set_mode(self, by: str, order: ModeOrder) -> tuple[Changed, ...]:
        """Set the mode of a scope. Raises GateError as `ask`."""
        return cast("tuple[Changed, ...]", self.ask(SetModeTo(by, checked(order))))

    def kill(self, by: str, order: KillOrder) -> tuple[Changed, ...]:
        """Stop everything in a scope; the very next decision obeys. Raises GateError as `ask`.

        Where it cannot be recorded it stands all the same, UnrecordedStopError says so, and it counts before anything else once
        something can be.
        """
        return cast("tuple[Changed, ...]", self.ask(Stop(by, checked(order))))

    def move(self, by: str, order: PhaseOrder) -> PhaseRecord:
        """Move a system to another phase. Raises GateError as `ask`."""
        return cast("PhaseRecord", self.ask(Move(by, checked(order))))

    # --- looking --------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What is remembered and durable."""
        return self._state

    @property
    def standing(self) -> State:
        """What is remembered and durable, and over it the stops that stand and could not be recorded yet."""
        if not self._stops:
            return self._state
        with self._lock:
            return self._stops.over(self._state, self._policy, self.now())

    @property
    def policy(self) -> Policy:
        """What is decided by, as of the last durable entry."""
        return self._policy

    @property
    def size(self) -> int:
        """Entries in the record, of all sources."""
        return self._record.size

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded just now, and what stands although it could not be; empty where all is well."""
        with self._lock:
            why = "" if self._refusing is None else str(self._refusing)
            return f"{why}; {self._stops}, and not recorded" if why and self._stops else why

    def now(self) -> int:
        """Return the time by its clock, in nanoseconds since the epoch."""
        return max(self._clock(), self._head.now)

    @property
    def behind(self) -> int:
        """Nanoseconds by which its clock is behind the last entry: time does not go back, and stands still meanwhile."""
        return max(0, self._head.now - self._clock())

    def mark(self, index: Index | None = None) -> Mark:
        """Return how far things are durable; what was noted in the index up to there is set aside to be written."""
        with self._lock:
            if index is not None:
                index.cut(self._known, self._root)
            return Mark(self._state, self._policy, self._known, self._root, self._adopted)

    def actor_of(self, by: str) -> str:
        """Return the actor whose system that is; empty for a person, who is of no actor."""
        system = self._policy.systems.get(by)
        return "" if system is None else system.owner

    def explain(self, name: str) -> Decided:
        """Return the evaluation of that id, or else the last decision on an action of that id, in full and as recorded.

        Raises
        ------
        UnknownError
            There is none.
        UnavailableError
            It cannot be looked up just now.
        """
        return self._past.explain(name, self._state.decided)

    def decided(self, action: str) -> Decided:
        """Return the last decision on the action of that id, whatever evaluation bears the same. Raises GateError as `explain`."""
        found = self._past.of_action(action)
        if found is None:
            raise UnknownError(f"{action}: found no decision, expected the id of an action")
        return found

    def entries(self, start: int, end: int | None = None) -> Iterator[tuple[int, Entry]]:
        """Yield what is recorded at indices [start, end), by default up to now. Raises LedgerError where it cannot be read."""
        yield from joined(self._record.bodies(start, self.size if end is None else min(end, self.size)))

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
        require_reason(command)
        if self._refusing is not None:
            return self._refused(command, self._refusing)
        if isinstance(command, Propose):
            command, recalled = self._recalled(command)
            if recalled is not None:
                return self._given(command, recalled, waiter)
        handled = _handled(self._head, command, self._head_policy, self._clock())
        entry, answer = handled.entry, handled.answer
        if entry is None:
            if isinstance(answer, Decision):
                answer = self._past.in_full(answer)
            return self._given(command, answer, waiter)
        bodies = split(encode(entry))
        self._head = handled.state
        if type(command) is Adopt:
            self._head_policy = command.policy
        if isinstance(entry, Decided):
            self._past.remember(entry.decision)
        weight = sum(map(len, bodies))
        self._committer.put(
            Taken(command, entry, bodies, weight, answer, self._head, self._head_policy, waiter)
        )
        return None

    def _refused(self, command: Command, why: BaseException) -> Answer:
        """Say that nothing can be recorded; a stop stands all the same."""
        if isinstance(command, Stop):
            handled = _handled(self._state, command, self._policy, self._clock())
            if handled.entry is None:
                return handled.answer  # halted already, and recorded
            self._stops.keep(command)
        raise not_recorded(why, command)

    def _given(self, command: Command, answer: Answer, waiter: Waiter) -> Answer | None:
        """Give an answer that changes nothing: at once, unless what it stands on is still being recorded."""
        if self._committer.is_idle:
            return answer
        self._committer.put(Taken(command, None, (), 0, answer, self._head, self._head_policy, waiter))
        return None

    def _recalled(self, asked: Propose) -> tuple[Propose, Decision | None]:
        """Return the proposal with a nonce, and the answer where it was given so long ago that the state has forgotten it."""
        # Neither a nonce nor what stands is for whoever asks to say.
        state, action, answer = self._head, asked.action, None
        asked = Propose(asked.system, action)
        if state.answered.first_lost_at is not None and state.answered.get(action.id) is None:
            before = self._past.of_action(action.id)
            if before is not None:
                asked, answer = self._past.again(asked, before.decision)
        nonce = asked.nonce or self._draw.nonce()
        return Propose(asked.system, action, nonce, asked.stands), answer

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int, empty: int, latest: float) -> None:
        """See that what is queued is written: when the group before it is, and some turns of the loop have brought nothing more."""
        with self._lock:
            if self._committer.is_busy:
                self._committer.when_free(lambda: self._gather_on(loop))
                return
            queued = self._committer.queued
            empty = 0 if queued > before else empty + 1
            if empty >= _EMPTY_TURNS or loop.time() >= latest:
                self._waking.discard(loop)
                self._committer.wake()
                return
        loop.call_soon(self._gather, loop, queued, empty, latest)

    def _gather_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """The group before is written: whoever was answered may have more to ask. Called by the thread that records, under the lock."""
        try:
            loop.call_soon_threadsafe(self._gather, loop, 0, 0, loop.time() + _GATHERS_S)
        except RuntimeError:  # a loop that has been closed: what was asked there is recorded all the same
            self._waking.discard(loop)
            self._committer.wake()

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
        self._state, self._policy = state, policy
        self._known, self._root = self._record.size, self._record.root
        for place, entry in told:
            if isinstance(entry, Decided):
                self._past.note(entry.decision, place)
            elif isinstance(entry, Adopted):
                self._adopted = place
        if told:
            for follower in self._followers:
                follower(told)

    def _refuse(self, lost: Sequence[Taken], error: BaseException) -> None:
        """A group was not recorded: it never happened, and until the record is known again nothing does. The lock is held."""
        self._refusing = error
        self._head, self._head_policy = self._state, self._policy
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
                self._head, self._head_policy = self._state, self._policy
                self._refusing = None
            return order

    def _fold_on(self) -> None:
        """Some of what was not acknowledged may be recorded all the same."""
        restored = Restored(self._state, self._policy)
        told = list(joined(self._record.bodies(self._known, self._record.size)))
        for place, entry in told:
            restored = restored.after(place, entry)
        with self._lock:
            self._see(told, restored.state, restored.policy or self._policy)

    def _stop_again(self, order: Stop) -> None:
        handled = _handled(self._state, order, self._policy, self._clock())
        place = -1 if handled.entry is None else self._record.append([encode(handled.entry)])
        with self._lock:
            if handled.entry is not None:
                self._see([(place, handled.entry)], handled.state, self._policy)
            self._stops.drop(order)


def _handled(state: State, command: Command, policy: Policy, now: int) -> Handled:
    """Handle a command; a rule that errs lets nothing pass."""
    try:
        return handle(state, command, policy, now)
    except DetenteError:
        raise
    except Exception as error:
        raise GateError(f"the gate erred, and nothing goes ahead: {type(error).__name__}: {error}") from error


Checked = TypeVar("Checked", bound=Struct)


def checked(request: Checked) -> Checked:
    """Return a request as it is once it was sent as JSON: what is recorded is then exactly what was decided.

    Raises
    ------
    GateError
        It is not what a request may be.
    """
    try:
        made = json.decode(json.encode(request), type=type(request))
    except (
        ValidationError,
        DecodeError,
        EncodeError,
        TypeError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        raise GateError(f"{type(request).__name__.lower()}: {in_words(type(request), str(error))}") from error
    return made
