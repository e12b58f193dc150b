"""How far each receiver has been told: a small file beside the ledger, so that a gate that starts again goes on where it ended.

    outward.cursors     {"next": {"soc": 1742}}: the index of the first entry that `soc` was not told

It is written now and then, and lags rather than leads: what was told since is told again after a crash, and nothing is left out.
"""

import os
import secrets
from pathlib import Path
from typing import Annotated

from msgspec import DecodeError, Meta, Struct, ValidationError, json

from detente.errors import GateError

__all__ = ["FILE", "Cursors"]

FILE = "outward.cursors"


class _File(Struct, forbid_unknown_fields=True):
    next: dict[str, Annotated[int, Meta(ge=0)]] = {}


class Cursors:
    """Cursors by the names of receivers; those of receivers that are not there any more are kept.

    Raises
    ------
    GateError
        The file cannot be read, or says something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = _read(path)
        self.is_saved = True

    def get(self, name: str) -> int | None:
        """Return the first index that a receiver was not told; None where it was never told anything."""
        return self._next.get(name)

    def set(self, name: str, index: int) -> None:
        """Note the first index that a receiver was not told. It is durable once it is saved."""
        if self._next.get(name) != index:
            self._next[name] = index
            self.is_saved = False

    def save(self) -> None:
        """Replace the file as a whole, durably. Raises GateError where the disk does not take it."""
        beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            try:
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(json.encode(_File(self._next)) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self._path)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise GateError(f"{self._path}: cannot be written: {error.strerror}") from None
        self.is_saved = True


def _read(path: Path) -> dict[str, int]:
    try:
        return json.decode(path.read_bytes(), type=_File).next
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from None
    except (DecodeError, ValidationError, UnicodeDecodeError) as error:
        raise GateError(
            f"{path}: {error}; expected what a gate has written: remove it, and every receiver is told what happens from then on"
        ) from None
