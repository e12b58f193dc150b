"""Crises under random portfolios, against the slow, obvious implementation: one for one, with their books."""

import math
from collections import Counter
from functools import cache
from itertools import islice

import pytest

from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.engine.trace import trace
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import SAFEGUARDS, Portfolio
from detente.model.vocabulary import Scenario
from tests.generate import guarded
from tests.oracles.crisis import Oracle, Result

LIMIT = 300
PAIRS = 100
CRISES = 10
SHOWN = 8  # pairs in which each safeguard must change something

# What a crisis can meet that has no column of its own, and how often the pairs below meet it at least.
MEETS = {
    "disarmed": 200,
    "shock withheld": 50,
    "false alarm thinned": 500,
    "blamed by verdict": 1000,
    "delayed by throttle": 100,
    "withdrawn from throttle": 5,
    "waited for a reviewer": 100,
    "timed out, deny": 100,
    "timed out, allow": 20,
    "below floor, deny": 100,
    "below floor, review": 50,
    "below floor, reversible-only": 50,
    "sent by mode": 50,
    "sent by both": 5,
    "withdrawn from command": 20,
    "command stood in, approved": 20,
    "command stood in, refused": 100,
}


@cache
def pair(seed: int) -> tuple[Scenario, Portfolio]:
    scenario, portfolio = guarded(seed)
    return load(scenario), load_portfolio(portfolio)


@cache
def expected(seed: int) -> list[Result]:
    """What the oracle says of some crises."""
    scenario, portfolio = pair(seed)
    return [Oracle(scenario, LIMIT, portfolio).run(seed, crisis) for crisis in range(CRISES)]


def is_changed_by(safeguard: str, seed: int) -> bool:
    """Whether the oracle says something else of some crisis where one of the safeguards is left out."""
    scenario, portfolio = pair(seed)
    kept = {
        name.replace("-", "_"): words for name, words in portfolio.safeguards.items() if name != safeguard
    }
    oracle = Oracle(scenario, LIMIT, Portfolio(name="generated", **kept))
    return any(
        told(with_it) != told(oracle.run(seed, crisis)) for crisis, with_it in enumerate(expected(seed))
    )


@pytest.mark.parametrize("seed", range(PAIRS))
def test_same_incidents_and_books_as_the_oracle(seed: int) -> None:
    scenario, portfolio = pair(seed)
    tables = compile_tables(scenario, portfolio)
    block = simulate_block(tables, seed=seed, first=0, count=CRISES, max_incidents=LIMIT)
    for crisis, told in enumerate(expected(seed)):
        found = trace(scenario, tables, seed=seed, crisis=crisis, max_incidents=LIMIT)
        assert found.ended == told.ended
        assert [
            (i.key, i.kind, i.system, i.rung, i.author, i.points_to, i.depth) for i in found.incidents
        ] == [
            (x.key, x.kind, x.system, scenario.ladder[x.rung], x.author, x.points_to, x.depth)
            for x in told.happened
        ]
        assert [i.reading.right for i in found.incidents if i.reading] == [
            x.right for x in told.happened if x.kind == "action"
        ]
        start = next((x.time for x in told.happened if x.kind != "false-alarm"), 0.0)
        for i, x in zip(found.incidents, told.happened, strict=True):
            assert math.isclose(i.time_s, x.time - start, rel_tol=1e-9, abs_tol=1e-9)
        books = told.books
        assert [(s.by, s.key, s.kind, s.system, s.rung, s.author, s.right) for s in found.stopped] == [
            (s.by, s.key, s.kind, s.target, scenario.ladder[s.rung], s.author, s.right) for s in books.stops
        ]
        assert dict(zip(SAFEGUARDS, block.stopped[crisis].tolist(), strict=True)) == {
            name: books.stopped[name] for name in SAFEGUARDS
        }
        for column in ("reviewed", "denied", "timed_out", "withdrawn", "rightful_stopped"):
            assert getattr(block, column)[crisis] == getattr(books, column), column
        for column in ("review_wait_s", "review_queue_s", "rightful_delay_s"):
            assert math.isclose(
                getattr(block, column)[crisis], getattr(books, column), rel_tol=1e-9, abs_tol=1e-6
            ), column
        for position, actor in enumerate(scenario.actors):
            assert math.isclose(block.loss_usd[crisis, position], told.loss[actor.name], rel_tol=1e-12)


def test_the_comparison_sees_every_safeguard_at_work() -> None:
    results = [result for seed in range(PAIRS) for result in expected(seed)]
    assert {result.ended for result in results} == {"died-out", "catastrophe", "horizon", "capped"}
    happened = Counter(x.kind for result in results for x in result.happened)
    assert set(happened) == {"shock", "false-alarm", "outage", "contagion", "action"}
    stopped = sum((result.books.stopped for result in results), Counter[str]())
    idle = {"certification", "robustness", "incident-sharing"}
    assert set(stopped) == set(SAFEGUARDS) - idle
    assert min(stopped.values()) >= 20
    assert sum(stop.kind == "contagion" for result in results for stop in result.books.stops) >= 20
    notes = sum((result.books.notes for result in results), Counter[str]())
    assert {name: notes[name] for name in MEETS if notes[name] < MEETS[name]} == {}
    for safeguard in SAFEGUARDS:
        with_it = [seed for seed in range(PAIRS) if safeguard in pair(seed)[1].safeguards]
        changed = list(islice((seed for seed in with_it if is_changed_by(safeguard, seed)), SHOWN))
        assert len(changed) == SHOWN, (safeguard, len(changed), len(with_it))


def told(result: Result) -> list[tuple[int, float]]:
    return [(x.key, x.time) for x in result.happened]
