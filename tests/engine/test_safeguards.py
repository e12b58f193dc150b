"""Each safeguard at work: what it prunes, what it holds, and what it remembers, by hand or against theory.

`test_safeguards_oracle` compares whole crises with an independent simulator; here are the reasons.
"""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import detente
from detente.engine.compile import compile_tables
from detente.engine.trace import Trace, trace
from detente.model.portfolio.safeguards import SAFEGUARDS, Portfolio
from tests.generate import document
from tests.quarrel import QUARREL


def portfolio(**safeguards: Any) -> Portfolio:
    named = {name.replace("_", "-"): safeguard for name, safeguard in safeguards.items()}
    return detente.load_portfolio({"detente": 1, "portfolio": "x", "safeguards": named})


def replay(source: Any, guarded: Portfolio | None = None, *, seed: int = 0, crisis: int = 0) -> Trace:
    scenario = detente.load(source)
    tables = compile_tables(scenario, guarded) if guarded else compile_tables(scenario)
    return trace(scenario, tables, seed=seed, crisis=crisis, max_incidents=2_000)


def post(*shocks: dict[str, Any], horizon: str = "1 d", **more: Any) -> dict[str, Any]:
    """A post that answers whatever happens at `gate` with one action at `field`, at once, which nobody answers."""
    rule = {"from": "signal", "at": ["field"], "actions": 1, "law": "fixed", **more}
    return {
        "detente": 1, "name": "post", "critical": "degrade", "horizon": horizon,
        "actors": {"ash": {"kind": "state"}, "birch": {"kind": "state"}},
        "systems": {
            "gate": {"owner": "ash", "domain": "cyber", "watches": {}},
            "field": {"owner": "birch", "domain": "cyber", "watches": {}},
            "post": {"owner": "ash", "domain": "cyber", "watches": {"gate": 1.0}, "responds": [rule]},
        },
        "shocks": list(shocks) or [{"hits": "gate", "rung": "probe", "author": "birch"}],
    }  # fmt: skip


def at(*times: float) -> list[dict[str, Any]]:
    return [{"hits": "gate", "rung": "probe", "author": "birch", "at": f"{time} s"} for time in times]


# --- off is off -------------------------------------------------------------------------------------


def test_none_is_no_portfolio_to_the_last_bit() -> None:
    plain = detente.simulate(QUARREL, runs=3_000, seed=4)
    for guarded in (
        detente.load_portfolio("none"),
        portfolio(throttle={"rate": "1 /d", "adopters": ["supplier"]}),
        portfolio(red_lines={"forbid": [{"in": "space"}]}),
    ):
        assert detente.simulate(QUARREL, runs=3_000, seed=4, portfolio=guarded).frame.equals(plain.frame)


def test_threads_change_nothing_with_everything_on() -> None:
    one, two = (
        detente.simulate(QUARREL, runs=5_000, seed=4, threads=threads, portfolio="essay").frame
        for threads in (1, 2)
    )
    assert one.equals(two)


# --- only what it should ------------------------------------------------------------------------------

PRUNING = {
    "red-lines": {"forbid": [{"from": "disrupt"}], "compliance": 0.6},
    "phased-rollout": {"autonomy": 0.4},
    "export-controls": {"kinds": ["state", "military", "non-state"], "actions": 0.5},
    "compartments": {"strength": 0.7},
    "confidence-floor": {"floors": {"signal": 0.8}},
}
HOLDING = {
    "human-on-the-loop": {"reviewers": 1, "review": "7 s", "approves_right": 1, "approves_wrong": 1},
    "throttle": {"rate": "1 /s", "burst": 1, "excess": "delay"},
}


def quiet(seed: int, *, tame: float) -> dict[str, Any]:
    """A random scenario without streams and false alarms: its crises begin with the same shock, so times can be compared."""
    source = {**document(seed, branching=True, tame=tame), "horizon": "10000 d"}
    for shock in source["shocks"]:
        shock.pop("rate", None)
    for system in source["systems"].values():
        system.get("senses", {}).pop("false_alarms", None)
    return source


@pytest.mark.parametrize("name", PRUNING)
def test_what_prunes_only_prunes(name: str) -> None:
    """Under it, every incident is one of those without it, at the same time and place; what is gone was stopped, or
    descends from what was."""
    guarded, gone = portfolio(**{name: PRUNING[name]}), 0
    for seed in range(20):
        source = quiet(seed, tame=0.8)
        if name == "phased-rollout":  # where nobody can be asked, so that nothing is only later
            for actor in source["actors"].values():
                actor.pop("command", None)
        for crisis in range(4):
            before, after = (
                replay(source, seed=seed, crisis=crisis),
                replay(source, guarded, seed=seed, crisis=crisis),
            )
            plain = {one.key: one for one in before.incidents}
            kept = {one.key for one in after.incidents}
            stopped = {one.key for one in after.stopped}
            assert {one.by for one in after.stopped} <= {name}
            for one in after.incidents:
                there = plain.get(one.key)
                if there is not None:
                    assert (one.time_s, one.system, one.rung, one.author) == (
                        there.time_s, there.system, there.rung, there.author)  # fmt: skip
                else:  # only where the crisis without it had ended by then
                    assert before.ended in {"catastrophe", "capped"}
                    assert one.time_s >= before.incidents[-1].time_s
            for one in before.incidents:
                if one.key not in kept and after.ended == "died-out":
                    line = [before.incidents[i.index].key for i in before.path_to(one.index)]
                    assert not stopped.isdisjoint(line)
                    gone += 1
    assert gone > 20, "otherwise nothing is shown"


@pytest.mark.parametrize("name", HOLDING)
def test_what_holds_only_delays(name: str) -> None:
    """The same incidents, none earlier."""
    guarded, later = portfolio(**{name: HOLDING[name]}), 0
    for seed in range(12):
        source = quiet(seed, tame=0.6)
        for crisis in range(4):
            before, after = (
                replay(source, seed=seed, crisis=crisis),
                replay(source, guarded, seed=seed, crisis=crisis),
            )
            if {before.ended, after.ended} != {"died-out"}:
                continue
            plain = {one.key: one.time_s for one in before.incidents}
            assert {one.key for one in after.incidents} == set(plain)
            assert all(one.time_s >= plain[one.key] - 1e-9 for one in after.incidents)
            later += sum(one.time_s > plain[one.key] for one in after.incidents)
    assert later > 20, "otherwise nothing is shown"


# --- throttle -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("burst", [1, 2, 5])
@pytest.mark.parametrize("excess", ["drop", "delay"])
def test_the_throttle_is_a_leaky_bucket(burst: int, excess: str) -> None:
    """The continuous-state leaky bucket of ITU-T I.371, which is another algorithm than the kernel's."""
    interval = 3.0
    rng = np.random.default_rng(burst)
    arrivals = np.cumsum(rng.exponential(2.0, size=300)).round(6)
    guarded = portfolio(throttle={"rate": f"{1 / interval!r} /s", "burst": burst, "excess": excess})
    found = replay(post(*at(*arrivals)), guarded)
    answers = [one.time_s + arrivals[0] for one in found.incidents if one.kind == "action"]
    level, last, expected = 0.0, -math.inf, []
    for time in arrivals:
        now = time
        if excess == "drop":
            drained = max(0.0, level - (now - last))
            if drained > (burst - 1) * interval:
                continue
        else:
            drained = max(0.0, level - (now - last)) if last <= now else level + (last - now)
            wait = max(0.0, drained - (burst - 1) * interval)
            expected.append(now + wait)
            level, last = drained + interval, now
            continue
        level, last = drained + interval, now
        expected.append(now)
    assert answers == pytest.approx(sorted(expected), abs=1e-9)
    assert (len(answers) < arrivals.size) is (excess == "drop")


@pytest.mark.parametrize("excess", ["drop", "delay"])
@pytest.mark.parametrize("burst", [1, 2, 3, 5, 10, 200])
@pytest.mark.parametrize("rate", ["7 /min", "3 /s", "1.5 /s", "30 /min", "1 /min", "0.7 /s", "7 /h", "11 /s"])
def test_a_burst_goes_ahead_as_a_whole_and_no_more(rate: str, burst: int, excess: str) -> None:
    """At one instant exactly `burst` actions are free, whenever that is: rounding takes none away and adds none."""
    guarded = portfolio(throttle={"rate": rate, "burst": burst, "excess": excess})
    interval = 1.0 / guarded.throttle.rate_per_s
    for start in (0.1, 1e3 + 0.3, 1e6 / 3, 86_400 * 17 / 7):
        found = replay(post(*at(start), actions=burst + 1, horizon="30 d"), guarded)
        waits = [one.time_s for one in found.incidents if one.kind == "action"]
        assert waits[:burst] == [0.0] * burst, start
        assert waits[burst:] == pytest.approx([interval] if excess == "delay" else [], abs=1e-9), start


@pytest.mark.parametrize("rate", ["7 /min", "3 /s", "1.5 /s", "30 /min"])
def test_a_burst_is_whole_again_once_the_throttle_is_idle(rate: str) -> None:
    """After as many intervals as actions went, all of them are free again, though that time is a rounded sum."""
    guarded = portfolio(throttle={"rate": rate, "burst": 3})
    interval = 1.0 / guarded.throttle.rate_per_s
    for start in (0.1, 1e3 + 0.3, 1e6 / 3):
        times = [start + 3 * interval * turn for turn in range(5)]
        found = replay(post(*at(*times), actions=4, horizon="30 d"), guarded)
        assert sum(one.kind == "action" for one in found.incidents) == 15


# --- de-escalation mode -----------------------------------------------------------------------------------


def test_mode_entry_and_exit_by_hand() -> None:
    """Three within 10 s trip it, the edge included; 20 s after the last trip it is off; every trip begins them anew."""
    mode = {"trips_at": 3, "within": "10 s", "lasts": "20 s", "restraint": 1.0}
    answered = {
        0: True, 4: True, 10: False,  # the third, exactly 10 s after the first, is not answered itself
        29: False,  # on until 30; alone in its window
        30: True,  # off again; the window holds 29 and 30
        31: False,  # 29, 30, 31: tripped
        41: False, 50.5: False,  # 31, 41, 50.5 are further apart than 10 s: no trip, still on until 51
        52: True,
    }  # fmt: skip
    found = replay(post(*at(*answered)), portfolio(de_escalation_mode=mode))
    assert [one.time_s for one in found.incidents if one.kind == "action"] == [
        t for t, yes in answered.items() if yes
    ]
    assert {one.by for one in found.stopped} == {"de-escalation-mode"}


def test_mode_sends_to_review_from_a_rung_up() -> None:
    mode = {"trips_at": 1, "within": "1 s", "lasts": "1 h", "review_from": "probe", "restraint": 1.0}
    review = {"from": "destroy", "reviewers": 1, "review": "5 s", "approves_right": 1, "approves_wrong": 0}
    found = replay(post(), portfolio(de_escalation_mode=mode, human_on_the_loop=review))
    assert [one.time_s for one in found.incidents] == [0.0, 5.0]
    # Without reviewers the command stands in, and ash has none.
    assert [one.by for one in replay(post(), portfolio(de_escalation_mode=mode)).stopped] == [
        "de-escalation-mode"
    ]


# --- people -------------------------------------------------------------------------------------------------


def test_first_come_first_served_with_timeouts_by_hand() -> None:
    """One reviewer, 10 s each, 15 s of patience: held at 0, 1, 2, 13, 40.

    The first is decided at 10. The second would be at 20, times out at 16, and is dropped then; the third's turn
    comes at 16, and it would be decided at 26: it times out at 17. The fourth's turn is then, and it is decided at
    27. The fifth finds nobody waiting.
    """
    review = {"reviewers": 1, "review": "10 s", "approves_right": 1, "approves_wrong": 0, "timeout": "15 s"}
    source = post(*at(0, 1, 2, 13, 40))
    found = replay(source, portfolio(human_on_the_loop=review))
    assert [one.time_s for one in found.incidents if one.kind == "action"] == [10.0, 27.0, 50.0]
    row = detente.simulate(source, runs=1, portfolio=portfolio(human_on_the_loop=review)).frame.row(
        0, named=True
    )
    assert (row["reviewed"], row["timed_out"], row["denied"], row["rightful_stopped"]) == (5, 2, 0, 2)
    assert row["review_wait_s"] == pytest.approx(10 + 15 + 15 + 14 + 10)
    assert row["review_queue_s"] == pytest.approx(0 + 9 + 14 + 4 + 0)
    assert row["rightful_delay_s"] == pytest.approx(10 + 14 + 10)
    allowed = replay(source, portfolio(human_on_the_loop={**review, "on_timeout": "allow"}))
    assert [one.time_s for one in allowed.incidents if one.kind == "action"] == [10.0, 16.0, 17.0, 27.0, 50.0]


@pytest.mark.parametrize(("right", "share"), [(True, 0.7), (False, 0.4), (None, 0.1)])
def test_reviewers_approve_as_often_as_stated(right: bool | None, share: float) -> None:
    """Null: a share of 0.7 of what rests on a right blame, 0.4 of what does not, 0.1 with robustness a quarter of
    that; exact binomial, two-sided, bound 1e-4; 4,000 crises, seed 5."""
    source = post({"hits": "gate", "rung": "probe", "author": "birch"}, at="blamed")
    source["actors"]["cedar"] = {"kind": "state"}
    source["systems"]["den"] = {"owner": "cedar", "domain": "cyber", "watches": {}}
    source["systems"]["post"]["senses"] = {"attribution": 1.0 if right else 0.0, "suspects": {"cedar": 1.0}}
    words = {
        "human_on_the_loop": {"reviewers": 1, "review": "1 s", "approves_right": 0.7, "approves_wrong": 0.4},
        **({} if right is not None else {"robustness": {"approves_wrong": 0.25}}),
    }
    frame = detente.simulate(source, runs=4_000, seed=5, portfolio=portfolio(**words)).frame
    assert frame["reviewed"].sum() == 4_000
    approved = int(frame["actions"].sum())
    assert approved + frame["denied"].sum() == 4_000
    assert frame["denied"].sum() == frame["stopped_human-on-the-loop"].sum()
    assert stats.binomtest(approved, 4_000, share).pvalue > 1e-4


@pytest.mark.parametrize(("reviewers", "load"), [(1, 0.6), (2, 0.75), (5, 0.85)])
def test_the_review_queue_is_erlangs(reviewers: int, load: float) -> None:
    """Mean time from held to decided is Erlang C's wait plus a service.

    Null: the mean over 60 crises of about 5,000 Poisson arrivals each; t, two-sided, bound 1e-4; seed 9. A queue
    that begins empty shortens waits by less than a hundredth of what the bound would see.
    """
    review = {"reviewers": reviewers, "review": {"mean": "1 s"}, "approves_right": 1, "approves_wrong": 1}
    rate = load * reviewers
    source = post(
        {"hits": "gate", "rung": "probe", "author": "birch", "rate": f"{rate!r} /s"},
        horizon=f"{5000 / rate!r} s",
    )
    frame = detente.simulate(source, runs=60, seed=9, portfolio=portfolio(human_on_the_loop=review)).frame
    offered = load * reviewers
    waits = offered**reviewers / math.factorial(reviewers) / (1 - load)
    erlang_c = waits / (sum(offered**k / math.factorial(k) for k in range(reviewers)) + waits)
    queued = erlang_c / (reviewers * (1 - load))
    for column, expected in (("review_queue_s", queued), ("review_wait_s", queued + 1.0)):
        means = (frame[column] / frame["reviewed"]).to_numpy()
        assert stats.ttest_1samp(means, expected).pvalue > 1e-4


def test_a_verdict_withdraws_what_is_still_held() -> None:
    """Planted evidence: blamed on birch, held for 10 s; the verdict comes after 5 s and names the author."""
    planted = {"hits": "gate", "rung": "probe", "author": "cedar", "points_to": "birch"}
    source = post(planted, planted | {"at": "7 s"}, at="blamed")
    source["actors"]["cedar"] = {"kind": "non-state"}
    source["systems"]["den"] = {"owner": "cedar", "domain": "cyber", "watches": {}}
    review = {"reviewers": 1, "review": "10 s", "approves_right": 1, "approves_wrong": 1}
    plain = replay(source, portfolio(human_on_the_loop=review))
    assert [(one.time_s, one.system) for one in plain.incidents if one.kind == "action"] == [
        (10.0, "field"),
        (20.0, "field"),
    ]
    verdicts = {"verdict": "5 s", "accuracy": 1.0}
    guarded = portfolio(human_on_the_loop=review, shared_attribution=verdicts)
    found = replay(source, guarded)
    # Withdrawn at 5 s and at 12 s: a verdict on each root, 5 s after it.
    assert [one.by for one in found.stopped] == ["shared-attribution"] * 2
    row = detente.simulate(source, runs=1, portfolio=guarded).frame.row(0, named=True)
    assert (row["withdrawn"], row["review_wait_s"], row["rightful_stopped"]) == (2, 10.0, 0)
    # A verdict that is there before the incident is read is what the watcher goes by.
    early = replay(source, portfolio(shared_attribution={"verdict": "0 s", "accuracy": 1.0}))
    assert [one.system for one in early.incidents if one.kind == "action"] == ["den", "den"]
    # A wrong one takes a right blame away.
    honest = post({"hits": "gate", "rung": "probe", "author": "birch"}, at="blamed")
    honest["actors"]["cedar"], honest["systems"]["den"] = source["actors"]["cedar"], source["systems"]["den"]
    wrong = portfolio(human_on_the_loop=review, shared_attribution={"verdict": "5 s", "accuracy": 0.0})
    row = detente.simulate(honest, runs=1, portfolio=wrong).frame.row(0, named=True)
    assert (row["withdrawn"], row["rightful_stopped"]) == (1, 1)
    # One that says what was blamed anyhow changes nothing.
    row = detente.simulate(honest, runs=1, portfolio=guarded).frame.row(0, named=True)
    assert (row["withdrawn"], row["rightful_stopped"], row["actions"]) == (0, 0, 1)


@pytest.mark.parametrize("sent_by", ["order", "mode"])
def test_a_verdict_withdraws_what_waits_for_a_command(sent_by: str) -> None:
    """A commander takes 10 s, whether an order is asked of them or they stand in for reviewers nobody has."""
    source = post({"hits": "gate", "rung": "probe", "author": "cedar", "points_to": "birch"}, at="blamed",
                  autonomy=0.0 if sent_by == "order" else 1.0)  # fmt: skip
    source["actors"]["cedar"] = {"kind": "non-state"}
    source["actors"]["ash"]["command"] = {"review": "10 s", "approves_right": 1, "approves_wrong": 1}
    source["systems"]["den"] = {"owner": "cedar", "domain": "cyber", "watches": {}}
    mode = {"trips_at": 1, "within": "1 s", "lasts": "1 h", "review_from": "signal", "restraint": 0.0}
    held = {} if sent_by == "order" else {"de_escalation_mode": mode}
    for comes, acts, withdrawn in (("5 s", [], 1), ("10 s", [10.0], 0), ("15 s", [10.0], 0)):
        guarded = portfolio(shared_attribution={"verdict": comes, "accuracy": 1.0}, **held)
        found = replay(source, guarded)
        assert [one.time_s for one in found.incidents if one.kind == "action"] == acts
        assert [one.by for one in found.stopped] == ["shared-attribution"] * withdrawn
        row = detente.simulate(source, runs=1, portfolio=guarded).frame.row(0, named=True)
        assert (row["withdrawn"], row["stopped_shared-attribution"]) == (withdrawn, withdrawn)
    source["actors"]["ash"]["command"]["approves_wrong"] = (
        0  # who would refuse after the verdict is not asked
    )
    row = detente.simulate(source, runs=1, portfolio=portfolio(
        shared_attribution={"verdict": "5 s", "accuracy": 1.0}, **held)).frame.row(0, named=True)  # fmt: skip
    assert row["withdrawn"] == 1


def test_incident_sharing_begins_after_its_time() -> None:
    """An accident at 0 s that spreads for 10 s: read at 0 s as the work of birch, after 5 s as what it is."""
    source = post({"hits": "gate", "rung": "probe"}, at="blamed")
    source["systems"]["gate2"] = {"owner": "ash", "domain": "cyber", "watches": {}}
    source["systems"]["post"]["watches"] = {"gate": 1.0, "gate2": 1.0}
    source["dependencies"] = [{"from": "gate", "to": "gate2", "spreads": 1.0, "after": "10 s"}]
    sharing = {"after": "5 s", "recognises_accidents": 1.0}
    times = [[one.time_s for one in replay(source, guarded).incidents if one.kind == "action"]
             for guarded in (None, portfolio(incident_sharing=sharing), portfolio(incident_sharing={**sharing, "after": "10 s"}))]  # fmt: skip
    assert times == [[0.0, 10.0], [0.0], [0.0]]


# --- inert ----------------------------------------------------------------------------------------------------


def test_inert_is_a_share_of_crises_per_adopter() -> None:
    """Null: each of two adopters is disarmed in 30 % of crises, independently, and then for the whole crisis.

    Exact binomial and chi-square for independence, two-sided, bound 1e-4 each; 4,000 crises, seed 3.
    """
    source = post(*at(0, 1, 2))
    source["systems"]["post2"] = {
        **source["systems"]["post"], "owner": "birch", "responds": [
            {"from": "signal", "at": ["gate"], "actions": 1, "law": "fixed"}], "watches": {"gate": 1.0},
    }  # fmt: skip
    source["systems"]["post2"]["responds"][0]["at"] = ["field"]
    guarded = portfolio(red_lines={"forbid": [{"from": "signal"}], "inert": 0.3})
    scenario = detente.load(source)
    tables = compile_tables(scenario, guarded)
    table = np.zeros((2, 2), int)
    for crisis in range(4_000):
        found = trace(scenario, tables, seed=3, crisis=crisis)
        acted = [
            sum(one.author == name for one in found.incidents if one.kind == "action")
            for name in ("ash", "birch")
        ]
        assert set(acted) <= {0, 3}
        table[acted[0] // 3, acted[1] // 3] += 1
    for disarmed in (table[1].sum(), table[:, 1].sum()):
        assert stats.binomtest(int(disarmed), 4_000, 0.3).pvalue > 1e-4
    assert stats.chi2_contingency(table).pvalue > 1e-4


# --- confidence -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("floor", [0.3, 0.7, 0.9])
def test_the_floor_lets_through_what_the_beta_law_says(floor: float) -> None:
    """Null: a right blame passes with the survival function of Beta(cq + 1, c(1 - q)); binomial, two-sided, 1e-4, seed 2."""
    source = post({"hits": "gate", "rung": "probe", "author": "birch"}, at="blamed")
    source["systems"]["post"]["senses"] = {"attribution": 0.7, "assurance": 5.0, "suspects": {"ash": 1.0}}
    frame = detente.simulate(
        source, runs=20_000, seed=2, portfolio=portfolio(confidence_floor={"floors": {"signal": floor}})
    ).frame
    blamed = int((frame["actions"] + frame["stopped_confidence-floor"]).sum())
    passes = stats.beta(5.0 * 0.7 + 1.0, 5.0 * 0.3).sf(floor)
    assert stats.binomtest(int(frame["actions"].sum()), blamed, passes).pvalue > 1e-4


def test_a_floor_holds_up_to_the_next_rung_named() -> None:
    source = post({"hits": "gate", "rung": "damage", "author": "birch"}, at="blamed")
    for floors, passes in (
        ({"degrade": 1.0}, False),
        ({"degrade": 1.0, "damage": 0.0}, True),
        ({"destroy": 1.0}, True),
    ):
        source["systems"]["post"]["senses"] = {"attribution": 0.5, "suspects": {"ash": 1.0}}
        rows = detente.simulate(
            source, runs=50, portfolio=portfolio(confidence_floor={"floors": floors})
        ).frame
        assert (rows["actions"].sum() > 0) is passes


@pytest.mark.parametrize("reversible", [False, True])
def test_reversible_only(reversible: bool) -> None:
    source = post({"hits": "gate", "rung": "probe", "author": "birch"}, at="blamed",
                  reversible={"recovers": 0.5} if reversible else False)  # fmt: skip
    source["systems"]["post"]["senses"] = {"attribution": 0.5, "suspects": {"ash": 1.0}}
    guarded = portfolio(confidence_floor={"floors": {"signal": 1.0}, "below": "reversible-only"})
    rows = detente.simulate(source, runs=50, portfolio=guarded).frame
    assert (rows["actions"].sum() > 0) is reversible


# --- certification, export controls, rollout -----------------------------------------------------------------------


def test_coverage_only_adds_and_goes_by_names_alone() -> None:
    scenario = detente.load("attribution-error")
    covered = [
        set(
            np.flatnonzero(
                compile_tables(scenario, portfolio(certification={"coverage": share})).systems["certified"]
            )
        )
        for share in (0.0, 0.2, 0.5, 0.9, 1.0)
    ]
    assert covered[0] == set()
    assert len(covered[-1]) == len(scenario.systems)
    assert all(fewer <= more for fewer, more in itertools.pairwise(covered))
    assert 3 <= len(covered[2]) <= 20


def test_export_controls_thin_shocks_one_by_one() -> None:
    """Null: 60 % of single shocks, and a Poisson number with 60 % of the mean of a stream; 1e-4, seed 6."""
    controls = portfolio(export_controls={"kinds": ["state"], "shocks": 0.6})
    once = detente.simulate(post(), runs=5_000, seed=6, portfolio=controls).frame
    assert stats.binomtest(int((once["incidents"] > 0).sum()), 5_000, 0.6).pvalue > 1e-4
    stream = post({"hits": "gate", "rung": "probe", "author": "birch", "rate": "10 /h"}, horizon="1 h")
    counts = (
        detente.simulate(stream, runs=5_000, seed=6, portfolio=controls).frame["incidents"].to_numpy() // 2
    )
    assert abs(counts.mean() - 6.0) / math.sqrt(6.0 / 5_000) < stats.norm.isf(0.5e-4)
    assert abs(counts.var() / 6.0 - 1.0) / math.sqrt(2.0 / 5_000) < stats.norm.isf(0.5e-4) * 1.2


def test_a_phased_rollout_caps_alerts_too() -> None:
    source = post(*at(0, 1, 2, 3))
    source["actors"]["ash"]["alert"] = {"trips_at": 1, "within": "1 s", "lasts": "1 h", "autonomy": 1.0}
    source["systems"]["post"]["responds"][0]["autonomy"] = 0.9
    none = detente.simulate(source, runs=500, portfolio=portfolio(phased_rollout={"autonomy": 0.0})).frame
    assert none["actions"].sum() == 0
    assert none["stopped_phased-rollout"].sum() == 4 * 500  # on alert all of them were automated
    assert none["rightful_stopped"].sum() == 4 * 500


def test_every_safeguard_has_its_place_in_the_tables() -> None:
    from detente.engine import tables

    named = [name.upper().replace("-", "_") for name in SAFEGUARDS]
    assert [getattr(tables, name) for name in named] == list(range(tables.SAFEGUARD_COUNT))
