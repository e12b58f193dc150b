"""Who may ask what: every operation, every role, and nobody without a token."""

import pytest

from detente.gate.service.operations import OPERATIONS
from tests.gate.service.build import ROLES, action, held, vote

EVERY = [(one.method, one.path) for one in OPERATIONS] + [("GET", "/openapi.json"), ("GET", "/nowhere")]
PERSON = {"system": "avalon-shield", "approver": "ben", "operator": "olga", "auditor": "audrey"}


@pytest.mark.parametrize("method, path", EVERY)
def test_nobody_is_answered_without_a_token(ask, method, path):
    answer = ask(None, method, path.replace("{id}", "x1"), {} if method == "POST" else None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
@pytest.mark.parametrize("role", PERSON)
def test_roles(ask, operation, role):
    body = {} if operation.takes is not None else None
    answer = ask(PERSON[role], operation.method, operation.path.replace("{id}", "x1"), body)
    if operation.method == "GET" and operation.path == "/v1/events" and role in operation.roles:
        return
    assert (answer.status_code == 403) == (role not in operation.roles), answer.text


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer\tx", "Bearer dtt_short", "Bearer " + "x" * 4000,
        "Bearer dtt_avalon-shield-00000000000000000000000000000x0", "dtt_avalon-shield-00000000000000000000000000000000",
    ],
)  # fmt: skip
def test_no_token_that_counts(ask, authorization):
    assert ask(None, "GET", "/v1/mode", authorization=authorization).status_code == 401


def test_a_system_sees_its_own_actions_and_no_trace_of_others(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    assert ask("avalon-shield", "GET", "/v1/actions/a1").status_code == 200
    assert ask("avalon-shield", "GET", "/v1/explain/e1").json()["decision"]["evaluation"] == "e1"
    theirs, nobodys = (ask("borduria-shield", "GET", f"/v1/actions/{name}") for name in ("a1", "a2"))
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text.replace("a1", "X") == nobodys.text.replace("a2", "X")
    assert ask("audrey", "GET", "/v1/actions/a1").status_code == 200
    assert ask("ben", "GET", "/v1/actions/a1").status_code == 200  # reviews for avalon
    assert ask("dora", "GET", "/v1/actions/a1").status_code == 404  # does not


def test_an_action_of_somebody_else_hides_no_evaluation_nor_an_evaluation_an_action(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    ask("borduria-shield", "POST", "/v1/actions", action("e1", target="borduria-launcher"))

    def told(who, path):
        answer = ask(who, "GET", path)
        return answer.json()["action"]["id"] if answer.status_code == 200 else answer.status_code

    assert told("avalon-shield", "/v1/explain/e1") == told("audrey", "/v1/explain?id=e1") == "a1"
    assert told("borduria-shield", "/v1/explain/e1") == "e1"
    assert told("borduria-shield", "/v1/actions/e1") == told("audrey", "/v1/actions?id=e1") == "e1"
    assert told("avalon-shield", "/v1/actions/e1") == 404
    assert told("avalon-shield", "/v1/explain/e2") == told("avalon-shield", "/v1/actions/e2") == 404
    assert told("audrey", "/v1/actions/e2") == 404


def test_who_proposes_is_who_the_token_says(ask):
    ask("borduria-shield", "POST", "/v1/actions", action("b1", target="borduria-launcher"))
    assert ask("audrey", "GET", "/v1/actions/b1").json()["decision"]["system"] == "borduria-shield"
    for field in ("system", "by", "owner", "actor", "nonce", "role"):
        answer = ask("borduria-shield", "POST", "/v1/actions", action("b2", **{field: "avalon-shield"}))
        assert answer.status_code == 400
        assert field in answer.json()["detail"]


def test_an_outcome_is_reported_by_who_proposed(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    told = {"action": "a1", "status": "done"}
    theirs = ask("borduria-shield", "POST", "/v1/outcomes", told)
    nobodys = ask("borduria-shield", "POST", "/v1/outcomes", told | {"action": "a2"})
    assert (
        theirs.status_code == nobodys.status_code == 404
    )  # whether somebody else has used an id is not told
    assert theirs.text.replace("a1", "X") == nobodys.text.replace("a2", "X")
    assert ask("pep", "POST", "/v1/outcomes", told).status_code == 202
    assert ask("avalon-shield", "POST", "/v1/outcomes", told).status_code == 202


def test_holds_are_seen_by_those_they_concern(reviewed):
    hold = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]
    for who, status in {
        "avalon-shield": 200, "borduria-shield": 404, "ben": 200, "dora": 200, "olga": 200, "audrey": 200, "pep": 200,
    }.items():  # fmt: skip
        assert reviewed(who, "GET", hold["url"]).status_code == status, who
        listed = reviewed(who, "GET", "/v1/holds").json()["holds"]
        assert [one["id"] for one in listed] == ([hold["id"]] if status == 200 else []), who


def test_a_system_is_not_told_who_decides(reviewed):
    hold = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]
    seen = reviewed("ben", "GET", hold["url"]).json()
    reviewed("ben", "POST", f"{hold['url']}/votes", vote(seen))
    own = reviewed("avalon-shield", "GET", hold["url"])
    assert own.json()["approvals"] == 1
    assert "ben" not in own.text
    assert "ballots" not in own.text
    assert [one["person"] for one in reviewed("audrey", "GET", hold["url"]).json()["ballots"]] == ["ben"]


def test_an_incident_is_told_in_the_name_of_the_owner(ask):
    ask("avalon-shield", "POST", "/v1/incidents", {"id": "i1", "at_system": "avalon-laptop", "rung": "probe"})
    event = next(iter(ask.desk.gate.entries(0)))[1]
    assert (event.by, event.actor) == ("avalon-shield", "avalon")
    ask("olga", "POST", "/v1/incidents", {"id": "i2", "at_system": "avalon-laptop", "rung": "probe"})
    event = next(iter(ask.desk.gate.entries(1)))[1]
    assert (event.by, event.actor) == ("olga", "")


def test_every_role_is_somebodys():
    assert {role for roles in ROLES.values() for role in roles} == set(PERSON)
