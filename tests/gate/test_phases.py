"""Phases: autonomy earned by evidence, one step at a time, and lost at once."""

from dataclasses import replace
from typing import Any

import pytest

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.phases import FAILURES
from detente.model.charter.vocabulary import Phase, PromotionTerms
from tests.gate.build import ACTIONS, RIVAL, SHIELD, charter, policy
from tests.gate.desk import Desk

EASY = PromotionTerms(least_s=100.0, least_judged=3, agreement=0.4, confidence=0.9, severe_within_s=1000.0)
"""Three of three agreed with: the bound is 0.1 ** (1 / 3) = 0.464."""


def desk_in(phase: Phase, safeguards: dict[str, Any] | None = None, **changes: Any) -> Desk:
    system = replace(SHIELD, phase=phase, certified=False)
    fields: dict[str, Any] = {"systems": (system, RIVAL), "promotion": EASY, "document": {"v": 0}} | changes
    return Desk(policy(safeguards, **fields))


def record(desk: Desk, kind: str = "wipe-host") -> Any:
    return desk.state.phases[f"avalon-shield {kind}"]


def judged(desk: Desk, *agrees: bool, by: str = "ben") -> None:
    for number, agree in enumerate(agrees):
        name = f"{len(desk.entries)}-{number}"
        desk.ask(name)
        desk.judge(by, name, agrees=agree)


def test_a_promotion_rests_on_evidence_which_is_recorded() -> None:
    desk = desk_in(Phase.SHADOW)
    judged(desk, True, True, True)
    desk.time = 100.0
    desk.move("advisory")
    entry = desk.entries[-1]
    assert entry.evidence["judged"] == entry.evidence["agreed"] == 3
    assert entry.evidence["agreement"] == pytest.approx(0.1 ** (1 / 3))
    assert (record(desk).phase, record(desk).judged, record(desk).agreed) == ("advisory", 0, 0)


def test_all_that_is_missing_is_said_at_once() -> None:
    desk = desk_in(Phase.SHADOW)
    desk.ask()
    desk.judge("ben", "a1", agrees=False)
    with pytest.raises(RefusedError) as error:
        desk.move("advisory")
    said = str(error.value)
    for part in (
        "for 0 s, of 100 s",
        "proposals that were judged: 1, of 3",
        "agreed with at least 0 of them",
    ):
        assert part in said
    assert "severe" not in said


@pytest.mark.parametrize(
    ("agrees", "at", "is_enough"),
    [
        ((True, True, True), 100.0, True),
        ((True, True, True), 99.9, False),
        ((True, True), 100.0, False),
        ((True, True, True, False), 100.0, False),  # the bound of 3 of 4 is 0.320
        ((True,) * 9 + (False,), 100.0, True),  # and of 9 of 10 it is 0.663
    ],
)
def test_each_kind_of_evidence_is_asked_for(agrees: tuple[bool, ...], at: float, *, is_enough: bool) -> None:
    desk = desk_in(Phase.ADVISORY)
    judged(desk, *agrees)
    desk.time = at
    if is_enough:
        desk.move("supervised")
        assert record(desk).phase == "supervised"
    else:
        with pytest.raises(RefusedError, match="not promoted"):
            desk.move("supervised")


@pytest.mark.parametrize(
    ("by", "error", "why"),
    [
        ("ana", RefusedError, "runs avalon-shield"),
        ("avalon-shield", RefusedError, "only a person"),
        ("borduria-shield", RefusedError, "only a person"),
    ],
)
def test_nobody_promotes_their_own(by: str, error: Any, why: str) -> None:
    desk = desk_in(Phase.SHADOW)
    judged(desk, True, True, True)
    desk.time = 100.0
    with pytest.raises(error, match=why):
        desk.move("advisory", by=by)


def test_no_phase_is_jumped_over() -> None:
    desk = desk_in(Phase.SHADOW)
    judged(desk, True, True, True)
    desk.time = 100.0
    with pytest.raises(ConflictError, match="one step at a time"):
        desk.move("supervised")


def test_down_is_anybodys_at_any_time_and_by_any_number_of_steps() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.move("shadow", by="ana")
    assert record(desk).phase == "shadow"
    assert desk.ask().effect == "deny"
    count = len(desk.entries)
    desk.move("shadow")
    assert len(desk.entries) == count


def test_what_a_system_may_not_propose_has_no_phase() -> None:
    desk = Desk(policy(systems=(replace(SHIELD, may=("block-*",)), RIVAL)))
    with pytest.raises(
        UnknownError, match=r"wipe-host, which avalon-shield may not propose.*`may:`, block-\*$"
    ):
        desk.move("supervised")
    desk.move("supervised", kind="block-address")
    assert record(desk, "block-address").phase == "supervised"


@pytest.mark.parametrize(
    ("system", "kind"), [("nobody", "wipe-host"), ("avalon-shield", "dance"), ("avalon-shield", "moon/probe")]
)
def test_an_order_about_what_is_not_there_is_refused(system: str, kind: str) -> None:
    with pytest.raises(UnknownError):
        desk_in(Phase.SHADOW).move("shadow", system=system, kind=kind)


def test_without_a_certificate_nothing_gets_autonomous() -> None:
    certification = {"certification": {"coverage": 1.0, "attribution": 0.9}}
    desk = desk_in(Phase.SUPERVISED, certification)
    hold = str(desk.ask("a1").hold)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    assert (record(desk).judged, record(desk).agreed) == (1, 1)
    desk.time = 100.0
    with pytest.raises(RefusedError, match="no certificate"):
        desk.move("autonomous")


def test_the_cap_of_a_missing_certificate_is_not_taken_for_what_was_earned() -> None:
    certification = {"certification": {"coverage": 1.0, "attribution": 0.9}}
    desk = desk_in(Phase.AUTONOMOUS, certification)
    assert desk.ask().phase == "supervised"
    assert record(desk).phase == "autonomous"


@pytest.mark.parametrize(
    ("phase", "after"), [(Phase.AUTONOMOUS, "supervised"), (Phase.SUPERVISED, "advisory")]
)
def test_a_severe_incident_traced_to_it_costs_a_phase_at_once(phase: Phase, after: str) -> None:
    desk = desk_in(phase)
    decision = desk.ask("a1", "isolate-host")
    if decision.hold:
        desk.vote("ben", decision.hold)
        desk.vote("cleo", decision.hold)
    assert desk.ask("a1", "isolate-host").effect == "allow"
    changed = desk.report("i1", "degrade", "a1")
    assert [(one.what, one.before, one.after) for one in changed] == [("phase", phase.value, after)]
    assert record(desk, "isolate-host").severe_at == desk.state.now
    assert desk.ask("a2", "isolate-host").phase == after
    assert "avalon-shield wipe-host" not in desk.state.phases  # other kinds of action keep theirs


def test_one_incident_costs_one_phase_however_often_it_is_reported() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    desk.ask("a2", "isolate-host", target="borduria-shield")
    desk.report("i1", "degrade", "a1")
    desk.report("i1", "degrade", "a1", by="borduria-shield")
    desk.report("i1", "degrade", "a2")
    assert record(desk, "isolate-host").phase == "supervised"
    desk.report("i2", "degrade", "a1")
    assert record(desk, "isolate-host").phase == "advisory"


def test_a_cause_that_is_reported_later_counts_all_the_same() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    assert desk.report("i1", "degrade") == ()
    assert desk.report("i1", "degrade", "a1")[0].after == "supervised"


@pytest.mark.parametrize(("rung", "cause"), [("disrupt", "a1"), ("degrade", "a9"), ("degrade", "denied")])
def test_what_is_mild_or_not_traced_costs_nothing(rung: str, cause: str) -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    desk.ask("denied", "isolate-host", target="avalon-turbine")
    assert desk.report("i1", rung, cause) == ()


def test_a_severe_incident_lately_stands_against_a_promotion() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    desk.report("i1", "degrade", "a1")
    desk.move("advisory", kind="isolate-host")
    for number in range(3):
        desk.ask(f"b{number}", "isolate-host")
        desk.judge("ben", f"b{number}")
    desk.time = 999.0
    with pytest.raises(RefusedError, match=r"it 16\.6 min ago, of 16\.7 min"):
        desk.move("supervised", kind="isolate-host")
    desk.time = 1000.0
    desk.move("supervised", kind="isolate-host")


def test_failures_in_a_row_cost_autonomy_and_no_more() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    for number in range(FAILURES):
        desk.ask(f"a{number}", "isolate-host")
        changed = desk.outcome(f"a{number}", "failed")
    assert [(one.before, one.after) for one in changed] == [("autonomous", "supervised")]
    for number in range(FAILURES):
        hold = str(desk.ask(f"b{number}", "isolate-host").hold)
        desk.vote("ben", hold)
        desk.vote("cleo", hold)
        assert desk.ask(f"b{number}", "isolate-host").effect == "allow"
        assert desk.outcome(f"b{number}", "failed") == ()
    assert (record(desk, "isolate-host").phase, record(desk, "isolate-host").failed) == (
        "supervised",
        FAILURES,
    )


def test_what_is_done_ends_a_row_of_failures_and_what_is_taken_back_does_not() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    for number, status in enumerate(["failed", "failed", "done", "failed", "failed", "rolled-back"]):
        desk.ask(f"a{number}", "isolate-host")
        assert desk.outcome(f"a{number}", status) == ()
    desk.ask("last", "isolate-host")
    assert desk.outcome("last", "failed")[0].after == "supervised"


def test_outcomes_are_of_what_was_allowed_by_whoever_proposed_it() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    with pytest.raises(RefusedError, match="did not propose it"):
        desk.outcome("a1", "done", by="borduria-shield")
    with pytest.raises(RefusedError, match="did not propose it"):
        desk.outcome("a1", "done", by="ben")
    desk.outcome("a1", "done", by="ana")
    count = len(desk.entries)
    assert desk.outcome("a1", "done") == ()
    assert len(desk.entries) == count
    desk.outcome("a1", "rolled-back")
    with pytest.raises(ConflictError, match="done cannot follow"):
        desk.outcome("a1", "done")
    with pytest.raises(UnknownError):
        desk.outcome("a9", "done")
    desk.ask("denied", "isolate-host", target="avalon-turbine")
    with pytest.raises(ConflictError, match="was not allowed"):
        desk.outcome("denied", "done")


@pytest.mark.parametrize("by", ["ana", "avalon-shield", "borduria-shield", "mallory"])
def test_who_runs_it_or_is_not_asked_does_not_judge(by: str) -> None:
    desk = desk_in(Phase.SHADOW)
    desk.ask()
    with pytest.raises(RefusedError, match="not among the people who judge"):
        desk.judge(by, "a1")


def test_a_proposal_counts_once_and_is_agreed_with_where_all_agree() -> None:
    desk = desk_in(Phase.SHADOW)
    desk.ask()
    counts = []
    for by, agrees in (("ben", True), ("cleo", True), ("dora", False), ("emil", True)):
        found = desk.judge(by, "a1", agrees=agrees)
        counts.append((found.judged, found.agreed))
    assert counts == [(1, 1), (1, 1), (1, 0), (1, 0)]


def test_a_judgement_is_not_changed_and_repeats_nothing() -> None:
    desk = desk_in(Phase.SHADOW)
    desk.ask()
    desk.judge("ben", "a1")
    count = len(desk.entries)
    desk.judge("ben", "a1")
    assert len(desk.entries) == count
    with pytest.raises(ConflictError, match="a judgement is not changed"):
        desk.judge("ben", "a1", agrees=False)


def test_only_what_was_proposed_in_this_phase_counts() -> None:
    desk = desk_in(Phase.ADVISORY)
    desk.ask("a1")
    desk.time = 1.0
    desk.move("shadow")
    with pytest.raises(ConflictError, match="before the phase shadow began"):
        desk.judge("ben", "a1")
    with pytest.raises(UnknownError):
        desk.judge("ben", "a9")


def test_votes_are_the_judgement_of_what_people_decide() -> None:
    desk = desk_in(Phase.SUPERVISED)
    hold = str(desk.ask().hold)
    with pytest.raises(ConflictError, match="by their votes"):
        desk.judge("dora", "a1")
    desk.vote("ben", hold, approve=False)
    assert (record(desk).judged, record(desk).agreed) == (1, 0)
    with pytest.raises(ConflictError, match="by their votes"):
        desk.judge("dora", "a1")


def test_a_proposal_is_counted_once_however_often_it_is_asked() -> None:
    desk = desk_in(Phase.SUPERVISED)
    hold = str(desk.ask().hold)
    desk.ask()
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    desk.ask()
    assert record(desk).proposed == 1


def test_in_shadow_what_would_have_been_allowed_is_counted_as_divergence() -> None:
    desk = desk_in(Phase.SHADOW)
    assert desk.ask("a1", "block-address").would == "allow"
    desk.ask("a2", "block-address", premise=None, domain="energy", target="avalon-turbine")
    assert (record(desk, "block-address").proposed, record(desk, "block-address").diverged) == (2, 2)


def test_a_charter_that_lets_it_start_lower_takes_what_was_earned() -> None:
    desk = desk_in(Phase.AUTONOMOUS)
    desk.ask("a1", "isolate-host")
    desk.outcome("a1", "failed")  # from now on there is a record
    lower = policy(systems=(replace(SHIELD, phase=Phase.ADVISORY), RIVAL), document={"v": 1})
    changed = desk.adopt(lower)
    assert [(one.before, one.after) for one in changed] == [("autonomous", "advisory")]
    assert desk.ask("a2", "isolate-host").phase == "advisory"
    higher = policy(systems=(replace(SHIELD, phase=Phase.AUTONOMOUS), RIVAL), document={"v": 2})
    assert desk.adopt(higher) == ()
    assert desk.ask("a3", "isolate-host").phase == "advisory"


def test_a_charter_changed_elsewhere_takes_nothing_that_was_earned() -> None:
    desk = desk_in(Phase.SHADOW)
    judged(desk, True, True, True)
    desk.time = 100.0
    desk.move("advisory")
    same_start = policy(
        systems=(replace(SHIELD, phase=Phase.SHADOW), RIVAL), actions=(*ACTIONS,), document={"v": 1}
    )
    assert desk.adopt(same_start) == ()
    assert record(desk).phase == "advisory"
    assert charter().systems[0].phase is Phase.AUTONOMOUS
