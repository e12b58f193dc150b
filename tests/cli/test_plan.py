"""`detente plan`, as the shell sees it."""

import io
import json
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from rich.console import Console

import detente
from detente.cli.plans import render
from detente.ensemble.estimators import Estimate
from tests.analysis.test_plan import MENU, SURE
from tests.analysis.uncertain import CHAIN
from tests.cli.test_process import COMMAND


@pytest.fixture
def files(tmp_path, monkeypatch):
    (tmp_path / "sure.yaml").write_text(json.dumps(SURE))
    (tmp_path / "chain.yaml").write_text(json.dumps(CHAIN))
    (tmp_path / "menu.yaml").write_text(json.dumps(MENU))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def done(files, detente):
    """Run the command beside the files."""

    def run(*words):
        return detente("plan", *words, "--menu", "menu.yaml")

    return run


def test_it_tells_the_plan_and_writes_it(files, done):
    result = done("chain.yaml", "--risk", "0.2", "--draws", "8", "--trials", "40", "--out", "mine.yaml")
    assert result.exit_code == 0, result.stderr
    text = result.stdout
    assert "P(catastrophe) at most 20 % in chain" in text
    assert "in 90 % of 8 draws of the rest" in text
    for heading in ("The plan", "Verified", "Without", "What money buys"):
        assert heading in text
    assert "of 32" in text
    assert "written to mine.yaml" in result.stderr
    plan = detente.load_portfolio(files / "mine.yaml")
    assert plan.name == "mine"
    assert all(name in text for name in plan.safeguards)
    assert (
        "Measured once more with other luck and other draws, it keeps that."
        in (files / "mine.yaml").read_text()
    )


def test_json_is_the_whole_result(done):
    words = ("sure.yaml", "--risk", "0.2", "--draws", "0", "--trials", "0", "--json")
    result = done(*words)
    found = json.loads(result.stdout)
    assert found["held"] is True
    assert found["plan"]["holds"] is True
    assert found["verified"][0]["holding"] is None
    assert found["portfolio"]["portfolio"] == "plan"
    assert detente.load_portfolio(found["portfolio"]).safeguards.keys() == set(found["plan"]["safeguards"])


def test_an_earlier_plan_is_written_anew(files, done):
    words = ("sure.yaml", "--draws", "0", "--trials", "0", "--out", "mine.yaml")
    assert done(*words, "--risk", "0.3").exit_code == 0
    first = (files / "mine.yaml").read_bytes()
    assert done(*words, "--risk", "0.1").exit_code == 0
    assert (files / "mine.yaml").read_bytes() != first


def test_no_plan_is_told_and_coded(files, done):
    result = done(
        "sure.yaml", "--risk", "0.001", "--draws", "0", "--trials", "0", "--without", "human-on-the-loop", "--out", "no.yaml"
    )  # fmt: skip
    assert result.exit_code == 1
    assert "Nothing was found that keeps this." in result.stdout
    assert "What came nearest costs" in result.stdout
    assert "no.yaml was not written" in result.stderr
    assert not (files / "no.yaml").exists()


def test_what_may_keep_the_level_and_was_not_shown_to_is_told():
    found = detente.plan(SURE, 1e-3, MENU, draws=0, trials=0, without=["human-on-the-loop"])
    assert "Nothing was found that keeps this." in rendered(found)
    near = replace(found.nearest, stated={"chain": Estimate(value=9e-4, low=5e-4, high=2e-3)}, failing={})
    text = rendered(replace(found, nearest=near))
    assert "Nothing was shown to keep this." in text
    assert "below the level, but not clearly: it was NOT shown to keep it" in text
    lossy = replace(near, stopped=found.standard.lost + 0.1)
    assert "Nothing was found that keeps this." in rendered(replace(found, nearest=lossy))


def rendered(found):
    text = io.StringIO()
    render(found, Console(file=text, width=200))
    return text.getvalue()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sure.yaml", "--risk", "7"), "risk: found 7.0, expected a number above 0 and below 1"),
        (("sure.yaml", "--risk", "0.1", "--keep", "throtle"), "keep: found 'throtle'"),
        (("sure.yaml", "--risk", "0.1", "--out", "menu.yaml/x.yaml"), "cannot be written: Not a directory"),
        (("sure.yaml", "--risk", "0.1", "--out", "menu.yaml"), "that is not a plan, which would be lost"),
        (("sure.yaml", "--risk", "0.1", "--out", "."), "found a directory, expected the name of a file"),
        (("sure.yaml", "sure.yaml", "--risk", "0.1"), "found two that are called 'chain'"),
        (("nothing.yaml", "--risk", "0.1"), "nothing.yaml"),
        (("sure.yaml", "--risk", "0.1", "--checkpoint", "menu.yaml"), "this very plan"),
    ],
)
def test_what_cannot_be_used_is_told(files, done, words, message):
    before = (files / "menu.yaml").read_bytes()
    result = done(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert (files / "menu.yaml").read_bytes() == before


def test_ctrl_c_tells_how_far_it_got_and_the_same_command_goes_on(files, done):
    words = [
        "chain.yaml",
        "--risk",
        "0.2",
        "--draws",
        "32",
        "--trials",
        "4000",
        "--checkpoint",
        "book.jsonl",
        "--json",
    ]
    with subprocess.Popen(
        [*COMMAND, "plan", *words, "--menu", "menu.yaml"],
        cwd=files,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        book = files / "book.jsonl"
        while running.poll() is None and (not book.exists() or book.read_bytes().count(b"\n") < 30):
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        plain, told = running.communicate(timeout=120)
    assert running.returncode == 130
    assert json.loads(plain)["error"] == told.strip()
    assert "interrupted after" in told
    assert "what was examined is stored in book.jsonl" in told
    assert "Traceback" not in told
    before = book.read_text().splitlines()[:20]
    result = done(*[*words[:6], "40", *words[7:]])
    assert result.exit_code == 0, result.stderr
    assert book.read_text().splitlines()[:20] == before
