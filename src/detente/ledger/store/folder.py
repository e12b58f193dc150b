"""Which file of a ledger's folder is what."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from detente.errors import FormatError, LedgerError
from detente.ledger.formats.keys import PublicKey, SecretKey

__all__ = ["Folder", "read_secret", "write_secret"]


@dataclass(frozen=True, slots=True)
class Folder:
    """The paths. What is public and served: `checkpoint` and `tile`; the rest is the writer's own."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """What is published: signed by the log, and cosigned where a policy asks for it."""
        return self.path / "checkpoint"

    @property
    def head(self) -> Path:
        """What the tiles have been written up to, signed by the log; from here the journal goes on."""
        return self.path / "head"

    @property
    def journal(self) -> Path:
        """What came after the head."""
        return self.path / "journal"

    @property
    def sources(self) -> Path:
        """How far each source had counted, as a shortcut: made anew where it is missing."""
        return self.path / "sources"

    @property
    def lock(self) -> Path:
        """Whoever writes holds it."""
        return self.path / "lock"

    @property
    def public_keys(self) -> Path:
        """The log's public keys, a vkey a line, newest last: what outsiders are given."""
        return self.path / "log.vkey"

    @property
    def keys(self) -> Path:
        """The log's secret keys, for the writer's eyes only."""
        return self.path / "keys"

    @property
    def key(self) -> Path:
        """The log's Ed25519 key."""
        return self.keys / "log.key"

    @property
    def next_key(self) -> Path:
        """The key that is to replace it, while a rotation is under way."""
        return self.keys / "log.key.next"

    @property
    def second_key(self) -> Path:
        """The log's ML-DSA-44 key, where it has one."""
        return self.keys / "log-ml-dsa-44.key"

    def secrets(self) -> list[SecretKey]:
        """Read the log's secret keys: the Ed25519 key in use, the next one, and ML-DSA-44. Raises LedgerError."""
        others = (self.next_key, self.second_key)
        return [read_secret(self.key), *(read_secret(path) for path in others if path.exists())]

    def known_keys(self) -> list[PublicKey]:
        """Read the log's public keys. Raises LedgerError, FormatError."""
        try:
            lines = self.public_keys.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise LedgerError(f"{self.public_keys}: cannot be read: {_why(error)}") from None
        return [PublicKey.parse(line) for line in lines if line]


def _why(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file was not read, without its name, which is said already, and without a number."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file; put it back from a copy, if there was one"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def write_secret(path: Path, key: SecretKey) -> None:
    """Write a secret key into a new file that only its owner can read. Raises LedgerError where there is one."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise LedgerError(f"{path}: a file is there already; a key is never written over") from None
    except OSError as error:
        raise LedgerError(f"{path}: cannot be written: {error.strerror}") from None
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(key.reveal() + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path) -> SecretKey:
    """Read a secret key from a file that nobody else can read. Raises LedgerError, FormatError."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(16_384)
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: no key can be read there: {_why(error)}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise LedgerError(
            f"{path}: others may read this key; make it yours alone: chmod 600 {quote(str(path))}"
        )
    try:
        return SecretKey.parse(text.strip())
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
