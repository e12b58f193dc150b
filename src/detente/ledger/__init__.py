"""The ledger: evidence of automated decisions that outsiders can check with their own tools.

    from detente.ledger import Ledger, Session, create

    create("evidence", "example.org/plant-7")
    with Ledger("evidence") as ledger, Session(ledger, "gate-1", "gate 2.3") as session:
        receipt = session.record(b"...")

`formats` knows bytes and nothing else: trees, tiles, notes, checkpoints, proofs, policies, entries.
`store` keeps them on a disk that may fail at any instruction. `check` tells from the bytes what holds
and what does not. `witness` is what others run, so that a log cannot show different faces to different people.

The names below are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detente.ledger.store.create import create as create
    from detente.ledger.store.draft import Draft as Draft
    from detente.ledger.store.ledger import Ledger as Ledger
    from detente.ledger.store.reader import Reader as Reader
    from detente.ledger.store.receipt import Receipt as Receipt
    from detente.ledger.store.session import Session as Session

__all__ = ["Draft", "Ledger", "Reader", "Receipt", "Session", "create"]

_HOMES = {
    "Draft": "draft",
    "Ledger": "ledger",
    "Reader": "reader",
    "Receipt": "receipt",
    "Session": "session",
    "create": "create",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"detente.ledger.store.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
