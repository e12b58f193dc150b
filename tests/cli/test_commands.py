import json

import polars as pl
import pytest

from detente.ensemble import replicate
from detente.ensemble.replicate import SimulationInterrupted, simulate
from detente.model.library import load, names
from tests.exact.cases import ROUNDABOUT


def test_scenarios_lists_what_ships(detente):
    listed = json.loads(detente("scenarios", "--json").stdout)["scenarios"]
    assert [row["name"] for row in listed] == list(names())
    assert "attribution-error" in detente("scenarios").stdout


def test_version(detente):
    done = detente("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("detente 0.")


def test_check_says_ok(detente, quarrel):
    done = detente("check", quarrel)
    assert (done.exit_code, done.stdout) == (
        0,
        "ok: quarrel: 2 systems of 2 actors in 1 domain, 2 responses, 0 dependencies, 1 shock\n",
    )


def test_check_tells_every_problem_with_its_place(detente, quarrel, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        (tmp_path / quarrel).read_text().replace('"1 d"', '"1 day"').replace('"cyber"', '"cyber", "x": 1')
    )
    done = detente("check", "bad.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    problems = done.stderr.splitlines()
    assert len(problems) == 3
    assert all(line.startswith("bad.yaml:1:") for line in problems)


def test_check_tells_problems_in_json_too(detente, quarrel, tmp_path):
    (tmp_path / "bad.yaml").write_text((tmp_path / quarrel).read_text().replace('"1 d"', '"1 day"'))
    done = detente("check", "bad.yaml", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 2
    assert not document["ok"]
    assert document["problems"][0]["path"] == "horizon"
    assert set(document["problems"][0]) == {"file", "line", "column", "path", "found", "expected"}


def test_the_resolved_form_is_legal_and_resolves_to_itself(detente, quarrel, tmp_path):
    once = detente("check", quarrel, "--resolved").stdout
    (tmp_path / "resolved.yaml").write_text(once)
    assert detente("check", "resolved.yaml", "--resolved").stdout == once
    assert load(tmp_path / "resolved.yaml") == load(tmp_path / quarrel)
    as_json = json.loads(detente("check", quarrel, "--resolved", "--json").stdout)
    assert as_json["resolved"] == load(tmp_path / quarrel).document


def test_run_prints_a_report(detente, quarrel):
    done = detente("run", quarrel, "--runs", "2000", "--seed", "5")
    assert done.exit_code == 0
    for passage in (
        "A quarrel of two shields",
        "2,000 crises, seed 5",
        "Catastrophe (strategic):",
        "How crises ended",
        "Time from the first incident",
        "worst 1 % of crises",
        "Do it again:  detente run quarrel.yaml --runs 2000 --seed 5",
    ):
        assert passage in done.stdout
    assert "incidents per second" in done.stderr


def test_the_report_is_the_same_every_time_and_for_any_number_of_threads(detente, quarrel):
    words = ("run", quarrel, "--runs", "3000")
    assert detente(*words, "--threads", "1").stdout == detente(*words, "--threads", "3").stdout


def test_run_in_json_prints_one_document_and_nothing_else(detente, quarrel):
    done = detente("run", quarrel, "--runs", "500", "--json")
    document = json.loads(done.stdout)
    assert (document["runs"], document["seed"], document["rows"]) == (500, 0, None)
    assert done.stderr == ""


def test_run_writes_rows_that_say_what_was_typed(detente, quarrel):
    done = detente("run", quarrel, "--runs", "300", "--out", "deep/results", "--json")
    path = json.loads(done.stdout)["rows"]
    assert path == "deep/results/crises.parquet"
    assert pl.read_parquet(path).height == 300
    record = json.loads(pl.read_parquet_metadata(path)["detente"])
    assert record["command"] == f"detente run {quarrel} --runs 300 --out deep/results --json"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "atribution-error"), "did you mean 'attribution-error'"),
        (("run", "nowhere.yaml"), "nowhere.yaml"),
        (("run", "{quarrel}", "--runs", "0"), "runs: found 0"),
        (("run", "{quarrel}", "--runs", "many"), "--runs"),
        (("run", "{quarrel}", "--seed", "-1"), "seed: found -1"),
        (("run", "{quarrel}", "--out", "{quarrel}"), "cannot be written"),
        (("trace", "{quarrel}"), "--crisis"),
        (("trace", "{quarrel}", "--crisis", "-1"), "--crisis: found -1"),
        (("trace", "{quarrel}", "--crisis", "0", "--max-incidents", "0"), "--max-incidents: found 0"),
        (("dance",), "dance"),
    ],
)
def test_bad_input_is_told_and_exits_2(detente, quarrel, words, message):
    done = detente(*(word.format(quarrel=quarrel) for word in words))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "{quarrel}", "--max-incidents", "0"),
        ("run", "{quarrel}", "--half-width", "2"),
        ("run", "{quarrel}", "--workers", "0"),
        ("rare", "{quarrel}", "--error", "0"),
        ("rare", "{quarrel}", "--max-crises", "0"),
        ("rare", "{quarrel}", "--event", "gloom"),
        ("sweep", "{quarrel}", "--draws", "0"),
        ("sensitivity", "{quarrel}", "--seed", "-1"),
        ("discover", "{quarrel}", "--fails", "never"),
        ("compare", "{quarrel}", "--portfolio", "none", "--portfolio", "throttle", "--halt", "3"),
        ("plan", "{quarrel}", "--risk", "2"),
        ("race", "essay", "--runs", "0"),
    ],
)
def test_errors_name_the_option_that_was_typed(detente, quarrel, words):
    option = words[-2]
    done = detente(*(word.format(quarrel=quarrel) for word in words))
    assert done.exit_code == 2
    assert f"detente: {option}: found " in done.stderr
    told = json.loads(detente(*(word.format(quarrel=quarrel) for word in words), "--json").stdout)
    assert told["error"].startswith(f"{option}: found ")


def test_bad_input_in_json_is_a_document_too(detente, quarrel):
    done = detente("run", quarrel, "--runs", "0", "--json")
    assert done.exit_code == 2
    assert "runs: found 0" in json.loads(done.stdout)["error"]


def test_a_mistake_of_ours_exits_1_without_a_traceback(detente, quarrel, monkeypatch):
    def fail(*_words, **_given):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(replicate, "simulate", fail)
    done = detente("run", quarrel)
    assert done.exit_code == 1
    assert "internal error: ZeroDivisionError: of all things" in done.stderr
    assert "--debug" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in detente("--debug", "run", quarrel).stderr
    monkeypatch.setenv("DETENTE_DEBUG", "1")
    assert "Traceback" in detente("run", quarrel).stderr


def interrupted(monkeypatch, finished):
    def stop(scenario, *, runs, **given):
        given.pop("progress")
        partial = simulate(scenario, runs=finished, **given) if finished else None
        if partial:
            object.__setattr__(partial.provenance, "requested_runs", runs)
        raise SimulationInterrupted(partial)

    monkeypatch.setattr(replicate, "simulate", stop)


def test_an_interrupted_run_reports_and_stores_what_was_finished(detente, quarrel, monkeypatch):
    interrupted(monkeypatch, 400)
    done = detente("run", quarrel, "--runs", "9000", "--out", "results")
    assert done.exit_code == 130
    assert "INTERRUPTED: 400 of 9,000 crises were finished" in done.stdout
    assert pl.read_parquet("results/crises.parquet").height == 400
    document = json.loads(detente("run", quarrel, "--runs", "9000", "--json").stdout)
    assert (document["interrupted"], document["runs"], document["requested_runs"]) == (True, 400, 9000)


def test_an_interrupt_before_any_crisis(detente, quarrel, monkeypatch):
    interrupted(monkeypatch, 0)
    done = detente("run", quarrel)
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "interrupted\n")
    as_json = detente("run", quarrel, "--json")
    assert (as_json.exit_code, as_json.stderr) == (130, "interrupted\n")
    assert json.loads(as_json.stdout) == {"error": "interrupted", "problems": []}


def test_capped_crises_are_shown_loudly(detente, quarrel):
    done = detente("run", quarrel, "--runs", "300", "--max-incidents", "2")
    assert "CAPPED: " in done.stdout
    assert "budget of 2 incidents" in done.stdout
    assert "CAPPED" not in detente("run", quarrel, "--runs", "300").stdout
    assert "CAPPED" in detente("run", quarrel, "--runs", "300", "--max-incidents", "2", "--json").stderr


def test_a_narrow_terminal_gets_narrow_lines(detente, quarrel, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    for words in (("run", quarrel, "--runs", "300"), ("trace", quarrel, "--crisis", "7"), ("scenarios",)):
        told = [line for line in detente(*words).stdout.splitlines() if "detente " not in line]
        assert max(map(len, told)) <= 50
        assert "…" not in "".join(told)


def test_trace_replays_the_crisis_of_the_run(detente, quarrel):
    detente("run", quarrel, "--runs", "200", "--seed", "3", "--out", "results")
    frame = pl.read_parquet("results/crises.parquet")
    row = frame.sort("incidents").row(-1, named=True)
    document = json.loads(
        detente("trace", quarrel, "--crisis", str(row["crisis"]), "--seed", "3", "--json").stdout
    )
    assert document["ended"] == row["ended"]
    assert len(document["incidents"]) == row["incidents"]
    wrong = [i for i in document["incidents"] if i["reading"] and not i["reading"]["right"]]
    assert len(wrong) == row["wrongful_actions"]
    text = detente("trace", quarrel, "--crisis", str(row["crisis"]), "--seed", "3", "--all").stdout
    assert (
        sum(line.count(" (avalon)") + line.count(" (borduria)") for line in text.splitlines())
        > row["incidents"]
    )


def test_a_gain_of_0_is_explained_where_there_is_one(detente, quarrel, tmp_path):
    (tmp_path / "roundabout.yaml").write_text(json.dumps(ROUNDABOUT))
    assert "A gain of 0: one round" in " ".join(detente("solve", "roundabout.yaml").stdout.split())
    assert "A gain of 0" not in detente("solve", quarrel).stdout


def test_every_command_has_help_that_says_something(detente):
    for name in ("scenarios", "check", "run", "trace"):
        done = detente(name, "--help")
        assert done.exit_code == 0
        assert len(done.stdout.splitlines()) > 5
    assert detente("--help").exit_code == 0
