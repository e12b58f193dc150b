"""Holds and votes: who decides, on what, until when, and how often it counts."""

from dataclasses import replace
from typing import Any

import pytest

from detente.errors import ConflictError, RefusedError, UnknownError
from detente.gate.decide import decide
from detente.gate.entries import SHOWN, Voted, encode
from detente.gate.votes import voters
from detente.model.charter.vocabulary import Asset, OnLapse
from tests.gate.build import ACTIONS, START, charter, policy, seconds
from tests.gate.desk import Desk

REVIEW = {
    "human-on-the-loop": {
        "from": "degrade", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0,
    }
}  # fmt: skip
"""From `degrade` up people approve: two of ana, ben and cleo (ana runs the system), from 300 s on dora and emil, too."""


@pytest.fixture
def desk() -> Desk:
    return Desk(policy(REVIEW, document={"charter": 1}))


def held(desk: Desk, id_: str = "a1", **fields: Any) -> str:
    decision = desk.ask(id_, **fields)
    assert decision.effect == "hold"
    assert decision.hold is not None
    return decision.hold


def test_as_many_people_as_the_quorum_let_it_go_ahead_once(desk: Desk) -> None:
    hold = held(desk)
    assert desk.vote("ben", hold).status == "pending"
    assert desk.ask().effect == "hold"
    assert desk.vote("cleo", hold).status == "approved"
    decision = desk.ask()
    assert decision.effect == "allow"
    assert desk.hold(hold).used_by == decision.evaluation
    assert hold not in desk.state.holds
    assert (desk.ask().effect, desk.ask().evaluation) == ("allow", decision.evaluation)


def test_one_vote_against_ends_it(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    assert desk.vote("cleo", hold, approve=False, reason="it is a printer").status == "denied"
    decision = desk.ask()
    assert decision.effect == "deny"
    assert "it is a printer" in decision.reasons[0].because
    with pytest.raises(RefusedError, match="dora"):
        desk.vote("dora", hold)


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("ana", "runs avalon-shield"),
        ("avalon-shield", "is a system"),
        ("borduria-shield", "is a system"),
        ("dora", "not among"),  # not yet
        ("mallory", "not among"),
        ("Ben", "not among"),
    ],
)
def test_nobody_else_decides(desk: Desk, by: str, why: str) -> None:
    hold = held(desk)
    before = desk.state
    with pytest.raises(RefusedError, match=why):
        desk.vote(by, hold)
    assert desk.state is before


def test_a_system_never_approves_though_a_group_names_it(desk: Desk) -> None:
    watch, duty = charter().groups
    crowd = replace(watch, people=("ben", "cleo", "borduria-shield"))
    desk = Desk(policy(REVIEW, groups=(crowd, duty)))
    with pytest.raises(RefusedError, match="is a system"):
        desk.vote("borduria-shield", held(desk))


def test_a_single_operator_site_says_so_and_its_operator_may_approve() -> None:
    watch, duty = charter().groups
    desk = Desk(policy(REVIEW, groups=(replace(watch, may_operate=True), duty)))
    hold = held(desk)
    desk.vote("ana", hold)
    with pytest.raises(RefusedError, match="is a system"):
        desk.vote("avalon-shield", hold)


def test_a_vote_is_for_what_was_shown(desk: Desk) -> None:
    hold = held(desk)
    with pytest.raises(ConflictError, match="what was shown is not what is held"):
        desk.vote("ben", hold, digest="0" * 64)
    assert desk.hold(hold).ballots == ()


def test_nobody_votes_twice_or_takes_a_vote_back(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    count = len(desk.entries)
    assert desk.vote("ben", hold).status == "pending"  # asked again: the same answer, nothing new
    assert len(desk.entries) == count
    for changed in ({"approve": False}, {"reason": "on second thoughts"}):
        with pytest.raises(ConflictError, match="a vote is not changed"):
            desk.vote("ben", hold, **changed)
    desk.vote("cleo", hold)
    assert desk.vote("cleo", hold).status == "approved"  # the answer was lost on the way
    assert len(desk.entries) == count + 1


def test_who_has_voted_is_told_first_that_a_hold_is_over(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    desk.pass_time(600.0)
    count = len(desk.entries)
    with pytest.raises(ConflictError, match="it is expired, so there is nothing left to decide"):
        desk.vote("ben", hold, approve=False)
    desk.vote("ben", hold)  # exactly what was said before: nothing new
    assert len(desk.entries) == count


def test_the_next_group_decides_too_from_half_the_time_on(desk: Desk) -> None:
    hold = held(desk)
    desk.time = 299.999
    with pytest.raises(RefusedError, match="not among"):
        desk.vote("dora", hold)
    changed = desk.pass_time(300.0)
    assert [(one.what, one.of, one.after) for one in changed] == [("hold", hold, "escalated")]
    assert desk.pass_time(301.0) == ()
    desk.vote("dora", hold)
    assert desk.vote("ben", hold).status == "approved"


def test_no_vote_counts_after_the_deadline_though_nobody_looked_at_the_clock(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    desk.time = 600.0
    with pytest.raises(ConflictError, match="it is expired"):
        desk.vote("cleo", hold)
    desk.time = 0.0  # the clock is set back
    assert desk.ask(kind="block-address", id_="b1").effect == "allow"
    desk.time = 600.0
    assert desk.ask().effect == "deny"
    assert desk.hold(hold).status == "expired"


def test_setting_the_clock_back_wins_no_time(desk: Desk) -> None:
    hold = held(desk)
    desk.pass_time(599.0)
    desk.ask("b1", "block-address")
    desk.time = -3600.0
    desk.vote("ben", hold)
    last = desk.entries[-1]
    assert isinstance(last, Voted)
    assert last.at == seconds(599.0)


def test_a_hold_that_nobody_decides_is_denied(desk: Desk) -> None:
    hold = held(desk)
    desk.pass_time(300.0)
    changed = desk.pass_time(600.0)
    assert [(one.of, one.after, one.cause) for one in changed] == [
        (hold, "expired", "nobody decided in time")
    ]
    assert desk.ask().effect == "deny"
    assert hold not in desk.state.holds


LAPSING = {"human-on-the-loop": REVIEW["human-on-the-loop"] | {"from": "signal", "on_timeout": "allow"}}


def test_only_what_can_be_undone_and_is_mild_lapses_to_allow() -> None:
    desk = Desk(policy(LAPSING))
    holds = {
        "mild": held(desk, "mild", kind="block-address"),
        "says it cannot be undone": held(desk, "final", kind="block-address", reversible=False),
        "not declared": held(desk, "other", kind="isolate-host"),
    }
    desk.pass_time(600.0)
    assert desk.hold(holds["mild"]).lapse == "allow"
    assert desk.hold(holds["says it cannot be undone"]).lapse == "deny"
    assert desk.ask("final", "block-address", reversible=False).effect == "deny"
    assert desk.ask("other", "isolate-host").effect == "deny"
    assert desk.ask("mild", "block-address").effect == "allow"


def test_nothing_critical_lapses_to_allow_whatever_its_kind_says() -> None:
    kinds = (
        *ACTIONS[:3],
        replace(ACTIONS[3], reversible=True, on_lapse=OnLapse.ALLOW),
    )
    desk = Desk(policy(LAPSING, actions=kinds))
    assert desk.hold(held(desk)).lapse == "deny"


def test_a_portfolio_that_denies_in_the_end_wins_over_a_kind_that_would_lapse() -> None:
    denying = {"human-on-the-loop": LAPSING["human-on-the-loop"] | {"on_timeout": "deny"}}
    desk = Desk(policy(denying))
    assert desk.hold(held(desk, kind="block-address")).lapse == "deny"


def test_people_are_not_asked_where_too_few_could_approve() -> None:
    watch, _ = charter().groups
    crowd = replace(watch, people=("ana", "ben", "borduria-shield"), escalates_to=None)
    desk = Desk(policy(REVIEW, groups=(crowd, charter().groups[1])))
    decision = desk.ask()
    assert decision.effect == "deny"
    assert "2 people must approve, and 1 could" in decision.reasons[-1].because


def test_what_lapsed_to_allow_counts_once_and_not_for_ever() -> None:
    desk = Desk(policy(LAPSING))
    first, second = held(desk, "b1", kind="block-address"), held(desk, "b2", kind="block-address")
    assert first == second
    other = held(desk, "b3", kind="block-address", target="avalon-turbine")
    desk.pass_time(600.0)
    assert desk.ask("b1", "block-address").effect == "allow"
    assert desk.ask("b2", "block-address").effect == "deny"
    desk.time = 1200.0
    assert desk.ask("b3", "block-address", target="avalon-turbine").effect == "deny"
    assert (desk.hold(other).status, desk.hold(other).lapse) == ("expired", "deny")


def test_a_jump_of_the_clock_past_everything_lets_nothing_through() -> None:
    desk = Desk(policy(LAPSING))
    hold = held(desk, "b1", kind="block-address")
    changed = desk.pass_time(1e6)
    assert [one.after for one in changed if one.of == hold] == ["expired", "expired"]
    assert desk.ask("b1", "block-address").effect == "deny"


def test_an_approval_must_be_used_in_time(desk: Desk) -> None:
    hold, early = held(desk, "late"), held(desk, "early", target="borduria-shield")
    for one in (hold, early):
        desk.vote("ben", one)
        desk.vote("cleo", one)
    desk.time = 1199.0
    assert desk.ask("early", target="borduria-shield").effect == "allow"
    desk.time = 1200.0
    decision = desk.ask("late")
    assert decision.effect == "deny"
    assert "not used in time" in decision.reasons[0].because


def test_an_approval_too_old_lets_nothing_through_though_nobody_looked_at_the_clock(desk: Desk) -> None:
    """`decide` knows by itself; `handle` would have let the approval expire first."""
    hold = held(desk)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    action = desk.hold(hold).action
    for at, effect in ((1199.0, "allow"), (1200.0, "deny")):
        assert (
            decide(desk.state, action, desk.policy, seconds(at), system="avalon-shield")[0].effect == effect
        )


def test_an_approval_under_another_policy_is_void_though_the_hold_was_never_cancelled(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    other = policy(REVIEW, document={"charter": 2})
    decision, _ = decide(desk.state, desk.hold(hold).action, other, desk.state.now, system="avalon-shield")
    assert decision.effect == "hold"
    assert decision.hold != hold


def test_who_may_vote_is_known(desk: Desk) -> None:
    hold = desk.hold(held(desk))
    assert voters(hold, desk.policy, hold.escalates - 1) == {"ben", "cleo"}
    assert voters(hold, desk.policy, hold.escalates) == {"ben", "cleo", "dora", "emil"}


def test_an_entry_shows_as_much_as_it_has_room_for_and_its_fold_finds_the_rest() -> None:
    watch, duty = charter().groups
    many = tuple(
        Asset(name=f"laptop-{number}", owner="avalon", domain="cyber", compartment="west-cyber")
        for number in range(100)
    )
    desk = Desk(policy(REVIEW, assets=many, groups=(replace(watch, open_holds=100, escalates_to=None), duty)))
    for asset in many:
        held(desk, asset.name, target=asset.name)
    changed = desk.pass_time(600.0)  # where it is checked that the fold of the entry gives the same state
    assert len(changed) == 100
    entry = desk.entries[-1]
    assert len(entry.changed) == SHOWN
    assert entry.changed[-1].cause == f"and {101 - SHOWN} more"
    assert len(encode(entry)) < 65_023


def test_an_approval_lifts_only_what_people_were_asked_about(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    desk.mode("guarded")
    decision = desk.ask()
    assert decision.effect == "deny"
    assert "de-escalation-mode" in decision.reasons[-1].because
    desk.mode("halted")
    assert desk.ask().effect == "deny"


def test_an_approval_lifts_no_denial_that_came_since(desk: Desk) -> None:
    hold = held(desk)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    desk.stop()
    assert desk.ask().effect == "deny"
    assert not desk.hold(hold).used_by


def test_an_approval_under_another_policy_is_void(desk: Desk) -> None:
    hold, waiting = held(desk), held(desk, "a2", target="borduria-shield")
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    changed = desk.adopt(policy(REVIEW, document={"charter": 2}))
    assert {(one.of, one.after) for one in changed} == {(hold, "cancelled"), (waiting, "cancelled")}
    with pytest.raises(ConflictError, match="another policy"):
        desk.vote("ben", waiting)
    again = desk.ask()
    assert again.effect == "hold"
    assert again.hold != hold
    desk.adopt(policy(REVIEW, document={"charter": 1}))  # and back: what was cancelled stays so
    with pytest.raises(ConflictError, match="it is cancelled"):
        desk.vote("ben", waiting)
    assert desk.ask("a2", target="borduria-shield").effect == "deny"


def test_the_same_under_a_second_id_shares_the_hold_and_its_one_use(desk: Desk) -> None:
    hold = held(desk)
    assert held(desk, "a2") == hold
    assert held(desk, "a3") == hold
    assert desk.hold(hold).also == ("a2", "a3")
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    assert desk.ask("a2").effect == "allow"
    first = desk.ask()
    assert first.effect == "deny"
    assert "counts once" in first.reasons[0].because
    assert desk.ask("a3").effect == "deny"
    anew = desk.ask("a4")
    assert anew.effect == "hold"
    assert anew.hold != hold


def test_other_arguments_need_another_approval(desk: Desk) -> None:
    assert held(desk) != held(desk, "a2", target="borduria-shield")
    assert desk.ask("a1", target="borduria-shield").effect == "deny"  # and an id is for one thing only


def test_ids_that_share_a_hold_are_remembered_to_a_bound(desk: Desk) -> None:
    hold = held(desk)
    for number in range(40):
        assert held(desk, f"more-{number}") == hold
    assert len(desk.hold(hold).also) == 16


def test_a_group_is_not_flooded() -> None:
    watch, duty = charter().groups
    desk = Desk(policy(REVIEW, groups=(replace(watch, open_holds=2), duty)))
    targets = ("avalon-laptop", "avalon-shield", "borduria-shield")
    first, second = held(desk, "a0", target=targets[0]), held(desk, "a1", target=targets[1])
    assert desk.ask("a2", target=targets[2]).effect == "deny"
    assert held(desk, "a3", target=targets[0]) == first  # the same once more takes no room
    desk.vote("ben", second, approve=False)
    assert desk.ask("a4", target=targets[2]).effect == "hold"


def test_room_is_free_again_at_the_deadline_though_nobody_looked_at_the_clock() -> None:
    watch, duty = charter().groups
    desk = Desk(policy(REVIEW, groups=(replace(watch, open_holds=1), duty)))
    hold = held(desk)
    desk.time = 600.0
    assert desk.ask("a2").hold != hold
    assert desk.ask("a2").effect == "hold"


@pytest.mark.parametrize("by", ["avalon-shield", "olga"])
def test_whoever_asked_or_a_person_takes_a_hold_back(desk: Desk, by: str) -> None:
    hold = held(desk)
    assert desk.cancel(by, hold).status == "cancelled"
    count = len(desk.entries)
    desk.cancel(by, hold)
    assert len(desk.entries) == count
    with pytest.raises(ConflictError, match="it is cancelled"):
        desk.vote("ben", hold)
    assert desk.ask().effect == "deny"


def test_no_other_system_takes_a_hold_back_and_nothing_that_is_over(desk: Desk) -> None:
    hold = held(desk)
    with pytest.raises(RefusedError, match="did not ask for it"):
        desk.cancel("borduria-shield", hold)
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    desk.ask()
    with pytest.raises(ConflictError, match="has been used"):
        desk.cancel("avalon-shield", hold)
    for unknown in (desk.cancel, lambda by, hold: desk.vote(by, hold, digest="0" * 64)):
        with pytest.raises(UnknownError, match="expected one that is open"):
            unknown("ben", "h999")


def test_a_better_attribution_withdraws_what_rests_on_a_wrong_blame() -> None:
    desk = Desk(policy(REVIEW | {"shared-attribution": {"verdict": "1 min", "accuracy": 1.0}}))
    desk.report("i1", "disrupt")
    hold, other = held(desk, in_response_to=("i1",)), held(desk, "a2", target="borduria-shield")
    desk.vote("ben", hold)
    desk.vote("cleo", hold)
    assert [one.of for one in desk.attribute("i1", None)] == [hold]
    assert desk.ask(in_response_to=("i1",)).effect == "deny"
    assert desk.hold(other).status == "pending"


def test_the_time_of_a_decision_is_the_gates_own(desk: Desk) -> None:
    desk.time = 5.0
    held(desk)
    assert desk.state.now == START + 5 * 10**9
