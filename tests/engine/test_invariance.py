"""What must not change a crisis: threads, chunks, memory, order of entries, other couplings."""

import copy
import random
from typing import Any

import numpy as np
import pytest

from detente.engine import run
from detente.engine import tables as t
from detente.engine.compile import compile_tables
from detente.engine.run import Interrupted, Outcomes, record_crisis, simulate_block
from detente.engine.tables import Log
from detente.engine.trace import trace
from detente.model.library import load
from tests.generate import document


def outcomes(source: dict[str, Any], **options: Any) -> Outcomes:
    return simulate_block(compile_tables(load(source)), **{"seed": 5, "first": 0, "count": 300, **options})


def assert_same(one: Outcomes, other: Outcomes) -> None:
    for name, a, b in zip(Outcomes._fields, one, other, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def shuffled(value: Any, rng: random.Random) -> Any:
    """The same document with every mapping and list in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, rng)) for key, item in value.items() if key != "ladder"]
        rng.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [shuffled(item, rng) for item in value]
        rng.shuffle(items)
        return items
    return value


@pytest.mark.parametrize("threads", [2, 7])
def test_threads_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = outcomes(document(3), threads=1)
    monkeypatch.setattr(run, "_CHUNK", 17)
    assert_same(alone, outcomes(document(3), threads=threads))


def test_where_a_block_begins_changes_nothing() -> None:
    whole = outcomes(document(4))
    parts = [outcomes(document(4), first=first, count=100) for first in (0, 100, 200)]
    assert_same(whole, Outcomes(*(np.concatenate(columns) for columns in zip(*parts, strict=True))))


def test_growing_memory_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = outcomes(document(8))
    monkeypatch.setattr(run, "_FIRST_CAPACITY", 1)
    assert_same(roomy, outcomes(document(8)))


@pytest.mark.parametrize("seed", range(12))
def test_order_of_entries_changes_nothing(seed: int) -> None:
    source = document(seed)
    other = shuffled(source, random.Random(seed))
    assert list(other) != list(source)
    assert_same(outcomes(source), outcomes(other))


def test_another_seed_is_another_ensemble() -> None:
    assert not np.array_equal(outcomes(document(3)).incidents, outcomes(document(3), seed=6).incidents)


@pytest.mark.parametrize("seed", [2**63, 2**64 - 1])
def test_large_seeds_replay(seed: int) -> None:
    scenario = load(document(3))
    tables = compile_tables(scenario)
    block = simulate_block(tables, seed=seed, first=0, count=20, max_incidents=500)
    for crisis in range(20):
        found = trace(scenario, tables, seed=seed, crisis=crisis, max_incidents=500)
        assert sum(i.kind != "false-alarm" for i in found.incidents) == block.incidents[crisis]


def histories(source: dict[str, Any], crises: int) -> list[Log]:
    tables = compile_tables(load(source))
    return [record_crisis(tables, 1, crisis, 2000)[1] for crisis in range(crises)]


def lineages(log: Log, removed: tuple[int, int] | None = None) -> dict[int, tuple[object, ...]]:
    """What happened, by key, without all that descends from incidents made by `removed` (kind, row)."""
    gone: set[int] = set()
    kept = {}
    for i, row in enumerate(log.rows):
        if int(row[t.PARENT]) in gone or (row[t.KIND], row[t.COUPLING]) == removed:
            gone.add(i)
        else:
            kept[int(log.keys[i])] = (float(log.times[i]), *row[[t.AT_SYSTEM, t.AT_RUNG, t.BY, t.POINTS_TO]])
    return kept


def lineages_only(seed: int) -> dict[str, Any]:
    """A generated scenario in which nothing but lineage ties incidents together.

    No catastrophe, horizon, `down` or `alert`: those let one lineage end or change another.
    """
    source = document(seed, tame=0.6)
    source["horizon"] = "9000 d"
    for system in source["systems"].values():
        system.pop("down", None)
        system["senses"].pop("false_alarms", None)
        system["responds"] = [rule for rule in system["responds"] if rule["law"] != "fixed"]
        for rule in system["responds"]:
            rule["step"] = {"down": 0.5}
    for actor in source["actors"].values():
        actor.pop("alert", None)
    for shock in source["shocks"]:
        shock.pop("rate", None)
    resolved: dict[str, Any] = copy.deepcopy(dict(load(source).document))
    return resolved


def test_removing_a_coupling_prunes_exactly_its_lineages() -> None:
    """Exact counterfactual: without the coupling, everything else happens, to the last bit."""
    pruned = 0
    for seed in range(10):
        source = lineages_only(seed)
        before = histories(source, 8)
        for kind, entries, names in (
            (t.OUTAGE, "dependencies", ("from", "to")),
            (t.WORM, "contagion", ("component",)),
        ):
            identities = [tuple(entry[name] for name in names) for entry in source[entries]]
            for row, identity in enumerate(identities):
                if identities.count(identity) > 1:
                    continue  # told apart by order only (decision 0001)
                without = copy.deepcopy(source)
                del without[entries][row]
                for full, less in zip(before, histories(without, 8), strict=True):
                    assert lineages(full, removed=(kind, row)) == lineages(less)
                    pruned += full.times.size - less.times.size
    assert pruned > 20  # the couplings removed had mattered


def test_raising_a_mean_only_adds() -> None:
    added = 0
    for seed in range(10):
        source = lineages_only(seed)
        more = copy.deepcopy(source)
        for system in more["systems"].values():
            for rule in system["responds"]:
                rule["actions"] = min(1.0, 1.5 * rule["actions"])
        for few, many in zip(histories(source, 10), histories(more, 10), strict=True):
            if many.times.size < 2000:  # not capped
                assert lineages(few).items() <= lineages(many).items()
                added += many.times.size - few.times.size
    assert added > 20


def runaway(actions: int) -> dict[str, Any]:
    return {
        "detente": 1, "name": "runaway", "critical": "degrade", "horizon": "1 h",
        "actors": {"a": {"kind": "state"}},
        "systems": {
            "s": {
                "owner": "a", "domain": "cyber",
                "responds": [
                    {"from": "signal", "at": "own", "actions": actions, "law": "fixed", "after": "1 ms"}
                ],
            }
        },
        "shocks": [{"hits": "s", "rung": "probe"}],
    }  # fmt: skip


def test_the_event_budget_ends_a_crisis_as_capped() -> None:
    capped = outcomes(runaway(2), count=3, max_incidents=1000)
    assert capped.ended.tolist() == [3, 3, 3]
    assert capped.incidents.tolist() == [1000, 1000, 1000]
    # 2 ** 10 - 1 incidents make nine generations, one a millisecond.
    assert capped.duration_s[0] == pytest.approx(0.009)


def test_a_crisis_with_too_much_pending_is_capped_and_the_next_one_runs() -> None:
    # 4,194 incidents leave 4,194 * 999 + 1 pending; the next one does not fit into 2 ** 22.
    capped = outcomes(runaway(1000), count=2)
    assert capped.ended.tolist() == [3, 3]
    assert capped.incidents.tolist() == [t.MAX_PENDING // 999 + 1] * 2


@pytest.mark.parametrize("threads", [1, 3])
def test_an_interrupt_keeps_what_was_finished(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(run, "_CHUNK", 50)
    whole = outcomes(document(3))

    def interrupt(_finished: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        outcomes(document(3), progress=interrupt, threads=threads)
    finished = caught.value.outcomes
    assert finished.ended.size <= 300
    assert finished.ended.size > 0 or threads > 1
    assert_same(finished, Outcomes(*(column[: finished.ended.size] for column in whole)))


def test_what_is_finished_without_a_gap() -> None:
    runner = run._Runner(compile_tables(load(document(3))), 5, np.arange(3 * run._CHUNK - 7), 100)
    runner.rows = [run._CHUNK, 10, run._CHUNK - 7]
    assert runner.prefix().ended.size == run._CHUNK + 10
    assert runner.finished() == 2 * run._CHUNK + 3


def test_progress_adds_up() -> None:
    told: list[int] = []
    outcomes(document(3), progress=told.append, threads=2)
    assert sum(told) == 300
