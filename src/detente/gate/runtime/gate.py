"""The gate itself: how it is opened and ended, what may be asked of it, and what it shows."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self, TypeVar, cast

from msgspec import DecodeError, EncodeError, Struct, ValidationError, json

from detente._version import __version__
from detente.errors import GateError, UnknownError
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
from detente.gate.entries import Changed, Decided, Entry
from detente.gate.expected import in_words
from detente.gate.folder import policy_in
from detente.gate.handle import Answer
from detente.gate.kill import self_test
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
    Vote,
)
from detente.gate.runtime.course import Course, Follower
from detente.gate.runtime.ids import Ids, MemoryIds
from detente.gate.runtime.index import Index
from detente.gate.runtime.keeper import Keeper, Mark, test_is_due
from detente.gate.runtime.nonces import Nonces
from detente.gate.runtime.opening import KILL, Opened, opened
from detente.gate.runtime.parts import joined
from detente.gate.runtime.past import Past
from detente.gate.runtime.pending import Pending
from detente.gate.runtime.record import MemoryRecord, Record
from detente.gate.runtime.watch import Watch, order_in, refuse_release
from detente.gate.state import Hold, State
from detente.gate.state import Record as PhaseRecord
from detente.ledger.store.disk import Disk
from detente.ledger.store.ledger import Cosign

__all__ = ["Follower", "Gate"]


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
        self._record = record or MemoryRecord()
        self._past = Past(self._record, ids or MemoryIds())
        self._course = Course(
            policy, state or State(policy=policy.digest), self._record, self._past, clock, nonces or Nonces()
        )
        self._ends: list[Callable[[], None]] = []
        """What is to be ended with it, the last first."""

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
        gate._course.adopted = restored.adopted
        gate._serve(there, policy, snapshot_every)
        return gate

    def _serve(self, there: Opened, policy: Policy, snapshot_every: int) -> None:
        """Do first what comes before any decision, then see to all that nobody asks for."""
        file = there.folder / KILL
        self._course.veto = partial(refuse_release, file)
        self._ends.append(there.lock.release)
        try:
            self.ask(Adopt("gate", policy, __version__))
            mark = self.mark()
            if test_is_due(mark, self.now()):
                self.ask(RecordKillTest(*self_test(mark.state, mark.policy)))
            order = order_in(file, self._course.head)
            if order is not None:
                self.ask(order)
        except BaseException:
            self.close()
            there.index.close()
            raise
        self._ends.append(Keeper(self, there.index, self.size, snapshot_every=snapshot_every).close)
        self._ends.append(Watch(file, lambda: self._course.head, self.submit, self.now).close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Record what is under way, then end. Closing twice does nothing more."""
        if not self._course.close():
            return
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
        return self._course.submit(command)

    def ask(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable. Raises GateError as `submit`, and when it is not recorded."""
        return self.submit(command).result()

    async def asked(self, command: Command) -> Answer:
        """Handle a command; return its answer when it is durable, without blocking the loop. Raises GateError as `ask`."""
        return await self._course.asked(command)

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
        return self._course.state

    @property
    def standing(self) -> State:
        """What is remembered and durable, and over it the stops that stand and could not be recorded yet."""
        return self._course.standing

    @property
    def policy(self) -> Policy:
        """What is decided by, as of the last durable entry."""
        return self._course.policy

    @property
    def size(self) -> int:
        """Entries in the record, of all sources."""
        return self._record.size

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded just now, and what stands although it could not be; empty where all is well."""
        return self._course.trouble

    def now(self) -> int:
        """Return the time by its clock, in nanoseconds since the epoch."""
        return self._course.now()

    @property
    def behind(self) -> int:
        """Nanoseconds by which its clock is behind the last entry: time does not go back, and stands still meanwhile."""
        return self._course.behind

    def mark(self, index: Index | None = None) -> Mark:
        """Return how far things are durable; what was noted in the index up to there is set aside to be written."""
        return self._course.mark(index)

    def actor_of(self, by: str) -> str:
        """Return the actor whose system that is; empty for a person, who is of no actor."""
        system = self._course.policy.systems.get(by)
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
        return self._past.explain(name, self._course.state.decided)

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
        return self._course.follow(follower)


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
