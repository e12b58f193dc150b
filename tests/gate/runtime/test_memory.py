"""What a gate holds does not grow with what it has decided."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from detente.gate.commands import Propose
from detente.gate.recent import Recent
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.index import Index
from detente.gate.runtime.record import MemoryRecord
from detente.gate.state import State
from tests.gate.runtime.sites import block, policy, ticking


class Nowhere(MemoryRecord):
    """Counts what it is given, and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    @property
    def size(self) -> int:
        return self._count

    def append(self, bodies: Sequence[bytes]) -> int:
        self._count += len(bodies)
        return self._count - len(bodies)


# How much is remembered, and how many decisions are made: small, or, where DETENTE_DECISIONS says how many, as it is.
ROOM, DECISIONS = 8_192, 40_000
if "DETENTE_DECISIONS" in os.environ:
    ROOM, DECISIONS = State().answered.room, int(os.environ["DETENTE_DECISIONS"])


def test_as_much_is_remembered_as_is_written_down() -> None:
    assert (State().answered.room, State().events.room) == (65_536, 65_536)


@pytest.mark.slow
def test_what_is_held_is_bounded_over_many_decisions(tmp_path: Path) -> None:
    """DETENTE_DECISIONS=200000 tries it with the room that a gate has; else with an eighth of it."""
    index = Index(tmp_path / "index")
    most = 0
    state = State(answered=Recent(ROOM), events=Recent(ROOM))
    with Gate(policy(), Nowhere(), state=state, ids=index, clock=ticking().__next__) as gate:
        for at in range(DECISIONS):
            pending = gate.submit(Propose("shield", block(f"a{at}")))
            if at % 2048 == 0:
                pending.result()
                state = gate.state
                most = max(most, len(state.answered), len(state.events))
                if index.waiting >= 16_384:
                    gate.mark(index)
                    index.write()
        pending.result()
        state = gate.state
        assert state.decided == DECISIONS
        assert ROOM <= most <= 2 * ROOM
        assert len(state.answered) <= 2 * ROOM
        assert len(state.events) <= 2 * ROOM
        assert (len(state.holds), len(state.modes), len(state.clocks)) == (0, 0, 1)
        assert len(gate._past._latest) <= 4096
        assert index.waiting < 32_768
        assert list(index.of_action("a7")) == [7], "what is no longer held is found"
        assert state.answered.get("a7") is None
    index.close()
