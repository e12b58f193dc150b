"""Modes: down at once, up slowly, by people, and not by whoever pulled the switch."""

from typing import Any

import pytest
from immutables import Map

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.modes import lower, mode_of
from detente.gate.state import Mode, State
from detente.model.charter.vocabulary import KillTerms, ModeTerms, Recovery
from tests.gate.build import policy
from tests.gate.desk import Desk

TRIPPING = {"de-escalation-mode": {"trips_at": 2, "within": "10 s", "lasts": "100 s", "restraint": 1.0}}


@pytest.fixture
def desk() -> Desk:
    return Desk(policy())


def mode_now(desk: Desk, scope: str = "overall") -> str:
    return mode_of(desk.state.modes, (scope,), desk.state.now)[1].mode


def test_down_is_at_once_and_by_any_number_of_steps(desk: Desk) -> None:
    desk.mode("de-escalation")
    desk.mode("halted", by="paul")
    assert mode_now(desk) == "halted"
    last = desk.entries[-1]
    assert [(one.before, one.after, one.cause) for one in last.changed] == [
        ("de-escalation", "halted", "paul: as agreed")
    ]


def test_up_is_one_step_at_a_time_each_after_its_dwell(desk: Desk) -> None:
    desk.mode("halted", by="paul")
    with pytest.raises(ConflictError, match="must last another 600 s"):
        desk.mode("de-escalation")
    desk.time = 599.7
    with pytest.raises(ConflictError, match="must last another 1 s"):
        desk.mode("de-escalation")
    desk.time = 600.0
    with pytest.raises(ConflictError, match="one step at a time"):
        desk.mode("normal")
    desk.mode("de-escalation")
    with pytest.raises(ConflictError, match="must last another"):
        desk.mode("guarded")
    desk.time = 1200.0
    desk.mode("guarded")
    desk.time = 1800.0
    desk.mode("normal")
    assert desk.state.modes == Map()


def test_who_halted_does_not_release(desk: Desk) -> None:
    desk.stop("paul")
    desk.time = 601.0
    desk.mode("halted", by="olga")  # which changes nothing, so she can still release it
    desk.stop("olga")
    with pytest.raises(RefusedError, match="somebody else has to release it"):
        desk.mode("de-escalation", by="paul")
    desk.mode("de-escalation", by="olga")


def test_no_system_makes_anything_less_restrained(desk: Desk) -> None:
    desk.mode("guarded", by="avalon-shield")
    desk.time = 1e4
    with pytest.raises(RefusedError, match="only a person"):
        desk.mode("normal", by="avalon-shield")


@pytest.mark.parametrize(
    "scope", ["", "everything", "actor:nobody", "compartment:nowhere", "overall:", "Overall"]
)
def test_a_scope_that_is_not_there_is_not_silently_stopped(desk: Desk, scope: str) -> None:
    with pytest.raises(UnknownError, match="expected"):
        desk.mode("halted", scope=scope)
    with pytest.raises(UnknownError, match="expected"):
        desk.stop(scope=scope)


def test_a_scope_that_is_not_there_is_told_with_those_that_are(desk: Desk) -> None:
    with pytest.raises(
        UnknownError, match=r"found 'actor:nobody', expected overall, actor:avalon, .*actor:"
    ) as raised:
        desk.stop(scope="actor:nobody")
    told = str(raised.value).partition("expected ")[2].replace(" or ", ", ").split(", ")
    for scope in told:
        desk.stop(scope=scope)
    assert any(scope.startswith("compartment:") for scope in told)


def test_the_same_order_twice_is_recorded_once(desk: Desk) -> None:
    desk.mode("guarded")
    count = len(desk.entries)
    desk.time = 5.0
    desk.mode("guarded")
    desk.mode("normal", scope="actor:avalon")
    assert len(desk.entries) == count


def tripped(**terms: Any) -> Desk:
    desk = Desk(policy(TRIPPING, modes=ModeTerms(**terms)))
    for number in range(2):
        desk.report(f"i{number}", "probe")
    assert mode_now(desk, "actor:avalon") == "de-escalation"
    return desk


def test_what_tripped_stays_until_a_person_lifts_it() -> None:
    desk = tripped()
    desk.pass_time(1e6)
    assert mode_now(desk, "actor:avalon") == "de-escalation"


def test_where_the_charter_says_so_it_ends_by_itself_and_that_is_recorded() -> None:
    desk = tripped(recovery=Recovery.AUTOMATIC)
    assert desk.pass_time(99.0) == ()
    changed = desk.pass_time(100.0)
    assert [(one.of, one.before, one.after) for one in changed] == [
        ("actor:avalon", "de-escalation", "normal")
    ]
    assert desk.state.modes == Map()


def test_what_ends_by_itself_uncovers_what_a_person_had_set() -> None:
    desk = Desk(policy(TRIPPING, modes=ModeTerms(recovery=Recovery.AUTOMATIC)))
    desk.mode("guarded", scope="actor:avalon")
    for number in range(2):
        desk.report(f"i{number}", "probe")
    desk.pass_time(100.0)
    assert mode_now(desk, "actor:avalon") == "guarded"
    assert desk.state.modes["actor:avalon"].until is None


def test_a_person_keeps_what_would_end_by_itself() -> None:
    desk = tripped(recovery=Recovery.AUTOMATIC)
    desk.mode("de-escalation", scope="actor:avalon")
    assert desk.pass_time(1e4) == ()
    assert mode_now(desk, "actor:avalon") == "de-escalation"


def test_less_restraint_never_hides_more() -> None:
    state = lower(State(), "overall", Mode("halted", 0, "x"))[1]
    assert lower(state, "overall", Mode("guarded", 0, "y")) == ((), state)
    long = lower(State(), "overall", Mode("guarded", 0, "x", until=100))[1]
    shorter = lower(long, "overall", Mode("de-escalation", 0, "y", until=50))[1]
    assert mode_of(shorter.modes, ("overall",), 49)[1].mode == "de-escalation"
    assert mode_of(shorter.modes, ("overall",), 51)[1].mode == "guarded"


def test_a_test_of_the_switch_that_is_overdue_lowers_everything() -> None:
    desk = Desk(policy(kill=KillTerms(test_every_s=1000.0)))
    assert desk.pass_time(999.0) == ()
    changed = desk.pass_time(1000.0)
    assert [(one.what, one.after) for one in changed] == [("kill", "overdue"), ("mode", "guarded")]
    assert desk.pass_time(5000.0) == ()


def test_a_test_made_late_but_before_anything_else_is_in_time() -> None:
    from detente.gate.commands import RecordKillTest

    desk = Desk(policy(kill=KillTerms(test_every_s=1000.0)))
    desk.time = 5000.0
    desk.do(RecordKillTest(True))
    assert mode_now(desk) == "normal"
    assert desk.state.kill.due == desk.state.now + 1000 * 10**9


@pytest.mark.parametrize("how", ["overdue", "failed"])
def test_while_the_switch_is_in_doubt_nobody_lifts_that_mode(how: str) -> None:
    from detente.gate.commands import RecordKillTest

    desk = Desk(policy(kill=KillTerms(test_every_s=1e5, overdue="de-escalation")))
    if how == "overdue":
        desk.pass_time(1e5)
    else:
        desk.do(RecordKillTest(False, "it did not stop"))
    assert mode_now(desk) == "de-escalation"
    desk.time += 600.0
    with pytest.raises(ConflictError, match="until the kill switch has passed its test"):
        desk.mode("guarded")
    desk.do(RecordKillTest(True))
    desk.mode("guarded")


def test_a_mode_that_ends_by_itself_does_not_end_the_doubt() -> None:
    from msgspec.structs import replace

    from detente.gate.commands import RecordKillTest
    from detente.gate.due import next_due

    desk = Desk(policy())
    state = lower(desk.state, "overall", Mode("de-escalation", desk.state.now, "x", desk.state.now + 10**9))[
        1
    ]
    desk.state = replace(state, due=next_due(state))
    desk.do(RecordKillTest(False, "it did not stop"))
    desk.pass_time(2.0)
    assert mode_now(desk) == "guarded"
