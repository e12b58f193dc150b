"""The halt deadline: where a sum gives it, and what it promises."""

import numpy as np
import pytest

import detente
from detente.analysis import halt
from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.errors import SimulationError


def relay(steps: int = 3) -> dict:
    """One shock, then one answer after another, each a rung up and an exponential 10 s later: the last is the end."""
    ladder = [f"rung{i}" for i in range(steps + 1)]
    answers = {
        "from": "rung0", "at": ["field"], "actions": 1, "law": "fixed", "step": {"up": 1.0}, "after": {"mean": "10 s"},
    }  # fmt: skip
    return {
        "detente": 1, "name": "relay", "ladder": ladder, "critical": "rung1", "horizon": "1 h",
        "actors": {"ash": {"kind": "state"}},
        "systems": {"field": {"owner": "ash", "domain": "cyber", "responds": [answers]}},
        "shocks": [{"hits": "field", "rung": "rung0"}],
    }  # fmt: skip


def test_a_relay() -> None:
    """Catastrophe needs the last answer proposed before the halt: two exponential delays have passed, an Erlang law.

    P(Erlang(2, 10 s) < h) = 0.2 at h = 8.24388 s. The interval of a 20,000-crisis sample must hold it: 95 %, seed 5.
    """
    found = detente.halt(relay(), level=0.2, runs=20_000, seed=5)
    assert found.low_s < 8.24388 < found.high_s
    assert found.high_s / found.low_s < 1.1
    assert found.unhalted.value == 1.0
    assert found.at_once.value == 0.0  # the first answer is proposed at the first incident, which is the halt
    assert found.at_deadline.value == pytest.approx(0.2, abs=1e-3)
    assert found.at_deadline.value <= 0.2


def test_the_deadline_keeps_its_promise_and_a_later_halt_does_not() -> None:
    found = detente.halt("attribution-error", level=0.02, runs=2_000, seed=3, threads=2)
    tables = compile_tables(detente.load("attribution-error"))

    def lost(halt_s: float) -> float:
        done = simulate_block(tables._replace(halt_s=halt_s), seed=3, first=0, count=2_000, threads=2)
        return float(np.mean(done.ended == 1))

    assert lost(found.deadline_s) <= 0.02 < lost(1.1 * found.deadline_s)
    assert lost(found.low_s) < 0.02 < lost(found.high_s)


def test_no_need_and_too_late() -> None:
    assert detente.halt(relay(), "phased-rollout", level=0.5, runs=200).deadline_s == np.inf
    by_hand = relay()
    by_hand["actors"]["ash"]["command"] = {"review": "1 s", "approves_right": 1.0, "approves_wrong": 1.0}
    by_hand["systems"]["field"]["responds"][0]["autonomy"] = 0.0
    found = detente.halt(by_hand, level=0.5, runs=200)
    assert found.deadline_s == 0.0  # people do it all
    assert found.as_dict()["deadline_s"] == 0.0


def test_refusals() -> None:
    with pytest.raises(SimulationError, match="level: found 0"):
        detente.halt(relay(), level=0.0)
    with pytest.raises(SimulationError, match="runs"):
        detente.halt(relay(), runs=0)


def test_searches_that_go_the_same_way_run_nothing_twice() -> None:
    """Three searches over made-up crises, whose catastrophes need automation for that many seconds."""
    needs = np.geomspace(0.1, 1e4, 500)
    asked: list[float] = []

    def fatal(crises, halt_s):
        asked.append(halt_s)
        return crises[needs[crises] <= halt_s]

    def found(search, most):
        return halt._deadline(search, np.arange(500), 0, most, 1e5)

    alone = [found(fatal, most) for most in (20, 25, 30)]
    calls = len(asked)
    asked.clear()
    search = halt._remembered(fatal)
    assert [found(search, most) for most in (20, 25, 30)] == alone
    assert len(asked) == len(set(asked)) < calls
    assert alone == sorted(alone)
    for deadline, most in zip(alone, (20, 25, 30), strict=True):
        assert needs[most - 1] <= deadline <= needs[most]
