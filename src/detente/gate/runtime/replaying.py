"""Everything decided again from the ledger alone: whether it is what was decided, and what another policy would have said.

The ledger is read twice, from its beginning to its published checkpoint. First its entries must lead to the root that was signed: nothing is
made of what somebody else wrote. Then each is derived anew from the state before it, with the nonce and at the time it was recorded with, and compared with what stands there.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from detente.errors import GateError
from detente.gate.commands import Adopt, CastVote, Command
from detente.gate.decision import ALLOW, RANK, Decision, Effect
from detente.gate.entries import Adopted, Decided, Entry, Voted, encode
from detente.gate.fold import command_of
from detente.gate.handle import handle
from detente.gate.policy import Policy
from detente.gate.runtime.ledger_record import bodies_of
from detente.gate.runtime.parts import joined
from detente.gate.runtime.restore import Restored, compiled
from detente.gate.runtime.signed import check_entries
from detente.gate.state import State
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import verify_checkpoint
from detente.ledger.formats.tiles import width_at
from detente.ledger.store.folder import Folder
from detente.ledger.store.reader import Reader

__all__ = ["Cell", "Divergence", "Example", "Replayed", "replay"]

_EXAMPLES = 5
_TOLD_EVERY = 4096


class Divergence(Struct, frozen=True):
    """An entry that does not follow from those before it."""

    index: int
    """Its place in the ledger."""
    recorded: Entry
    derived: Entry | None
    """What follows; None where nothing does."""
    why: str
    """Why nothing does; empty where something does."""


class Example(Struct, frozen=True):
    """One decision that a candidate makes otherwise."""

    index: int
    action: str
    system: str
    rules: tuple[str, ...]
    """Those that spoke for the stricter of the two answers."""


class Cell(Struct):
    """Decisions with one recorded effect and one effect under the candidate."""

    count: int = 0
    rules: Counter[str] = Counter()
    """By rule that spoke for the stricter of the two answers."""
    examples: list[Example] = []


class Replayed(Struct, kw_only=True):
    """What a replay came to."""

    origin: str
    size: int
    """Entries of the ledger, of all sources."""
    entries: int = 0
    """Of the gate."""
    decisions: int = 0
    diverging: int = 0
    """Entries that do not follow; each is taken as it was recorded, and the next derived from it."""
    first: Divergence | None = None
    policies: int = 0
    """Policies that were adopted one after another."""
    cells: dict[tuple[Effect, Effect], Cell] = {}
    """By recorded effect and effect under the candidate; empty without one."""
    skipped: int = 0
    """Votes and orders that make no sense under the candidate, as on a hold that it never opened."""

    @property
    def holds(self) -> bool:
        """Whether every entry follows from those before it."""
        return self.diverging == 0


def replay(
    ledger: str | Path,
    candidate: Policy | None = None,
    *,
    trust: Trust | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Replayed:
    """Derive every entry of a gate's ledger anew; with a candidate, decide every proposal under it as well.

    Parameters
    ----------
    ledger
        The ledger's folder, or a copy of what it publishes.
    candidate
        Another policy, with a state of its own from the beginning.
    trust
        Whom to believe; by default the keys in the folder.
    progress
        Is told how many entries are done, of how many.

    Raises
    ------
    LedgerError
        The ledger cannot be read.
    ProofError
        Its checkpoint is not signed as it must be, or its entries do not lead to it.
    GateError
        It is no ledger of a gate, or of a version that cannot be read.
    """
    path = Path(ledger)
    reader = Reader(path)
    trusted = trust or Trust.by_keys(Folder(path).known_keys())
    checkpoint = verify_checkpoint(bytes(reader.note()), trusted).checkpoint
    check_entries(path, reader, checkpoint)

    def bundle(index: int) -> list[bytes]:
        return reader.bundle(index, width_at(0, index, checkpoint.size))

    replayed = Replayed(origin=checkpoint.origin, size=checkpoint.size)
    restored = Restored()
    other = None if candidate is None else _Other(candidate, replayed)
    for index, entry in joined(bodies_of(bundle, 0, checkpoint.size)):
        restored = _one(replayed, restored, index, entry)
        if other is not None:
            other.take(index, entry, restored.policy)
        if replayed.entries % _TOLD_EVERY == 0:
            progress(index + 1, checkpoint.size)
    progress(checkpoint.size, checkpoint.size)
    return replayed


def _one(replayed: Replayed, restored: Restored, index: int, entry: Entry) -> Restored:
    """Derive one entry and compare it; return what is remembered after it as it was recorded."""
    replayed.entries += 1
    replayed.decisions += isinstance(entry, Decided)
    replayed.policies += isinstance(entry, Adopted)
    policy = compiled(entry) if isinstance(entry, Adopted) else restored.policy
    if policy is None:
        raise GateError(f"entry {index} of a gate: no policy has been adopted before it")
    derived, why = None, ""
    try:
        handled = handle(restored.state, command_of(entry, policy), policy, entry.at)
        derived = handled.entry
        if derived is not None and encode(derived) == encode(entry):
            adopted = index if isinstance(entry, Adopted) else restored.adopted
            return Restored(handled.state, policy, adopted)
    except GateError as error:
        why = str(error)
    replayed.diverging += 1
    if replayed.first is None:
        replayed.first = Divergence(index, entry, derived, why)
    return restored.after(index, entry)


class _Other:
    """What would have become of the same under another policy."""

    def __init__(self, policy: Policy, replayed: Replayed) -> None:
        self._policy, self._replayed = policy, replayed
        self._state: State | None = None

    def take(self, index: int, entry: Entry, policy: Policy | None) -> None:
        if self._state is None:
            adopted = handle(State(), Adopt("replay", self._policy, ""), self._policy, entry.at)
            self._state = adopted.state
        if isinstance(entry, Adopted) or policy is None:
            return
        command = self._command(entry, policy)
        try:
            handled = handle(self._state, command, self._policy, entry.at)
        except GateError:
            self._replayed.skipped += 1
            return
        self._state = handled.state
        if isinstance(entry, Decided) and isinstance(handled.answer, Decision):
            self._count(index, entry.decision, handled.answer)

    def _command(self, entry: Entry, policy: Policy) -> Command:
        """Return the command; a vote goes to the hold at which exactly that waits here."""
        command = command_of(entry, policy)
        if isinstance(command, CastVote) and isinstance(entry, Voted) and self._state is not None:
            same = [hold.id for hold in self._state.holds.values() if hold.digest == command.vote.digest]
            return CastVote(command.by, min(same, default=command.hold), command.vote)
        return command

    def _count(self, index: int, recorded: Decision, other: Decision) -> None:
        cell = self._replayed.cells.setdefault((recorded.effect, other.effect), Cell(0, Counter(), []))
        cell.count += 1
        if recorded.effect == other.effect:
            return
        stricter = max(recorded, other, key=lambda one: RANK[one.effect])
        rules = tuple(one.rule for one in stricter.reasons if one.effect == stricter.effect != ALLOW)
        cell.rules.update(rules)
        if len(cell.examples) < _EXAMPLES:
            cell.examples.append(Example(index, recorded.action, recorded.system, rules))
