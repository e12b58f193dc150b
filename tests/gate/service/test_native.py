"""The native API: what is answered, to whom, and as which status."""

import asyncio
import hashlib

import pytest

from detente.errors import LedgerError
from detente.gate.decision import Decision
from detente.gate.service.call import Settings
from detente.gate.service.views import decision_view
from tests.gate.service.build import (
    REVIEWED,
    START,
    Clock,
    action,
    calling,
    held,
    policy,
    vote,
)


def test_an_allowed_action(ask):
    answer = ask("avalon-shield", "POST", "/v1/actions", action("a1"), x_request_id="r-1")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["effect"], told["action"], told["system"]) == ("allow", "a1", "avalon-shield")
    assert told["at"].startswith("2025-11-24T16:00:00")
    assert told["obligations"] == ["report-outcome", "keep-undo"]
    assert "nonce" not in told
    assert "clock" not in told
    assert answer.headers["x-request-id"] == "r-1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_denial_is_an_answer(ask):
    answer = ask("avalon-shield", "POST", "/v1/actions", action("a1", target="nowhere"))
    assert (answer.status_code, answer.json()["effect"]) == (200, "deny")
    assert "entry under" in answer.json()["reasons"][0]["otherwise"]


def test_a_throttle_says_when_to_come_back():
    with calling(decides=policy({"throttle": {"rate": "1 /min", "burst": 1}})) as ask:
        ask("avalon-shield", "POST", "/v1/actions", action("a1"))
        answer = ask("avalon-shield", "POST", "/v1/actions", action("a2"))
        assert answer.json()["effect"] == "throttle"
        assert answer.headers["retry-after"] == "60"
        assert answer.json()["retry_after_s"] == pytest.approx(60.0)
        assert answer.json()["retry_at"] == "2025-11-24T16:01:00Z"


def test_asked_again_it_is_the_same_answer(ask):
    first = ask("avalon-shield", "POST", "/v1/actions", action("a1")).json()
    again = ask("avalon-shield", "POST", "/v1/actions", action("a1")).json()
    assert again.pop("repeated") is True
    assert again == first
    assert ask.desk.gate.size == 1
    assert (
        ask("avalon-shield", "POST", "/v1/actions", action("a1", target="avalon-turbine")).json()["effect"]
        == "deny"
    )


def test_a_word_that_is_none_of_those_expected_is_told_with_them(ask):
    answer = ask("avalon-shield", "POST", "/v1/outcomes", {"action": "a1", "status": "finished"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "invalid enum value 'finished' - at `$.status`; expected done, failed or rolled-back"
    )
    other = ask("avalon-shield", "POST", "/v1/outcomes", {"action": 1, "status": "done"})
    assert other.json()["detail"] == "expected a text, found a whole number - at `$.action`"


@pytest.mark.parametrize("body", [b'{"id": "a1", "x\xff": 1}', b'{"id": "a", "\xff": 1}'])
def test_a_byte_that_is_not_utf_8_is_told_with_its_place_in_the_body(ask, body):
    detail = ask("avalon-shield", "POST", "/v1/actions", raw=body).json()["detail"]
    assert detail == (
        f"the body is not JSON: found the byte 0xff, which is not UTF-8, at offset {body.index(0xFF)}"
    )


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"id": "a1", "id": "a2", "target": "avalon-laptop", "action": "release-host"}', "id"),
        (
            b'{"id": "a1", "target": "avalon-laptop", "action": "release-host", "arguments": {"x": 1e3, "x": 2}}',
            "x",
        ),
        (b'{"id": "a1", "target": "avalon-laptop", "action": "release-host", "\\u0069d": "a2"}', "id"),
    ],
)
def test_a_key_given_twice_is_not_for_us_to_choose_from(ask, body, key):
    answer = ask("avalon-shield", "POST", "/v1/actions", raw=body)
    assert (answer.status_code, answer.json()["detail"]) == (
        400, f"found the key {key!r} a second time in one object",
    )  # fmt: skip
    assert ask.desk.gate.size == 0


@pytest.mark.parametrize("reason", [" ", "\t\n", "\xa0"])
def test_a_reason_of_blanks_is_none(reviewed, reason):
    hold = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]
    seen = reviewed("ben", "GET", hold["url"]).json()
    phase = {"system": "avalon-shield", "action": "isolate-host", "phase": "supervised"}
    size = reviewed.desk.gate.size
    for who, path, body in (
        ("ben", f"{hold['url']}/votes", vote(seen)),
        ("ben", "/v1/judgements", {"action": "w1", "agrees": True}),
        ("olga", "/v1/mode", {"mode": "guarded"}),
        ("olga", "/v1/kill", {}),
        ("olga", "/v1/phases", phase),
    ):
        answer = reviewed(who, "POST", path, body | {"reason": reason})
        assert answer.status_code == 400
        assert answer.json()["detail"] == "reason: found nothing but blanks, expected a reason"
    assert reviewed("olga", "DELETE", f"{hold['url']}?reason=%20").status_code == 400
    assert reviewed.desk.gate.size == size


def test_two_people_approve_what_is_held(reviewed):
    told = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()
    assert told["effect"] == "hold"
    url = told["hold"]["url"]
    seen = reviewed("ben", "GET", url).json()
    assert hashlib.sha256(seen["canonical"].encode()).hexdigest() == seen["digest"] == told["digest"]
    assert seen["action"] == held()
    assert reviewed("ben", "POST", f"{url}/votes", vote(seen)).json()["status"] == "pending"
    assert reviewed("cleo", "POST", f"{url}/votes", vote(seen)).json()["status"] == "approved"
    assert reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["effect"] == "allow"
    assert reviewed("avalon-shield", "GET", url).json()["used_by"]
    explained = reviewed("audrey", "GET", "/v1/explain?id=w1").json()["decision"]
    assert [one for one in explained["reasons"] if one["rule"] == "approval"]


def test_a_long_poll_answers_when_people_have_decided(reviewed):
    url = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]
    seen = reviewed("ben", "GET", url).json()

    async def both():
        reviewed.desk.changes.begin()
        waiting = asyncio.ensure_future(reviewed.ask("avalon-shield", "GET", f"{url}?wait=50"))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await reviewed.ask("ben", "POST", f"{url}/votes", vote(seen, approve=False))
        return await waiting

    assert reviewed.loop.run_until_complete(both()).json()["status"] == "denied"


def test_a_long_poll_ends(reviewed):
    url = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]
    assert reviewed("avalon-shield", "GET", f"{url}?wait=0.05").json()["status"] == "pending"
    for wait in ("61", "-1", "nan", "inf", "x", ""):
        assert reviewed("avalon-shield", "GET", f"{url}?wait={wait}").status_code == 400, wait


def test_a_hold_is_taken_back_by_who_asked_or_an_operator(reviewed):
    url = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]
    assert reviewed("borduria-shield", "DELETE", f"{url}?reason=x").status_code == 404
    assert reviewed("ben", "DELETE", f"{url}?reason=x").status_code == 403
    assert reviewed("avalon-shield", "DELETE", url).status_code == 400
    assert reviewed("avalon-shield", "DELETE", f"{url}?reason=over").json()["status"] == "cancelled"


def test_a_kill_counts_for_the_next_decision_and_is_released_by_another(ask):
    killed = ask("olga", "POST", "/v1/kill", {"reason": "enough"}).json()
    assert (killed["most"], killed["modes"][0]["scope"]) == ("halted", "overall")
    mild = {"id": "m1", "target": "avalon-laptop", "action": "block-address"}
    assert ask("avalon-shield", "POST", "/v1/actions", mild).json()["effect"] == "deny"
    assert ask("avalon-shield", "POST", "/v1/actions", action("exit")).json()["effect"] == "allow"
    ask.desk.gate._course._clock.now += 10**12
    up = {"mode": "de-escalation", "reason": "looked into it"}
    assert ask("olga", "POST", "/v1/mode", up).status_code == 403
    assert ask("otto", "POST", "/v1/mode", up).json()["most"] == "de-escalation"
    assert ask("ben", "GET", "/v1/mode").json()["modes"][0]["cause"]


def test_phases(ask):
    order = {"system": "avalon-shield", "action": "isolate-host", "phase": "supervised", "reason": "for now"}
    assert ask("olga", "POST", "/v1/phases", order).json()["phase"] == "supervised"
    own = {one["action"]: one for one in ask("avalon-shield", "GET", "/v1/phases").json()["phases"]}
    assert (own["isolate-host"]["phase"], "since" in own["isolate-host"]) == ("supervised", True)
    others = ask("borduria-shield", "GET", "/v1/phases").json()["phases"]
    assert {one["system"] for one in others} == {"borduria-shield"}
    assert not any("since" in one for one in others)
    promotion = ask("olga", "POST", "/v1/phases", order | {"phase": "autonomous"})
    assert promotion.status_code == 403
    assert promotion.headers["content-type"] == "application/problem+json"


def test_before_anything_is_recorded_phases_are_those_of_the_charter(ask):
    rules = ask.desk.gate.policy
    shown = ask("audrey", "GET", "/v1/phases").json()["phases"]
    assert [one["system"] for one in shown] == sorted(one["system"] for one in shown)
    assert {one["system"] for one in shown} == set(rules.systems)
    assert all(one["phase"] == rules.systems[one["system"]].phase.value for one in shown)


def test_attributions_and_judgements(ask):
    ask("avalon-shield", "POST", "/v1/incidents", {"id": "i1", "at_system": "avalon-laptop", "rung": "probe"})
    found = {"incident": "i1", "author": "borduria", "confidence": 0.9}
    assert ask("olga", "POST", "/v1/attributions", found).status_code == 202
    assert ask("olga", "POST", "/v1/attributions", found | {"incident": "i2"}).status_code == 404
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    judged = ask("ben", "POST", "/v1/judgements", {"action": "a1", "agrees": True, "reason": "right"})
    assert judged.status_code == 202, judged.text
    assert (judged.json()["action"], judged.json()["judged"]) == ("release-host", 1)


def test_what_the_gate_refuses_is_a_problem(reviewed):
    url = reviewed("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]
    seen = reviewed("ben", "GET", url).json()
    wrong = reviewed("ben", "POST", f"{url}/votes", vote(seen) | {"digest": "0" * 64}, x_request_id="r-7")
    problem = wrong.json()
    assert (wrong.status_code, problem["type"], problem["status"]) == (409, "/problems/conflict", 409)
    assert problem["instance"] == "r-7"
    assert "look at it again" in problem["detail"]


def test_an_incident_under_the_id_of_an_action_is_a_conflict(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    found = {"id": "a1", "at_system": "avalon-laptop", "rung": "probe"}
    taken = ask("avalon-shield", "POST", "/v1/incidents", found)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/conflict")
    assert "an incident needs an id of its own" in taken.json()["detail"]


def test_a_time_without_its_zone_is_no_time(ask):
    found = {"id": "i1", "at_system": "avalon-laptop", "rung": "probe", "observed_at": "2026-11-28T09:00:00"}
    answer = ask("avalon-shield", "POST", "/v1/incidents", found)
    assert answer.status_code == 400
    assert "a time with its time zone" in answer.json()["detail"]
    assert (
        ask(
            "avalon-shield", "POST", "/v1/incidents", found | {"observed_at": "2026-11-28T09:00:00Z"}
        ).status_code
        == 202
    )


def test_no_record_no_answer(ask, monkeypatch):
    def full(*_):
        raise LedgerError("No space left on device")

    monkeypatch.setattr(ask.desk.gate._record, "append", full)
    monkeypatch.setattr(ask.desk.gate._record, "recover", full)
    answer = ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    assert answer.status_code == 503
    assert "no durable record" in answer.json()["detail"]
    assert ask("audrey", "GET", "/healthz").status_code == 503


def test_a_stop_on_a_full_disk_stands_and_is_shown(ask, monkeypatch):
    def full(*_):
        raise LedgerError("/srv/gate/ledger/journal: the disk does not take it")

    monkeypatch.setattr(ask.desk.gate._record, "append", full)
    monkeypatch.setattr(ask.desk.gate._record, "recover", full)
    for _ in range(2):
        stopped = ask("olga", "POST", "/v1/kill", {"reason": "enough"})
        assert (stopped.status_code, stopped.json()["type"]) == (503, "/problems/unrecorded-stop")
        assert "it stands, and could not be recorded: touch KILL" in stopped.json()["detail"]
        modes = ask("audrey", "GET", "/v1/mode").json()
        assert modes["most"] == "halted"
        assert modes["modes"][0]["cause"] == "olga: enough; not recorded yet"
    assert 'detente_gate_mode{scope="overall"} 3' in ask("audrey", "GET", "/metrics").text
    action_of = {
        "avalon-shield": ("/v1/actions", action("a1")),
        "olga": ("/v1/mode", {"mode": "guarded", "reason": "x"}),
    }
    details = {who: ask(who, "POST", path, body).json()["detail"] for who, (path, body) in action_of.items()}
    assert details["avalon-shield"] == "no durable record, so no action"
    assert "/srv/gate/ledger/journal" in details["olga"], "whoever runs the gate is told what ails it"


def test_a_failure_of_ours_tells_nothing(ask, monkeypatch, caplog):
    async def fails(_):
        raise RuntimeError("a secret place on the disk")

    monkeypatch.setattr(ask.desk.gate, "asked", fails)
    answer = ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["instance"] in caplog.text
    assert "a secret place" in caplog.text
    assert "dtt_" not in caplog.text


def test_requests_are_limited_for_each_identity():
    from detente.gate.service.rates import Rate

    with calling(settings=Settings(people=Rate(60.0, 3))) as ask:
        codes = [ask("audrey", "GET", "/v1/mode").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert ask("olga", "GET", "/v1/mode").status_code == 200
        assert int(ask("audrey", "GET", "/v1/mode").headers["retry-after"]) == 1


def test_looking_too_often_keeps_nobody_from_stopping_everything():
    from detente.gate.service.rates import Rate

    with calling(settings=Settings(people=Rate(60.0, 2))) as ask:
        looks = [ask("olga", "GET", "/v1/mode").status_code for _ in range(3)]
        assert looks == [200, 200, 429]
        kills = [ask("olga", "POST", "/v1/kill", {"reason": "enough"}).status_code for _ in range(3)]
        assert kills == [200, 200, 429]
        assert ask("olga", "GET", "/v1/kill").status_code == 429  # only the order itself has room of its own
        assert ask("otto", "GET", "/v1/mode").status_code == 200


def test_a_system_is_limited_as_the_charter_says():
    from dataclasses import replace

    from tests.gate.build import RIVAL, SHIELD

    slow = replace(SHIELD, per_minute=60.0, burst=2)
    with calling(decides=policy(systems=(slow, RIVAL))) as ask:
        codes = [ask("avalon-shield", "POST", "/v1/actions", action(f"a{n}")).status_code for n in range(3)]
        assert codes == [200, 200, 429]
        assert ask.desk.gate.size == 2  # what is turned away is neither decided nor recorded


def test_strangers_are_limited(ask):
    codes = {ask(None, "GET", "/v1/mode").status_code for _ in range(121)}
    assert codes == {401, 429}
    assert ask("audrey", "GET", "/v1/mode").status_code == 200


def test_the_policy_and_the_metrics(ask):
    ask("avalon-shield", "POST", "/v1/actions", action("a1"))
    ask("avalon-shield", "POST", "/v1/actions", action("a2", target="nowhere"))
    assert ask("audrey", "GET", "/v1/policy").json()["digest"] == ask.desk.gate.policy.digest
    text = ask("audrey", "GET", "/metrics").text
    assert 'detente_gate_decisions_total{effect="allow"} 1' in text
    assert 'detente_gate_objections_total{rule="identity"} 1' in text
    assert 'detente_gate_decision_seconds_bucket{le="+Inf"} 2' in text
    assert "avalon-shield" not in text


def test_metrics_can_be_parsed():
    """Against the format itself: every line a comment or `name{labels} number`, one TYPE for each name."""
    import re

    with calling(decides=policy(REVIEWED)) as ask:
        ask("avalon-shield", "POST", "/v1/actions", held())
        ask("olga", "POST", "/v1/kill", {"reason": "enough"})
        types = set()
        for line in ask("audrey", "GET", "/metrics").text.splitlines():
            if line.startswith("#"):
                if line.startswith("# TYPE"):
                    assert line.split()[2] not in types
                    types.add(line.split()[2])
                continue
            assert re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"\})? (-?[0-9.e+]+)', line), line
        assert "detente_gate_mode" in types


def test_the_meter(ask):
    ask("avalon-shield", "POST", "/v1/incidents", {"id": "i1", "at_system": "avalon-laptop", "rung": "probe"})
    for number in range(3):
        ask("avalon-shield", "POST", "/v1/actions", action(f"a{number}", in_response_to=["i1"]))
    told = ask("audrey", "GET", "/v1/meter").json()
    overall = told["estimates"][0]
    assert (overall["scope"], overall["method"]) == ("overall", "links")
    assert overall["events"] == pytest.approx(4.0)
    assert overall["low"] <= overall["value"] <= overall["high"]
    assert any("west-cyber" in one["scope"] for one in told["estimates"])


def test_every_group_has_a_sample_of_what_waits_from_the_start(ask):
    text = ask("audrey", "GET", "/metrics").text
    for group in ask.desk.gate.policy.groups:
        assert f'detente_gate_holds_pending{{group="{group}"}} 0\n' in text


def test_a_clock_that_goes_back_keeps_no_hold_open():
    clock = Clock()
    with calling(decides=policy(REVIEWED), clock=clock) as ask:
        url = ask("avalon-shield", "POST", "/v1/actions", held()).json()["hold"]["url"]
        seen = ask("ben", "GET", url).json()
        clock.now = START + 3600 * 10**9
        ask("avalon-shield", "POST", "/v1/actions", action("later"))
        clock.now = START + 1
        late = ask("ben", "POST", f"{url}/votes", vote(seen))
        assert late.status_code == 409, late.text
        assert ask("avalon-shield", "POST", "/v1/actions", held()).json()["effect"] == "deny"


def test_the_time_to_come_back_is_never_too_early():
    decision = Decision(
        "e1",
        "a1",
        "s",
        "throttle",
        (),
        "normal",
        "",
        "p",
        1_764_000_000_000_000_000,
        retry_at=1_764_000_000_000_000_001,
    )
    served = decision_view(decision)
    assert served.retry_at is not None
    assert served.retry_at.microsecond == 1
    assert served.retry_after_s == 1e-9
