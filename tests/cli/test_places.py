"""Where commands may write, and where something would be lost."""

import os
from pathlib import Path

import pytest


def report(detente, scenario, place):
    return detente("report", scenario, "--out", str(place), "--runs", "50", "--halt-level", "0")


def test_a_file_that_is_no_report_is_left_alone(detente, quarrel, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("detente: 1\n", encoding="utf-8")
    done = report(detente, quarrel, mine)
    assert done.exit_code == 2
    assert "not a report, which would be lost" in done.stderr
    assert mine.read_text(encoding="utf-8") == "detente: 1\n"


def test_a_report_is_replaced_and_a_link_stays_one(detente, quarrel, tmp_path):
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.touch()
    link.symlink_to(page)
    for _ in range(2):
        assert report(detente, quarrel, link).exit_code == 0
    assert link.is_symlink()
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("command", ["report", "run"])
def test_a_pipe_is_no_file(detente, quarrel, tmp_path, command):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = detente(command, quarrel, "--out", str(pipe), "--runs", "50")
    assert done.exit_code == 2
    assert "--out" in done.stderr
    assert pipe.is_fifo()


def kept(detente, quarrel, *words):
    """The crises of a run, with a checkpoint beside it."""
    done = detente("run", quarrel, "--runs", "50", "--no-exact", *words)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("command", ["merge", "run"])
def test_a_file_that_is_no_result_is_left_alone(detente, quarrel, tmp_path, command):
    kept(detente, quarrel, "--checkpoint", "crises")
    words = {"merge": ("merge", "crises"), "run": ("run", quarrel, "--runs", "50")}[command]
    place = {"merge": Path("crises.parquet"), "run": Path()}[command]
    for mine in (b"notes", Path("crises/part-000000.parquet").read_bytes()):
        Path("crises.parquet").write_bytes(mine)
        done = detente(*words, "--out", str(place))
        assert done.exit_code == 2
        assert (
            "crises.parquet: found a file that is not a result of detente, which would be lost" in done.stderr
        )
        assert Path("crises.parquet").read_bytes() == mine
    Path("crises.parquet").write_bytes(b"")
    for _ in range(2):
        assert detente(*words, "--out", str(place)).exit_code == 0


def test_a_piece_is_not_merged_over_itself(detente, quarrel):
    kept(detente, quarrel, "--checkpoint", "crises")
    done = detente("merge", "crises", "--out", "crises/part-000000.parquet")
    assert (done.exit_code, "which would be lost" in done.stderr) == (2, True)


def test_directories_are_made_when_there_is_something_to_write(detente, quarrel, tmp_path):
    before = sorted(tmp_path.iterdir())
    refused = (
        ("run", quarrel, "--out", "a/b", "--runs", "0"),
        ("report", quarrel, "--out", "a/b/q.html", "--runs", "0"),
        ("merge", "nowhere", "--out", "a/b/c.parquet"),
    )
    for words in refused:
        assert detente(*words).exit_code == 2
        assert sorted(tmp_path.iterdir()) == before
    kept(detente, quarrel, "--checkpoint", "a/b/crises", "--out", "c/d")
    assert detente("merge", "a/b/crises", "--out", "e/f/g.parquet").exit_code == 0
    assert report(detente, quarrel, "h/i/q.html").exit_code == 0
    for name in ("c/d/crises.parquet", "e/f/g.parquet", "h/i/q.html"):
        assert Path(name).is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("run", "quarrel.yaml", "--checkpoint", ""),
        ("run", "quarrel.yaml", "--out="),
        ("merge", "", "--out", "x.parquet"),
        ("sweep", "quarrel.yaml", "--out", ""),
        ("plan", "quarrel.yaml", "--risk", "0.1", "--checkpoint", ""),
    ],
)
def test_an_empty_path_is_not_the_current_directory(detente, quarrel, tmp_path, words):
    done = detente(*words)
    assert done.exit_code == 2
    assert "found an empty text, expected the path of a" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [quarrel]


def test_a_directory_of_other_things_is_left_as_it_is(detente, quarrel, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    for words in (("run", quarrel), ("race", "essay", "--runs", "1")):
        done = detente(*words, "--checkpoint", ".")
        assert done.exit_code == 2
        assert "other files" in done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == before
