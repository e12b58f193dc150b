"""Where `report` may write, and where something would be lost."""

import os

import pytest


def report(detente, scenario, place):
    return detente("report", scenario, "--out", str(place), "--runs", "50", "--halt-level", "0")


def test_a_file_that_is_no_report_is_left_alone(detente, quarrel, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("detente: 1\n", encoding="utf-8")
    done = report(detente, quarrel, mine)
    assert done.exit_code == 2
    assert "no report, which would be lost" in done.stderr
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
