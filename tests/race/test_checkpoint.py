"""Races that were interrupted go on where they ended, to the same results."""

import pytest

from detente.errors import ResultError
from detente.race import ensemble
from detente.race.ensemble import run_race
from tests.race.documents import race, rivals

POLICIES = {"nothing": {}, "walls": {"measures": [{"portfolio": "compartments", "from": 1}]}}


@pytest.fixture
def small():
    return race(**rivals(quarters=4, policies=POLICIES))


def plain(result):
    return result.as_dict()


def test_a_race_that_was_killed_goes_on_and_comes_to_the_same(small, tmp_path, monkeypatch):
    monkeypatch.setattr(ensemble, "_PIECE", 2)
    done: list[int] = []
    real = ensemble.run_job

    def dies(job):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(job.first)
        return real(job)

    monkeypatch.setattr(ensemble, "run_job", dies)
    with pytest.raises(KeyboardInterrupt):
        run_race(small, runs=7, checkpoint=tmp_path / "kept")
    monkeypatch.setattr(ensemble, "run_job", lambda job: done.append(job.first) or real(job))
    resumed = run_race(small, runs=7, checkpoint=tmp_path / "kept")
    assert done == [0, 2, 4, 6]
    assert plain(resumed) == plain(run_race(small, runs=7))


def test_a_damaged_piece_is_made_again(small, tmp_path):
    whole = run_race(small, runs=2, checkpoint=tmp_path)
    (piece,) = tmp_path.glob("piece-*.json")
    text = piece.read_bytes()
    piece.write_bytes(text.replace(b"1", b"2"))
    assert plain(run_race(small, runs=2, checkpoint=tmp_path)) == plain(whole)
    assert piece.read_bytes() == text


def test_pieces_of_another_race_are_refused(small, tmp_path):
    run_race(small, runs=1, checkpoint=tmp_path / "kept")
    with pytest.raises(ResultError, match="pieces of another race"):
        run_race(small, runs=1, seed=1, checkpoint=tmp_path / "kept")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(ResultError, match="found other files"):
        run_race(small, runs=1, checkpoint=tmp_path / "other")
