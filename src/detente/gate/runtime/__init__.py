"""A gate that lives: one state, kept on a disk, asked by many at once.

    from detente.gate.runtime import Gate

    with Gate.open("plant-gate") as gate:
        decision = gate.propose("avalon-shield", action)

`gate` decides one thing after another and answers once it is recorded; `committer` records in groups; `record` is where:
a ledger, or memory. `ids` finds what was answered long ago, `snapshot` and `restore` begin where the last process ended, `watch`
sees to what comes due, and `replaying` decides everything again from the ledger alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detente.gate.runtime.gate import Gate as Gate
    from detente.gate.runtime.replaying import Replayed as Replayed
    from detente.gate.runtime.replaying import replay as replay

__all__ = ["Gate", "Replayed", "replay"]

_HOMES = {"Gate": "gate", "Replayed": "replaying", "replay": "replaying"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"detente.gate.runtime.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
