"""`race`, as the shell sees it."""

import json

import pytest

from tests.race.documents import rivals

POLICIES = {"nothing": {}, "walls": {"measures": [{"portfolio": "compartments", "from": 1}]}}


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(rivals(title="A small race", quarters=4, policies=POLICIES)))
    return path.name


def test_it_tells_paths_years_money_and_prices(detente, small):
    done = detente("race", small, "--runs", "3", "--fixed-players")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("A small race\n3 runs of 1 year,")
    for word in ("managed", "walls, players fixed", "Over the years", "innovation lost", "Path hangs on"):
        assert word in done.stdout


def test_json_says_the_same_as_plain_data(detente, small):
    done = detente("race", small, "--runs", "3", "--policy", "walls", "--json")
    (arm,) = json.loads(done.stdout)["arms"]
    assert arm["policy"] == "walls"
    assert sum(share["value"] for share in arm["paths"].values()) == pytest.approx(1.0)
    assert len(arm["yearly"][0]["quantiles"]) == len(arm["levels"])


def test_the_policy_that_changes_nothing_comes_first(detente, small):
    arms = json.loads(detente("race", small, "--runs", "1", "--json").stdout)["arms"]
    assert [arm["policy"] for arm in arms] == ["nothing", "walls"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--policy", "wals"), "did you mean 'walls'"),
        (("--belief", "grim"), "a belief of the race 'small'"),
        (("--runs", "0"), "runs: found 0"),
    ],
)
def test_bad_input_is_told(detente, small, words, hint):
    done = detente("race", small, *words)
    assert done.exit_code == 2
    assert hint in done.stderr


def test_an_unknown_race_is_told(detente):
    done = detente("race", "esay")
    assert done.exit_code == 2
    assert "did you mean 'essay'" in done.stderr


def test_check_reads_a_race(detente, small):
    done = detente("check", small)
    assert done.stdout == "ok: small: 2 players over 4 quarters, 1 kind of crises, 2 policies, 0 beliefs\n"


def test_out_writes_a_report_beside_what_is_said_and_beside_json(detente, small, tmp_path):
    done = detente("race", small, "--runs", "2", "--out", "r.html")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.rstrip().endswith("Report: r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert (
        "detente race small.yaml --policy nothing --policy walls --runs 2 --seed 0 --out report.html" in page
    )
    plain = json.loads(detente("race", small, "--runs", "2", "--out", "r.html", "--json").stdout)
    assert plain["report"] == "r.html"
    assert len(plain["arms"]) == 2
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == page


def test_a_file_that_is_no_report_is_not_written_over(detente, small, tmp_path):
    done = detente("race", small, "--runs", "2", "--out", small)
    assert done.exit_code == 2
    assert "found a file that is not a report, which would be lost" in done.stderr
    assert json.loads((tmp_path / small).read_text(encoding="utf-8"))["race"] == "small"
