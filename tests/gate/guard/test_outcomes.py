"""What became of an action: what can be said of it, and what is said where the gate does not take it."""

from typing import Any

import pytest

from detente.errors import GateError
from detente.gate.client import Client
from detente.gate.guard import Guard, OutcomeUnreportedError
from detente.gate.guard.here import Here
from detente.gate.request import Outcome
from detente.gate.runtime.gate import Gate
from tests.gate.build import policy
from tests.gate.service.build import desk, running, token


def test_what_the_gate_refuses_to_take_is_not_to_be_reported_later() -> None:
    with Gate(policy()) as gate:
        here = Here(gate, "avalon-shield")
        with (
            pytest.raises(
                OutcomeUnreportedError, match=r"the gate refuses its outcome: .*cannot follow"
            ) as raised,
            Guard(here).ask("block-address", target="avalon-laptop", id="one"),
        ):
            here.report(Outcome("one", "rolled-back"))
    assert "do not do it again: what is on record stands" in str(raised.value)
    assert "`detente gate explain one`" in str(raised.value)
    assert "once the gate is there" not in str(raised.value)


def test_over_http_as_well() -> None:
    served = desk()
    with (
        running(served) as port,
        Client(f"http://127.0.0.1:{port}", token("avalon-shield")) as client,
        pytest.raises(OutcomeUnreportedError, match="the gate refuses its outcome: HTTP 409"),
        Guard(client).ask("block-address", target="avalon-laptop", id="one"),
    ):
        client.report(Outcome("one", "rolled-back"))


@pytest.mark.parametrize("way", ["failed", "rolled_back"])
@pytest.mark.parametrize(
    "note, why",
    [
        ("x" * 2001, "note: found 2001 characters, expected 2000 at most"),
        (5, "note: found 5, expected a text"),
        ("\ud800", "note: found half a character"),
    ],
    ids=["long", "number", "surrogate"],
)
def test_a_note_that_is_none_is_refused_at_once(way: str, note: Any, why: str) -> None:
    with Gate(policy()) as gate:
        with Guard(Here(gate, "avalon-shield")).ask(
            "block-address", target="avalon-laptop", id="one"
        ) as permit:
            with pytest.raises(GateError, match=why):
                getattr(permit, way)(note)
            assert (permit.status, permit.note) == ("done", "")
            with pytest.raises(GateError, match=why):
                permit.note = note
        assert gate.state.answered.get("one").outcome == "done"  # type: ignore[union-attr]


def test_a_status_that_is_none_is_refused_at_once() -> None:
    nonsense: list[Any] = ["rolled_back", 5, None, []]
    with (
        Gate(policy()) as gate,
        Guard(Here(gate, "avalon-shield")).ask("block-address", target="avalon-laptop") as permit,
    ):
        for status in nonsense:
            with pytest.raises(
                GateError, match=r"permit.status: found .*, expected one of done, failed, rolled"
            ):
                permit.status = status
        permit.status = "failed"
        assert permit.status == "failed"
