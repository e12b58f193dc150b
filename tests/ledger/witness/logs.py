"""A small log in memory, its tree by the book (RFC 6962, section 2.1) and by nothing of ours; and witnesses for it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.note import Note
from detente.ledger.witness.cosigner import Cosigner, known_logs
from detente.ledger.witness.request import encode_request
from detente.ledger.witness.state import WitnessState

ORIGIN = "log.example/one"
NOW = 1_760_000_000


def secret(name: str, algorithm: Algorithm = Algorithm.ED25519, salt: str = "") -> SecretKey:
    return SecretKey(name, algorithm, hashlib.sha256(f"{name}{algorithm}{salt}".encode()).digest())


LOG_KEY = secret(ORIGIN)
LOG_KEY_2 = secret(ORIGIN, Algorithm.COSIGNATURE_ML_DSA_44)
WITNESS_KEY = secret("witness.example/w1", Algorithm.COSIGNATURE_ED25519)
WITNESS_KEY_2 = secret("witness.example/w1", Algorithm.COSIGNATURE_ML_DSA_44)
STRANGER = secret("stranger.example/log")


def _tree(entries: list[bytes]) -> bytes:
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    cut = _cut(len(entries))
    return hashlib.sha256(b"\1" + _tree(entries[:cut]) + _tree(entries[cut:])).digest()


def _cut(size: int) -> int:
    cut = 1
    while cut * 2 < size:
        cut *= 2
    return cut


def _path(index: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    cut = _cut(len(entries))
    if index < cut:
        return [*_path(index, entries[:cut]), _tree(entries[cut:])]
    return [*_path(index - cut, entries[cut:]), _tree(entries[:cut])]


def _subproof(old: int, entries: list[bytes], whole: bool) -> list[bytes]:
    if old == len(entries):
        return [] if whole else [_tree(entries)]
    cut = _cut(len(entries))
    if old <= cut:
        return [*_subproof(old, entries[:cut], whole), _tree(entries[cut:])]
    return [*_subproof(old - cut, entries[cut:], False), _tree(entries[:cut])]


class MemoryLog:
    """A log, and a view of it at its full size."""

    def __init__(self, entries: list[bytes], keys: tuple[SecretKey, ...] = (LOG_KEY,)) -> None:
        self.entries = entries
        self.keys = keys

    def note_at(self, size: int) -> Note:
        return signed(size, _tree(self.entries[:size]), self.keys)

    def note(self) -> Note:
        return self.note_at(len(self.entries))

    def node(self, level: int, index: int, size: int) -> bytes:
        part = self.entries[:size][index << level : (index + 1) << level]
        if len(part) != 1 << level:
            raise LedgerError("no such subtree")
        return _tree(part)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return _path(index, self.entries[:size])

    def consistency(self, old: int, new: int) -> list[bytes]:
        return _subproof(old, self.entries[:new], True) if old else []

    def request(self, old: int, size: int) -> bytes:
        return encode_request(old, self.consistency(old, size), self.note_at(size))


def signed(size: int, root: bytes, keys: tuple[SecretKey, ...] = (LOG_KEY,), *extensions: str) -> Note:
    text = Checkpoint(keys[0].public.name, size, root, extensions).text
    return Note(text, tuple(key.sign(text, NOW) for key in keys))


def numbered(count: int, salt: str = "") -> list[bytes]:
    return [f"entry {index}{salt}".encode() for index in range(count)]


def forked(count: int, at: int) -> list[bytes]:
    """The same entries up to `at`, others from there."""
    return [*numbered(at), *numbered(count, " in another history")[at:]]


def cosigner(
    folder: Path,
    keys: tuple[SecretKey, ...] = (WITNESS_KEY,),
    clock: Callable[[], float] = lambda: NOW,
    *logs: SecretKey,
) -> Cosigner:
    path = folder / "state"
    state = WitnessState.open(path) if path.exists() else WitnessState.create(path)
    return Cosigner(keys, known_logs([key.public for key in logs or (LOG_KEY,)]), state, clock)
