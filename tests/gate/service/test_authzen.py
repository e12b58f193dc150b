"""AuthZEN 1.0: the working group's todo decisions and certification scenario as policies, and the access request profile.

Nothing about either scenario is in the service: both are a charter with conditions, as anybody would write one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from detente.gate.compile import compile_policy
from detente.gate.service.call import Settings
from detente.gate.service.rates import Rate
from detente.model.charter.library import load as charter_of
from detente.model.portfolio.library import load as portfolio_of
from tests.gate.service.build import REVIEWED, calling, policy, vote

DECISIONS = Path(__file__).parents[4] / "shared" / "data" / "authzen" / "todo-decisions-1_0-02.json"
PEOPLE = {
    "rick@the-citadel.com": ("CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", "admins"),
    "morty@the-citadel.com": ("CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", "editors"),
    "summer@the-smiths.com": ("CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", "editors"),
    "beth@the-smiths.com": ("CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", "viewers"),
    "jerry@the-smiths.com": ("CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs", "viewers"),
}
NAMES = [mail.partition("@")[0] for mail in PEOPLE]
READS = ["can_read_user", "can_read_todos"]
WRITES = ["can_create_todo", "can_update_todo", "can_delete_todo"]
KIND = {"rung": "signal", "rests_on": "nothing", "on_halt": "deny", "other_arguments": True}


def todo_charter() -> dict[str, Any]:
    """Each person is an actor whom one system speaks for; their role is its compartment, and a condition knows their mail address.

    Todos and users come and go, so the charter has them as classes: an asset `todo`, an asset `user`.
    """
    systems = {
        pid: {
            "owner": mail.partition("@")[0], "domain": "information", "compartment": role, "targets": ["todo", "user"],
            "may": READS if role == "viewers" else READS + WRITES, "phase": "autonomous",
        }
        for mail, (pid, role) in PEOPLE.items()
    }  # fmt: skip
    own = " || ".join(
        f'(system.owner == "{mail.partition("@")[0]}" && action.arguments.ownerID == "{mail}")'
        for mail in PEOPLE
    )
    return {
        "detente": 1,
        "charter": "todo",
        "critical": "degrade",
        "catastrophe": "strategic",
        "actors": {key: {"kind": "person"} for key in [*NAMES, "household"]},
        "groups": {"watch": {"people": ["observer"]}},
        "reviewed_by": dict.fromkeys(NAMES, "watch"),
        "systems": systems,
        "assets": {
            name: {"owner": "household", "domain": "information", "compartment": "todos"}
            for name in ("todo", "user")
        },
        "actions": dict.fromkeys(READS + WRITES, KIND),
        "conditions": {
            "own-todos-only": {
                "when": 'action.name in ["can_update_todo", "can_delete_todo"] && system.compartment != "admins" && '
                f"!(has(action.arguments.ownerID) && ({own}))",
                "effect": "deny",
                "because": "editors change their own todos; those of others are for the administrator and the evil genius",
            }
        },
    }


def portfolio(**safeguards: Any) -> Any:
    return portfolio_of({"detente": 1, "portfolio": "authzen", "safeguards": safeguards})


@pytest.fixture(scope="module")
def todo():
    with calling(decides=compile_policy(charter_of(todo_charter()), portfolio())) as client:
        yield client


def decisions(part: str) -> list[dict[str, Any]]:
    if not DECISIONS.exists():
        return []
    return json.loads(DECISIONS.read_text())[part]


@pytest.mark.skipif(not DECISIONS.exists(), reason=f"found no decisions of the working group at {DECISIONS}")
def test_there_are_as_many_decisions_as_were_published():
    assert (len(decisions("evaluation")), len(decisions("evaluations"))) == (40, 3)


@pytest.mark.parametrize("case", decisions("evaluation"), ids=lambda one: one["request"]["action"]["name"])
def test_todo_decisions(todo, case):
    answer = todo("pep", "POST", "/access/v1/evaluation", case["request"], x_request_id="todo")
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-request-id"] == "todo"
    assert answer.json()["decision"] is case["expected"], answer.text


@pytest.mark.parametrize("case", decisions("evaluations"))
def test_todo_decisions_together(todo, case):
    answer = todo("pep", "POST", "/access/v1/evaluations", case["request"]).json()
    assert "decision" not in answer
    assert [one["decision"] for one in answer["evaluations"]] == [one["decision"] for one in case["expected"]]


# --- the certification scenario -----------------------------------------------------------------


def certification_charter() -> dict[str, Any]:
    person = {
        "domain": "information",
        "compartment": "people",
        "targets": ["record-*"],
        "phase": "autonomous",
    }
    return {
        "detente": 1,
        "charter": "certification",
        "critical": "degrade",
        "catastrophe": "strategic",
        "actors": {"firm": {"kind": "operator"}},
        "groups": {"watch": {"people": ["observer"]}},
        "reviewed_by": {"firm": "watch"},
        "systems": {
            "alice": person | {"owner": "firm", "may": ["read", "write", "delete"]},
            "bob": person | {"owner": "firm", "may": ["read", "write"]},
        },
        "assets": {
            name: {"owner": "firm", "domain": "information", "compartment": "records"} for name in ("record-1", "record-2")
        },
        "actions": dict.fromkeys(["read", "write", "delete"], KIND),
        "conditions": {
            "bob-writes-as-admin-only": {
                "when": f'system.name == "bob" && action.name == "write" && !({ADMIN})', "effect": "deny",
            },
            "no-writing-to-archives": {
                "when": 'action.name == "write" && has(action.arguments.status) && '
                f'action.arguments.status == "archived" && !({ADMIN})', "effect": "deny",
            },
            "soft-deletes-only": {
                "when": 'action.name == "delete" && !(has(action.arguments.soft) && action.arguments.soft == true)',
                "effect": "deny",
            },
        },
    }  # fmt: skip


ADMIN = (
    "has(action.arguments.subject) && has(action.arguments.subject.role) && "
    'action.arguments.subject.role == "admin"'
)
ALICE, BOB = {"type": "user", "id": "alice"}, {"type": "user", "id": "bob"}
ADMINISTRATOR = BOB | {"properties": {"role": "admin"}}
ACTIVE = {"type": "record", "id": "record-1"}
ARCHIVED = {"type": "record", "id": "record-2", "properties": {"status": "archived"}}


def asking(subject: Any, name: str, resource: Any, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "action": {"name": name}, "resource": resource, **more}


@pytest.fixture(scope="module")
def pdp():
    settings = Settings(public_url="https://gate.example")
    decides = compile_policy(charter_of(certification_charter()), portfolio())
    with calling(decides=decides, settings=settings) as client:
        yield client


def one(pdp, body, **headers):
    answer = pdp("pep", "POST", "/access/v1/evaluation", body, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()["decision"]


def test_basic_core(pdp):
    assert one(pdp, asking(ALICE, "read", ACTIVE)) is True
    assert one(pdp, asking(ALICE, "write", ACTIVE)) is True
    assert one(pdp, asking(BOB, "read", ACTIVE)) is True
    assert one(pdp, asking(BOB, "write", ACTIVE)) is False
    context = {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}
    assert one(pdp, asking(ALICE, "read", ACTIVE, context=context)) is True
    assert one(pdp, asking(ALICE, "read", ACTIVE, foo="bar", futureField={"nested": True})) is True
    assert [one(pdp, asking(ALICE, "read", ACTIVE)) for _ in range(5)] == [True] * 5


def test_basic_properties(pdp):
    assert one(pdp, asking(ALICE, "write", ARCHIVED)) is False
    assert one(pdp, asking(ADMINISTRATOR, "write", ARCHIVED)) is True
    for soft in (True, False):
        delete = {
            "subject": ALICE,
            "action": {"name": "delete", "properties": {"soft": soft}},
            "resource": ACTIVE,
        }
        assert one(pdp, delete) is soft
    many = {
        "subject": ALICE | {"properties": {"department": "Sales", "role": "manager"}},
        "action": {"name": "read", "properties": {"method": "GET"}},
        "resource": ACTIVE | {"properties": {"status": "active", "owner": "bob"}},
    }
    assert one(pdp, many) is True


FULL = asking(ALICE, "read", ACTIVE)


@pytest.mark.parametrize(
    "body",
    [
        *({name: value for name, value in FULL.items() if name != missing} for missing in FULL),
        FULL | {"subject": {"id": "alice"}}, FULL | {"subject": {"type": "user"}}, FULL | {"action": {}},
        FULL | {"resource": {"id": "record-1"}}, FULL | {"resource": {"type": "record"}}, FULL | {"subject": "alice"},
        FULL | {"action": {"name": 123}}, FULL | {"context": []}, [], "alice", None, 7,
    ],
)  # fmt: skip
def test_malformed_evaluations(pdp, body):
    answer = pdp("pep", "POST", "/access/v1/evaluation", raw=json.dumps(body).encode())
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


ID = "expected a letter or a digit, then letters, digits and . _ : @ / -, 128 at most"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (FULL | {"context": {"action_id": "az \xfc"}}, f"context.action_id: {ID}"),
        (FULL | {"context": {"premise": {"confidence": 2}}}, "context.premise.confidence: expected a number of at most 1.0"),
        (FULL | {"context": {"premise": {"x": 1}}}, "context.premise: object contains unknown field `x`; expected perhaps blames, confidence and evidence"),
        (FULL | {"context": {"in_response_to": ["a", "-"]}}, f"context.in_response_to[1]: {ID}"),
        (FULL | {"action": {"name": "n" * 300}}, "action.name: expected a text of at most 200 letters"),
        (FULL | {"resource": {"type": "record", "id": "n" * 300}}, "resource.id: expected a text of at most 200 letters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_the_name_under_which_it_was_sent(pdp, body, said):
    assert pdp("pep", "POST", "/access/v1/evaluation", body).json()["detail"] == said


def test_what_is_wrong_in_a_batch_is_told_in_words(pdp):
    body = {"evaluations": [{"subject": ALICE, "resource": ACTIVE}]}
    answer = pdp("pep", "POST", "/access/v1/evaluations", body).json()["evaluations"][0]
    assert answer["context"]["error"]["message"] == (
        "object missing required field `action`; expected subject, action and resource, and perhaps context"
    )


def test_bodies_that_are_none(pdp):
    for raw, media in (
        (b"", "application/json"),
        (b"{", "application/json"),
        (json.dumps(FULL).encode(), "text/plain"),
    ):
        assert pdp("pep", "POST", "/access/v1/evaluation", raw=raw, content_type=media).status_code == 400


def several(pdp, body):
    answer = pdp("pep", "POST", "/access/v1/evaluations", body)
    assert answer.status_code == 200, answer.text
    return [found["decision"] for found in answer.json()["evaluations"]]


def test_batches(pdp):
    archived = {"type": "record", "id": "record-2", "properties": {"status": "archived"}}
    assert several(pdp, {"subject": BOB, "resource": ACTIVE, "evaluations": [{"action": {"name": "read"}}, {"action": {"name": "write"}}]}) == [True, False]  # fmt: skip
    assert several(pdp, {"subject": ALICE, "action": {"name": "write"}, "evaluations": [{"resource": ACTIVE}, {"resource": archived}]}) == [True, False]  # fmt: skip
    assert several(pdp, {"action": {"name": "write"}, "resource": archived, "evaluations": [{"subject": ALICE}, {"subject": ADMINISTRATOR}]}) == [False, True]  # fmt: skip
    assert several(pdp, {"evaluations": [asking(ALICE, "read", ACTIVE), asking(BOB, "write", ACTIVE)]}) == [
        True,
        False,
    ]
    merged = {"subject": ALICE, "action": {"name": "write"}, "resource": {"type": "record"}}
    parts = [{"resource": {"id": "record-1", "properties": {"status": "active"}}}, {"resource": archived}]
    assert several(pdp, merged | {"evaluations": parts}) == [True, False]
    assert several(pdp, {"subject": ALICE, "action": {"name": "read"}, "evaluations": [{"resource": ACTIVE}, {}]}) == [True, False]  # fmt: skip


def test_a_default_is_replaced_whole(pdp):
    """Properties of the default do not leak into an evaluation that brings its own resource."""
    body = {
        "subject": ALICE,
        "action": {"name": "write"},
        "resource": ARCHIVED,
        "evaluations": [{}, {"resource": ACTIVE}],
    }
    assert several(pdp, body) == [False, True]


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_without_evaluations_it_is_one(pdp, evaluations):
    answer = pdp("pep", "POST", "/access/v1/evaluations", FULL | evaluations).json()
    assert answer["decision"] is True
    assert "evaluations" not in answer


@pytest.mark.parametrize(
    "semantic, expected",
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_semantics(pdp, semantic, expected):
    before = pdp.desk.gate.size
    body = {
        "resource": ACTIVE, "options": {"evaluations_semantic": semantic, "another": 1},
        "evaluations": [
            asking(ALICE, "read", ACTIVE), asking(BOB, "write", ACTIVE), asking(BOB, "read", ACTIVE)
        ],
    }  # fmt: skip
    assert several(pdp, body) == expected
    assert pdp.desk.gate.size - before == len(expected)  # what is not asked is not decided


def test_no_such_semantic(pdp):
    body = {"options": {"evaluations_semantic": "guess"}, "evaluations": [FULL]}
    assert pdp("pep", "POST", "/access/v1/evaluations", body).status_code == 400


def test_discovery(pdp):
    told = pdp("pep", "GET", "/.well-known/authzen-configuration", host="evil.example").json()
    assert told == {
        "policy_decision_point": "https://gate.example",
        "access_evaluation_endpoint": "https://gate.example/access/v1/evaluation",
        "access_evaluations_endpoint": "https://gate.example/access/v1/evaluations",
    }


# --- in whose name ------------------------------------------------------------------------------


def about(name: str, **context: Any) -> dict[str, Any]:
    body = {"subject": {"type": "system", "id": "avalon-shield"}, "action": {"name": name}}
    premise = {"blames": "borduria", "confidence": 0.9}
    return body | {
        "resource": {"type": "host", "id": "avalon-laptop"},
        "context": {"premise": premise, **context},
    }


def test_a_system_asks_for_itself_alone(ask):
    assert (
        ask("avalon-shield", "POST", "/access/v1/evaluation", about("release-host")).json()["decision"]
        is True
    )
    answer = ask("borduria-shield", "POST", "/access/v1/evaluation", about("release-host"))
    assert answer.status_code == 403
    both = {"evaluations": [about("release-host")]}
    answer = ask("borduria-shield", "POST", "/access/v1/evaluations", both).json()["evaluations"][0]
    assert (answer["decision"], answer["context"]["error"]["status"]) == (False, 403)
    assert ask.desk.gate.size == 1


def test_a_batch_costs_as_many_requests_as_it_has():
    with calling(settings=Settings(people=Rate(60.0, 10))) as ask:
        body = {"evaluations": [about("release-host")] * 11}
        assert ask("pep", "POST", "/access/v1/evaluations", body).status_code == 429
        assert ask.desk.gate.size == 0


def test_two_values_for_one_argument_are_refused(ask):
    body = about("release-host", arguments={"port": 1})
    body["resource"]["properties"] = {"port": 2}
    answer = ask("pep", "POST", "/access/v1/evaluation", body)
    assert (answer.status_code, "port" in answer.json()["detail"]) == (400, True)


# --- the honest reading, and the profile ---------------------------------------------------------

PROFILE = Settings(public_url="https://gate.example", access_requests=True)


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", "/t1"), ("POST", "/t1/cancel")])
def test_what_is_not_switched_on_is_not_there_whatever_is_sent(ask, method, path):
    answer = ask("pep", method, f"/access/v1/requests{path}", {} if method == "POST" and not path else None)
    assert answer.status_code == 404
    assert "not switched on here" in answer.json()["detail"]


@pytest.fixture
def arap():
    with calling(decides=policy(REVIEWED), settings=PROFILE) as client:
        yield client


def test_throttled_is_false_with_a_time():
    with calling(decides=policy({"throttle": {"rate": "1 /min", "burst": 1}})) as ask:
        ask("pep", "POST", "/access/v1/evaluation", about("release-host"))
        answer = ask("pep", "POST", "/access/v1/evaluation", about("release-host", arguments={})).json()
        assert answer["decision"] is False
        assert (answer["context"]["effect"], answer["context"]["retry_after"]) == ("throttle", 60)
        assert answer["context"]["reason"] == "rate_limited"


def test_held_is_false_and_without_the_profile_not_requestable(reviewed):
    answer = reviewed("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    assert (answer["decision"], answer["context"]["effect"]) == (False, "hold")
    assert "access_request" not in answer["context"]
    assert reviewed("pep", "POST", "/access/v1/requests", about("wipe-host") | {"denial": {"evaluation_id": "e1", "expires_at": "x"}}).status_code == 404  # fmt: skip


def request_of(denied: dict[str, Any]) -> dict[str, Any]:
    context = denied["context"]
    denial = {
        "evaluation_id": context["evaluation_id"],
        "expires_at": context["access_request"]["expires_at"],
    }
    body = about("wipe-host", business_justification="it is on fire")
    return body | {"denial": denial | {"reason": context["reason"]}}


def approve(arap, hold: str) -> None:
    seen = arap("ben", "GET", f"/v1/holds/{hold}").json()
    for person in ("ben", "cleo"):
        assert arap(person, "POST", f"/v1/holds/{hold}/votes", vote(seen)).status_code == 200


def test_a_denial_goes_to_people_and_comes_back_approved(arap):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    assert denied["decision"] is False
    assert denied["context"]["access_request"]["endpoint"] == "https://gate.example/access/v1/requests"
    submitted = arap("pep", "POST", "/access/v1/requests", request_of(denied), idempotency_key="k1")
    task = submitted.json()["task"]
    assert (submitted.status_code, task["status"]) == (202, "pending")
    assert submitted.headers["location"] == task["status_endpoint"]
    again = arap("pep", "POST", "/access/v1/requests", request_of(denied), idempotency_key="k1")
    assert again.json() == submitted.json()
    path = task["status_endpoint"].removeprefix("https://gate.example")
    assert "result" not in arap("pep", "GET", path).json()
    approve(arap, denied["context"]["hold"])
    done = arap("pep", "GET", path).json()
    assert (done["task"]["status"], done["result"]["mode"]) == ("approved", "reevaluate")
    approval = done["result"]["approval"]
    allowed = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host", approval=approval)).json()
    assert allowed["decision"] is True
    assert allowed["context"]["approval"]["id"] == approval["id"]


def test_an_approval_is_for_exactly_what_was_asked(arap):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    approve(arap, denied["context"]["hold"])
    task = arap("pep", "POST", "/access/v1/requests", request_of(denied)).json()
    approval = task["result"]["approval"]
    other = about("wipe-host", approval=approval)
    other["resource"]["id"] = "avalon-turbine"
    answer = arap("pep", "POST", "/access/v1/evaluation", other).json()
    assert (answer["decision"], answer["context"]["next_action"]) == (False, "none")
    for bad in ("apr_h1_" + "0" * 32, approval["id"].replace("apr", "arq"), "h1", ""):
        swapped = about("wipe-host", approval={"id": bad})
        assert arap("pep", "POST", "/access/v1/evaluation", swapped).json()["decision"] is False, bad
    assert arap("pep", "POST", "/access/v1/evaluation", about("wipe-host", approval="x")).status_code == 400


@pytest.mark.parametrize(
    "change, kind",
    [
        ({"denial": {"evaluation_id": "e9", "expires_at": "x"}}, "invalid_denial_binding"),
        ({"denial": {"evaluation_id": "e1", "expires_at": "2099-01-01T00:00:00Z"}}, "invalid_denial_binding"),
        ({"subject": {"type": "system", "id": "borduria-shield"}}, "invalid_denial_binding"),
        ({"resource": {"type": "host", "id": "avalon-turbine"}}, "invalid_denial_binding"),
        ({"action": {"name": "wipe-host", "properties": {"twice": True}}}, "invalid_denial_binding"),
    ],
)
def test_a_request_is_bound_to_its_denial(arap, change, kind):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    answer = arap("pep", "POST", "/access/v1/requests", request_of(denied) | change)
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        f"urn:openid:authzen:access-request:error:{kind}",
    )


def test_what_was_not_held_is_not_requestable(arap):
    allowed = arap("pep", "POST", "/access/v1/evaluation", about("release-host")).json()
    body = about("release-host") | {
        "denial": {"evaluation_id": allowed["context"]["evaluation_id"], "expires_at": "x"}
    }
    assert arap("pep", "POST", "/access/v1/requests", body).json()["type"].endswith("not_requestable")


def test_a_denial_that_nobody_decided_in_time(arap):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    arap.desk.gate._course._clock.now += 3600 * 10**9
    arap("avalon-shield", "POST", "/access/v1/evaluation", about("release-host"))
    answer = arap("pep", "POST", "/access/v1/requests", request_of(denied))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (410, "expired_denial")


def test_a_handle_is_no_authority(arap):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    task = arap("pep", "POST", "/access/v1/requests", request_of(denied)).json()["task"]
    path = f"/access/v1/requests/{task['id']}"
    assert arap("avalon-shield", "GET", path).status_code == 200  # it is its own action
    for who, name in (
        ("borduria-shield", task["id"]),
        ("pep", task["id"][:-1] + "0"),
        ("pep", "h1"),
        ("pep", "arq_h1_x"),
    ):
        answer = arap(who, "GET", f"/access/v1/requests/{name}")
        assert answer.status_code == 404 or name == task["id"][:-1] + "0" == task["id"], (who, name)
    assert arap("borduria-shield", "POST", f"{path}/cancel").status_code == 404
    assert arap("pep", "POST", f"{path}/cancel").json()["task"]["status"] == "cancelled"
    assert arap("pep", "GET", path).json()["task"]["status"] == "cancelled"


def test_what_is_over_cannot_be_taken_back(arap):
    denied = arap("pep", "POST", "/access/v1/evaluation", about("wipe-host")).json()
    task = arap("pep", "POST", "/access/v1/requests", request_of(denied)).json()["task"]
    seen = arap("ben", "GET", f"/v1/holds/{denied['context']['hold']}").json()
    arap("ben", "POST", f"/v1/holds/{seen['id']}/votes", vote(seen, approve=False))
    answer = arap("pep", "POST", f"/access/v1/requests/{task['id']}/cancel")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "invalid_task_state")


def test_the_profile_is_announced_where_it_is_served(arap):
    told = arap("pep", "GET", "/.well-known/authzen-configuration").json()
    assert told["access_request_endpoint"] == "https://gate.example/access/v1/requests"
    assert told["capabilities"] == ["urn:openid:authzen:capability:access-request"]
