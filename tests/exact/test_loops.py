"""Loops: hand cases, and generated documents against dense linear algebra over the oracle's mean matrix."""

import copy
import math
import random
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csgraph

import detente
from detente.exact.loops import Loop
from detente.exact.solution import Solution
from tests.exact.cases import ROUNDABOUT, answer, case, network, shock, system
from tests.generate import document
from tests.oracles.branching import Branching, Floats, radius

GENERATED = [(0.5, 4), (1.0, 2), (1.0, 3), (1.0, 4), (1.0, 12), (1.0, 29), (1.4, 2), (1.4, 8), (1.4, 10)]
"""(tame, seed)"""


def loops_of(source: dict[str, Any]) -> tuple[Loop, ...]:
    return detente.solve(detente.load(source)).loops


def only(source: dict[str, Any]) -> Loop:
    (loop,) = loops_of(source)
    assert loop.share == pytest.approx(1.0, rel=1e-9)
    return loop


def edges_of(systems: tuple[str, ...]) -> list[tuple[str, str]]:
    return [*pairwise(systems), (systems[-1], systems[0])]


# --- by hand --------------------------------------------------------------------------------------


def test_ping_pong() -> None:
    """All of R is one loop; two incidents make a turn, so it gains R squared, after both delays."""
    source = network([[0.0, 1.8], [0.6, 0.0]])
    source["systems"]["s0"]["responds"][0]["after"] = {"median": "3 s", "spread": 1.5}
    source["systems"]["s1"]["responds"][0]["after"] = {"mean": "10 s"}
    solution = detente.solve(detente.load(source))
    loop = only(source)
    assert loop.systems == ("s0", "s1")
    assert loop.gain == pytest.approx(1.8 * 0.6, rel=1e-12)
    assert loop.gain == pytest.approx(solution.escalation_number**2, rel=1e-12)
    assert loop.period_s == pytest.approx(3.0 + 10.0 * math.log(2.0), rel=1e-12)
    assert [(turn.kind, turn.by, turn.rule) for turn in loop.turns] == [
        ("action", "s0", "systems.s0.responds[0]"),
        ("action", "s1", "systems.s1.responds[0]"),
    ]
    assert [turn.median_s for turn in loop.turns] == pytest.approx([3.0, 10.0 * math.log(2.0)])


def test_a_system_and_itself() -> None:
    loop = only(network([[0.7]], after="2 s"))
    assert (loop.systems, loop.period_s) == (("s0",), 2.0)
    assert loop.gain == pytest.approx(0.7, rel=1e-12)


def test_two_loops_that_share_a_system() -> None:
    """M = ((a, b), (c, 0)): R^2 = a R + b c, and the self-loop has a R / (R^2 + b c) of R."""
    a, b, c = 0.5, 0.4, 1.5
    number = (a + math.sqrt(a * a + 4.0 * b * c)) / 2.0
    alone = a * number / (number * number + b * c)
    pair, itself = loops_of(network([[a, b], [c, 0.0]], after="1 s"))
    assert (pair.systems, itself.systems) == (("s0", "s1"), ("s0",))
    assert (pair.share, itself.share) == pytest.approx((1.0 - alone, alone), rel=1e-9)
    assert (pair.gain, itself.gain) == pytest.approx((b * c, a), rel=1e-12)
    assert (pair.period_s, itself.period_s) == (2.0, 1.0)


def test_loops_of_which_no_turn_leads_to_another_have_gain_0() -> None:
    solution = detente.solve(ROUNDABOUT)
    assert solution.escalation_number == pytest.approx((0.9 * 0.8 * 0.7 * 0.6) ** 0.25, rel=1e-9)
    assert {(loop.systems, loop.gain) for loop in solution.loops} == {(("a", "b"), 0.0), (("a", "c"), 0.0)}
    assert [loop.share for loop in solution.loops] == pytest.approx([0.5, 0.5], rel=1e-9)


def test_two_loops_of_equal_strength_come_in_the_order_of_systems() -> None:
    found = loops_of(network([[0.0, 0.5, 0.5], [0.8, 0.0, 0.0], [0.8, 0.0, 0.0]]))
    assert [loop.systems for loop in found] == [("s0", "s1"), ("s0", "s2")]
    assert [loop.share for loop in found] == pytest.approx([0.5, 0.5], rel=1e-9)


def test_who_answers_need_not_be_who_is_hit() -> None:
    """Incidents go harbour -> beacon -> harbour; those who sense and act live elsewhere."""
    source = case(
        {
            "harbour": system(),
            "beacon": system(),
            "guard": system(answer(["beacon"], 0.9, after="1 s"), watches={"harbour": 0.8}, domain="away"),
            "patrol": system(answer(["harbour"], 0.5, after="4 s"), watches={"beacon": 1.0}, domain="away"),
        },
        shock("harbour"),
    )
    loop = only(source)
    assert loop.systems == ("beacon", "harbour")
    assert [turn.by for turn in loop.turns] == ["patrol", "guard"]
    assert loop.gain == pytest.approx(0.8 * 0.9 * 0.5, rel=1e-12)
    assert loop.period_s == 5.0
    assert detente.solve(detente.load(source)).escalating_systems == ("beacon", "harbour")


def test_an_outage_is_a_step() -> None:
    source = case(
        {"a": system(), "b": system(answer(["a"], 0.9, after="1 s"))},
        shock("a"),
        dependencies=[{"from": "a", "to": "b", "spreads": 0.6, "after": {"mean": "2 s"}}],
    )
    loop = only(source)
    outage, action = loop.turns
    assert (outage.kind, outage.by, outage.rule) == ("outage", None, "dependencies[0]")
    assert outage.median_s == pytest.approx(2.0 * math.log(2.0), rel=1e-12)
    assert (action.kind, action.by) == ("action", "b")
    assert loop.gain == pytest.approx(0.54, rel=1e-12)


def test_contagion_is_a_step_and_the_strongest_way_is_named() -> None:
    """Back from b comes an action more often than the same contagion; both count for the gain."""
    source = case(
        {"a": system(components=["part"]), "b": system(answer(["a"], 0.9, after="1 s"), components=["part"])},
        shock("a"),
        contagion=[{"component": "part", "spreads": 0.5, "after": {"median": "3 s", "spread": 1.0}}],
    )
    loop = only(source)
    worm, action = loop.turns
    assert (worm.kind, worm.by, worm.rule, worm.median_s) == ("contagion", None, "contagion[0]", 3.0)
    assert (action.kind, action.by) == ("action", "b")
    assert loop.period_s == 4.0
    assert loop.gain == pytest.approx(0.5 * (0.9 + 0.5), rel=1e-12)


@pytest.mark.parametrize(("spreads", "actions", "kind"), [(0.6, 0.1, "outage"), (0.1, 0.6, "action")])
def test_the_strongest_of_two_ways_is_named(spreads: float, actions: float, kind: str) -> None:
    source = case(
        {"a": system(answer(["b"], actions)), "b": system(answer(["a"], 0.9))},
        shock("a"),
        dependencies=[{"from": "a", "to": "b", "spreads": spreads, "after": "5 s"}],
    )
    loop = only(source)
    assert loop.turns[0].kind == kind
    assert loop.gain == pytest.approx((spreads + actions) * 0.9, rel=1e-12)


@pytest.mark.parametrize(("autonomy", "period"), [(0.2, 3602.0), (0.9, 2.0)])
def test_a_step_that_mostly_waits_for_the_command_takes_as_long(autonomy: float, period: float) -> None:
    source = network([[0.8]], after="2 s", autonomy=autonomy)
    command = {"review": {"median": "1 h", "spread": 1.0}, "approves_right": 0.9, "approves_wrong": 0.9}
    source["actors"]["us"]["command"] = command
    assert only(source).period_s == period


def test_only_what_comes_back_has_a_gain() -> None:
    """At the higher rung, which nothing reaches, the system would answer eight times as often."""
    source = case({"a": system(answer(["a"], 0.7), answer(["a"], 5.0, **{"from": "tense"}))}, shock("a"))
    assert only(source).gain == pytest.approx(0.7, rel=1e-12)


def test_a_turn_that_loses_a_rung_now_and_then() -> None:
    """Six rungs, each with the same chance to stay: a triangular matrix with one sixfold eigenvalue."""
    ladder = ["a", "b", "c", "d", "e", "f", "war"]
    source = case(
        {"s": system(answer(["s"], 0.8, **{"from": "a"}, step={"down": 0.3}))}, shock("s", "f"), ladder=ladder
    )
    # The lowest rung has nowhere to go but itself, and is the class that attains R.
    assert only(source).gain == pytest.approx(0.8, rel=1e-12)
    source["systems"]["s"]["responds"] = [
        answer(["t"], 0.8, **{"from": "b"}, step={"down": 0.3}),
        answer(["t"], 0.1, **{"from": "a"}, step={"up": 1.0}),
    ]
    source["systems"]["t"] = system(answer(["s"], 0.9, **{"from": "a"}))
    solution = detente.solve(detente.load(source))
    systems, block = strongest_block(Branching(solution.scenario))
    assert [loop.systems for loop in solution.loops] == [("s", "t")]
    assert solution.loops[0].gain == pytest.approx(turned(solution.loops[0], systems, block), rel=1e-9)


def test_the_loop_of_the_strongest_class_only() -> None:
    assert [loop.systems for loop in loops_of(network([[0.9, 0.5], [0.0, 0.6]]))] == [("s0",)]


# --- against dense linear algebra -----------------------------------------------------------------


def strongest_block(oracle: Branching) -> tuple[list[str], Floats]:
    """System of each type of the class that attains R, and the mean matrix among them."""
    loop = max(oracle.loops(), key=lambda one: radius([one], 0.0))
    block = np.zeros((len(loop.types), len(loop.types)))
    for i, j, mean, _ in loop.edges:
        block[i, j] += mean
    return [x[0] for x in loop.types], block


def perron(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eig(matrix)
    vector: Floats = np.abs(vectors[:, np.argmax(values.real)].real)
    return vector


def circulation(systems: list[str], block: Floats) -> dict[tuple[str, str], float]:
    """Elasticities of R by entries of the matrix, summed by pairs of systems."""
    left, right = perron(block.T), perron(block)
    shares = left[:, None] * block * right[None, :]
    shares /= shares.sum()
    found: dict[tuple[str, str], float] = defaultdict(float)
    for (i, j), share in np.ndenumerate(shares):
        if share > 0.0:
            found[systems[i], systems[j]] += float(share)
    return dict(found)


def turned(loop: Loop, systems: list[str], block: Floats) -> float:
    """Spectral radius of one turn, by the product of the blocks between its systems."""
    places = {name: [i for i, system in enumerate(systems) if system == name] for name in loop.systems}
    turn = np.eye(len(places[loop.systems[0]]))
    for a, b in edges_of(loop.systems):
        turn = turn @ block[np.ix_(places[a], places[b])]
    return dense_radius(turn)


def dense_radius(matrix: Floats) -> float:
    """Class by class: eigenvalues of a whole triangular matrix would be wrong by a root of the rounding error."""
    _, labels = csgraph.connected_components(matrix > 0.0, connection="strong")
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return max(float(np.abs(np.linalg.eigvals(matrix[np.ix_(one, one)])).max()) for one in classes)


@pytest.mark.parametrize(("tame", "seed"), GENERATED)
def test_generated_documents(tame: float, seed: int) -> None:
    """The loops add up, edge by edge, to how R goes round, and each turn gains what it gains alone."""
    scenario = detente.load(document(seed, tame=tame, branching=True))
    found = detente.solve(scenario).loops
    systems, block = strongest_block(Branching(scenario))
    assert sum(loop.share for loop in found) == pytest.approx(1.0, abs=1e-6)
    assert [loop.share for loop in found] == sorted((loop.share for loop in found), reverse=True)
    edges: dict[tuple[str, str], float] = defaultdict(float)
    for loop in found:
        assert len(set(loop.systems)) == len(loop.systems)
        assert loop.systems[0] == min(loop.systems)
        for edge in edges_of(loop.systems):
            edges[edge] += loop.share / len(loop.systems)
    expected = circulation(systems, block)
    assert set(edges) <= set(expected)
    for edge, share in expected.items():
        assert edges[edge] == pytest.approx(share, abs=1e-6), edge
    for loop in found[:50]:
        assert loop.gain == pytest.approx(turned(loop, systems, block), rel=1e-6)
        assert loop.period_s == pytest.approx(sum(turn.median_s for turn in loop.turns))


@pytest.mark.parametrize(("tame", "seed"), GENERATED)
def test_as_much_leaves_a_system_as_comes_in(tame: float, seed: int) -> None:
    """A property of what is taken apart; loops have it by themselves."""
    scenario = detente.load(document(seed, tame=tame, branching=True))
    balance: dict[str, float] = defaultdict(float)
    for (a, b), share in circulation(*strongest_block(Branching(scenario))).items():
        balance[a] -= share
        balance[b] += share
    assert max(map(abs, balance.values())) < 1e-9


def test_some_generated_documents_have_many_loops() -> None:
    counts = [len(solved(tame, seed).loops) for tame, seed in GENERATED]
    assert max(counts) >= 5
    assert min(counts) >= 1


def solved(tame: float, seed: int) -> Solution:
    return detente.solve(detente.load(document(seed, tame=tame, branching=True)))


# --- order ----------------------------------------------------------------------------------------


def shuffled(part: Any, rng: random.Random) -> Any:
    """The same document, written down in another order; the ladder is an order, so it stays."""
    if isinstance(part, dict):
        items = [(key, value if key == "ladder" else shuffled(value, rng)) for key, value in part.items()]
        rng.shuffle(items)
        return dict(items)
    if isinstance(part, list):
        entries = [shuffled(value, rng) for value in part]
        rng.shuffle(entries)
        return entries
    return part


@pytest.mark.parametrize(("tame", "seed"), [(1.0, 4), (1.4, 2), (1.4, 10)])
def test_the_order_of_a_document_changes_nothing(tame: float, seed: int) -> None:
    source = document(seed, tame=tame, branching=True)
    expected = loops_of(source)
    for again in range(3):
        assert loops_of(shuffled(copy.deepcopy(source), random.Random(again))) == expected


def test_as_dict_is_plain() -> None:
    entry = loops_of(network([[0.0, 1.8], [0.6, 0.0]], after="1 s"))[0].as_dict()
    assert set(entry) == {"systems", "share", "gain", "period_s", "turns"}
    assert tuple(entry["systems"]) == ("s0", "s1")
    assert set(entry["turns"][0]) == {"kind", "by", "rule", "median_s"}
