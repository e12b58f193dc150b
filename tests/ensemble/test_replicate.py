import pytest

import detente
from detente.engine.run import Interrupted, simulate_block
from detente.ensemble import replicate
from detente.ensemble.frame import to_frame
from detente.errors import ScenarioError, SimulationError
from tests.quarrel import QUARREL


def test_threads_and_blocks_change_nothing(scenario, ensemble, monkeypatch):
    monkeypatch.setattr(replicate, "_BLOCK", 700)
    for threads in (1, 2, 7):
        again = detente.simulate(scenario, runs=3000, seed=11, threads=threads)
        assert again.frame.equals(ensemble.frame)


def test_more_runs_add_crises_and_change_none(scenario, ensemble):
    more = detente.simulate(scenario, runs=4000, seed=11)
    assert more.frame.head(3000).equals(ensemble.frame)
    assert more.frame["crisis"].to_list() == list(range(4000))


def test_another_seed_gives_other_crises(scenario, ensemble):
    assert not detente.simulate(scenario, runs=3000, seed=12).frame.equals(ensemble.frame)


def test_a_mapping_or_a_name_will_do_for_a_scenario():
    assert detente.simulate(QUARREL, runs=5).scenario.name == "quarrel"
    with pytest.raises(ScenarioError, match="attribution-error"):
        detente.simulate("attribution-eror", runs=5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"runs": 0}, "runs: found 0, expected 1 to"),
        ({"runs": -5}, "runs: found -5"),
        ({"runs": 2.5}, "runs: found 2.5, expected a whole number"),
        ({"runs": True}, "runs: found True"),
        ({"runs": 10**18}, "runs: found"),
        ({"seed": -1}, "seed: found -1"),
        ({"seed": 2**64}, "seed: found"),
        ({"seed": "7"}, "seed: found '7'"),
        ({"threads": 0}, "threads: found 0"),
        ({"max_incidents": 0}, "max_incidents: found 0"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_door(scenario, given, message):
    with pytest.raises(SimulationError, match=message):
        detente.simulate(scenario, **{"runs": 1, **given})


def test_progress_adds_up(scenario, monkeypatch):
    monkeypatch.setattr(replicate, "_BLOCK", 3000)
    told = []
    detente.simulate(scenario, runs=10_000, progress=told.append)
    assert sum(told) == 10_000
    assert len(told) >= 4


def interrupt_in_block(number, monkeypatch, *, finished):
    calls = iter(range(100))

    def simulate(tables, **given):
        outcomes = simulate_block(tables, **given)
        if next(calls) == number:
            raise Interrupted(type(outcomes)(*(column[:finished] for column in outcomes)))
        return outcomes

    monkeypatch.setattr(replicate, "_BLOCK", 1000)
    monkeypatch.setattr(replicate, "simulate_block", simulate)


def test_an_interrupt_hands_over_what_was_finished(scenario, ensemble, monkeypatch):
    interrupt_in_block(1, monkeypatch, finished=240)
    with pytest.raises(KeyboardInterrupt) as caught:
        detente.simulate(scenario, runs=3000, seed=11)
    partial = caught.value.ensemble
    assert partial.frame.equals(ensemble.frame.head(1240))
    assert partial.summary().is_interrupted
    assert partial.summary().requested == 3000


def test_an_interrupt_between_simulating_and_tabulating_loses_nothing(scenario, ensemble, monkeypatch):
    calls = iter(range(100))

    def tabulate(*given):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return to_frame(*given)

    monkeypatch.setattr(replicate, "_BLOCK", 1000)
    monkeypatch.setattr(replicate, "to_frame", tabulate)
    with pytest.raises(detente.SimulationInterrupted) as caught:
        detente.simulate(scenario, runs=3000, seed=11)
    assert caught.value.ensemble.frame.equals(ensemble.frame.head(2000))


def test_an_interrupt_before_any_crisis_leaves_nothing(scenario, monkeypatch):
    interrupt_in_block(0, monkeypatch, finished=0)
    with pytest.raises(detente.SimulationInterrupted) as caught:
        detente.simulate(scenario, runs=3000)
    assert caught.value.ensemble is None


def test_a_crisis_of_an_ensemble_can_be_looked_into(ensemble):
    worst = ensemble.summary().first_catastrophe
    trace = ensemble.trace(worst)
    row = ensemble.frame.row(worst, named=True)
    assert (trace.ended, len(trace.incidents)) == ("catastrophe", row["incidents"])
    assert sum(incident.loss_usd for incident in trace.incidents) == pytest.approx(row["loss_usd"])
    for crisis in (-1, 3000):
        with pytest.raises(SimulationError, match="expected 0 to 2999"):
            ensemble.trace(crisis)
