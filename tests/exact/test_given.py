"""Crises drawn given that they end in catastrophe, against simulated ones that happened to.

A correct sampler fails a statistical check here for one choice of seeds in a thousand.
"""

import warnings
from collections import Counter

import numpy as np
import pytest
from scipy import stats

import detente
from detente.engine import tables as t
from detente.engine.compile import compile_tables
from detente.engine.run import new_log, new_work, record_crisis, simulate_block
from detente.engine.trace import trace
from detente.errors import SolverError
from detente.exact import given
from detente.exact._given import WIDTH, run_given
from detente.exact.catastrophe import reach
from detente.exact.given import conditioned, sample
from detente.exact.operator import Operator
from tests.generate import document
from tests.quarrel import QUARREL

LEVEL = 1e-3
CATASTROPHE, HORIZON, CAPPED = 1, 2, 3

# Of each the catastrophe is neither rare nor sure, and crises stay small.
SEEDS = (2, 6, 16, 20, 45, 46, 49, 51)
WANTED, BUDGET = 12_000, 20_000

# Two domains, one suspicious shield, planted evidence, human approval: what is drawn for each incident shows.
WORDS = {
    "detente": 1, "name": "words", "critical": "degrade", "catastrophe": "destroy", "horizon": "20000 d",
    "actors": {
        "alder": {"kind": "state", "command": {"review": "1 h", "approves_right": 0.9, "approves_wrong": 0.3}},
        "birch": {"kind": "state"},
        "cedar": {"kind": "operator"},
    },
    "systems": {
        "gate": {
            "owner": "alder", "domain": "cyber", "components": ["part"],
            "senses": {
                "attribution": 0.5, "inflates": 0.2, "deflates": 0.3, "recognises_accidents": 0.3,
                "sees_through_spoofs": 0.4, "suspects": {"alder": 1, "birch": 2, "cedar": 1},
            },
            "responds": [
                {"from": "probe", "at": "blamed", "in": "power", "actions": 0.8, "autonomy": 0.3,
                 "law": {"negative-binomial": 0.4}, "step": {"down": 0.2, "up": 0.4}, "after": "1 s"},
                {"from": "probe", "at": "domain", "in": "power", "actions": 0.4, "autonomy": 0.5, "after": {"mean": "9 s"}},
            ],
        },
        "mill": {
            "owner": "birch", "domain": "power", "components": ["part"], "harm": {"damage": "1 USD"},
            "senses": {"attribution": 0.7, "inflates": 0.3, "false_alarms": {"rate": "2e-5 /d", "rung": "probe"}},
            "responds": [
                {"from": "signal", "at": "blamed", "in": "cyber", "actions": 0.9, "step": {"up": 0.5}, "after": "2 s",
                 "poses_as": "cedar"},
                {"from": "signal", "at": "domain", "in": "power", "actions": 1, "law": "fixed",
                 "step": {"down": 0.9}, "after": {"median": "1 min", "spread": 1}},
            ],
        },
        "weir": {
            "owner": "cedar", "domain": "power", "watches": {"weir": 0.5, "gate": 0.7},
            "responds": [{"from": "probe", "at": ["gate", "mill"], "actions": 0.7, "law": "bernoulli",
                          "step": {"up": 0.2}, "after": "1 h"}],
        },
    },
    "dependencies": [{"from": "mill", "to": "weir", "spreads": 0.6, "at_least": "probe", "after": "5 s"}],
    "contagion": [{"component": "part", "spreads": 0.5, "at_least": "disrupt", "after": {"mean": "1 min"}}],
    "shocks": [
        {"hits": "gate", "rung": "probe", "author": "birch", "points_to": "cedar", "rate": "5e-5 /d"},
        {"hits": "weir", "rung": "disrupt", "author": "none", "points_to": "birch"},
    ],
}  # fmt: skip

# Whom to blame and where to land matters much: one of two neighbours is dangerous, the other never answers.
CHOICES = {
    "detente": 1, "name": "choices", "critical": "degrade", "catastrophe": "destroy", "horizon": "1000 d",
    "actors": {
        "alder": {"kind": "state", "command": {"review": "5 s", "approves_right": 1.0, "approves_wrong": 0.4}},
        "birch": {"kind": "state"},
        "cedar": {"kind": "state"},
    },
    "systems": {
        "aide": {
            "owner": "alder", "domain": "cyber", "watches": {"gate": 0.8},
            "senses": {"attribution": 0.4, "suspects": {"birch": 1, "cedar": 1}},
            "responds": [{"from": "probe", "at": "blamed", "in": "power", "actions": 6, "autonomy": 0.0}],
        },
        "gate": {
            "owner": "alder", "domain": "cyber",
            "responds": [{"from": "probe", "at": "domain", "in": "power", "actions": 2, "law": "fixed"}],
        },
        "mill": {
            "owner": "birch", "domain": "power",
            "responds": [{"from": "probe", "at": ["mill"], "actions": 1, "law": "fixed",
                          "step": {"up": 0.8, "down": 0.2}, "after": {"mean": "1 s"}}],
        },
        "weir": {"owner": "cedar", "domain": "power"},
    },
    "shocks": [{"hits": "gate", "rung": "probe", "author": "birch", "rate": "2e-3 /d"}],
}  # fmt: skip


def solved(source):
    scenario = detente.load(source)
    op = Operator(compile_tables(scenario))
    return scenario, op, reach(op, op.tables.catastrophe)


def test_the_law_is_that_of_simulated_crises_that_ended_so() -> None:
    """Null: each figure has the same law in both.

    Welch's t for counts and losses, Kolmogorov-Smirnov for times, two-sided, bound 0.001 over the
    number of p-values; ensemble seeds: the document's, and 1000 more for the conditioned crises.
    """
    found, tables = {}, []
    for seed in SEEDS:
        _, op, reached = solved(document(seed, branching=True))
        tables.append(op.tables)
        runs = int(WANTED / reached.probability)
        simulated = simulate_block(op.tables, seed=seed, first=0, count=runs, threads=2, max_incidents=BUDGET)
        assert CAPPED not in simulated.ended
        drawn = sample(op, reached, seed=seed + 1000, first=0, count=WANTED, max_incidents=BUDGET)
        assert set(drawn.ended) == {CATASTROPHE}
        found |= {(seed, *what): p for what, p in compared(simulated, drawn)}
    assert_covered(tables)
    assert len(found) >= 60
    assert min(found.values()) >= LEVEL / len(found), min(found.items(), key=lambda item: item[1])


def compared(simulated, drawn):
    ended_so = simulated.ended == CATASTROPHE
    for name in ("incidents", "actions", "wrongful_actions", "depth", "actors_reached", "loss_usd"):
        one, other = getattr(simulated, name)[ended_so], getattr(drawn, name)
        for i, (a, b) in enumerate(zip(columns(one), columns(other), strict=True)):
            if a.min() == a.max():
                assert np.array_equal(np.unique(a), np.unique(b))
            else:
                yield (name, i), welch(a, b)
    for name in ("catastrophe_s", "first_critical_s"):
        one, other = getattr(simulated, name)[ended_so], getattr(drawn, name)
        yield (name,), float(stats.ks_2samp(one, other).pvalue)


def welch(one, other):
    with warnings.catch_warnings(action="ignore"):  # nearly all the same: less sharp, not wrong
        return float(stats.ttest_ind(one, other, equal_var=False).pvalue)


def columns(values):
    return values.T if values.ndim == 2 else [values]


def assert_covered(tables):
    """Between them, the documents have everything that has a law of its own here."""
    rules = [rule for one in tables for rule in one.rules]
    roots = [root for one in tables for root in one.roots]
    assert {int(one.laws[rule["law"]]["kind"]) for one in tables for rule in one.rules} >= {
        t.POISSON, t.BERNOULLI, t.WHOLE, t.NEGATIVE_BINOMIAL,
    }  # fmt: skip
    assert any(len(one.contagion) for one in tables)
    assert any(len(one.outages) for one in tables)
    assert any(rule["skip"] >= 0 for rule in rules)
    assert any(rule["poses_as"] != t.NOBODY for rule in rules)
    assert any(root["author"] != root["points_to"] for root in roots)
    assert any(root["kind"] == t.PHANTOM for root in roots)
    assert any(root["kind"] == t.SHOCK and root["law"] >= 0 for root in roots)
    assert any(
        rule["autonomy"] < 1.0 and one.actors[one.systems[rule["system"]]["owner"]]["has_command"]
        for one in tables
        for rule in one.rules
    )


@pytest.mark.parametrize(("source", "least"), [(WORDS, 25), (CHOICES, 12)], ids=["words", "choices"])
def test_what_was_read_blamed_and_approved_has_the_law_of_simulated_crises(source, least) -> None:
    """Null: as many crises have each kind of root, and each kind of incident is as frequent, in both.

    Chi-square over the root that led to the catastrophe and over the last incident; Welch's t for the
    numbers per crisis; two-sided, bound 0.001 over the number of p-values. Ensemble seeds 1 and 2.
    """
    scenario, op, reached = solved(source)
    ended = simulate_block(op.tables, seed=1, first=0, count=5_000, max_incidents=BUDGET).ended
    assert CAPPED not in ended
    simulated = [
        trace(scenario, op.tables, seed=1, crisis=int(i)) for i in np.flatnonzero(ended == CATASTROPHE)
    ]
    drawn = [conditioned(scenario, op, reached, seed=2, crisis=i) for i in range(len(simulated))]
    assert len(simulated) > 2000
    found = {}
    for what in (root_of_the_last, last):
        kinds = [Counter(what(one) for one in side) for side in (simulated, drawn)]
        names = sorted({name for name in kinds[0] + kinds[1] if (kinds[0] + kinds[1])[name] >= 20})
        found[what.__name__] = stats.chi2_contingency(
            [[side[name] for name in names] for side in kinds]
        ).pvalue
    figures = [[Counter(name for i in one.incidents for name in figures_of(i, one)) for one in side]
               for side in (simulated, drawn)]  # fmt: skip
    for name in {name for side in figures for one in side for name in one}:
        samples = [[one[name] for one in side] for side in figures]
        if sum(map(np.count_nonzero, samples)) >= 50:
            found[name] = welch(*samples)
    assert len(found) >= least
    assert min(found.values()) >= LEVEL / len(found), min(found.items(), key=lambda item: item[1])


def root_of_the_last(one):
    return one.path_to(len(one.incidents) - 1)[0].rule


def last(one):
    return one.incidents[-1].rule, one.incidents[-1].system, one.incidents[-1].author


def figures_of(incident, one):
    """What there is to say of an incident, each to be counted."""
    yield incident.kind, incident.rule, incident.system
    yield "rung", incident.system, incident.rung
    if incident.reading:
        said = incident.reading
        yield "blamed", incident.rule, said.blamed, said.right
        yield "reviewed", incident.rule, said.right, said.reviewed
        yield "read", said.responder, one.incidents[incident.parent].rung, said.perceived
        if said.confidence is not None:
            yield "sure", said.responder, said.right, said.confidence > 0.5


def test_what_is_left_to_chance_is_what_the_engine_draws() -> None:
    """With no root worth anything nothing is laid down: times, keys and rows are the engine's, bit for bit."""
    seen = 0
    for seed in range(1, 13):
        _, op, reached = solved(document(seed, branching=True))
        for crisis in range(8):
            out, log = record_crisis(op.tables, seed, crisis, 300)
            if out.ended[0] == HORIZON:
                continue
            seen += 1
            for mine, theirs in zip(left_to_chance(op, reached, seed, crisis), log[:3], strict=True):
                assert np.array_equal(mine, theirs)
    assert seen > 80


def left_to_chance(op, reached, seed, crisis):
    work = new_work(op.tables, 1 << 14)
    work = work._replace(pending=np.zeros((1 << 14, WIDTH), np.int32))
    log = new_log(1 << 12)._replace(rows=np.zeros((1 << 12, WIDTH), np.int32))
    op.chance(reached.q, reached.goal)
    key = given.key_of(seed, crisis)
    out = simulate_block(op.tables, seed=0, first=0, count=1)
    assert run_given(
        op.tables, op.net, op.plain, op.state, reached.q, given.root_marks(op.tables, op.net),
        np.zeros_like(reached.roots), work, log, np.zeros(WIDTH, np.int32), key, 300, out, 0,
    )  # fmt: skip
    size = int(work.state[t.LOGGED])
    return log.times[:size], log.keys[:size], log.rows[:size, : t.FIELDS]


def test_a_crisis_is_the_same_alone_and_among_others_and_in_full() -> None:
    scenario, op, reached = solved(document(16, branching=True))
    whole = sample(op, reached, seed=9, first=0, count=40)
    part = sample(op, reached, seed=9, first=30, count=10)
    assert all(
        np.array_equal(one[30:], other, equal_nan=True) for one, other in zip(whole, part, strict=True)
    )
    assert len(np.unique(whole.incidents)) > 10
    for crisis in range(40):
        full = conditioned(scenario, op, reached, seed=9, crisis=crisis)
        happened = [i for i in full.incidents if i.kind != "false-alarm"]
        actions = [i for i in happened if i.kind == "action"]
        assert full.ended == "catastrophe"
        assert happened[-1].rung == full.catastrophe
        assert len(happened) == whole.incidents[crisis]
        assert happened[-1].time_s == whole.catastrophe_s[crisis]
        assert max(i.depth for i in happened) == whole.depth[crisis]
        assert sum(not i.reading.right for i in actions) == whole.wrongful_actions[crisis]
        assert sum(i.loss_usd for i in happened) == pytest.approx(whole.loss_usd[crisis].sum())


def test_other_passes_in_between_change_nothing() -> None:
    _, op, reached = solved(QUARREL)
    before = sample(op, reached, seed=3, first=0, count=50)
    op.chance(op.zeros(), 3)
    after = sample(op, reached, seed=3, first=0, count=50)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(before, after, strict=True))


def test_what_happens_in_a_trace_can_happen() -> None:
    scenario, op, reached = solved(WORDS)
    rungs = {name: i for i, name in enumerate(scenario.ladder)}
    for crisis in range(300):
        full = conditioned(scenario, op, reached, seed=4, crisis=crisis)
        assert sum(i.rung == full.catastrophe for i in full.incidents) == 1
        for incident in full.incidents:
            if incident.reading:
                parent = full.incidents[incident.parent]
                assert abs(rungs[incident.reading.perceived] - rungs[parent.rung]) <= 1
                assert abs(rungs[incident.rung] - rungs[incident.reading.perceived]) <= 1
                assert incident.reading.blamed != incident.author
                if incident.reading.blamed:
                    assert incident.reading.right == (incident.reading.blamed == parent.author)
                    assert incident.owner == incident.reading.blamed


def test_memory_grows_and_the_crisis_stays_the_same() -> None:
    """Each step up comes with 1000 incidents elsewhere, which lead to nothing: more than there is room for at first."""
    shields = {name: {**shield, "responds": []} for name, shield in QUARREL["systems"].items()}
    shields["avalon-shield"]["responds"] = [
        {"from": "disrupt", "at": ["avalon-shield"], "actions": 1, "step": {"up": 1.0}, "after": "1 s"},
        {"from": "disrupt", "at": ["borduria-shield"], "actions": 1000},
    ]
    scenario, op, reached = solved({**QUARREL, "systems": shields})
    drawn = sample(op, reached, seed=1, first=0, count=4)
    for crisis in range(4):
        full = conditioned(scenario, op, reached, seed=1, crisis=crisis)
        assert full.ended == "catastrophe"
        assert len(full.incidents) == drawn.incidents[crisis] > 2000


def test_a_crisis_that_exhausts_its_budget_is_capped() -> None:
    scenario, op, reached = solved(QUARREL)
    drawn = sample(op, reached, seed=1, first=0, count=200, max_incidents=3)
    assert set(drawn.ended) == {CAPPED}
    assert np.isnan(drawn.catastrophe_s).all()
    full = conditioned(scenario, op, reached, seed=1, crisis=0, max_incidents=3)
    assert (full.ended, len(full.incidents)) == ("capped", 3)


def test_where_no_crisis_can_end_so_there_is_none_to_show() -> None:
    calming = [{"from": "disrupt", "at": "blamed", "actions": 0.5, "step": {"down": 1.0}}]
    tame = {name: {**shield, "responds": calming} for name, shield in QUARREL["systems"].items()}
    scenario, op, reached = solved({**QUARREL, "systems": tame})
    with pytest.raises(SolverError, match="no crisis of this scenario can end in catastrophe"):
        conditioned(scenario, op, reached, seed=0, crisis=0)
    with pytest.raises(SolverError, match="no crisis of this scenario can end in catastrophe"):
        sample(op, reached, seed=0, first=0, count=1)
