import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import detente
from detente.analysis.uncertainty import store
from detente.analysis.uncertainty import sweep as module
from detente.analysis.uncertainty.evaluate import evaluate, luck
from tests.analysis.uncertain import CHAIN, REVIEW, chain


def chained(**arguments):
    words = {"portfolios": ["none", REVIEW], "draws": 12, "runs": 300, "threads": 2, **arguments}
    return detente.sweep(CHAIN, **words)


def test_a_draw_is_solved_and_simulated_as_its_documents_would_be():
    found = chained()
    for draw in (0, 7):
        scenario, portfolios = found.documents(draw)
        for row, portfolio in zip(
            found.frame.filter(draw=draw).iter_rows(named=True), portfolios, strict=True
        ):
            solution = detente.solve(scenario, portfolio)
            assert row["portfolio"] == portfolio.name
            assert row["exact_catastrophe"] == pytest.approx(solution.catastrophe_probability, rel=1e-9)
            assert row["exact_critical"] == pytest.approx(solution.critical_probability, rel=1e-9)
            assert row["escalation_number"] == pytest.approx(solution.escalation_number, abs=1e-9)
            assert row["exact_loss_usd"] == pytest.approx(solution.expected_loss_usd, rel=1e-9)
            crises = detente.simulate(scenario, runs=300, seed=luck(0, draw), portfolio=portfolio).frame
            lost = crises["ended"] == "catastrophe"
            assert row["catastrophes"] == lost.sum()
            assert row["catastrophes_even"] == lost.gather_every(2).sum()
            assert row["loss_usd"] == pytest.approx(crises["loss_usd"].mean())
            assert row["rightful_stopped"] == crises["rightful_stopped"].mean()


def test_the_closed_form_holds_in_every_draw():
    found = chained(runs=0, portfolios=["none"], draws=32)
    names = [one.name for one in found.factors]
    first, second = (names.index(f"systems.{name}.responds[0].actions") for name in ("first", "second"))
    expected = found.inputs[:, first] * found.inputs[:, second]
    assert np.allclose(found.column("exact_catastrophe")[:, 0], expected)
    assert found.stances()[0].catastrophe.mean.value == pytest.approx(0.5 * 0.6, abs=0.01)


def test_a_worker_of_another_version_is_refused():
    plan = chained(draws=2, runs=0).plan
    with pytest.raises(detente.SimulationError, match=r"a worker runs .*, expected detente 0\.0\.9 as here"):
        evaluate(replace(plan, code="detente 0.0.9"))
    assert [row["draw"] for row in evaluate(plan.part(1, 1))] == [1, 1]


def test_every_draw_has_luck_of_its_own():
    assert len({luck(0, draw) for draw in range(-1, 100)}) == 101
    assert luck(0, 3) != luck(1, 3)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, detente.Processes])
def test_the_same_on_any_executor_and_number_of_threads(pool):
    wanted = chained(threads=1).frame
    with pool(2) as executor:
        assert chained(executor=executor).frame.equals(wanted)
    assert chained(threads=3).frame.equals(wanted)


def test_adding_draws_or_portfolios_changes_no_draw():
    few = chained(draws=5).frame
    assert chained(draws=12).frame.head(few.height).equals(few)
    alone = chained(portfolios=["none"]).frame
    assert chained().frame.filter(portfolio="none").equals(alone)


def test_a_sweep_gone_on_with_is_the_sweep_made_at_once(tmp_path):
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    chained(out=whole)
    chained(draws=5, out=part)
    before = part.read_bytes()
    calls = []
    found = chained(out=part, progress=calls.append)
    assert part.read_bytes() == whole.read_bytes() != before
    assert calls[0] == 5
    assert sum(calls) == 12
    assert found.frame.equals(chained().frame)
    assert found.stated.equals(chained().stated)
    table = pl.read_parquet(whole)
    assert table["input systems.first.responds[0].actions"].is_between(0.1, 0.9).all()


def test_a_finished_sweep_is_read_and_not_worked_out(tmp_path, monkeypatch):
    chained(out=tmp_path / "a.parquet")
    monkeypatch.setattr(module, "evaluate", None)
    monkeypatch.setattr(module, "evaluate_stated", None)
    assert chained(out=tmp_path / "a.parquet").draws == 12
    assert chained(draws=3, out=tmp_path / "a.parquet").frame.height == 6


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"seed": 1}, "seed 0, expected 1"),
        ({"runs": 301}, "runs 300, expected 301"),
        ({"portfolios": ["none"]}, "another portfolio"),
    ],
)
def test_another_sweep_in_the_file_is_refused(tmp_path, arguments, told):
    chained(draws=2, out=tmp_path / "a.parquet")
    with pytest.raises(detente.ResultError, match=told):
        chained(**arguments, out=tmp_path / "a.parquet")


def test_files_that_are_no_sweep_or_were_changed_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("no Parquet")
    with pytest.raises(detente.ResultError, match="not a sweep"):
        chained(out=path)
    path.unlink()
    chained(draws=2, out=path)
    record = {
        name: value for name, value in pl.read_parquet_metadata(path).items() if name.startswith("detente")
    }
    pl.read_parquet(path).with_columns(catastrophes=pl.lit(0, pl.Int64)).write_parquet(path, metadata=record)
    with pytest.raises(detente.ResultError, match="damaged"):
        chained(out=path)
    with pytest.raises(detente.ResultError, match="cannot be written"):
        chained(draws=2, out=path / "sub" / "a.parquet")


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path):
    path = tmp_path / "a.parquet"
    plan = chained(draws=2, runs=50, out=path).plan
    whole = path.read_bytes()
    assert store.read(path, plan).frame is not None
    places = [*range(0, len(whole), 61), len(whole) - 1, whole.rindex(b"detente-seal") + 20]
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(
            detente.ResultError, match=r"a\.parquet: (damaged|found a file that is not a sweep)"
        ):
            store.read(path, plan)
    for other in (whole[:-1], whole + b"x", whole[1:], b""):
        path.write_bytes(other)
        with pytest.raises(detente.ResultError, match=r"a\.parquet: "):
            store.read(path, plan)


def test_a_sweep_is_on_disk_after_its_first_draw(tmp_path):
    path, there = tmp_path / "a.parquet", []
    chained(out=path, threads=1, progress=lambda _: there.append(path.exists()))
    assert there[:2] == [False, True]


def test_ctrl_c_keeps_what_was_finished(tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    path = tmp_path / "a.parquet"
    with pytest.raises(detente.SweepInterrupted) as stopped:
        chained(out=path, progress=interrupt)
    assert 0 < stopped.value.sweep.draws < 12
    assert chained(out=path).frame.equals(chained().frame)


def test_portfolios_of_one_name_are_told_apart(tmp_path):
    for name, strength in (("weak", 0.1), ("strong", 0.9)):
        (tmp_path / f"{name}.yaml").write_text(
            f"detente: 1\nportfolio: walls\nsafeguards: {{compartments: {{strength: {strength}}}}}\n"
        )
    both = [tmp_path / "weak.yaml", tmp_path / "strong.yaml"]
    out = tmp_path / "sweep.parquet"
    found = chained(portfolios=both, draws=2, runs=0, out=out)
    assert found.portfolios == ("weak", "strong")
    assert found.frame["portfolio"].to_list() == ["weak", "strong"] * 2
    both[1].rename(tmp_path / "moved.yaml")
    both[1] = tmp_path / "moved.yaml"
    more = chained(portfolios=both, draws=4, runs=0, out=out)
    assert more.frame["portfolio"].to_list() == ["weak", "moved"] * 4
    assert more.stated["portfolio"].to_list() == ["weak", "moved"]


def test_what_cannot_be_swept_is_said():
    with pytest.raises(detente.SimulationError, match="no number with a range"):
        detente.sweep(chain(first=0.5, second=0.5, harm="1 USD"))
    with pytest.raises(detente.SimulationError, match="draws: found 0"):
        chained(draws=0)
    with pytest.raises(
        detente.SimulationError, match="portfolios: found 'slow' twice, expected each only once"
    ):
        chained(portfolios=[REVIEW, "none", REVIEW])
    with pytest.raises(detente.SimulationError, match="found none"):
        chained(portfolios=[])
    with pytest.raises(detente.SimulationError, match="measure: found 'mood'"):
        chained(draws=2).measured("mood")
    with pytest.raises(detente.SimulationError, match="figure: found 'mood', expected one of R, catastrophe"):
        chained(draws=2).figure("mood")
    for name in ("mood", "portfolio"):
        with pytest.raises(
            detente.SimulationError,
            match=f"column: found '{name}', expected one of draw, escalation_number, ",
        ):
            chained(draws=2).column(name)
    with pytest.raises(detente.SimulationError, match="draw: found 12"):
        chained().documents(12)


def test_a_loss_without_end_has_no_regret():
    document = chain(first={"value": 0.9, "low": 0.8, "high": 0.9})
    rule = document["systems"]["first"]["responds"][0]
    rule |= {
        "law": "poisson",
        "actions": {"value": 1.1, "low": 1.05, "high": 1.2},
        "at": ["first"],
        "step": {"down": 0, "up": 0},
    }
    with pytest.raises(detente.SimulationError, match="infinite where R >= 1"):
        detente.sweep(document, ["none"], draws=4, runs=0).measured("loss")


def test_chance_and_not_knowing_are_told_apart():
    """The numbers of the chain are known to within a factor: of the variance of its end, this much is not chance."""
    found = chained(portfolios=["none"], draws=512, runs=400)
    stance = found.stances()[0]
    rates = found.column("exact_catastrophe")[:, 0]
    assert stance.unknown == pytest.approx(rates.var() / (rates.mean() * (1 - rates.mean())), rel=0.1)
    assert stance.catastrophe.quantiles["p95"] == pytest.approx(np.quantile(rates, 0.95), abs=0.03)
    assert stance.stated.low < 0.25 < stance.stated.high
    assert stance.stated_exact == pytest.approx(0.25)


def test_json_says_all_of_it():
    plain = json.loads(json.dumps(chained().as_dict(), allow_nan=False))
    assert [one["portfolio"] for one in plain["portfolios"]] == ["none", "slow"]
    assert [one["portfolio"] for one in plain["regrets"]] == ["none", "slow"]
    assert plain["draws"] == plain["requested_draws"] == 12
    assert plain["unknowns"][0]["paths"] == ["systems.first.responds[0].actions"]
    assert plain["portfolios"][1]["cost_usd_per_year"] == 1500.0
    assert plain["exact_leaves_out"] == ["horizon", "throttle"]
    exact = json.loads(json.dumps(chained(runs=0).as_dict(), allow_nan=False))
    assert exact["portfolios"][0]["loss_usd"] is None
    assert math.isclose(exact["portfolios"][0]["stated"]["value"], 0.25)
