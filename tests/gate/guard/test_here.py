"""A guard and its gate in one process."""

import threading

from detente.gate.guard import Guard
from detente.gate.guard.here import Here
from detente.gate.request import Premise, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.build import policy

REVIEW = {"from": "signal", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0}


def test_a_guarded_function_waits_for_people_and_then_runs_once() -> None:
    with Gate(policy({"human-on-the-loop": REVIEW})) as gate:
        ran = threading.Event()

        @Guard(Here(gate, "avalon-shield"), wait_s=30.0).action(
            "isolate-host", target="host", premise=Premise("borduria", 0.9)
        )
        def isolate(host: str) -> None:
            ran.set()

        asking = threading.Thread(target=isolate, args=("avalon-laptop",))
        asking.start()
        while not gate.state.holds:
            threading.Event().wait(0.01)
        (hold,) = gate.state.holds.values()
        assert not ran.is_set()
        for person in ("ben", "cleo"):
            gate.vote(person, hold.id, Vote(True, "seen", hold.digest))
        asking.join(30.0)
        assert ran.is_set()
        assert gate.state.answered.get(hold.action.id).outcome == "done"  # type: ignore[union-attr]
