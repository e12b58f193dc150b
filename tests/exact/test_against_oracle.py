"""The exact solver against the slow one that reads the same prose: every figure, to nine digits.

Generated documents first, then cases where such solvers go wrong. `tests.oracles.branching` shares no code
with `detente.exact`; what it says of R, chances and means is dense linear algebra and plain iteration.
"""

import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import detente
from detente.exact.solution import Solution
from tests.exact.cases import answer, case, network, shock, surely, system, without_lognormal
from tests.generate import document
from tests.oracles.branching import Branching, _decline, radius
from tests.oracles.laws import either

RELATIVE = 1e-9

Pairs = Iterator[tuple[str, float | None, float | None]]
"""(what, found, expected)"""

# tame -> seeds: below, around and above R = 1. Left out are seeds on which the oracle takes seconds.
GENERATED = [
    (tame, seed)
    for tame, seeds in (
        (0.5, (1, 2, 3, 4, 6, 33)),
        (1.0, (4, 7, 8, 12, 13, 15, 28, 29, 33, 38)),
        (1.4, (1, 2, 3, 4, 6, 7, 8, 9, 10)),
    )
    for seed in seeds
]


def disagreements(solution: Solution, oracle: Branching, relative: float = RELATIVE) -> list[str]:
    """What differs by more than `relative`; 0 must be 0, and what is infinite or missing must be so in both."""
    pairs = [*chances(solution, oracle), *means(solution, oracle), *pace(solution, oracle)]
    return [
        f"{what}: {found!r}, expected {expected!r}"
        for what, found, expected in pairs
        if (found is None) != (expected is None)
        or (found is not None and found != pytest.approx(expected, rel=relative, abs=0.0))
    ]


def chances(solution: Solution, oracle: Branching) -> Pairs:
    """Every rung, and catastrophe and critical by shock and stream, for all of it and for one incident."""
    scenario = solution.scenario
    for goal, rung in enumerate(scenario.ladder):
        yield f"rung {rung}", solution.rungs[rung], oracle.probability(goal)
    arrivals = {root.path: 1.0 if root.arrivals is None else root.arrivals for root in oracle.roots}
    by_root = {goal: oracle.per_root(goal) for goal in (scenario.catastrophe, scenario.critical)}
    to_catastrophe, to_critical = by_root[scenario.catastrophe], by_root[scenario.critical]
    yield "catastrophe", solution.catastrophe_probability, either(to_catastrophe.values())
    yield "critical", solution.critical_probability, either(to_critical.values())
    assert {root.path for root in solution.roots} >= set(to_catastrophe)
    each = oracle.reaches(scenario.catastrophe)
    types = {root.path: root.type for root in oracle.roots if not root.phantom}
    for root in solution.roots:
        yield f"arrivals of {root.path}", root.expected_arrivals, arrivals.get(root.path, 0.0)
        yield root.path, root.catastrophe_probability, to_catastrophe.get(root.path, 0.0)
        yield f"critical of {root.path}", root.critical_probability, to_critical.get(root.path, 0.0)
        if root.path in types:
            yield f"one of {root.path}", root.catastrophe_probability_each, each[types[root.path]]


def means(solution: Solution, oracle: Branching) -> Pairs:
    """R and its bounds, and the means per crisis where R < 1."""
    number = oracle.escalation_number()
    yield "R", solution.escalation_number, number
    low, high = solution.escalation_bounds
    assert low <= solution.escalation_number * (1.0 + 1e-12)
    assert solution.escalation_number <= high * (1.0 + 1e-12)
    if solution.expected is None:
        assert number >= 1.0 - 1e-12
        assert solution.infinite_because is not None
        return
    assert solution.infinite_because is None
    expected = oracle.expected()
    for name in ("incidents", "actions", "wrongful_actions", "loss_usd"):
        yield name, getattr(solution.expected, name), getattr(expected, name)
    losses = solution.expected.loss_usd_by_actor.tolist()
    for actor, loss in zip(solution.scenario.actors, losses, strict=True):
        yield f"loss of {actor.name}", loss, expected.loss_by_actor[actor.name]


def pace(solution: Solution, oracle: Branching) -> Pairs:
    """The growth rate above R = 1, and below it the rate of decline of the strongest loop where one exists."""
    number, growth = solution.escalation_number, solution.growth
    if growth is None:
        assert number == 0.0
        return
    if abs(number - 1.0) <= 1e-12:
        yield "rate", growth.rate_per_s, 0.0
    elif number > 1.0:
        rate = oracle.growth_rate()
        yield "rate", growth.rate_per_s, rate
        yield "doubling time", solution.doubling_time_s, math.log(2.0) / rate
    else:
        strongest = max(oracle.loops(), key=lambda loop: radius([loop], 0.0))
        try:
            rate = _decline([strongest])
        except ValueError:  # a lognormal delay in the loop: no rate of decline
            assert growth.is_first_order
            return
        yield "rate", growth.rate_per_s, rate
        yield "half-life", solution.half_life_s, math.log(2.0) / -rate


@pytest.mark.parametrize(("tame", "seed"), GENERATED)
def test_generated_documents(tame: float, seed: int) -> None:
    scenario = detente.load(document(seed, systems=9, tame=tame, branching=True))
    assert disagreements(detente.solve(scenario), Branching(scenario)) == []


@pytest.mark.parametrize(("tame", "seed"), GENERATED[::4])
def test_generated_documents_without_lognormal_delays(tame: float, seed: int) -> None:
    """So that there is a rate of decline where R < 1."""
    scenario = detente.load(without_lognormal(document(seed, systems=9, tame=tame, branching=True)))
    solution = detente.solve(scenario)
    assert disagreements(solution, Branching(scenario)) == []
    assert solution.growth is None or not solution.growth.is_first_order


def test_a_class_that_is_nearly_periodic() -> None:
    """Found by chance: three eigenvalues of almost the same size, a third of a turn apart."""
    source = document(1116, systems=6, tame=0.4, branching=True)
    for one in source["systems"].values():
        for rule in one["responds"]:
            rule["step"] = {"down": 0.3}
    scenario = detente.load(source)
    oracle = Branching(scenario)
    assert disagreements(detente.solve(scenario), oracle) == []
    systems = max(oracle.loops(), key=lambda loop: len(loop.types))
    block = np.zeros((len(systems.types), len(systems.types)))
    for i, j, mean, _ in systems.edges:
        block[i, j] += mean
    assert np.sort(np.abs(np.linalg.eigvals(block)))[-3] > 0.99 * oracle.escalation_number()


def test_generated_documents_lie_on_both_sides_of_one() -> None:
    """Otherwise half of what is compared above would never be."""
    found = [
        detente.solve(detente.load(document(seed, systems=9, tame=tame, branching=True)))
        for tame, seed in GENERATED
    ]
    above = sum(solution.escalation_number > 1.0 for solution in found)
    assert 5 <= above <= len(GENERATED) - 10
    assert any(solution.catastrophe_probability > 0.3 for solution in found)
    assert any(0.0 < solution.catastrophe_probability < 1e-6 for solution in found)
    assert any(root.path.endswith("false_alarms") for solution in found for root in solution.roots)
    assert sum(solution.half_life_s is not None for solution in found) >= 10


# --- corner cases ---------------------------------------------------------------------------------

ALWAYS_UP = {"up": 1.0}
MANY = [f"m{i}" for i in range(12)]


def infected(spreads: float, drops: int = 0, **more: Any) -> dict[str, Any]:
    """Twelve systems that share a component; one of them answers, and may step up a rung."""
    members = {name: system(components=["part"]) for name in MANY}
    members["m9"] = system(answer(["m9"], 0.9, law="bernoulli", step={"up": 0.7}), components=["part"])
    rule = {"component": "part", "spreads": spreads, "at_least": "tense", "drops": drops, "after": "1 s"}
    return case(members, shock("m3", "tense"), contagion=[rule], **more)


def chained(first: float, second: float, delays: tuple[str, str] = ("1 s", "1 s")) -> dict[str, Any]:
    """A loop of its own that leads to another one; each action is a war in one of a million."""
    source = network([[first, 0.5], [0.0, second]], step={"up": 1e-6})
    for i, delay in enumerate(delays):
        source["systems"][f"s{i}"]["responds"][0]["after"] = delay
    return source


def watched(domain: str, others: int) -> dict[str, Any]:
    """A responder that answers at all of its domain but itself, where `others` live; hit itself."""
    systems = {"r": system(answer("domain", 0.9, **{"in": "cyber"}, step={"up": 0.1}), domain=domain)}
    systems |= {f"o{i}": system(answer(["r"], 0.5, after="3 s", step={"up": 0.2})) for i in range(others)}
    return case(systems, shock("r"), harmless(others))


def harmless(others: int) -> dict[str, Any]:
    """A second shock, so that there are two of them."""
    return shock(f"o{others - 1}" if others else "r", "tense", author="us")


def suspicious(**senses: Any) -> dict[str, Any]:
    """We are hit, by them or by nobody, and strike at whom we blame; they strike back in kind."""
    senses = {"attribution": 0.7, "recognises_accidents": 0.4, "sees_through_spoofs": 0.25} | senses
    strike = answer("blamed", 0.8, step={"up": 0.2, "down": 0.1}, after="2 s")
    return case(
        {
            "ours": system(strike, senses=senses),
            "theirs": system(strike, owner="them"),
            "others": system(answer("own", 0.5, step={"up": 0.4}), owner="other"),
        },
        shock("ours", author="them"),
        shock("ours", "tense", author="none", points_to="them", rate="1e-3 /d"),
        shock("ours", author="them", points_to="none"),
        actors=("us", "them", "other"),
    )


def commanded(autonomy: float, command: bool) -> dict[str, Any]:
    actors = {"us": {"kind": "state"}, "them": {"kind": "state"}}
    if command:
        actors["us"]["command"] = {"review": {"mean": "9 s"}, "approves_right": 0.9, "approves_wrong": 0.2}
    strike = answer("blamed", 0.8, step={"up": 0.2}, after={"mean": "2 s"}, autonomy=autonomy)
    listed = answer(["ours"], 0.3, step={"up": 0.1}, autonomy=autonomy, reversible={"recovers": 0.3})
    return case(
        {
            "ours": system(
                strike, listed, senses={"attribution": 0.6}, harm={"calm": "3 USD", "tense": "50 USD"}
            ),
            "theirs": system(strike, owner="them", harm={"calm": "7 USD"}),
        },
        shock("ours", author="them"),
        shock("theirs", author="none"),
        shock("ours", "tense", author="none"),
        actors=actors,
    )


def alarmed(**senses: Any) -> dict[str, Any]:
    """False alarms and nothing else; the second system hears its own and answers nothing."""
    alarms = {"false_alarms": {"rate": "2e-3 /d", "rung": "calm"}}
    return case(
        {
            "a": system(answer(["b", "a"], 0.7, step={"up": 0.1}), senses=alarms | senses),
            "b": system(senses=alarms),
        }
    )


def hidden(own: float, others: float) -> dict[str, Any]:
    """Behind the responder's own large chance of catastrophe, which it never aims at, lie others' small ones."""
    certain = surely(["base"], step={"up": 0.9})
    systems = {
        "far": system(domain="far"),
        "base": system(domain="far"),
        "r": system(surely("domain", **{"in": "cyber"}), watches={"far": 1.0}),
        "near": system(surely(["base"], step={"up": others})),
        "guard": system(
            answer(["base"], own, law="bernoulli", step={"up": 0.9}), watches={"r": 1.0}, domain="far"
        ),
        "last": system(certain | {"from": "tense"}, watches={"base": 1.0}, domain="far"),
    }
    return case(systems, shock("far"))


def dying_beside(kind: str) -> dict[str, Any]:
    """A loop of seconds, and something that takes far longer, or has no exponential rate, that leads out of it."""
    source = case(
        {
            "a": system(answer(["a"], 0.5, after={"mean": "1 s"}), components=["part"]),
            "b": system(components=["part"]),
        },
        shock("a"),
    )
    slow, heavy = {"mean": "1 d"}, {"median": "1 s", "spread": 2.0}
    if kind == "responds":
        source["systems"]["a"]["responds"] += [answer(["b"], 0.3, after=after) for after in (slow, heavy)]
    elif kind == "dependencies":
        source[kind] = [{"from": "a", "to": "b", "spreads": 0.3, "after": after} for after in (slow, heavy)]
    else:
        source[kind] = [
            {"component": "part", "spreads": 0.3, "drops": 1, "after": after} for after in (slow, heavy)
        ]
        source["shocks"] = [shock("a", "tense")]
        source["systems"]["a"]["responds"][0]["from"] = "tense"
        source["contagion"] = [rule | {"at_least": "tense"} for rule in source["contagion"]]
    return source


def posing(as_whom: str, **senses: Any) -> dict[str, Any]:
    """We answer in another's name; they believe it or not, and only they can strike the one who is named."""
    return case(
        {
            "ours": system(answer(["theirs"], 0.9, poses_as=as_whom, step={"up": 0.1})),
            "theirs": system(answer("blamed", 0.8, step={"up": 0.2}), owner="them", senses=senses),
            "others": system(answer(["theirs"], 0.3, step={"up": 0.5}), owner="other"),
        },
        shock("ours"),
        actors=("us", "them", "other"),
    )


def dropping(at_least: str, drops: int, spreads: float = 0.6) -> dict[str, Any]:
    """An outage that may be milder than what it comes from, and come only from something bad enough."""
    return case(
        {
            "a": system(answer(["a"], 0.8, step={"up": 0.3}), answer(["a"], 0.4, **{"from": "bad"})),
            "b": system(answer(["a"], 0.5, step={"up": 0.2, "down": 0.1})),
        },
        shock("a"),
        ladder=("calm", "tense", "bad", "war"),
        dependencies=[{"from": "a", "to": "b", "spreads": spreads, "at_least": at_least, "drops": drops}],
    )


CORNERS: dict[str, dict[str, Any]] = {
    "a certain chain of actions": case(
        {
            "a": system(surely(["b"], step=ALWAYS_UP)),
            "b": system(surely(["c"], step=ALWAYS_UP)),
            "c": system(),
        },
        shock("a"),
    ),
    "a certain chain of outages": case(
        {"a": system(), "b": system(), "c": system(surely(["a"], step={"up": 1.0}))},
        shock("a", "tense"),
        dependencies=[
            {"from": "a", "to": "b", "spreads": 1.0, "at_least": "tense"},
            {"from": "b", "to": "c", "spreads": 1.0, "after": "1 s"},
        ],
    ),
    "certain, then tossed": case(
        {"a": system(answer(["b"], 5, law="fixed")), "b": system(answer(["b"], 0.5, step={"up": 0.2}))},
        shock("a"),
    ),
    "no way up": network([[0.3, 0.4], [0.2, 0.5]], step={"down": 0.3}),
    "nothing ever answers": case({"a": system()}, shock("a"), shock("a", "tense")),
    "no loop": case(
        {"a": system(answer(["b"], 3.0)), "b": system(answer(["c"], 4.0, step={"up": 0.3})), "c": system()},
        shock("a"),
    ),
    "a loop that no shock starts": network([[0.0, 0.0], [1.5, 0.9]], step={"up": 0.1}),
    "two in turn": network([[0.0, 1.4], [0.6, 0.0]], step={"up": 0.01}, after={"mean": "2 s"}),
    "three in turn": network(
        [[0.0, 2.0, 0.0], [0.0, 0.0, 0.9], [0.7, 0.0, 0.0]], step={"up": 1e-3}, after="1 s"
    ),
    "three in turn, dying": network(
        [[0.0, 2.0, 0.0], [0.0, 0.0, 0.3], [0.7, 0.0, 0.0]], step={"up": 1e-3}, after="1 s"
    ),
    "two apart": network([[0.9, 0.0], [0.0, 0.7]], hits=(0, 1), step={"up": 0.01}, after="1 min"),
    "two apart, one not hit": network([[0.5, 0.0], [0.0, 1.7]], step={"up": 0.01}),
    "equal, one behind the other": chained(0.8, 0.8),
    "equal and growing": chained(1.3, 1.3),
    "three equal, one behind the other": network(
        [[0.9, 0.4, 0.0], [0.0, 0.9, 0.4], [0.0, 0.0, 0.9]], step={"up": 1e-5}, after="1 s"
    ),
    "the stronger behind": chained(0.5, 0.95),
    "the stronger before": chained(0.95, 0.5),
    "the weaker is faster": chained(3.0, 1.5, ("10 d", "1 ms")),
    "the weaker is faster, behind": chained(1.5, 3.0, ("1 ms", "10 d")),
    "the stronger is faster": chained(3.0, 1.5, ("1 ms", "10 d")),
    "a shock above catastrophe": case(
        {"a": system(answer(["a"], 0.5), harm={"war": "9 USD"})},
        shock("a", "war"),
        catastrophe="tense",
        critical="calm",
    ),
    "a shock after the horizon": case(
        {"a": system(answer(["a"], 0.5, step={"up": 0.2}))},
        shock("a", at="1001 d"),
        shock("a", "tense", at="3 d"),
    ),
    "only shocks after the horizon": case({"a": system(answer(["a"], 0.5))}, shock("a", at="1001 d")),
    "false alarms only": alarmed(inflates=0.3),
    "rare false alarms": alarmed() | {"horizon": "1 s"},
    "an epidemic": infected(0.9),
    "an epidemic that weakens": infected(1.0, drops=1),
    "a slow epidemic": infected(0.05),
    "a rare epidemic": infected(1e-12),
    "nobody else in the domain": watched("cyber", 0),
    "one other in the domain": watched("cyber", 1),
    "three others in the domain": watched("cyber", 3),
    "a domain that is not its own": watched("finance", 2),
    "everybody is suspect": suspicious(),
    "one suspect": suspicious(suspects={"them": 1.0}),
    "only ourselves suspect": suspicious(suspects={"us": 1.0}),
    "suspects of unequal weight": suspicious(suspects={"us": 1.0, "them": 2.0, "other": 5.0}),
    "no attribution at all": suspicious(attribution=0.0, recognises_accidents=0.0, sees_through_spoofs=0.0),
    "perfect senses": suspicious(attribution=1.0, recognises_accidents=1.0, sees_through_spoofs=1.0),
    "always one too high": suspicious(inflates=1.0),
    "always one too low": suspicious(deflates=1.0),
    "never right": suspicious(inflates=0.6, deflates=0.4),
    "a false flag": posing("other", attribution=0.6, sees_through_spoofs=0.3),
    "a false flag that nobody believes": posing("other", attribution=0.6, sees_through_spoofs=1.0),
    "a false flag of the one who is hit": posing("them", attribution=0.6, sees_through_spoofs=0.3),
    "outages from any rung": dropping("calm", 0),
    "outages from a high rung": dropping("bad", 0),
    "outages two rungs milder": dropping("tense", 2),
    "no delay, running away": network([[0.3, 1.6], [1.1, 0.2]], step={"up": 1e-3}),
    "no delay within a loop that grows": case(
        {
            "a": system(answer(["a"], 1.2, step={"up": 1e-3}), answer(["b"], 5.0, after="1 d")),
            "b": system(answer(["a"], 5.0)),
        },
        shock("a"),
    ),
    "no delay, dying": network([[0.3, 0.6], [0.1, 0.2]], step={"up": 1e-3}),
    "a slow way out of a dying loop": dying_beside("responds"),
    "a slow outage out of a dying loop": dying_beside("dependencies"),
    "a slow infection out of a dying loop": dying_beside("contagion"),
    "R is 1": network([[2.0]], step={"up": 0.5}, after="1 s"),
    "R is 1, in turn": network([[0.0, 4.0], [1.0, 0.0]], step={"up": 0.5}, after="1 s"),
    "tiny by one step": network([[0.5, 0.1], [0.2, 0.3]], step={"up": 1e-12}),
    "tiny by two": case(
        {
            "a": system(answer(["b"], 1e-6, step={"up": 1e-6})),
            "b": system(answer(["b"], 0.4, step={"up": 1e-12}), watches={"b": 1e-3}),
        },
        shock("a"),
    ),
    "tiny chances of a rare stream": case(
        {"a": system(answer(["a"], 0.9, step={"up": 1e-9}))}, shock("a", rate="1e-9 /d")
    ),
    "small behind large": hidden(0.7, 1e-6),
    "tiny behind large": hidden(0.7, 1e-12),
    "nothing behind large": hidden(0.7, 0.0),
    "very unequal numbers of actions": network(
        [[0.6, 0.2], [0.5, 0.3]], law={"negative-binomial": 0.01}, step={"up": 0.1}
    ),
    "nearly Poisson": network([[0.6, 0.2], [0.5, 0.3]], law={"negative-binomial": 1e6}, step={"up": 0.1}),
    "many certain actions": network([[50, 3], [0, 2]], law="fixed", step={"up": 1e-4}, autonomy=0.015),
    "at most one action": network([[1.0, 0.6], [0.4, 0.5]], law="bernoulli", step={"down": 0.1, "up": 1e-3}),
    "all automated": commanded(1.0, command=True),
    "half automated": commanded(0.5, command=True),
    "nothing automated": commanded(0.0, command=True),
    "half automated and nobody to ask": commanded(0.5, command=False),
    "nothing automated and nobody to ask": commanded(0.0, command=False),
    "critical is catastrophe": network([[0.7]], step={"up": 0.2}) | {"critical": "war"},
    "a ladder of two": network([[0.7]], step={"up": 0.2}) | {"ladder": ["calm", "war"], "critical": "war"},
}


@pytest.mark.parametrize("name", CORNERS)
def test_corner_cases(name: str) -> None:
    scenario = detente.load(CORNERS[name])
    assert disagreements(detente.solve(scenario), Branching(scenario)) == []


def solved(name: str) -> Solution:
    return detente.solve(detente.load(CORNERS[name]))


@pytest.mark.parametrize("name", ["a certain chain of actions", "a certain chain of outages"])
def test_what_is_certain_is_exactly_one(name: str) -> None:
    assert solved(name).catastrophe_probability == 1.0


@pytest.mark.parametrize("name", ["no way up", "nothing ever answers", "only shocks after the horizon"])
def test_what_cannot_happen_is_exactly_zero(name: str) -> None:
    """And not minus zero, which would be printed."""
    probability = solved(name).catastrophe_probability
    assert probability == 0.0
    assert math.copysign(1.0, probability) == 1.0


@pytest.mark.parametrize("name", ["no loop", "nothing ever answers", "a loop that no shock starts"])
def test_where_nothing_comes_back_there_is_no_r(name: str) -> None:
    solution = solved(name)
    assert solution.escalation_number == 0.0
    assert solution.escalation_bounds == (0.0, 0.0)
    assert solution.escalating_systems == ()
    assert solution.growth is None
    assert solution.loops == ()


@pytest.mark.parametrize("name", ["no delay, running away", "no delay within a loop that grows"])
def test_a_runaway_without_delay_doubles_in_no_time(name: str) -> None:
    solution = solved(name)
    assert solution.doubling_time_s == 0.0
    assert solution.growth is not None
    assert solution.growth.rate_per_s == math.inf


@pytest.mark.parametrize("name", ["R is 1", "R is 1, in turn"])
def test_at_one_nothing_grows_or_dies_and_means_are_infinite(name: str) -> None:
    solution = solved(name)
    assert solution.escalation_number == pytest.approx(1.0, rel=1e-14)
    assert solution.expected_incidents == math.inf
    assert solution.infinite_because is not None
    assert (solution.doubling_time_s, solution.half_life_s) == (None, None)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("the stronger behind", ("s1",)),
        ("the stronger before", ("s0",)),
        ("two in turn", ("s0", "s1")),
        ("two apart", ("s0",)),
        ("two apart, one not hit", ("s0",)),
    ],
)
def test_the_class_that_attains_r_is_named(name: str, members: tuple[str, ...]) -> None:
    assert solved(name).escalating_systems == members


@pytest.mark.parametrize("seed", range(6))
def test_one_of_many_classes(seed: int) -> None:
    """26 loops, one leading to the next more or less strongly; guesses after a few passes may take the wrong one."""
    rng = random.Random(seed)
    strongest = rng.randrange(26)
    means = [[0.0] * 52 for _ in range(52)]
    for i in range(0, 52, 2):
        number = 0.95 if i == 2 * strongest else rng.choice([0.5, 0.8, 0.9])
        uneven = 10.0 ** rng.uniform(-3.0, 3.0)
        means[i][i + 1], means[i + 1][i] = number * uneven, number / uneven
        if i < 50:
            means[i][i + 2] = 10.0 ** rng.uniform(-6.0, -1.0)
    solution = detente.solve(detente.load(network(means)))
    assert solution.escalation_number == pytest.approx(0.95, rel=1e-9)
    assert set(solution.escalating_systems) == {f"s{2 * strongest}", f"s{2 * strongest + 1}"}


# --- close to R = 1 -------------------------------------------------------------------------------


def poisson_chance(mean: float, up: float) -> float:
    """P of P = 1 - exp(-mean (up + (1 - up) P)), by Newton's method from above with all digits kept."""
    chance = 1.0
    for _ in range(200):
        # Both sides expanded by expm1, so that small chances lose nothing.
        hit = up + (1.0 - up) * chance
        excess = chance + math.expm1(-mean * hit)
        slope = 1.0 - mean * (1.0 - up) * math.exp(-mean * hit)
        chance -= excess / slope
    return chance


@pytest.mark.parametrize("up", [1e-4, 1e-8])
@pytest.mark.parametrize("mean", [0.99, 0.9999, 1.0, 1.0001, 1.01])
def test_figures_close_to_one(mean: float, up: float) -> None:
    """An iteration that stops when it changes little is least exact here: by its tolerance over 1 - R."""
    solution = detente.solve(detente.load(network([[mean]], step={"up": up}, after="1 s")))
    # From calm to tense, that is; what is tense goes on for ever and may become war.
    to_tense = poisson_chance(mean, up)
    assert solution.rungs["tense"] == pytest.approx(to_tense, rel=1e-7)
    assert solution.catastrophe_probability < solution.rungs["tense"]


@pytest.mark.parametrize("missing", [1e-3, 1e-5, 1e-7])
def test_means_close_to_one(missing: float) -> None:
    """1 / (1 - R) incidents."""
    solution = detente.solve(detente.load(network([[1.0 - missing]], after="1 s")))
    assert solution.escalation_number == pytest.approx(1.0 - missing, rel=1e-12)
    assert solution.expected_incidents == pytest.approx(1.0 / missing, rel=1e-12 / missing)
    assert solution.half_life_s == pytest.approx(math.log(2.0) / -math.log1p(-missing), rel=1e-9)
