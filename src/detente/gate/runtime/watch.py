"""What happens although nobody asks: time passes, and somebody puts a file named KILL into the folder."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from detente.errors import ConflictError, GateError
from detente.gate.commands import Command, PassTime, SetModeTo, Stop
from detente.gate.modes import OVERALL
from detente.gate.request import KillOrder
from detente.gate.runtime.pending import Pending
from detente.gate.state import State

__all__ = ["BY", "Watch", "order_in", "refuse_release"]

BY = "file:KILL"
"""Who stopped everything when a file did."""
_EVERY_S = 0.02
_LONGEST = 300
"""Characters of a reason."""


def order_in(file: Path, state: State) -> Stop | None:
    """Return the order to stop everything where the file is there and that is not so yet; what it says is the reason."""
    mode = state.modes.get(OVERALL)
    if (mode is not None and mode.mode == "halted") or not _is_there(file):
        return None
    reason = ""
    with suppress(OSError), file.open(encoding="utf-8", errors="replace") as opened:
        reason = opened.read(_LONGEST).strip()  # that it is there is enough
    return Stop(BY, KillOrder(reason or f"the file {file.name} is in the gate's folder"))


def refuse_release(file: Path, command: Command) -> None:
    """See that nobody lifts a halt that the file would bring back at once: something could go ahead in between. Raises ConflictError."""
    if not isinstance(command, SetModeTo):
        return
    order = command.order
    if order.scope == OVERALL and order.mode != "halted" and _is_there(file):
        raise ConflictError(
            f"mode of {OVERALL}: the file {file.name} is in the gate's folder, and while it is everything is halted; remove it first"
        )


def _is_there(file: Path) -> bool:
    return os.path.lexists(file)  # a link to nothing is there, too


class Watch:
    """Looks around every 20 ms until it is closed.

    Parameters
    ----------
    file
        Stops everything while it is there.
    look
        Returns the state as of the last command.
    submit, now
        As of the gate.
    """

    def __init__(
        self,
        file: Path,
        look: Callable[[], State],
        submit: Callable[[Command], Pending],
        now: Callable[[], int],
    ) -> None:
        self._file, self._look, self._submit, self._now = file, look, submit, now
        self._passing: Pending | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gate-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(_EVERY_S):
            with suppress(GateError):  # nothing goes ahead then, and the next look is soon
                self._look_around()

    def _look_around(self) -> None:
        state = self._look()
        order = order_in(self._file, state)
        if order is not None:
            self._submit(order)
        if state.due is not None and self._now() >= state.due and not self._is_passing():
            self._passing = self._submit(PassTime())

    def _is_passing(self) -> bool:
        return self._passing is not None and not self._passing.done()
