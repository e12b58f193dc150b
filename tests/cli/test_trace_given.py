import json

import pytest

from tests.quarrel import QUARREL


def test_a_drawn_crisis_ends_as_asked_and_says_what_it_is(detente, quarrel):
    told = detente("trace", quarrel, "--given", "catastrophe")
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0] == "A quarrel of two shields"
    assert lines[1].startswith("crisis 0, seed 0: catastrophe after ")
    assert lines[2].startswith("given that it ends in catastrophe (probability ")
    assert lines[3] == "left out: horizon"
    assert "strategic: " in told.stdout
    assert "<-- catastrophe" in told.stdout


def test_its_json_says_so_too_and_gives_the_probability_of_the_solver(detente, quarrel):
    document = json.loads(detente("trace", quarrel, "--given", "catastrophe", "--json").stdout)
    assert document["ended"] == "catastrophe"
    assert document["incidents"][-1]["rung"] == document["catastrophe"]
    assert document["given"]["event"] == "catastrophe"
    assert [entry["what"] for entry in document["given"]["left_out"]] == ["horizon"]
    solved = json.loads(detente("solve", quarrel, "--json").stdout)
    assert document["given"]["probability"] == pytest.approx(solved["catastrophe_probability"], rel=1e-9)
    assert json.loads(detente("trace", quarrel, "--crisis", "0", "--json").stdout)["given"] is None


def test_crisis_and_seed_choose_among_them(detente, quarrel):
    def drawn(*words):
        return detente("trace", quarrel, "--given", "catastrophe", "--json", *words).stdout

    assert drawn() == drawn("--crisis", "0", "--seed", "0")
    assert len({drawn(), drawn("--crisis", "1"), drawn("--seed", "1")}) == 3


def test_where_nothing_can_end_so_it_is_said(detente, quarrel, tmp_path):
    calming = [{"from": "disrupt", "at": "blamed", "actions": 0.5, "step": {"down": 1.0}}]
    tame = {name: {**shield, "responds": calming} for name, shield in QUARREL["systems"].items()}
    (tmp_path / "tame.yaml").write_text(json.dumps({**QUARREL, "systems": tame}))
    done = detente("trace", "tame.yaml", "--given", "catastrophe")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no crisis of this scenario can end in catastrophe" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Missing option '--crisis'."),
        (("--given", "peace"), "--given"),
        (("--given", "catastrophe", "--crisis", "-1"), "--crisis: found -1"),
        (("--given", "catastrophe", "--max-incidents", "0"), "--max-incidents: found 0"),
    ],
)
def test_bad_input_is_told_and_exits_2(detente, quarrel, words, message):
    done = detente("trace", quarrel, *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_narrow_terminal_gets_narrow_lines_and_keeps_per_cents_whole(detente, quarrel, monkeypatch):
    for columns in (60, 71, 72):
        monkeypatch.setenv("COLUMNS", str(columns))
        told = detente(
            "trace", quarrel, "--given", "catastrophe", "--crisis", "4", "--all"
        ).stdout.splitlines()
        assert max(map(len, told)) <= columns
        assert any(" %" in line for line in told)
        assert not any(line.strip().startswith("%") for line in told)
