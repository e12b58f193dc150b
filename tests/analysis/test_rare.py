"""Rare events by splitting: against closed forms, the exact solver and plain simulation; and what it promises.

Every statistical check is two-sided at 1e-4, with the seed in the code.
"""

import math
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from benchmarks.rare import climb
from scipy import stats

import detente
from detente.analysis.approach import approach
from detente.engine.compile import compile_tables
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble import paths
from detente.ensemble.event import parse
from detente.ensemble.paths import Levels
from detente.ensemble.splitting import split
from detente.errors import SimulationError
from tests.generate import guarded
from tests.quarrel import QUARREL

Z = float(stats.norm.isf(0.5e-4))


def cascade(mean: float) -> dict:
    """Each incident leads to a Poisson number of others: the total is Borel distributed."""
    rule = {"from": "signal", "at": ["post"], "actions": mean, "after": "1 s"}
    return {
        "detente": 1, "name": "cascade", "critical": "degrade", "horizon": "1000 d",
        "actors": {"ash": {"kind": "state"}},
        "systems": {"post": {"owner": "ash", "domain": "cyber", "responds": [rule]}},
        "shocks": [{"hits": "post", "rung": "signal", "author": "ash"}],
    }  # fmt: skip


def borel_tail(mean: float, least: int) -> float:
    sizes = np.arange(least, least + 4_000)
    logs = -mean * sizes + (sizes - 1) * np.log(mean * sizes) - np.array([math.lgamma(n + 1) for n in sizes])
    return float(np.exp(logs).sum())


def agrees(found: detente.RareEvent, truth: float) -> bool:
    return abs(math.log(found.probability / truth)) < Z * found.found.relative_error


@pytest.mark.parametrize("up", [0.3, 0.1, 0.03])
def test_a_chain_of_rungs_has_its_product(up):
    """7e-4, 1e-6 and 7e-10."""
    found = detente.rare(climb(up), error=0.05, seed=1)
    assert found.found.settled
    assert agrees(found, up**6)


@pytest.mark.parametrize(("mean", "least"), [(0.8, 100), (0.5, 40), (0.5, 80)])
def test_large_cascades_have_the_tail_of_borel(mean, least):
    """1.4e-3, 1.7e-5 and 5.7e-10."""
    found = detente.rare(cascade(mean), event=f"incidents >= {least}", error=0.05, seed=2)
    assert agrees(found, borel_tail(mean, least))


def test_a_static_portfolio_has_the_probability_of_the_solver():
    source = {**QUARREL, "horizon": "10000 d"}
    safeguards = {"red-lines": {"forbid": [{"from": "damage"}], "compliance": 0.97}}
    portfolio = {"detente": 1, "portfolio": "x", "safeguards": safeguards}
    truth = detente.solve(source, portfolio).catastrophe_probability
    assert truth < 1e-3
    assert agrees(detente.rare(source, portfolio=portfolio, error=0.03, seed=3), truth)


@pytest.mark.parametrize("portfolio", ["throttle", "human-on-the-loop", "de-escalation-mode"])
def test_with_what_remembers_it_agrees_with_plain_simulation(portfolio):
    plain = detente.simulate("attribution-error", runs=60_000, seed=4, portfolio=portfolio).frame
    hits, found = int((plain["ended"] == "catastrophe").sum()), detente.rare(
        "attribution-error", portfolio=portfolio, error=0.03, seed=5
    )  # fmt: skip
    error = math.hypot(found.found.relative_error, 1.0 / math.sqrt(hits))
    assert abs(math.log(found.probability / (hits / 60_000))) < Z * error


@pytest.mark.parametrize(
    "event", ["loss_usd >= 3e11", "peak_rung >= 'destroy' and actions < 40", "duration_s > 5e5"]
)
def test_other_events_agree_with_plain_simulation(event):
    scenario = detente.load("attribution-error")
    tables = compile_tables(scenario)
    from detente.engine.run import simulate_block

    block = simulate_block(tables, seed=6, first=0, count=100_000, threads=2)
    hits = int(parse(event, scenario).met(block).sum())
    assert hits > 50
    found = detente.rare(scenario, event=event, error=0.05, seed=7)
    error = math.hypot(found.found.relative_error, 1.0 / math.sqrt(hits))
    assert abs(math.log(found.probability / (hits / 100_000))) < Z * error


@cache
def prepared(seed: int):
    scenario, portfolio = (detente.load(guarded(seed)[0]), detente.load_portfolio(guarded(seed)[1]))
    tables = compile_tables(scenario, portfolio)
    event = parse("ended == 'catastrophe'", scenario)
    return scenario, portfolio, tables, event, approach(tables, event, scenario).guide


def test_without_levels_it_is_plain_simulation_to_the_last_crisis():
    for seed in range(10):
        scenario, portfolio, tables, event, guide = prepared(seed)
        none = Levels(np.zeros(0), np.zeros(0, np.int64))
        found = split(tables, guide, event, none, error=1e-9, seed=8, max_crises=1_000,
                      max_incidents=2_000, threads=1)  # fmt: skip
        frame = detente.simulate(scenario, runs=1_000, seed=8, portfolio=portfolio, max_incidents=2_000).frame
        assert found.probability == pytest.approx((frame["ended"] == "catastrophe").mean())


@cache
def plainly(seed: int):
    """Many crises of such a place by plain simulation."""
    scenario, portfolio, *_ = prepared(seed)
    return detente.simulate(scenario, runs=40_000, seed=9, portfolio=portfolio, max_incidents=2_000).frame


@pytest.mark.parametrize(
    ("places", "copies", "most"),
    [
        ([0.01, 0.02, 0.5], [2, 3, 2], 5_000),
        ([0.5], [7], 5_000),
        ([1e-6, 1e-5, 3.0], [2, 2, 4], 5_000),
        ([0.001, 0.01, 0.1], [7, 7, 7], 3),  # fewer copies at a time than the levels ask for
    ],
)
def test_foolish_levels_only_cost_time(places, copies, most, monkeypatch):
    """Null: the mean is that of plain simulation, whatever the levels."""
    monkeypatch.setattr(paths, "_MOST_COPIES", most)
    _, _, tables, event, guide = prepared(3)
    frame = plainly(3)
    plain = float((frame["ended"] == "catastrophe").mean())
    assert 0.001 < plain < 0.5
    found = split(tables, guide, event, Levels(np.array(places), np.array(copies)), error=0.03, seed=10,
                  max_crises=10_000, max_incidents=2_000, threads=2)  # fmt: skip
    error = math.hypot(found.relative_error, math.sqrt((1 - plain) / (frame.height * plain)))
    assert abs(math.log(found.probability / plain)) < Z * error


def test_histories_are_crises_that_met_the_event_and_branches_of_one_part():
    found = detente.rare("attribution-error", portfolio="throttle", error=0.2, seed=11)
    assert found.histories >= 10
    traces = [found.trace(number) for number in range(found.histories)]
    assert {trace.ended for trace in traces} == {"catastrophe"}
    assert all(trace.incidents[-1].rung == "strategic" for trace in traces)
    assert all(trace.portfolio == "throttle" for trace in traces)
    copied = [script for _, script in found.found.histories if any(copy > 0 for _, copy in script)]
    assert copied
    assert found.histories == 20
    with pytest.raises(SimulationError, match="number: found 20, expected 0 to 19"):
        found.trace(20)


def test_the_parts_of_a_history_before_it_was_copied_are_those_of_its_crisis():
    found = detente.rare("attribution-error", portfolio="throttle", error=0.2, seed=11)
    plain = compile_tables(detente.load("attribution-error"), detente.load_portfolio("throttle"))
    from detente.engine.trace import trace

    for number, (crisis, script) in enumerate(found.found.histories):
        first = next((after for after, copy in script if copy > 0), None)
        whole = trace(found.scenario, plain, seed=11, crisis=crisis)
        told = found.trace(number)
        same = first if first is not None else len(told.incidents)
        assert [one.key for one in told.incidents[:same]] == [one.key for one in whole.incidents[:same]]


def test_threads_change_nothing():
    one, two = (
        detente.rare("attribution-error", portfolio="essay", error=0.5, seed=12, threads=threads)
        for threads in (1, 2)
    )
    assert (one.probability, one.low, one.high) == (two.probability, two.low, two.high)
    assert one.found.histories == two.found.histories
    assert one.found.levels.places.tolist() == two.found.levels.places.tolist()


@pytest.fixture(params=[ThreadPoolExecutor, detente.Processes])
def executor(request):
    with request.param(2) as pool:
        yield pool


def test_an_executor_changes_nothing(executor):
    given = {"scenario": "attribution-error", "portfolio": "essay", "error": 0.2, "seed": 12}
    here, there = detente.rare(**given, threads=1), detente.rare(**given, executor=executor)
    assert (here.probability, here.low, here.high) == (there.probability, there.low, there.high)
    assert (here.found.crises, here.found.histories) == (there.found.crises, there.found.histories)
    assert there.core_seconds > 0.0


def test_the_most_crises_are_followed_by_an_executor_and_no_more():
    told: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        found = detente.rare(QUARREL, error=1e-6, max_crises=20_000, executor=pool, progress=told.append)
    followed = found.search_crises + found.found.crises
    assert (followed, sum(told), found.found.settled) == (20_000, 20_000, False)
    assert 0 < found.search_crises < 10_000


def test_little_room_changes_nothing(monkeypatch):
    much = detente.rare(QUARREL, error=0.2, seed=13)
    monkeypatch.setattr(paths, "_ROOM", 1)
    little = detente.rare(QUARREL, error=0.2, seed=13)
    assert (little.probability, little.found.hits) == (much.probability, much.found.hits)


def test_what_never_happens_has_an_upper_bound():
    source = climb(0.5)
    source["systems"]["post"]["responds"][0]["step"] = {"up": 0.0}
    found = detente.rare(source, max_crises=2_000)
    assert (found.probability, found.low, found.found.settled) == (0.0, 0.0, False)
    assert 0.0 < found.high < 0.01
    assert found.as_dict()["equivalent_plain_runs"] is None


def test_intervals_hold_as_often_as_they_say():
    """Null: 95 % intervals of 200 repetitions hold the truth; exact binomial, seeds 100 to 299."""
    truth, held = 0.1**6, 0
    scenario = detente.load(climb(0.1))
    tables = compile_tables(scenario)
    event = parse("ended == 'catastrophe'", scenario)
    way = approach(tables, event, scenario)
    assert way.levels is not None
    for seed in range(100, 300):
        found = split(tables, way.guide, event, way.levels, error=0.1, seed=seed, max_crises=10**6,
                      max_incidents=MAX_INCIDENTS, threads=1)  # fmt: skip
        held += found.low <= truth <= found.high
    assert stats.binomtest(held, 200, 0.95).pvalue > 1e-4


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"error": 0.0}, "error: found 0, expected a relative error"),
        ({"event": "incidents < 5"}, "does not say how near"),
        ({"event": "ended == 'died-out'"}, "does not say how near"),
        ({"max_crises": 0}, "max_crises"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, words):
    with pytest.raises(SimulationError, match=words):
        detente.rare(QUARREL, **asked)


def test_what_nearly_every_crisis_meets_is_not_called_certain():
    found = detente.rare("market-plumbing", "incidents >= 2")
    assert found.found.levels.places.size == 0
    assert found.low < 0.9994 < found.high


def test_a_history_beyond_those_that_are_there_is_refused_in_words():
    few = detente.rare("attribution-error", portfolio="essay", max_crises=20)
    assert 0 < few.histories < 19
    with pytest.raises(
        SimulationError, match=f"number: found 19, expected 0 to {few.histories - 1}: no more are kept"
    ):
        few.trace(19)
    none = detente.rare("attribution-error", portfolio="essay", max_incidents=1, max_crises=20)
    with pytest.raises(SimulationError, match="number: found 0, but no crisis met the event"):
        none.trace(0)


def test_an_event_beyond_the_budget_is_refused():
    with pytest.raises(
        detente.SimulationError, match="max_incidents: found 500, expected at least the 800 incidents"
    ):
        detente.rare("attribution-error", "incidents >= 800", max_incidents=500)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("incidents >= 5 and incidents < 3", "which no crisis can meet: expected comparisons of incidents"),
        ("incidents > 3 and 4 > incidents", "which no crisis can meet"),
        (
            "ended == 'catastrophe' and ended == 'horizon'",
            "which no crisis can meet: expected comparisons of ended",
        ),
        ("peak_rung >= 'destroy' and peak_rung < 'damage'", "comparisons of peak_rung"),
        ("loss_usd >= 1e99", r"found loss_usd of 1e\+99 or more, expected at most"),
        ("loss_usd >= 1e999", "found loss_usd of inf or more"),
        ("duration_s > 1e9", "expected at most 604800: no crisis has more in its horizon"),
        ("incidents > 100000", "max_incidents: found 100,000, expected at least the 100,001 incidents"),
    ],
)
def test_what_no_crisis_can_meet_is_refused_at_once(event, words):
    with pytest.raises(SimulationError, match=words):
        detente.rare("attribution-error", event)


def test_what_can_just_be_met_is_not_refused():
    """Every crisis of this chain loses the most there is, and has as many incidents as it may."""
    source = climb(1.0)
    source["systems"]["post"]["harm"] = {"signal": "0.1 USD"}
    source["systems"]["post"]["responds"][0]["step"] = {"same": 1.0}
    found = detente.rare(source, "incidents == 7 and loss_usd >= 0.7 and incidents <= 7", max_incidents=7)
    assert found.found.hits > 0


def test_the_search_for_levels_takes_at_most_half_of_the_crises():
    told: list[int] = []
    found = detente.rare(
        "attribution-error", "loss_usd >= 1e14", max_crises=6_001, threads=1, progress=told.append
    )
    assert (found.search_crises, found.found.crises, sum(told)) == (3_000, 3_001, 6_001)
    assert (found.found.hits, found.probability, found.low) == (0, 0.0, 0.0)
    assert found.high == pytest.approx(3.84 / 3_005, rel=1e-3)


def runaway() -> dict:
    """Nearly every crisis runs for thousands of incidents, each of which leads to one more; it drifts along the ladder."""
    source = climb(0.9999)
    source["systems"]["post"]["responds"][0]["step"] = {"up": 0.001, "down": 0.001}
    return source


def test_crises_that_run_out_of_their_budget_leave_the_figure_open():
    found = detente.rare(runaway(), max_incidents=50, max_crises=2_000)
    assert found.is_open
    assert math.isnan(found.probability)
    assert found.found.capped > 0.95 * found.found.crises
    assert found.high > 0.95
    told = found.as_dict()
    assert told["probability"] is None
    assert told["capped"] == {
        "crises": found.found.capped,
        "max_incidents": 50,
        "is_open": True,
        "low_if_none_met": found.low,
        "high_if_all_met": found.high,
    }


def test_below_a_level_a_path_that_runs_out_counts_as_open_too():
    """Null: as many are open as run out in plain simulation, wherever levels stand."""
    scenario, tables = detente.load(runaway()), compile_tables(detente.load(runaway()))
    event = parse("ended == 'catastrophe'", scenario)
    guide = approach(tables, event, scenario).guide
    frame = detente.simulate(scenario, runs=20_000, seed=1, max_incidents=500).frame
    plain = float(frame["ended"].is_in(["catastrophe", "capped"]).mean())
    found = split(tables, guide, event, Levels(np.array([0.5, 1.0]), np.array([2, 2])), error=1e-9, seed=2,
                  max_crises=20_000, max_incidents=500, threads=2)  # fmt: skip
    spread = Z * math.sqrt(2 * plain * (1 - plain) / 20_000)
    assert abs(found.most.value - plain) < spread
    assert found.least.value == found.probability


def test_budgets_that_run_out_after_the_event_leave_nothing_open():
    found = detente.rare(runaway(), "incidents >= 20", max_incidents=50, max_crises=2_000)
    assert found.found.capped > 200
    assert not found.is_open
    assert found.found.least == found.found.most
    doubtful = detente.rare(
        runaway(), "incidents >= 20 and peak_rung < 'probe'", max_incidents=50, max_crises=2_000
    )
    assert doubtful.is_open
    assert doubtful.low < 0.1
    assert doubtful.high > 0.5


def test_few_crises_that_met_it_are_told():
    few = detente.rare("attribution-error", portfolio="essay", max_crises=100)
    assert 0 < few.found.crises_hit < 50 < few.found.hits
    assert few.as_dict()["few_hits"] is True
    many = detente.rare("attribution-error", portfolio="essay")
    assert (many.few_hits, many.as_dict()["few_hits"]) == (False, False)
    assert many.found.crises_hit >= 50


def test_an_interrupted_search_says_how_far_it_came():
    followed = 0

    def stop(finished: int) -> None:
        nonlocal followed
        followed += finished
        if followed >= 1_500:
            raise KeyboardInterrupt

    with pytest.raises(detente.RareInterrupted) as laying:
        detente.rare("attribution-error", "loss_usd >= 1e13", progress=stop)
    assert laying.value.event is None
    assert laying.value.crises >= 1_500
    assert laying.value.levels > 0
    followed = 0
    with pytest.raises(detente.RareInterrupted) as counting:
        detente.rare("attribution-error", portfolio="essay", error=0.001, progress=stop)
    assert counting.value.event is not None
    assert counting.value.event.found.is_interrupted
    assert counting.value.crises == counting.value.event.found.crises == 1_536
    assert counting.value.event.probability > 0.0


def test_ctrl_c_ends_what_is_compiled_too():
    """The first look comes after a thousand crises of ten million incidents: none waits for that."""
    source = climb(1.0)
    source["systems"]["post"]["responds"][0]["step"] = {"same": 1.0}
    source["systems"]["post"]["harm"] = {"signal": "1 USD"}
    source["horizon"] = "1000 d"
    detente.rare(source, "loss_usd >= 10", max_crises=10)  # compiles what is to be interrupted
    here = threading.main_thread().ident
    threading.Timer(1.0, lambda: signal.pthread_kill(here, signal.SIGINT)).start()
    with pytest.raises(detente.RareInterrupted) as stop:
        detente.rare(source, "loss_usd >= 1e6", max_crises=10**12, max_incidents=10**6)
    assert (stop.value.event, stop.value.crises) == (None, 0)
    # With what needs no search for levels, the same.
    threading.Timer(1.0, lambda: signal.pthread_kill(here, signal.SIGINT)).start()
    with pytest.raises(detente.RareInterrupted) as stop:
        detente.rare(runaway(), error=0.001, max_crises=10**12, max_incidents=10**7)


def test_a_rare_event_is_told_in_a_line():
    found = detente.rare("attribution-error", portfolio="essay")
    assert repr(found).startswith(
        "<RareEvent \"ended == 'catastrophe'\" in attribution-error under essay: 3.51e-06 ("
    )
    assert len(repr(found)) < 160
