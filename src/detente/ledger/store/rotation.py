"""Changing the log's Ed25519 key, and revoking one, so that a crash at any point leaves a ledger that signs and verifies.

While a rotation is under way both keys sign every checkpoint, and every entry that tells of it is signed by both. So wherever it stops,
one of the signatures is by a key that is in force; doing it again takes it to its end.
"""

import secrets
from pathlib import Path

from detente.errors import LedgerError
from detente.ledger.check.keys import KeyHistory
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import LEDGER, Kind, parse_entry
from detente.ledger.formats.keys import Algorithm, PublicKey, SecretKey
from detente.ledger.formats.signed_statements import Action, KeyChange, sign_statement
from detente.ledger.store.disk import Disk
from detente.ledger.store.draft import Draft
from detente.ledger.store.folder import Folder, read_secret, write_secret
from detente.ledger.store.ledger import Ledger, told
from detente.ledger.store.reader import Reader

__all__ = ["key_history", "revoke_key", "rotate_key"]


def rotate_key(path: str | Path, reason: str, *, disk: Disk | None = None) -> tuple[PublicKey, PublicKey]:
    """Bring in a new Ed25519 key and retire the one in use; return the old and the new one.

    Raises
    ------
    LedgerError
        The ledger cannot be written; then do it again.

    """
    folder, disk = Folder(Path(path)), disk or Disk()
    old = folder.secrets()[0]
    with told(folder.path):
        if not folder.next_key.exists():
            made = SecretKey(old.public.name, Algorithm.ED25519, secrets.token_bytes(32))
            write_secret(folder.next_key, made)
            disk.sync_folder(folder.keys)
        new = read_secret(folder.next_key)
        known = folder.known_keys()
        if new.public not in known:
            lines = "".join(f"{key}\n" for key in [*known, new.public])
            disk.replace_file(folder.public_keys, lines.encode())
    with Ledger(folder.path, disk=disk, publish_every=None) as ledger:  # which signs with both by now
        if new.public not in key_history(folder.path, folder.known_keys()[:1]).named(ledger.origin):
            ledger.append_knowing(lambda size: _change_over(ledger.origin, old, new, size, reason))
    with told(folder.path):
        disk.rename(folder.next_key, folder.key)
        disk.sync_folder(folder.keys)
    return old.public, new.public


def revoke_key(path: str | Path, key: PublicKey, since: int, reason: str, *, disk: Disk | None = None) -> int:
    """Say that nothing `key` signed from size `since` on is to be believed; return the index of the entry.

    Raises
    ------
    LedgerError
        It is the only key that signs, or the ledger cannot be written.

    """
    with Ledger(path, disk=disk, publish_every=None) as ledger:
        own = ledger.folder.secrets()[0]
        if key == own.public:
            raise LedgerError(
                f"key {key.name}+{key.id.hex()}: is the one in use; bring in another first: "
                f"detente ledger keys rotate {path}"
            )
        change = KeyChange(ledger.origin, Action.REVOKE, key, since, reason)
        body = ledger.sign_statement(change)
        ledger.publish()
        _require_sense(
            key_history(path, ledger.folder.known_keys()[:1]), change, body, ledger.size, own.public
        )
        receipt = ledger.append(LEDGER, body, Kind.KEY)
    return receipt.index


def _require_sense(history: KeyHistory, change: KeyChange, body: bytes, size: int, own: PublicKey) -> None:
    """See that a revocation says something, and leaves a log that can still be followed: it cannot be taken back."""
    name = f"key {change.key.name}+{change.key.id.hex()}"
    if change.since > size:
        raise LedgerError(
            f"{name}: found size {change.since}, expected at most {size}, which the log has now"
        )
    after = KeyHistory.load(history.save())
    after.take(size, body)  # ProofError where it never was in use, or is revoked from there already
    if not after.judge(own, size + 1).standing.accepted:
        raise LedgerError(
            f"{name}: from size {change.since} on it brought in the key that is in use, which nobody would believe any more. "
            "Begin a new ledger, and tell those who trust this one by other ways"
        )


def key_history(path: str | Path, given: list[PublicKey]) -> KeyHistory:
    """Read the published log for changes of keys, from keys that are given. Raises LedgerError, FormatError, ProofError."""
    reader = Reader(Path(path))
    history = KeyHistory(given[0].name, given)
    if not (Path(path) / "checkpoint").exists():
        return history
    size = parse_checkpoint(reader.note().text).size
    for index, data in enumerate(reader.entries(0, size)):
        if data.startswith(b"detente-entry/v1\nkey "):
            history.take(index, parse_entry(data).body)
    return history


def _change_over(origin: str, old: SecretKey, new: SecretKey, size: int, reason: str) -> list[Draft]:
    """Return the two entries at indices `size` and `size + 1`: the tree with both is the last that the old key signs."""
    add = KeyChange(origin, Action.ADD, new.public, size + 2, reason)
    retire = KeyChange(origin, Action.RETIRE, old.public, size + 3, reason)
    return [
        Draft(LEDGER, sign_statement(add, [old, new]), Kind.KEY),
        Draft(LEDGER, sign_statement(retire, [old]), Kind.KEY),
    ]
