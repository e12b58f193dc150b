"""The history of a log's keys, folded from its key entries: who could sign what, and when.

Time is the size of the tree. A log's key is judged at the size of the checkpoint it signed, a source's at the index of its entry.
A first key is trusted because it was given; everything after it because a key that was in force signed it, never because the log
merely contains it. What a key did at or after the size from which it was revoked counts for nothing afterwards:
neither what it signed, nor the keys it brought in, nor those it retired. A revocation always counts: erring, it errs on the safe side.

A checkpoint says its size itself, and whoever holds a stolen key can sign a small one today. So "valid then" is said of a
checkpoint which the log, as it is known from elsewhere, extends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from detente.errors import ProofError
from detente.ledger.formats.keys import Algorithm, PublicKey, signatures_by
from detente.ledger.formats.note import Note
from detente.ledger.formats.signed_statements import Action, KeyChange

__all__ = ["Judgement", "KeyHistory", "Standing"]

_MOST_CHANGES = 4096
"""More in one log are refused: a history is to be read by people."""


class Standing(StrEnum):
    """What a signature by a key is worth."""

    VALID = "valid"
    RETIRED_LATER = "retired, in its window"
    REVOKED_LATER = "revoked afterwards"
    NOT_YET = "signed before its window"
    RETIRED_BEFORE = "retired before this was signed"
    REVOKED_BEFORE = "revoked before this was signed"
    UNKNOWN = "unknown"

    @property
    def accepted(self) -> bool:
        """Whether what was signed is to be believed."""
        return self in {Standing.VALID, Standing.RETIRED_LATER, Standing.REVOKED_LATER}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A standing and the sentence that says it."""

    standing: Standing
    sentence: str


@dataclass(frozen=True, slots=True)
class _Act:
    """A change that was accepted."""

    entry: int
    action: Action
    key: str
    since: int
    signers: tuple[str, ...]
    """Keys of the log, or for a key that goes that key itself; any of them is enough."""


@dataclass(frozen=True, slots=True)
class _Life:
    """What became of a key, as it counts after all revocations."""

    key: PublicKey
    given: bool
    added: _Act | None = None
    doubtful: bool = False
    """Only keys that were revoked from before brought it in."""
    retired: _Act | None = None
    revoked: _Act | None = None

    def judge(self, size: int) -> Judgement:
        """Tell what its signature is worth at `size`: the gravest that applies."""
        added, retired, revoked = self.added, self.retired, self.revoked
        name = f"key {self.key.name}+{self.key.id.hex()}"
        if added and self.doubtful:
            return Judgement(
                Standing.UNKNOWN,
                f"{name} was brought in by entry {added.entry}, signed by keys that are revoked from before it",
            )
        if added and size < added.since:
            return Judgement(
                Standing.NOT_YET,
                f"{name} signs from size {added.since} on (entry {added.entry}), and this was signed at {size}",
            )
        if revoked and size >= revoked.since:
            return Judgement(
                Standing.REVOKED_BEFORE,
                f"{name} is revoked from size {revoked.since} on (entry {revoked.entry}), and this was signed at {size}",
            )
        if retired and size >= retired.since:
            return Judgement(
                Standing.RETIRED_BEFORE,
                f"{name} was retired from size {retired.since} on (entry {retired.entry}), and this was signed at {size}",
            )
        if revoked:
            return Judgement(
                Standing.REVOKED_LATER,
                f"{name} was valid at size {size}, when this was signed; "
                f"it is revoked from size {revoked.since} on (entry {revoked.entry})",
            )
        if retired:
            return Judgement(
                Standing.RETIRED_LATER,
                f"{name} signed at size {size}, in its window; "
                f"it was retired from size {retired.since} on (entry {retired.entry})",
            )
        return Judgement(Standing.VALID, f"{name} was in force at size {size}")


class KeyHistory:
    """Which keys a log and its sources have had.

    Parameters
    ----------
    origin
        The log's name; keys of this name are the log's, others are those of the source they name.
    given
        Keys that are trusted because somebody gave them: the log's first, to follow it from there, or those that are known.

    """

    def __init__(self, origin: str, given: Sequence[PublicKey]) -> None:
        self.origin = origin
        self._given = tuple(dict.fromkeys(given))
        self._acts: list[_Act] = []
        self._lives: dict[str, _Life] = {}
        self._count()

    def take(self, entry: int, body: bytes) -> KeyChange:
        """Take in the body of a key entry, the one at this index.

        Raises
        ------
        FormatError
            It is no change of keys.
        ProofError
            It is not signed as it must be, or cannot be: then nothing changes.

        """
        change, note = KeyChange.parse(body)
        try:
            act = self._accept(change, note, entry)
        except ProofError as error:
            name = f"{change.key.name}+{change.key.id.hex()}"
            raise ProofError(f"{change.action} of key {name}: {error}") from None
        self._acts.append(act)
        if change.action is Action.REVOKE:
            self._count()
        else:
            self._live(act)
        return change

    def named(self, name: str) -> list[PublicKey]:
        """Return the keys of the log or of a source, whatever became of them."""
        return [life.key for life in self._lives.values() if life.key.name == name]

    def judge(self, key: PublicKey, size: int) -> Judgement:
        """Tell what a signature by `key` is worth that was made when the tree had `size` entries."""
        life = self._lives.get(str(key))
        if life is None:
            name = f"key {key.name}+{key.id.hex()}"
            return Judgement(
                Standing.UNKNOWN, f"{name} was not given, and the history of keys does not name it"
            )
        return life.judge(size)

    def signers(self, note: Note, name: str, size: int) -> list[PublicKey]:
        """Return the keys of the log or a source that signed the note and are believed at `size`.

        Raises
        ------
        ProofError
            A signature that says it is by one of these keys does not hold.

        """
        return [key for key in self.named(name) if self._signed(note, key, size)]

    def _signed(self, note: Note, key: PublicKey, size: int) -> bool:
        return bool(signatures_by(note, key)) and self.judge(key, size).standing.accepted

    # --- taking in ------------------------------------------------------------------------------

    def _accept(self, change: KeyChange, note: Note, entry: int) -> _Act:
        """Return the act, or raise ProofError."""
        life = self._lives.get(str(change.key))
        if change.origin != self.origin:
            raise ProofError(f"it is meant for the log {change.origin}, expected {self.origin}")
        if len(self._acts) >= _MOST_CHANGES:
            raise ProofError(f"it is more than the {_MOST_CHANGES} changes that one log may have")
        if change.action is not Action.REVOKE and change.since <= entry:
            raise ProofError(f"it reaches back to size {change.since}, expected {entry + 1} or more")
        signers = self.signers(note, self.origin, entry)
        if change.action is Action.ADD:
            self._may_come(change.key, note, life)
        else:
            self._may_go(change, life)
            signers += [change.key] if self._signed(note, change.key, entry) else []
        if not signers:
            raise ProofError("it is signed by no key that was in force and could say so")
        names = tuple(dict.fromkeys(map(str, signers)))
        return _Act(entry, change.action, str(change.key), change.since, names)

    def _may_come(self, key: PublicKey, note: Note, life: _Life | None) -> None:
        if life is not None and (life.added or life.retired or life.revoked):
            raise ProofError("the key came into use already; a key comes once")
        # An ML-DSA-44 key signs checkpoints only; that somebody has it, the first of them shows.
        if key.algorithm is Algorithm.ED25519 and not signatures_by(note, key):
            raise ProofError("the new key itself has not signed")

    def _may_go(self, change: KeyChange, life: _Life | None) -> None:
        if life is None:
            raise ProofError("the key was never in use")
        if change.action is Action.RETIRE and (life.retired or life.revoked):
            raise ProofError("the key was retired or revoked already")
        if life.revoked and life.revoked.since <= change.since:
            raise ProofError(f"the key was revoked already, from size {life.revoked.since} on")

    # --- counting -------------------------------------------------------------------------------

    def _count(self) -> None:
        """Make the lives anew from all acts: first what is revoked, then the rest in order, as far as its signers were believed."""
        self._lives = {str(key): _Life(key, given=True) for key in self._given}
        revoked = {
            act.key: act for act in self._acts if act.action is Action.REVOKE
        }  # the last reaches back furthest
        for name, act in revoked.items():
            given = name in self._lives
            self._lives[name] = _Life(PublicKey.parse(name), given=given, doubtful=not given, revoked=act)
        for act in self._acts:
            if act.action is not Action.REVOKE:
                self._live(act)

    def _live(self, act: _Act) -> None:
        believed = any(self._lives[name].judge(act.entry).standing.accepted for name in act.signers)
        life = self._lives.get(act.key) or _Life(PublicKey.parse(act.key), given=False)
        if act.action is Action.ADD:
            life = replace(life, added=act, doubtful=not (believed or life.given))
        elif believed:
            life = replace(life, retired=act)
        self._lives[act.key] = life

    # --- saving ---------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        acts = [[act.entry, act.action, act.key, act.since, list(act.signers)] for act in self._acts]
        return {"origin": self.origin, "given": [str(key) for key in self._given], "acts": acts}

    @classmethod
    def load(cls, saved: dict[str, Any]) -> Self:
        """Return what `save` gave."""
        history = cls(saved["origin"], [PublicKey.parse(key) for key in saved["given"]])
        history._acts = [
            _Act(entry, Action(action), key, since, tuple(signers))
            for entry, action, key, since, signers in saved["acts"]
        ]
        history._count()
        return history
