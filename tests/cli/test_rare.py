"""`detente rare`: what it says, what it refuses at once, and what is left when it is cut short."""

import json
import signal
from contextlib import contextmanager

import pytest

from detente.cli import discover as discovering
from detente.cli import rare as searching
from detente.cli import sensitivity as solving
from tests.analysis.uncertain import CHAIN

NAME = "attribution-error"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        (("--portfolio", "essay"), "Probability, as a fraction (1e-06 is one in a million): 3.51e-06 (2.90e-06 to 4.26e-06)"),
        (("--event", "loss_usd >= 3e11"), "Probability, in per cent of crises: "),
    ],
)  # fmt: skip
def test_a_probability_has_its_unit(detente, words, unit):
    done = detente("rare", NAME, *words)
    assert done.exit_code == 0
    assert unit in done.stdout
    assert ("%" in done.stdout.splitlines()[3 + words.count("essay")]) == ("per cent" in unit)
    assert "CAUTION" not in done.stdout
    assert "CAPPED" not in done.stdout


def test_what_is_not_seen_is_bounded(detente):
    words = ("rare", NAME, "--portfolio", "essay", "--event", "loss_usd >= 1e13", "--max-crises", "4000")
    done = detente(*words)
    assert done.exit_code == 0
    assert "Probability, in per cent of crises: 0 % (under 0.1" in done.stdout
    assert "NOT SEEN in 2,000 crises, after 2,000 that only laid levels, copied at " in done.stdout
    assert "the upper end of the 95 % interval" in done.stdout
    told = json.loads(detente(*words, "--json").stdout)
    assert (told["probability"], told["low"], told["hits"], told["level"]) == (0.0, 0.0, 0, 0.95)
    assert (told["crises"], told["search_crises"], told["settled"]) == (2_000, 2_000, False)


def test_few_crises_that_met_it_are_a_caution(detente):
    words = ("rare", NAME, "--portfolio", "essay", "--max-crises", "100")
    done = detente(*words)
    told = json.loads(detente(*words, "--json").stdout)
    assert told["few_hits"] is True
    assert f"CAUTION: only {told['crises_hit']} crises met it. Below 50, neither" in done.stdout
    assert (
        "Stopped at the most crises allowed (--max-crises), before the relative error was 0.1." in done.stdout
    )


def test_budgets_that_run_out_are_told_and_no_figure_is_given(detente):
    words = ("rare", NAME, "--max-incidents", "4", "--max-crises", "3000")
    done = detente(*words)
    assert done.exit_code == 0
    assert "No figure: its probability is anywhere from " in done.stdout
    assert "hit the budget of 4 incidents on some path" in done.stdout
    assert "Raise --max-incidents" in done.stdout
    as_json = detente(*words, "--json")
    told = json.loads(as_json.stdout)
    assert told["probability"] is None
    assert told["capped"]["is_open"] is True
    assert told["capped"]["crises"] > 0
    assert "CAPPED: " in as_json.stderr


def test_budgets_that_run_out_after_the_event_leave_the_figure(detente):
    done = detente("rare", NAME, "--event", "incidents >= 4", "--max-incidents", "4")
    assert "all after they had met the event for good: the figure stands." in done.stdout
    assert "Probability, in per cent of crises: " in done.stdout


@pytest.mark.parametrize("number", ["20", "-1"])
def test_a_history_that_no_search_keeps_is_refused_before_it(detente, number, monkeypatch):
    monkeypatch.setattr("detente.analysis.rare.rare", None)  # whoever calls it fails
    done = detente("rare", NAME, "--history", number)
    assert done.exit_code == 2
    assert f"--history: found {number}, expected 0 to 19: of the crises that meet the event" in done.stderr


def test_a_history_that_this_search_does_not_have_leaves_what_it_found(detente):
    words = ("rare", NAME, "--portfolio", "essay", "--max-crises", "20", "--history", "19")
    done = detente(*words)
    assert done.exit_code == 2
    assert "Probability, " in done.stdout
    assert "--history: found 19, expected 0 to " in done.stderr
    assert json.loads(detente(*words, "--json").stdout)["trace"] is None
    none = detente(
        "rare", NAME, "--portfolio", "essay", "--max-incidents", "1", "--max-crises", "20", "--history", "0"
    )
    assert "--history: found 0, but no crisis met the event" in none.stderr


def test_a_narrow_terminal_gets_narrow_lines(detente, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    for number in range(8):
        done = detente("rare", NAME, "--portfolio", "essay", "--history", str(number))
        assert done.exit_code == 0
        assert max(map(len, done.stdout.splitlines())) <= 60


def test_the_command_that_is_shown_gives_the_same(detente):
    done = detente("rare", NAME, "--event", "loss_usd >= 1e12", "--error", "0.3", "--max-crises", "50000")
    _, _, again = done.stdout.partition("Do it again: ")
    again, _, _ = again.partition("\n")
    assert (
        again
        == "detente rare attribution-error --event 'loss_usd >= 1e12' --error 0.3 --seed 0 --max-crises 50000"
    )


def interrupting(after):
    """A bar that is interrupted, as by Ctrl-C, when so much is done."""

    @contextmanager
    def bar(total, what):
        done = 0

        def advance(finished):
            nonlocal done
            done += finished
            if done >= after:
                signal.raise_signal(signal.SIGINT)

        yield advance

    return bar


def test_ctrl_c_reports_what_was_finished(detente, monkeypatch):
    monkeypatch.setattr(searching, "bar", interrupting(500))
    words = ("rare", NAME, "--portfolio", "essay", "--error", "0.001")
    done = detente(*words)
    assert done.exit_code == 130
    assert "INTERRUPTED: 512 crises were finished; everything here rests on those." in done.stdout
    assert "Probability, as a fraction" in done.stdout
    assert "interrupted after 512 crises, at 21 levels" in done.stderr
    as_json = detente(*words, "--json")
    assert as_json.exit_code == 130
    assert json.loads(as_json.stdout)["interrupted"] is True


def test_ctrl_c_while_levels_are_laid_says_how_far_it_came(detente, monkeypatch):
    monkeypatch.setattr(searching, "bar", interrupting(1_500))
    done = detente("rare", NAME, "--event", "loss_usd >= 1e13")
    assert (done.exit_code, done.stdout) == (130, "")
    assert "crises that only lay levels, 1 level so far; none that counts was finished" in done.stderr
    as_json = detente("rare", NAME, "--event", "loss_usd >= 1e13", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["error"]) == (130, done.stderr.strip())


def test_ctrl_c_in_sensitivity_says_what_is_lost(detente, quarrel, tmp_path, monkeypatch):
    (tmp_path / "chain.yaml").write_text(json.dumps(CHAIN))
    monkeypatch.setattr(solving, "bar", interrupting(40))
    done = detente("sensitivity", "chain.yaml", "--draws", "64")
    assert (done.exit_code, done.stdout) == (130, "")
    assert "interrupted after 64 of " in done.stderr
    assert "solutions: they are lost, since indices need all of them; fewer --draws" in done.stderr
    as_json = detente("sensitivity", "chain.yaml", "--draws", "64", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["error"]) == (130, done.stderr.strip())


@pytest.mark.parametrize(
    ("out", "kept"),
    [
        ((), "what is finished is lost; --out FILE would keep it"),
        (("--out", "d.parquet"), "what is finished is stored in d.parquet: the same command goes on"),
    ],
)
def test_ctrl_c_in_discover_says_what_is_kept(detente, quarrel, tmp_path, monkeypatch, out, kept):
    monkeypatch.setenv("COLUMNS", "400")
    (tmp_path / "chain.yaml").write_text(json.dumps(CHAIN))
    words = ("discover", "chain.yaml", "--fails", "catastrophe > 0.25", "--draws", "128", "--runs", "0", *out)
    with monkeypatch.context() as cut_short:
        cut_short.setattr(discovering, "bar", interrupting(10))
        done = detente(*words)
        as_json = detente(*words, "--json")
    assert (done.exit_code, done.stdout) == (130, "")
    assert as_json.exit_code == 130
    assert json.loads(as_json.stdout)["error"].startswith("interrupted")
    assert "of 128 draws, too few to look for boxes" in done.stderr
    assert kept in done.stderr
    assert (tmp_path / "d.parquet").exists() == bool(out)
    assert detente(*words).exit_code == 0
