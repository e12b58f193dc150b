"""Static safeguards in the solver: against simulation, and by editing the document under them.

The portfolios are those that `tests.generate` makes, without what remembers something: no mode, throttle,
sharing or verdicts, nobody disarmed, and as many reviewers as are needed.
"""

import copy
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, stats

import detente
from detente.engine.compile import compile_tables
from detente.exact.operator import Operator
from detente.exact.reaction import reaction_deadline
from detente.model.portfolio.safeguards import Portfolio
from tests.exact.test_elasticities import agrees, editable, sample
from tests.generate import document, portfolio

LEVEL = 1e-3
RUNS = 50_000
SEEDS = range(301, 325)
DYNAMIC = ("de-escalation-mode", "throttle", "incident-sharing", "shared-attribution")


def static(seed: int, source: dict[str, Any]) -> dict[str, Any]:
    """A portfolio of static safeguards for the scenario document `source`."""
    made = copy.deepcopy(portfolio(seed, source))
    for name in DYNAMIC:
        made["safeguards"].pop(name, None)
    for safeguard in made["safeguards"].values():
        safeguard.pop("inert", None)
    if "human-on-the-loop" in made["safeguards"]:
        made["safeguards"]["human-on-the-loop"]["reviewers"] = "unlimited"
    return made


def pair(seed: int, systems: int = 8) -> tuple[dict[str, Any], Portfolio]:
    source = document(seed, systems=systems, tame=(0.8, 1.2)[seed % 2], branching=True)
    return source, detente.load_portfolio(static(seed, source))


def test_chances_agree_with_simulation() -> None:
    """Null: as many crises peak at each rung or above as `rungs` says.

    Exact binomial, two-sided, bound 0.001 over the number of p-values; ensemble seed: the document's. Where
    the solver says 0 or 1 every crisis must agree.
    """
    found, stood, stopped = {}, set(), set()
    for seed in SEEDS:
        source, guarded = pair(seed)
        solution = detente.solve(source, guarded)
        assert {entry.what for entry in solution.left_out} == {"horizon"}
        frame = detente.simulate(source, runs=RUNS, seed=seed, max_incidents=100_000, portfolio=guarded).frame
        stood |= set(guarded.safeguards)
        stopped |= {
            name for name in frame.columns if name.startswith("stopped_") and frame[name].sum() > RUNS / 50
        }
        peak = frame["peak_rung"].to_physical().cast(int).fill_null(-1).to_numpy()
        for goal, expected in enumerate(solution.rungs.values()):
            seen = int((peak >= goal).sum())
            if expected in {0.0, 1.0}:
                assert seen == expected * RUNS, (seed, goal)
            else:
                found[seed, goal] = stats.binomtest(seen, RUNS, expected).pvalue
    assert len(found) >= 60
    assert {key: p for key, p in found.items() if p < LEVEL / len(found)} == {}
    assert len(stood) == 8, "every static safeguard stands somewhere"
    assert stopped >= {
        f"stopped_{name}" for name in (
            "red-lines", "phased-rollout", "export-controls", "compartments", "confidence-floor", "human-on-the-loop")
    }  # fmt: skip


def test_means_agree_with_simulation() -> None:
    """Null: the mean number of incidents, and of wrongful actions, is the solver's; z, two-sided, Bonferroni at 0.001.

    Only where no step goes up, so that nothing becomes a catastrophe, at which a crisis would stop.
    """
    found = {}
    for seed in SEEDS:
        source, guarded = pair(seed)
        for system in source["systems"].values():
            for rule in system["responds"]:
                rule["step"] = {"down": 0.4}
        for shock in source["shocks"]:
            shock["rung"] = "degrade"
        solution = detente.solve(source, guarded)
        if solution.expected is None or solution.catastrophe_probability > 0.0:
            continue
        frame = detente.simulate(source, runs=RUNS, seed=seed, max_incidents=100_000, portfolio=guarded).frame
        for name, expected in (
            ("incidents", solution.expected.incidents),
            ("wrongful_actions", solution.expected.wrongful_actions),
        ):
            values = frame[name].to_numpy().astype(float)
            if values.std() > 0.0:
                z = (values.mean() - expected) / (values.std() / np.sqrt(RUNS))
                found[seed, name] = 2.0 * stats.norm.sf(abs(z))
    assert len(found) >= 20
    assert {key: p for key, p in found.items() if p < LEVEL / len(found)} == {}


@pytest.mark.parametrize("seed", [302, 306, 313, 314, 324, 329, 335, 337, 341])
def test_every_kind_of_number_under_safeguards(seed: int) -> None:
    """A safeguard's floor may stand above a number, which then has no effect: an edit shows the same.

    Left aside: a confidence floor of 1 under an attribution of 1, where P jumps and no slope exists.
    """
    source, guarded = pair(seed, systems=6)
    solution = detente.solve(source, guarded)
    assert [e for e in sample(solution) if not agrees(e, solution)] == []
    assert len(editable(solution)) > 10


def test_no_safeguards_is_no_portfolio() -> None:
    plain, none = detente.solve("attribution-error"), detente.solve("attribution-error", "none")
    left, right = plain.as_dict(), none.as_dict()
    assert left == right


def duel(actions: float, after: str = "10 s") -> dict[str, Any]:
    """Two that answer each other for ever, each incident with so many in the mean, exponential delays apart."""
    answers = {"from": "signal", "at": "blamed", "actions": actions, "after": {"mean": after}}
    return {
        "detente": 1, "name": "duel", "critical": "degrade", "horizon": "1 d",
        "actors": {"ash": {"kind": "state"}, "birch": {"kind": "state"}},
        "systems": {
            "one": {"owner": "ash", "domain": "cyber", "responds": [answers]},
            "two": {"owner": "birch", "domain": "cyber", "responds": [answers]},
        },
        "shocks": [{"hits": "one", "rung": "probe", "author": "birch"}],
    }  # fmt: skip


def reviewing(**options: Any) -> Portfolio:
    review = {
        "reviewers": "unlimited", "review": {"mean": "30 s"}, "approves_right": 0.8, "approves_wrong": 0.1, **options
    }  # fmt: skip
    return detente.load_portfolio(
        {"detente": 1, "portfolio": "x", "safeguards": {"human-on-the-loop": review}}
    )


def test_growth_with_review() -> None:
    """Every answer is right, waits for its own delay and a person's: n a / ((1 + d s)(1 + r s)) = 1."""
    solution = detente.solve(duel(3.0), reviewing())
    assert solution.escalation_number == pytest.approx(2.4, rel=1e-9)
    alpha = optimize.brentq(
        lambda s: 2.4 / ((1.0 + 10.0 * s) * (1.0 + 30.0 * s)) - 1.0, 1e-6, 10.0, xtol=1e-15
    )
    assert solution.doubling_time_s == pytest.approx(np.log(2.0) / alpha, rel=1e-9)
    assert solution.growth is not None
    assert solution.growth.generation_s == pytest.approx(40.0, rel=1e-9)


@pytest.mark.parametrize("on_timeout", ["deny", "allow"])
def test_growth_with_a_timeout(on_timeout: str) -> None:
    """In time, E[exp(-s T); T < t] = (1 - exp(-(s + 1/r) t)) / (1 + r s); what is late lands at t or not at all."""
    solution = detente.solve(duel(3.0), reviewing(timeout="45 s", on_timeout=on_timeout))
    late = np.exp(-1.5) if on_timeout == "allow" else 0.0

    def reproduction(s: float) -> float:
        decided = 0.8 * (1.0 - np.exp(-(s + 1.0 / 30.0) * 45.0)) / (1.0 + 30.0 * s)
        return float(3.0 * (decided + late * np.exp(-45.0 * s)) / (1.0 + 10.0 * s))

    assert solution.escalation_number == pytest.approx(reproduction(0.0), rel=1e-9)
    alpha = optimize.brentq(lambda s: reproduction(s) - 1.0, 1e-6, 10.0, xtol=1e-15)
    assert solution.doubling_time_s == pytest.approx(np.log(2.0) / alpha, rel=1e-9)


@pytest.mark.parametrize("spread", [0.05, 0.6, 2.0])
def test_a_lognormal_review_cut_off_by_its_timeout(spread: float) -> None:
    """Quadrature of the discounted share that is decided in time, by another rule."""
    review = {"median": "30 s", "spread": spread}
    solution = detente.solve(duel(9.0), reviewing(review=review, timeout="45 s"))

    def decided(s: float) -> float:
        law = stats.lognorm(spread, scale=30.0)
        found, _ = integrate.quad(lambda t: np.exp(-s * t) * law.pdf(t), 0.0, 45.0, limit=500, points=[30.0])
        return float(found)

    assert solution.escalation_number == pytest.approx(7.2 * decided(0.0), rel=1e-7)
    alpha = optimize.brentq(lambda s: 7.2 * decided(s) / (1.0 + 10.0 * s) - 1.0, 1e-6, 10.0, xtol=1e-14)
    assert solution.doubling_time_s == pytest.approx(np.log(2.0) / alpha, rel=1e-6)


def test_the_reaction_deadline_is_that_of_the_closed_form() -> None:
    """n (1 - exp(-b T)) = 1, T = -ln(1 - 1/n) / b (lab-anchors 4.4)."""
    for actions in (1.5, 3.0, 20.0):
        op = Operator(compile_tables(detente.load(duel(actions))))
        assert reaction_deadline(op) == pytest.approx(-np.log(1.0 - 1.0 / actions) * 10.0, rel=1e-7)
    assert reaction_deadline(Operator(compile_tables(detente.load(duel(0.9))))) == np.inf


def test_what_people_order_no_halt_of_automation_stops() -> None:
    source = duel(3.0)
    for actor in source["actors"].values():
        actor["command"] = {"review": "1 h", "approves_right": 0.9, "approves_wrong": 0.1}
    for system in source["systems"].values():
        system["responds"][0]["autonomy"] = 0.5
    assert reaction_deadline(Operator(compile_tables(detente.load(source)))) == 0.0
