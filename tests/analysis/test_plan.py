import json
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detente
from detente.analysis.planner.cases import cases_of
from detente.analysis.planner.examine import Examiner, Standard, Verdict
from detente.analysis.planner.front import front, ladder
from detente.analysis.planner.menu import Candidate, Menu
from detente.analysis.planner.plan import plan
from detente.engine.compile import compile_tables
from detente.ensemble.estimators import Estimate
from tests.analysis.uncertain import CHAIN, chain

RANGED = {"value": 0.5, "low": 0.1, "high": 0.9}
SURE = chain(first=0.8, second=0.5, harm="1e6 USD")
"""nothing unknown: P(catastrophe) is 0.8 x 0.5 without safeguards"""

MENU = {
    "detente": 1,
    "portfolio": "offers",
    "safeguards": {
        "red-lines": {"forbid": [{"in": "cyber", "from": "mid"}], "compliance": 0.5, "cost": "10 USD"},
        "phased-rollout": {"autonomy": RANGED, "cost": "20 USD"},
        "compartments": {"strength": 0.9, "cost": "1 USD"},
        "throttle": {"rate": "1 /min", "burst": {"value": 3, "low": 1, "high": 5}, "cost": "2 USD"},
        "human-on-the-loop": {
            "reviewers": {"value": 2, "low": 1, "high": 4},
            "review": "1 min",
            "approves_right": 0.9,
            "approves_wrong": 0.5,
            "timeout": {"value": "10 min", "low": "2 min", "high": "1 h"},
            "cost": "100 USD",
        },
    },
}
"""Red lines halve either step, a rollout scales both by its autonomy (nobody stands in), the next two do nothing here."""


def found(risk, scenarios=SURE, **arguments):
    words = {"draws": 0, "trials": 40, "threads": 2, **arguments}
    return plan(scenarios, risk, MENU, **words)


def exactly(names, autonomy):
    """P(catastrophe) without people."""
    passes = (0.5 if "red-lines" in names else 1.0) * (autonomy if "phased-rollout" in names else 1.0)
    return 0.8 * passes * 0.5 * passes


def cheapest(risk):
    """By trying everything: cost of a rollout is in proportion to what it takes from the machines."""
    costs = [
        (10 if "red-lines" in names else 0) + (20 * (1 - autonomy) / 0.5 if "phased-rollout" in names else 0)
        for names in [(), ("red-lines",), ("phased-rollout",), ("red-lines", "phased-rollout")]
        for autonomy in [a / 100 for a in range(10, 91)]
        if exactly(names, autonomy) <= risk
    ]
    return min(costs)


@pytest.mark.parametrize("risk", [0.3, 0.12, 0.06])
def test_it_costs_hardly_more_than_the_cheapest_of_all(risk):
    result = found(risk, trials=120)
    assert result.held
    # The margin that guards against luck asks for three quarters of the risk, and looks are brief.
    assert cheapest(risk) - 1e-9 <= result.chosen.cost <= cheapest(0.6 * risk) + 2.0
    assert "human-on-the-loop" not in result.chosen.candidate.names
    assert not {"compartments", "throttle"} & result.chosen.candidate.names


def test_the_plan_is_what_its_file_says(tmp_path):
    result = found(0.1, name="mine")
    result.write(tmp_path / "mine.yaml")
    names = ", ".join(sorted(result.chosen.candidate.names))
    assert repr(result).startswith(f"<Plan: {names} for P(catastrophe) at most 0.1 in ")
    assert repr(result).endswith(" a year, verified>")
    assert len(repr(result)) < 200
    loaded = detente.load_portfolio(tmp_path / "mine.yaml")
    assert loaded == result.portfolio
    assert loaded.name == "mine"
    assert loaded.cost_usd_per_year == pytest.approx(result.chosen.cost, rel=1e-3)
    menu = Menu.of(detente.load_portfolio(MENU))
    scenario = detente.load(SURE)
    applied = menu.applied(result.chosen.candidate, menu.portfolio)
    assert loaded.safeguards.keys() == applied.safeguards.keys()
    mine, theirs = (compile_tables(scenario, one) for one in (loaded, applied))
    assert all((a == b).all() if hasattr(a, "all") else a == b for a, b in zip(mine, theirs, strict=True))
    crises = detente.simulate(scenario, runs=20_000, seed=99, portfolio=loaded).frame
    verified = result.verified[0].catastrophe
    assert verified.low * 0.8 < (crises["ended"] == "catastrophe").mean() < verified.high * 1.25


def test_it_does_not_depend_on_threads():
    plans = [found(0.1, threads=threads, scenarios=CHAIN, draws=8).as_dict() for threads in (1, 3)]
    assert plans[0] == plans[1]


def test_another_seed_verifies_it():
    result = found(0.1)
    quoted = result.verified[0]
    assert quoted.crises == 100_000
    assert quoted.catastrophe.value != pytest.approx(result.chosen.stated["chain"].value, abs=1e-12)
    names, numbers = result.chosen.candidate.names, dict(result.chosen.candidate.numbers)
    truth = exactly(names, numbers.get("safeguards.phased-rollout.autonomy", 1.0))
    assert quoted.catastrophe.low < truth < quoted.catastrophe.high


def test_draws_ask_for_more_than_stated_values():
    # At stated values 0.3; the product of the two ranges is above 0.3 in four draws of ten.
    stated = found(0.35, scenarios=CHAIN)
    drawn = found(0.35, scenarios=CHAIN, draws=64)
    assert stated.chosen.cost == 0.0
    assert drawn.chosen.cost > 0.0
    assert drawn.held
    (verified,) = drawn.verified
    assert verified.draws == 256
    assert verified.failing <= 25


def test_where_nothing_keeps_it_the_nearest_is_told(tmp_path):
    result = found(0.0001, without=["human-on-the-loop"])
    assert not result.held
    assert result.portfolio is None
    assert result.chosen is None
    assert result.nearest.candidate.names >= {"red-lines", "phased-rollout"}
    assert result.refuted_sets == result.sets == 16
    with pytest.raises(detente.ResultError, match="nothing was found"):
        result.write(tmp_path / "no.yaml")
    assert json.loads(json.dumps(result.as_dict(), allow_nan=False))["plan"] is None


def test_a_limit_on_lost_defence_is_kept():
    free = found(0.05)
    assert free.chosen.stopped > 0.3
    bound = found(0.2, lost=0.45)
    assert bound.chosen.stopped <= 0.45
    nothing = found(0.05, lost=0.01, without=["human-on-the-loop"])
    assert nothing.portfolio is None
    assert nothing.nearest.violation > 0.0


def test_what_is_kept_and_what_is_not_offered():
    result = found(0.3, keep=["throttle"], without=["red-lines"])
    assert "throttle" in result.chosen.candidate.names
    assert "red-lines" not in result.chosen.candidate.names
    assert result.sets == 8
    assert [one.safeguard for one in result.without] == sorted(
        result.chosen.candidate.names - {"throttle"}, key=list(MENU["safeguards"]).index
    )


def test_nothing_can_be_left_out():
    result = found(0.06)
    assert result.without
    assert all(not one.verdict.holds for one in result.without)


def test_a_plan_that_was_killed_goes_on(tmp_path, monkeypatch):
    book = tmp_path / "plan.jsonl"
    whole = found(0.1, checkpoint=book).as_dict()
    lines = book.read_text().splitlines(keepends=True)
    assert len(lines) == whole["examined"] + 1
    book.write_text("".join(lines[:20]) + lines[20][:30])  # a line cut short
    examined = []
    quickly = Examiner._quickly
    monkeypatch.setattr(
        Examiner, "_quickly", lambda self, one: examined.append(one.key) or quickly(self, one)
    )
    resumed = found(0.1, checkpoint=book).as_dict()
    assert resumed == whole
    assert len(examined) == whole["examined"] - 19
    examined.clear()
    assert found(0.1, checkpoint=book).as_dict() == whole
    assert not examined


def test_the_checkpoint_of_another_plan_is_refused(tmp_path):
    book = tmp_path / "plan.jsonl"
    found(0.3, checkpoint=book)
    before = book.read_bytes()
    with pytest.raises(detente.ResultError, match="this very plan"):
        found(0.2, checkpoint=book)
    assert book.read_bytes() == before
    book.write_bytes(b"\xff\xfe")
    with pytest.raises(detente.ResultError, match="cannot be used as a checkpoint"):
        found(0.3, checkpoint=book)


def test_an_interrupt_gives_the_best_so_far(monkeypatch):
    def stop(self, candidate, margin):
        raise KeyboardInterrupt

    monkeypatch.setattr(Examiner, "thoroughly", stop)
    with pytest.raises(detente.PlanInterrupted) as stopped:
        found(0.1)
    assert stopped.value.best.holds
    assert stopped.value.examined > 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"risk": 0.0}, "risk: found 0.0, expected a number above 0 and below 1"),
        ({"risk": "x"}, "risk: found 'x'"),
        ({"risk": 0.1, "share": 2}, "share: found 2, expected 0 to 1"),
        ({"risk": 0.1, "lost": -1}, "lost: found -1"),
        ({"risk": 0.1, "draws": -1}, "draws: found -1"),
        ({"risk": 0.1, "keep": ["thrott"]}, "keep: found 'thrott', expected a safeguard of 'offers'"),
        ({"risk": 0.1, "keep": "throttle"}, "keep: found the text"),
        ({"risk": 0.1, "without": ["robustness"]}, "without: found 'robustness', expected one that it has"),
        ({"risk": 0.1, "keep": ["throttle"], "without": ["throttle"]}, "in both"),
        ({"risk": 0.1, "without": list(MENU["safeguards"])}, "expected at least one to choose from"),
        ({"risk": 0.1, "name": "a b"}, "name: found 'a b'"),
        ({"risk": 0.1, "scenarios": []}, "scenarios: found none"),
        ({"risk": 0.1, "scenarios": None}, "scenarios: found None, expected a scenario or a list"),
        ({"risk": 0.1, "without": 3}, "without: found 3, expected a list of names"),
        ({"risk": 0.1, "keep": [3]}, "keep: found \\[3\\], expected a list of names"),
        ({"risk": 0.1, "checkpoint": 3}, "checkpoint: found 3, expected the path of a file"),
        ({"risk": 0.1, "checkpoint": ""}, "checkpoint: found '', expected the path of a file"),
        ({"risk": 0.1, "scenarios": [SURE, SURE]}, "found two that are called 'chain'"),
    ],
)
def test_what_cannot_be_used_is_told(arguments, message):
    with pytest.raises(detente.DetenteError, match=message):
        found(**arguments)


def test_settings_are_what_somebody_sets():
    menu = Menu.of(detente.load_portfolio("essay"))
    paths = {one.path for one in menu.settings}
    assert "safeguards.throttle.rate" in paths
    assert "safeguards.human-on-the-loop.approves_wrong" not in paths
    scenario = detente.load("attribution-error")
    drawn = [case.portfolio for case in cases_of(scenario, menu, 8, 0).drawn]
    assert len({one.throttle.rate_per_s for one in drawn}) == 1
    assert len({one.human_on_the_loop.approves_wrong for one in drawn}) == 8


def test_a_setting_is_rounded_within_its_range():
    menu = Menu.of(detente.load_portfolio("essay"))
    settings = {one.path: one for one in menu.settings}
    timeout, rate = settings["safeguards.human-on-the-loop.timeout"], settings["safeguards.throttle.rate"]
    assert timeout.rounded(1000.0) == 17 * 60
    assert timeout.rounded(1.0) == timeout.low
    assert timeout.rounded(1e9) == timeout.high
    assert 60 * rate.rounded(0.0081) == pytest.approx(0.49)
    assert rate.between(rate.low, rate.high, 0.0) == rate.low
    for one in menu.settings:
        for share in (0.0, 0.3, 1.0):
            value = one.between(one.low, one.high, share)
            assert one.low <= value <= one.high
            assert one.rounded(value) == value


def test_people_are_paid_for():
    menu = Menu.of(detente.load_portfolio(MENU))
    reviewers = "safeguards.human-on-the-loop.reviewers"
    names = ["human-on-the-loop", "throttle"]
    assert menu.cost(menu.candidate(names)) == 102.0
    assert menu.cost(menu.candidate(names, {reviewers: 4.0})) == 202.0
    assert menu.least_cost(names) == 52.0
    assert menu.least_cost(["phased-rollout"]) == pytest.approx(4.0)


ROWS = st.lists(st.tuples(*[st.integers(0, 3)] * 4), max_size=25)


def verdict(cost, risk, stopped, delay, name):
    estimate = Estimate(value=float(risk), low=0.0, high=1.0)
    return Verdict(
        candidate=Candidate(names=frozenset({name}), numbers=()), cost=float(cost), stated={"s": estimate},
        failing={}, missed=0.0, lost=0.0, stopped=float(stopped), delay_s=float(delay),
    )  # fmt: skip


@given(ROWS)
def test_the_front_is_what_nothing_beats(rows):
    verdicts = [verdict(*row, f"n{i:02}") for i, row in enumerate(rows)]
    kept = [(one.cost, one.risk, one.stopped, one.delay_s) for one in front(verdicts)]
    beaten = {a for a, b in product(rows, rows) if a != b and all(x <= y for x, y in zip(b, a, strict=True))}
    assert sorted(kept) == sorted(set(rows) - beaten)
    steps = ladder(front(verdicts))
    assert all(a.cost < b.cost and a.risk > b.risk for a, b in pairwise(steps))


def test_a_standard_leaves_room_for_luck():
    standard = Standard(level=0.01, share=0.9)
    assert standard.may_fail(64) == 6
    assert standard.may_fail(10) == 1
    assert standard.may_fail(64, 0.75) == 4
    assert standard.may_fail(0) == 0
