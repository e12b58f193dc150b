"""What `detente gate` says to a gate that runs: outcomes, judgements and attributions."""

import json

import pytest

from detente.gate.client import Client
from tests.gate.service.build import action, desk, running, token


@pytest.fixture
def port(monkeypatch):
    with running(desk()) as port:
        monkeypatch.setenv("DETENTE_GATE", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("COLUMNS", "200")
        yield port


@pytest.fixture
def said_by(detente, port, monkeypatch):
    """Runs a command in somebody's name."""

    def said(name, *words):
        monkeypatch.setenv("DETENTE_TOKEN", token(name))
        return detente("gate", *words)

    return said


@pytest.fixture
def proposed(port):
    with Client(f"http://127.0.0.1:{port}", token("avalon-shield")) as client:
        client.post("/v1/incidents", {"id": "i1", "at_system": "avalon-laptop", "rung": "probe"})
        return client.post("/v1/actions", action("a1"))


def test_a_system_reports_what_became_of_an_action(said_by, proposed):
    done = said_by(
        "avalon-shield", "outcome", "a1", "done", "--note", "closed", "--finished", "2026-11-27T09:00:00Z"
    )
    assert (done.exit_code, done.stdout) == (0, "noted\n")
    later = said_by("avalon-shield", "outcome", "a1", "rolled-back", "--json")
    assert json.loads(later.stdout) == {"changed": [], "at": json.loads(later.stdout)["at"]}
    again = said_by("avalon-shield", "outcome", "a1", "done")
    assert again.exit_code == 2
    assert "rolled-back" in again.stderr


def test_what_is_no_outcome_is_told_what_is_one(said_by, proposed):
    done = said_by("avalon-shield", "outcome", "a1", "finished")
    assert done.exit_code == 2
    assert all(one in done.stderr for one in ("status", "done", "failed", "rolled-back"))


def test_a_person_judges_a_proposal(said_by, proposed):
    done = said_by("ben", "judge", "a1", "agree", "--reason", "I would have done it")
    assert done.exit_code == 0, done.stderr
    assert "avalon-shield with release-host" in done.stdout
    assert "judged 1" in done.stdout
    changed = said_by("cleo", "judge", "a1", "disagree", "--reason", "too soon", "--json")
    shown = json.loads(changed.stdout)
    assert (shown["judged"], shown.get("agreed", 0)) == (1, 0)


def test_a_verdict_is_one_of_two(said_by, proposed):
    done = said_by("ben", "judge", "a1", "yes", "--reason", "fine")
    assert done.exit_code == 2
    assert "VERDICT: found 'yes', expected agree or disagree" in done.stderr


def test_an_operator_reports_who_did_it(said_by, proposed):
    done = said_by(
        "olga", "attribute", "i1", "--author", "borduria", "--confidence", "0.9", "--evidence", "x-1"
    )
    assert (done.exit_code, done.stdout) == (0, "noted\n")
    nobody = said_by("olga", "attribute", "i1", "--accident", "--confidence", "1", "--json")
    assert json.loads(nobody.stdout)["changed"] == []


@pytest.mark.parametrize("words", [(), ("--author", "borduria", "--accident")])
def test_it_was_somebody_or_an_accident(said_by, proposed, words):
    done = said_by("olga", "attribute", "i1", "--confidence", "0.9", *words)
    assert done.exit_code == 2
    assert "expected one of them" in done.stderr


def test_an_attribution_of_what_nobody_reported_is_refused(said_by):
    done = said_by("olga", "attribute", "i9", "--accident", "--confidence", "0.5")
    assert done.exit_code == 2
    assert "expected an incident that was reported lately" in done.stderr
