"""What a gate holds does not grow with what it has decided."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from detente.gate.commands import Propose
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.index import Index
from detente.gate.runtime.record import MemoryRecord
from tests.gate.runtime.sites import block, policy, ticking

DECISIONS = 140_000


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


@pytest.mark.slow
def test_what_is_held_is_bounded_over_many_decisions(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    most = 0
    with Gate(policy(), Nowhere(), ids=index, clock=ticking().__next__) as gate:
        for at in range(DECISIONS):
            pending = gate.submit(Propose("shield", block(f"a{at}")))
            if at % 4096 == 0:
                pending.result()
                state = gate.state
                most = max(most, len(state.answered), len(state.events))
                if index.waiting >= 16_384:
                    gate.mark(index)
                    index.write()
        pending.result()
        state = gate.state
        assert state.decided == DECISIONS
        assert 65_536 <= most <= 131_072
        assert len(state.answered) <= 131_072
        assert len(state.events) <= 131_072
        assert (len(state.holds), len(state.modes), len(state.clocks)) == (0, 0, 1)
        assert len(gate._past._latest) <= 4096
        assert index.waiting < 32_768
        assert list(index.of_action("a7")) == [7], "what is no longer held is found"
        assert state.answered.get("a7") is None
    index.close()
