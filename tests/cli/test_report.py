"""`detente report`: the file, what is said meanwhile, and what is refused."""

import json

import pytest


def test_it_writes_a_page_and_says_the_headline(detente, quarrel, tmp_path):
    done = detente("report", quarrel, "--runs", "300", "--seed", "4", "--out", "q.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "q.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "of these crises" in done.stdout or "such crises" in done.stdout
    assert done.stdout.rstrip().endswith("Report: q.html")
    assert "under essay" in page


def test_the_name_of_the_file_is_that_of_the_scenario(detente, quarrel, tmp_path):
    (tmp_path / "quarrel.html").write_text("<!DOCTYPE html>before")
    done = detente("report", quarrel, "--runs", "20", "--portfolio", "throttle", "--halt-level", "0")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "quarrel.html").read_text(encoding="utf-8")
    assert "--portfolio none --portfolio throttle --runs 20 --seed 0 --halt-level 0" in page
    assert "under essay" not in page


def test_json(detente, quarrel):
    done = detente("report", quarrel, "--runs", "20", "--json")
    plain = json.loads(done.stdout)
    assert plain["report"] == "quarrel.html"
    assert [arm["portfolio"] for arm in plain["portfolios"]] == ["none", "essay"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "quarrel.yaml/q.html"], "--out quarrel.yaml/q.html: cannot be written: Not a directory"),
        (["--out", "."], "found a directory, expected the name of a file"),
        (["--halt-level", "1"], "--halt-level: found 1, expected a probability below 1, or 0"),
        (["--portfolio", "essey"], "did you mean 'essay'?"),
        (["--runs", "0"], "runs: found 0"),
    ],
)
def test_bad_input_is_told_and_exits_2(detente, quarrel, tmp_path, words, message):
    done = detente("report", quarrel, *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not list(tmp_path.glob("*.html"))
