"""What is legal in a policy and looks like a mistake is named, with its place."""

from dataclasses import replace
from typing import Any

import pytest

from detente.gate.lint import lint
from detente.model.charter.vocabulary import (
    ActionKind,
    Argument,
    ArgumentType,
    Condition,
    GroupTerms,
    Objection,
)
from tests.gate.build import ACTIONS, SHIELD, policy


def paths(safeguards: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    return [one.path for one in lint(policy(safeguards, **changes))]


def test_the_charter_of_these_tests_has_no_mistakes() -> None:
    assert paths() == []


@pytest.mark.parametrize(
    ("safeguards", "changes", "path"),
    [
        ({}, {"actions": (*ACTIONS, ActionKind(name="dance", rung="probe", domain="music"))}, "actions.dance.in"),
        ({}, {"systems": (replace(SHIELD, may=("fly",)),)}, "systems.avalon-shield.may"),
        ({}, {"systems": (replace(SHIELD, targets=()),)}, "systems.avalon-shield.targets"),
        ({}, {"reviewed_by": {"borduria": "duty"}}, "reviewed_by.avalon"),
        (
            {},
            {"groups": (GroupTerms(name="watch", people=("ana",), quorum=1), GroupTerms(name="duty", people=("d",)))},
            "reviewed_by.avalon",
        ),
        ({"red-lines": {"forbid": [{"in": "space"}]}}, {}, "safeguards.red-lines.forbid[0].in"),
        ({"red-lines": {"forbid": [{"from": "destroy"}]}}, {}, "safeguards.red-lines.forbid[0].from"),
        ({"confidence-floor": {"floors": {"probe": 1.0}}}, {}, "safeguards.confidence-floor.floors.probe"),
        (
            {"de-escalation-mode": {"trips_at": 2, "within": "1 s", "lasts": "1 h"}},
            {},
            "safeguards.de-escalation-mode",
        ),
        ({"robustness": {"review": 0.5}}, {}, "safeguards.robustness"),
        (
            {},
            {"conditions": (Condition(name="never", when="action.rung > 6", effect=Objection.DENY),)},
            "conditions.never.when",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named_by_its_place(
    safeguards: dict[str, Any], changes: dict[str, Any], path: str
) -> None:
    assert path in paths(safeguards, **changes)


def test_an_exit_that_a_halt_stops_is_named() -> None:
    kinds = tuple(
        replace(kind, undo="wipe-host") if kind.name == "isolate-host" else kind for kind in ACTIONS
    )
    assert paths(actions=kinds) == ["actions.wipe-host.on_halt"]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (
            "action.rung >= rung.signal",
            "is always true (action.rung cannot be otherwise: it lies between 0 and ",
        ),
        ("rung.signal > action.rung", "is never true"),
        ("rung.signal < rung.degrade", "is always true"),
        ("2 > rung.signal", "is always true"),
        ("holds.open < 0", "is never true (holds.open cannot be so: it is 0 or more)"),
        ("action.answers >= 0", "is always true"),
        ("has(trigger.age_s) && trigger.age_s < 0.0", "is never true"),
    ],
)
def test_what_a_fact_can_be_is_known_to_the_linter(when: str, says: str) -> None:
    own = Condition(name="own", when=when, effect=Objection.DENY)
    [found] = map(str, lint(policy(conditions=(own,))))
    assert says in found


@pytest.mark.parametrize(
    "when",
    [
        "action.rung > rung.signal",
        "rung.signal == action.rung",
        "holds.open > 0",
        "has(trigger.age_s) && trigger.age_s <= 0.0",
    ],
)
def test_what_may_be_is_left_alone(when: str) -> None:
    own = Condition(name="own", when=when, effect=Objection.DENY)
    assert list(lint(policy(conditions=(own,)))) == []


@pytest.mark.parametrize(
    "when",
    ["action.arguments.reson == 'x'", "has(action.arguments.reson)", "action.arguments['reson'] == 'x'"],
)
def test_an_argument_that_no_kind_of_action_has_is_found(when: str) -> None:
    kinds = tuple(
        replace(kind, arguments=(Argument(name="reason", type=ArgumentType.TEXT),)) for kind in ACTIONS
    )
    own = Condition(name="own", when=when, effect=Objection.DENY)
    found = [str(one) for one in lint(policy(actions=kinds, conditions=(own,)))]
    assert any("no kind of action has an argument 'reson'; did you mean 'reason'?" in one for one in found)
    right = replace(own, when=when.replace("reson", "reason"))
    assert not any("argument '" in str(one) for one in lint(policy(actions=kinds, conditions=(right,))))
    open_ = (*kinds, replace(kinds[0], name="any", other_arguments=True))
    assert not any("argument '" in str(one) for one in lint(policy(actions=open_, conditions=(own,))))
