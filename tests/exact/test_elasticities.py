"""Every elasticity against differences: the number edited in the document, the document read and solved again.

`tests.exact.differences` says how. Small documents are checked whole, larger ones at a sample of paths that
does not depend on chance; `verification.test_exact` takes every path of those too.
"""

import math
from collections import defaultdict
from hashlib import blake2b

import pytest

import detente
from detente.exact.solution import Elasticity, Solution
from tests.exact.cases import answer, case, network, shock, surely, system
from tests.exact.differences import change, keys, kind
from tests.exact.test_against_oracle import CORNERS
from tests.generate import document

CLOSE = 1e-6
"""relative; absolute where an elasticity is below 1"""
NOTHING = 1e-9
"""what is said to have no effect has less than this"""

WHOLE = [
    "suspects of unequal weight",
    "half automated",
    "an epidemic that weakens",
    "two in turn",
    "one other in the domain",
    "very unequal numbers of actions",
    "at most one action",
    "false alarms only",
    "never right",
    "certain, then tossed",
    "outages two rungs milder",
    "a false flag",
]
GENERATED = [(1.0, 4, 5), (1.0, 14, 5), (1.4, 20, 5)]
"""(tame, seed, systems)"""


def agrees(elasticity: Elasticity, solution: Solution) -> bool:
    """Whether both elasticities are what an edit of the number shows."""
    stated = (elasticity.of_r, elasticity.of_log_catastrophe)
    portfolio = solution.portfolio if solution.portfolio.safeguards else None
    found = change(solution.scenario, elasticity.path, rough=not any(stated), portfolio=portfolio)
    if found is None:
        return all(value in {None, 0.0} for value in stated)
    return all(
        _close(value, expected)
        for value, expected in zip(stated, found, strict=True)
        if not math.isnan(expected)
    )


def _close(value: float | None, expected: float) -> bool:
    if value is None:
        return False
    if value == 0.0:
        return abs(expected) <= NOTHING
    return abs(value - expected) <= CLOSE * max(1.0, abs(expected))


def editable(solution: Solution) -> list[Elasticity]:
    """The elasticities of numbers that the solver sees."""
    return [e for e in solution.elasticities if (e.of_r, e.of_log_catastrophe) != (None, None)]


def sample(solution: Solution) -> list[Elasticity]:
    """Of each kind of number the one that matters most, and one of the others."""
    by_kind = defaultdict(list)
    for elasticity in editable(solution):
        by_kind[kind(elasticity.path)].append(elasticity)
    chosen = []
    for group in by_kind.values():
        group.sort(key=lambda e: -abs(e.of_r or 0.0) - abs(e.of_log_catastrophe or 0.0))
        chosen.append(group[0])
        chosen += sorted(group[1:], key=lambda e: blake2b(e.path.encode()).digest())[:1]
    return chosen


@pytest.mark.parametrize("name", WHOLE)
def test_every_number_of_a_small_document(name: str) -> None:
    solution = detente.solve(detente.load(CORNERS[name]))
    assert [e for e in editable(solution) if not agrees(e, solution)] == []


@pytest.mark.parametrize(("tame", "seed", "systems"), GENERATED)
def test_generated_documents(tame: float, seed: int, systems: int) -> None:
    source = document(seed, systems=systems, tame=tame, branching=True)
    solution = detente.solve(detente.load(source))
    assert [e for e in sample(solution) if not agrees(e, solution)] == []


@pytest.mark.slow
def test_the_first_scenario() -> None:
    solution = detente.solve(detente.load("attribution-error"))
    chosen = sample(solution)[::3]
    assert len(chosen) >= 10
    assert [e for e in chosen if not agrees(e, solution)] == []


def test_what_is_checked_covers_what_matters() -> None:
    """Every kind of number that can matter does so somewhere above."""
    matters = set()
    for source in (
        *(CORNERS[name] for name in WHOLE),
        *(document(seed, systems=systems, tame=tame, branching=True) for tame, seed, systems in GENERATED),
    ):
        matters |= {
            kind(e.path) for e in detente.solve(detente.load(source)).elasticities if e.of_log_catastrophe
        }
    assert matters == {
        "horizon", "shocks.rate", "systems.senses.false_alarms.rate", "systems.watches",
        *(f"systems.senses.{name}" for name in (
            "attribution", "inflates", "deflates", "recognises_accidents", "sees_through_spoofs", "suspects")),
        *(f"systems.responds.{name}" for name in (
            "actions", "autonomy", "law.negative-binomial", "step.down", "step.same", "step.up")),
        "actors.command.approves_right", "actors.command.approves_wrong",
        "dependencies.spreads", "contagion.spreads",
    }  # fmt: skip


# --- by hand --------------------------------------------------------------------------------------


def by_path(source: dict) -> dict[str, Elasticity]:
    return {e.path: e for e in detente.solve(detente.load(source)).elasticities}


def test_a_loop_of_two_by_hand() -> None:
    """R is the square root of the product of two means; each has half of it."""
    found = by_path(network([[0.0, 0.8], [0.5, 0.0]]))
    for path in ("systems.s0.responds[0].actions", "systems.s1.responds[0].actions"):
        assert found[path].of_r == pytest.approx(0.5, rel=1e-9)
        assert found[path].of_log_catastrophe is None  # no catastrophe, no logarithm


def test_a_single_chance_by_hand() -> None:
    """P = a b for one bernoulli action that is a war with chance b; 1 % more of either is 1 % more of it."""
    found = by_path(case({"a": system(answer(["b"], 0.3, law="bernoulli", step={"up": 0.2})), "b": system()},
                         shock("a", "tense")))  # fmt: skip
    assert found["systems.a.responds[0].actions"].of_log_catastrophe == pytest.approx(1.0, rel=1e-12)
    assert found["systems.a.responds[0].step.up"].of_log_catastrophe == pytest.approx(1.0, rel=1e-12)
    assert found["systems.a.responds[0].step.same"].of_log_catastrophe == pytest.approx(-4.0, rel=1e-12)
    assert found["systems.a.watches.a"].of_log_catastrophe == pytest.approx(1.0, rel=1e-12)
    assert found["systems.a.responds[0].actions"].of_r is None  # no loop, no R


def test_a_stream_by_hand() -> None:
    """P = 1 - exp(-rate horizon p): both have x exp(-x) / (1 - exp(-x))."""
    source = case(
        {"a": system(surely(["b"], step={"up": 0.3})), "b": system()}, shock("a", "tense", rate="2e-3 /d")
    )
    found = by_path(source)
    x = 2.0 * 0.3
    for path in ("shocks[0].rate", "horizon"):
        assert found[path].of_log_catastrophe == pytest.approx(x * math.exp(-x) / -math.expm1(-x), rel=1e-12)


def test_one_more_of_a_fixed_number_by_hand() -> None:
    """Of n certain actions, each a war with chance u: n u (1 - u)^n / (1 - (1 - u)^n)."""
    n, u = 3, 0.2
    rule = answer(["b"], n, law="fixed", step={"up": u})
    found = by_path(case({"a": system(rule), "b": system()}, shock("a", "tense")))
    expected = n * u * (1.0 - u) ** n / (1.0 - (1.0 - u) ** n)
    assert found["systems.a.responds[0].actions"].of_log_catastrophe == pytest.approx(expected, rel=1e-12)


def test_raising_all_suspicions_alike_changes_nothing() -> None:
    found = by_path(CORNERS["suspects of unequal weight"])
    for system_name in ("ours", "theirs"):
        weights = [
            e for path, e in found.items() if path.startswith(f"systems.{system_name}.senses.suspects.")
        ]
        assert len(weights) >= 2
        assert sum(e.of_r or 0.0 for e in weights) == pytest.approx(0.0, abs=1e-12)
        assert sum(e.of_log_catastrophe or 0.0 for e in weights) == pytest.approx(0.0, abs=1e-12)


# --- none, and nothing ----------------------------------------------------------------------------


def remembering() -> dict:
    """A loop with everything that the solver leaves out, and what has no effect on chances."""
    source = network([[0.6]], step={"up": 0.1, "down": 0.2}, after={"median": "2 s", "spread": 0.5},
                     reversible={"recovers": 0.4})  # fmt: skip
    source["systems"]["s0"] |= {
        "down": {"from": "tense", "lasts": "1 min"},
        "harm": {"calm": "2 USD"},
        "components": ["part"],
    }
    source["contagion"] = [{"component": "part", "spreads": 0.1, "drops": 1}]
    alert = {"trips_at": 3, "within": "1 h", "lasts": "2 h", "autonomy": 0.9, "actions": 1.4}
    command = {"review": {"median": "1 h", "spread": 0.3}, "approves_right": 0.7, "approves_wrong": 0.2}
    source["actors"]["us"] |= {"alert": alert, "command": command}
    return source


def test_none_exactly_for_what_is_left_out() -> None:
    for e in by_path(remembering()).values():
        steps = keys(e.path)
        is_left_out = "alert" in steps or steps[-2:] == ["down", "lasts"] or steps[-1] == "drops"
        assert (e.of_r is None) == is_left_out, e
        assert (e.of_log_catastrophe is None) == is_left_out, e


def test_nothing_for_times_harm_and_confidence() -> None:
    found = by_path(remembering())
    for e in found.values():
        steps = keys(e.path)
        if {"harm", "after", "review", "at", "assurance", "overconfidence", "recovers"} & set(
            map(str, steps)
        ):
            assert (e.of_r, e.of_log_catastrophe) == (0.0, 0.0), e
    assert found["horizon"].of_log_catastrophe == 0.0  # no stream


@pytest.mark.parametrize("name", ["a.b", "x.senses.y", "down", "alert"])
def test_awkward_names(name: str) -> None:
    """A name with a dot is written in quotes in paths, and one may be a word of the language."""
    plain, awkward = (
        by_path(case({s: system(answer([s], 0.7, step={"up": 0.1}), owner=s, senses={"suspects": {s: 2.0, "us": 1.0}},
                                down={"from": "tense", "lasts": "1 s"})}, shock(s), actors=(s, "us")))
        for s in ("plain", name)
    )  # fmt: skip
    renamed = {
        tuple(name if step == "plain" else step for step in keys(path)): e for path, e in plain.items()
    }
    assert len(renamed) == len(awkward)
    for path, e in awkward.items():
        expected = renamed[tuple(keys(path))]
        assert (e.value, e.of_r, e.of_log_catastrophe) == (
            expected.value, expected.of_r, expected.of_log_catastrophe
        ), path  # fmt: skip


def test_one_per_number_in_the_order_of_paths() -> None:
    scenario = detente.load("attribution-error")
    found = detente.solve(scenario).elasticities
    assert [e.path for e in found] == sorted(scenario.quantities)
    assert [e.value for e in found] == [scenario.quantities[e.path].value for e in found]
