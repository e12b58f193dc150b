"""A rehearsal: every kind of request, by the stream's own clock, and streams that make no sense."""

from typing import Any

import pytest
from msgspec import json

from detente.errors import GateError
from detente.gate.rehearsal import Rehearsed, read_stream, rehearse
from tests.gate.build import policy

REVIEW = {
    "shared-attribution": {"verdict": "1 h", "accuracy": 0.9},
    "human-on-the-loop": {
        "from": "degrade", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0,
    },
}  # fmt: skip


DEEP = (
    b'{"at": "2026-11-27T20:00:00Z", "propose": {"system": "s", "action": {"id": "x", "target": "t", "arguments": {"a": '
    + b"[" * 100_000
)


def wipe(name: str, **changes: Any) -> dict[str, Any]:
    action = {
        "id": name,
        "target": "avalon-laptop",
        "action": "wipe-host",
        "premise": {"blames": "borduria", "confidence": 0.9},
    } | changes
    return {"propose": {"system": "avalon-shield", "action": action}}


def played(*requests: dict[str, Any], every_s: int = 1) -> Rehearsed:
    lines = [
        json.encode(
            {
                "at": f"2026-11-27T{20 + n * every_s // 3600:02}:{n * every_s // 60 % 60:02}:{n * every_s % 60:02}Z"
            }
            | one
        )
        for n, one in enumerate(requests)
    ]
    return rehearse(policy(REVIEW), read_stream(lines, "stream"), keep=True)


def vote(person: str, hold: str = "h1") -> dict[str, Any]:
    return {"vote": {"by": person, "hold": hold, "approve": True, "reason": "seen"}}


def order(by: str, **fields: Any) -> dict[str, Any]:
    return {"by": by, "order": fields}


def test_votes_let_an_action_go_and_its_outcome_is_taken() -> None:
    outcome = {"outcome": {"by": "avalon-shield", "outcome": {"action": "w", "status": "done"}}}
    came_to = played(wipe("w"), vote("ben"), vote("cleo"), wipe("w"), outcome)
    assert (came_to.effects, came_to.refused) == ({"hold": 1, "allow": 1}, [])
    assert [decision.effect for decision in came_to.decisions] == ["hold", "allow"]
    assert [(number, change.after) for number, change in came_to.changed] == [(3, "approved")]


def test_every_other_request_has_its_effect() -> None:
    sighting = {
        "report": {
            "by": "avalon-shield",
            "incident": {"id": "i1", "at_system": "avalon-laptop", "rung": "probe"},
        }
    }
    finding = {"attribute": {"by": "c", "attribution": {"incident": "i1", "author": None, "confidence": 0.9}}}
    came_to = played(
        sighting,
        wipe("w", in_response_to=["i1"]),
        finding,
        wipe("v"),
        {"cancel": {"by": "avalon-shield", "hold": "h2", "reason": "over"}},
        {"judge": {"by": "cleo", "judgement": {"action": "v", "agrees": True, "reason": "right"}}},
        {"mode": order("ben", mode="guarded", reason="busy")},
        {"kill": order("ben", reason="drill")},
        {"phase": order("ben", system="avalon-shield", action="wipe-host", phase="shadow", reason="new")},
    )
    assert came_to.refused == []
    assert [(number, change.of, change.after) for number, change in came_to.changed] == [
        (3, "h1", "cancelled"),
        (5, "h2", "cancelled"),
        (7, "overall", "guarded"),
        (8, "overall", "halted"),
        (9, "avalon-shield wipe-host", "shadow"),
    ]


def test_what_comes_due_between_two_requests_happens_there() -> None:
    came_to = played(wipe("w"), wipe("v"), every_s=3600)
    assert [(number, change.after) for number, change in came_to.changed] == [(2, "expired")]


def test_what_makes_no_sense_is_told_with_its_line() -> None:
    came_to = played(vote("ben", "h9"), wipe("w"))
    assert [number for number, _ in came_to.refused] == [1]
    assert "h9" in came_to.refused[0][1]


def test_a_reason_of_blanks_is_none() -> None:
    order = {"by": "olga", "order": {"mode": "guarded", "reason": "  "}}
    came_to = played({"mode": order})
    assert came_to.refused == [(1, "reason: found nothing but blanks, expected a reason")]
    assert came_to.changed == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "stream:1: "),
        (b'{"at": "2026-11-27T20:00:00"}', "expected a time with its zone"),
        (b'{"at": "2026-11-27T20:00:00Z"}', "found 0 requests, expected exactly one"),
        (
            b'{"at": "2026-11-27T20:00:00Z", "kill": {"by": "a", "order": {"reason": "x"}, "colour": 1}}',
            "unknown field",
        ),
        (DEEP, "nested too deeply"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(GateError, match=said):
        list(read_stream([text], "stream"))


def test_a_stream_does_not_go_back_in_time() -> None:
    lines = [json.encode({"at": at} | wipe("w")) for at in ("2026-11-27T20:00:01Z", "2026-11-27T20:00:00Z")]
    with pytest.raises(GateError, match=r"stream:2: at: found .*, expected no time before"):
        list(read_stream(lines, "stream"))
