"""The switch: what it stops, and that a disarmed one is found out."""

from dataclasses import replace
from typing import Any

import pytest

from detente.errors import GateError
from detente.gate import kill
from detente.gate.commands import RecordKillTest
from detente.gate.kill import self_test
from detente.gate.rules import restraint
from detente.gate.state import State
from detente.model.charter.vocabulary import Enforcement, GroupTerms, OnHalt
from tests.gate.build import ACTIONS, charter, policy
from tests.gate.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk(policy())


def test_a_stop_holds_from_the_next_decision_on(desk: Desk) -> None:
    assert desk.ask("a1", "block-address").effect == "allow"
    assert desk.stop().mode == "halted"
    assert desk.ask("a2", "block-address").effect == "deny"
    assert desk.ask("a3", "release-host").effect == "allow"  # a halt that stops exits does harm


def test_a_scope_that_is_stopped_stops_nobody_else(desk: Desk) -> None:
    desk.stop(scope="actor:avalon")
    assert desk.ask("a1", "block-address").effect == "deny"
    assert desk.ask("a2", "block-address", system="borduria-shield").effect == "allow"
    desk.stop(scope="compartment:west-cyber")
    assert desk.ask("a3", "block-address", system="borduria-shield").effect == "deny"


def test_a_stop_binds_where_all_else_is_only_observed() -> None:
    desk = Desk(policy({"throttle": {"rate": "1 /h"}}, enforcement=Enforcement.OBSERVE))
    assert desk.ask("a1", "block-address").effect == "allow"
    assert (desk.ask("a2", "block-address").effect, desk.ask("a2", "block-address").would) == ("allow", None)
    desk.stop()
    assert desk.ask("a3", "block-address").effect == "deny"
    assert desk.ask("a4", "release-host").effect == "allow"


def test_a_stop_twice_is_acknowledged_twice_and_recorded_once(desk: Desk) -> None:
    desk.stop("paul")
    count = len(desk.entries)
    assert desk.stop("olga").mode == "halted"
    assert len(desk.entries) == count


@pytest.mark.parametrize("on_halt", OnHalt)
def test_the_self_test_passes_where_every_kind_gets_what_it_says(on_halt: OnHalt) -> None:
    rules = policy(actions=tuple(replace(kind, on_halt=on_halt) for kind in ACTIONS))
    passed, detail = self_test(State(), rules)
    assert passed, detail
    # Two systems, five kinds and 3 domains x 7 rungs each, overall and for the owner alone.
    assert detail.startswith("104 proposals tried")


def test_the_self_test_changes_nothing_and_works_in_any_mode(desk: Desk) -> None:
    desk.stop()
    before = desk.state
    assert self_test(desk.state, desk.policy)[0]
    assert desk.state is before


def disarmed_rule(case: Any) -> None:
    """A halt that forgets to speak."""
    case.mode = "halted"


def only_by_rung(case: Any) -> None:
    """A halt that lets mild actions go on."""
    if case.rung >= case.policy.critical:
        restraint.mode(case)
    else:
        case.passes("de-escalation-mode", {})


def stops_everything(case: Any) -> None:
    """A halt that knows no exits."""
    case.mode = "halted"
    case.objects("de-escalation-mode", "deny", {}, "", "")


@pytest.mark.parametrize("broken", [disarmed_rule, only_by_rung])
def test_the_self_test_finds_a_switch_that_does_not_stop(
    monkeypatch: pytest.MonkeyPatch, broken: Any
) -> None:
    from detente.gate import decide

    monkeypatch.setattr(decide, "mode", broken)
    passed, detail = self_test(State(), policy())
    assert not passed
    assert "overall halted, avalon-shield with block-address" in detail
    assert "more" in detail


def test_the_self_test_finds_a_halt_that_stops_what_must_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A halt that stopped exits, too, has cost others more than no halt."""
    from detente.gate import decide

    monkeypatch.setattr(decide, "mode", stops_everything)
    passed, detail = self_test(State(), policy())
    assert not passed
    assert "avalon-shield with release-host: the halt says deny, expected allow" in detail


def test_the_self_test_finds_a_stop_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill, "lower", lambda state, *_: ((), state))
    assert not self_test(State(), policy())[0]


def test_the_self_test_finds_an_answer_that_does_not_bind(monkeypatch: pytest.MonkeyPatch) -> None:
    from detente.gate import decide

    monkeypatch.setattr(decide, "_is_halted", lambda _: False)
    assert not self_test(State(), policy(enforcement=Enforcement.OBSERVE))[0]
    assert self_test(State(), policy())[0]


def test_a_test_that_failed_is_recorded_and_told(desk: Desk) -> None:
    desk.do(RecordKillTest(False, "it did not stop"))
    assert [(one.what, one.after) for one in desk.entries[-1].changed] == [
        ("kill", "failed"),
        ("mode", "guarded"),
    ]
    assert desk.state.kill.is_in_doubt


def test_an_orderly_shutdown_asks_people_while_halted() -> None:
    kinds = (replace(ACTIONS[0], on_halt=OnHalt.HOLD), *ACTIONS[1:])
    desk = Desk(
        policy(actions=kinds, groups=(GroupTerms(name="watch", people=("ben",)), charter().groups[1]))
    )
    desk.stop()
    decision = desk.ask("a1", "block-address")
    assert decision.effect == "hold"
    desk.vote("ben", str(decision.hold))
    assert desk.ask("a1", "block-address").effect == "allow"


def test_every_error_of_the_gate_is_a_gate_error() -> None:
    with pytest.raises(GateError):
        Desk(policy()).stop(scope="nowhere")
