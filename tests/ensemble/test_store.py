import json
import random
from dataclasses import replace

import polars as pl
import pytest

import detente
from detente.ensemble import disk
from detente.ensemble.frame import digest
from detente.errors import ResultError


@pytest.fixture
def stored(ensemble, tmp_path):
    return ensemble.save(tmp_path / "crises.parquet")


def test_what_is_saved_comes_back(ensemble, stored):
    again = detente.Ensemble.open(stored)
    assert again.frame.equals(ensemble.frame)
    assert again.frame.schema == ensemble.frame.schema
    assert again.scenario == ensemble.scenario
    assert again.summary().as_dict() == ensemble.summary().as_dict()


def test_the_file_says_what_made_it(ensemble, stored):
    record = json.loads(pl.read_parquet_metadata(stored)["detente"])
    assert record["scenario"] == ensemble.scenario.document
    assert (record["seed"], record["requested_runs"], record["finished_runs"]) == (11, 3000, 3000)
    assert set(record["versions"]) == {"detente", "python", "numpy", "numba", "polars"}
    assert record["command"].startswith("detente.simulate('quarrel'")


def test_a_result_can_be_made_again_from_the_file_alone(stored):
    record = json.loads(pl.read_parquet_metadata(stored)["detente"])
    again = detente.simulate(record["scenario"], runs=record["finished_runs"], seed=record["seed"])
    assert again.frame.equals(pl.read_parquet(stored))


def test_no_damage_goes_unnoticed(ensemble, stored, tmp_path):
    whole = stored.read_bytes()
    harmless = 0
    chance = random.Random(3)
    for attempt in range(150):
        broken = bytearray(whole)
        if attempt % 3 == 0:
            del broken[chance.randrange(len(broken)) :]
        else:
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        path = tmp_path / "broken.parquet"
        path.write_bytes(broken)
        try:
            found = detente.Ensemble.open(path)
        except ResultError:
            continue
        # A bit that no reader looks at may change; what is read may not.
        assert found.frame.equals(ensemble.frame)
        assert found.scenario == ensemble.scenario
        assert found.seed == ensemble.seed
        harmless += 1
    assert harmless < 75


def test_a_cell_altered_by_another_program_is_noticed(ensemble, stored, tmp_path):
    record = pl.read_parquet_metadata(stored)["detente"]
    path = tmp_path / "altered.parquet"
    ensemble.frame.with_columns(depth=pl.col("depth") * 0).write_parquet(path, metadata={"detente": record})
    with pytest.raises(ResultError, match=r"its rows are not those that were saved"):
        detente.Ensemble.open(path)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 99}', "another version of detente"),
        ('{"format": 2}', "expected the fields"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_record_that_is_not_ours_is_refused(ensemble, tmp_path, record, message):
    path = tmp_path / "foreign.parquet"
    ensemble.frame.write_parquet(path, metadata={"detente": record})
    with pytest.raises(ResultError, match=message):
        detente.Ensemble.open(path)


def test_a_record_with_an_illegal_scenario_is_refused(ensemble, tmp_path):
    record = replace(ensemble.provenance, scenario={"detente": 1, "name": "x"}).to_json()
    path = tmp_path / "foreign.parquet"
    ensemble.frame.write_parquet(path, metadata={"detente": record})
    with pytest.raises(ResultError, match="a document inside it is not legal"):
        detente.Ensemble.open(path)


def test_other_files_are_refused(tmp_path):
    text = tmp_path / "text.parquet"
    text.write_text("not a table")
    table = tmp_path / "table.parquet"
    pl.DataFrame({"x": [1]}).write_parquet(table)
    for path, message in (
        (text, "not a Parquet file"),
        (table, "not a result that detente saved"),
        (tmp_path / "missing.parquet", "no such file"),
        (tmp_path, "no such file"),
    ):
        with pytest.raises(ResultError, match=message):
            detente.Ensemble.open(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(ensemble, stored, monkeypatch):
    before = stored.read_bytes()

    def fail(*_args, **_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", fail)
    with pytest.raises(ResultError, match=r"cannot be written: .*No space left"):
        ensemble.save(stored)
    assert stored.read_bytes() == before
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_directories_are_made_and_one_that_cannot_be_is_named(ensemble, tmp_path):
    path = ensemble.save(tmp_path / "not" / "yet" / "crises.parquet")
    assert detente.Ensemble.open(path).frame.equals(ensemble.frame)
    with pytest.raises(ResultError, match=r"x\.parquet: cannot be written: Not a directory"):
        ensemble.save(path / "sub" / "x.parquet")


def test_columns_of_another_scenario_are_refused(ensemble, tmp_path):
    frame = ensemble.frame.drop("depth")
    record = replace(ensemble.provenance, digest=digest(frame)).to_json()
    path = tmp_path / "columns.parquet"
    frame.write_parquet(path, metadata={"detente": record})
    with pytest.raises(ResultError, match="its columns are not those of a result of 'quarrel'"):
        detente.Ensemble.open(path)


def test_a_directory_is_not_a_place_to_save_to(ensemble, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in (".", tmp_path):
        with pytest.raises(ResultError, match="found a directory"):
            ensemble.save(place)
