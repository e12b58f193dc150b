"""`sweep`, `sensitivity` and `discover`, as the shell sees them."""

import json
import signal
import subprocess
import time

import pytest

from tests.analysis.uncertain import CHAIN, REVIEW, chain
from tests.cli.test_process import COMMAND


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "chain.yaml").write_text(json.dumps(CHAIN))
    (tmp_path / "slow.yaml").write_text(json.dumps(REVIEW))
    (tmp_path / "known.yaml").write_text(json.dumps(chain(first=0.5, second=0.5, harm="1 USD")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def said(files, detente):
    """Run a command beside the files; gives what it prints, or what it complains of where it should."""

    def run(*words, code=0):
        done = detente(*words)
        assert done.exit_code == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_sweep_tells_chance_from_not_knowing_and_regrets(said):
    text = said(
        "sweep", "chain.yaml", "--portfolio", "none", "--portfolio", "slow.yaml", "--draws", "16", "--runs", "200"
    )  # fmt: skip
    assert "16 draws of 5 unknowns, 200 crises in each, seed 0" in text
    assert "Catastrophe under" in text
    assert "Regret, points" in text
    assert "$1.5k" in text
    assert "more safeguards nearly always win" in " ".join(text.split())
    assert all(len(line) <= 100 for line in text.splitlines())


def test_sweep_alone_and_exact_has_no_regrets(said):
    text = said("sweep", "chain.yaml", "--draws", "8", "--runs", "0")
    assert "exact figures alone" in text
    assert "Regret" not in text
    assert "25.000 %" in text


def test_a_sweep_is_written_and_gone_on_with(said):
    words = ("sweep", "chain.yaml", "--runs", "100", "--out", "swept.parquet", "--json")
    assert json.loads(said(*words, "--draws", "4"))["draws"] == 4
    assert json.loads(said(*words, "--draws", "8"))["draws"] == 8
    assert "seed 0, expected 1" in said(*words, "--draws", "8", "--seed", "1", code=2)


def test_one_draw_has_no_error_to_tell(said):
    text = said(
        "sweep", "chain.yaml", "--portfolio", "none", "--portfolio", "slow.yaml", "--draws", "1", "--runs", "9"
    )  # fmt: skip
    assert "1 draw of 5 unknowns" in text
    assert "Regret, points" in text
    assert "nan" not in text
    assert "±" not in text


def test_capped_crises_are_told(said):
    text = said("sweep", "chain.yaml", "--draws", "4", "--runs", "100", "--max-incidents", "1")
    assert "ran out of budget" in text
    assert "points too low" in text


def test_sensitivity_names_what_matters(said):
    text = said("sensitivity", "chain.yaml", "--draws", "32")
    assert "the logarithm (base 10) of P(catastrophe)" in text
    lines = text.splitlines()
    assert next(line for line in lines if line.startswith("systems.")).startswith("systems.first.responds[0]")
    assert "$100k" in text
    assert "leaves out horizon" in text
    plain = json.loads(said("sensitivity", "chain.yaml", "--draws", "32", "--json"))
    assert plain["unknowns"] == 3


def test_discover_names_the_box(said):
    words = ("discover", "chain.yaml", "--fails", "catastrophe > 0.45", "--runs", "0")
    text = said(*words)
    assert "Box 1:" in text
    assert "systems.second.responds[0].actions" in text
    assert json.loads(said(*words, "--json"))["boxes"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sweep", "known.yaml"), "no number with a range"),
        (("sweep", "chain.yaml", "--measure", "mood"), "--measure: found 'mood'"),
        (("sweep", "chain.yaml", "--draws", "0"), "draws: found 0"),
        (("sweep", "chain.yaml", "--portfolio", "esay"), "essay"),
        (("sensitivity", "chain.yaml", "--of", "mood"), "--of: found 'mood'"),
        (("sensitivity", "chain.yaml", "--of", "R", "--draws", "2"), "R is the same in every draw"),
        (("discover", "chain.yaml", "--fails", "mood"), "as `catastrophe > 0.01`"),
        (("discover", "chain.yaml", "--fails", "R > 9", "--runs", "0", "--draws", "64"), "found 0 draws"),
        (("discover", "chain.yaml", "--fails", "R > 9", "--runs", "0", "--draws", "1"), "found 0 draws"),
        (("discover", "chain.yaml", "--fails", "R >= 0", "--runs", "0", "--draws", "1"), "found 1 draw with"),
    ],
)
def test_bad_input_is_told_in_words(said, words, told):
    text = said(*words, code=2)
    assert told in text
    assert "Traceback" not in text


def test_ctrl_c_reports_the_draws_that_were_finished(files):
    words = (
        *COMMAND,
        "sweep",
        "chain.yaml",
        "--draws",
        "100000",
        "--runs",
        "2000",
        "--out",
        "swept.parquet",
        "--json",
    )
    with subprocess.Popen(
        words, cwd=files, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        first = files / "swept.parquet"  # written after the first draw
        while running.poll() is None and not first.exists():
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    finished = json.loads(out)["draws"]
    assert 0 < finished < 100_000
    assert f"interrupted after {finished} of 100000 draws" in err
