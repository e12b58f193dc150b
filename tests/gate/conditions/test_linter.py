"""Conditions that say less than they seem to, and conditions that are sound and must not be told of."""

import random

import pytest

from detente.errors import PolicyError
from detente.gate.conditions.linter import Verdict, lint
from detente.gate.conditions.loader import Failure, load
from tests.gate.conditions.generate import SCHEMA as GENERATED
from tests.gate.conditions.generate import Writer, facts
from tests.gate.conditions.schema import SCHEMA


def findings(text, schema=SCHEMA):
    return lint(load({"n": text}, schema))


@pytest.mark.parametrize(
    ("text", "part", "why"),
    [
        ("1 == 2", "(1 == 2)", ""),
        ("false", "false", ""),
        ("action.rung != action.rung", "(action.rung != action.rung)", "equal to itself"),
        ("action.rung < action.rung", "(action.rung < action.rung)", "equal to itself"),
        ("action.rung >= 5 && action.rung < 3", "((action.rung >= 5) && (action.rung < 3))", "cannot be so"),
        ("action.rung > 3 && action.rung < 4", "((action.rung > 3) && (action.rung < 4))", "cannot be so"),
        ("5 <= action.rung && 3 > action.rung", "((5 <= action.rung) && (3 > action.rung))", "cannot be so"),
        ("action.rung > 6", "(action.rung > 6)", "between 0 and 6"),
        ("now.hour == 24", "(now.hour == 24)", "between 0 and 23"),
        ("now.hour in [24, 25]", "(now.hour in [24, 25])", "between 0 and 23"),
        ("now.hour > 22 && now.hour != 23", "((now.hour > 22) && (now.hour != 23))", "between 0 and 23"),
        # The automation that nobody saw switched off: gate-anchors, section 7.
        (
            "has(premise.confidence) && premise.confidence > 1.01",
            "(has(premise.confidence) && (premise.confidence > 1.01))",
            "between 0.0 and 1.0",
        ),
        ('mode == "a" && mode == "b"', '((mode == "a") && (mode == "b"))', "cannot be so"),
        (
            'mode == "a" && !(mode in ["a", "b"])',
            '((mode == "a") && !((mode in ["a", "b"])))',
            "cannot be so",
        ),
        (
            'action.name != "block-ip" && !(action.name in ["isolate-host", "restart-plc"])',
            '((action.name != "block-ip") && !((action.name in ["isolate-host", "restart-plc"])))',
            "cannot be so",
        ),
        ("action.reversible && !action.reversible", "(action.reversible && !(action.reversible))", "both"),
        ("meter.r > 0.5 && !(meter.r >= 0.5)", "((meter.r > 0.5) && !((meter.r >= 0.5)))", "cannot be so"),
        ("action.rung < now.hour && now.hour < action.rung", None, "cannot be so"),
        (
            'now.at < timestamp("2026-01-01T00:00:00Z") && now.at > timestamp("2027-01-01T00:00:00Z")',
            None,
            "cannot be",
        ),
        ("!has(action.name)", "!(has(action.name))", "always there"),
        ("(action.rung > 3 && action.rung < 2) || (now.hour > 3 && now.hour < 2)", None, "; "),
        ("action.rung > 3 ? action.rung < 2 : action.rung > 4", None, "cannot be so"),
        ('mode == "a" || 1 == 2', "(1 == 2)", ""),
        ('hosts.exists(h, h.name == "a" && h.name == "b")', None, "cannot be so"),
    ],
)
def test_never(text, part, why):
    (finding,) = findings(text)
    assert finding.verdict is Verdict.NEVER
    assert finding.name == "n"
    assert part is None or finding.part == part
    assert why in finding.why


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1 == 1", "(1 == 1)"),
        ("true", "true"),
        ("mode == mode", "(mode == mode)"),
        ("now.hour < 24", "(now.hour < 24)"),
        ("now.hour > 5 || now.hour <= 5", "((now.hour > 5) || (now.hour <= 5))"),
        ("!has(premise.confidence) || premise.confidence <= 1", None),
        ("has(action.name)", "has(action.name)"),
        ("action.reversible || !action.reversible", None),
        ('action.name in ["block-ip", "isolate-host", "restart-plc"]', None),
        ('mode == "a" && [1, 2].exists(x, x > 1)', "[1, 2].exists(x, (x > 1))"),
    ],
)
def test_always(text, part):
    (finding,) = findings(text)
    assert finding.verdict is Verdict.ALWAYS
    assert part is None or finding.part == part


def test_a_condition_that_always_fails():
    (finding,) = findings("1 / 0 == 1 && action.rung > 3")
    assert finding.verdict is Verdict.ERROR
    assert str(finding) == "n: ((1 / 0) == 1) at column 7 is always an error (a division by zero)"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("action.arguments.count > 5", "action.arguments.count"),
        ("action.rung > 3 && counts.a > 1", "counts.a"),
        ("has(action.arguments.deep) && action.arguments.deep.a == 1", "action.arguments.deep.a"),
        ("has(action.arguments.a) || action.arguments.a == 1", "action.arguments.a"),
    ],
)
def test_a_free_form_member_that_nothing_makes_sure_of(text, part):
    (finding,) = findings(text)
    assert finding.verdict is Verdict.MAY_FAIL
    assert finding.part == part


@pytest.mark.parametrize(
    "text",
    [
        "action.rung > 2",
        "action.rung >= 5 && action.rung < 6",
        "action.rung > 3 || action.rung < 2",
        "now.hour == 23",
        "premise_free == 1".replace("premise_free", "now.hour"),
        "has(premise.confidence) && premise.confidence > 0.99",
        'mode == "a" || mode == "b"',
        'mode != "a" && mode != "b"',
        "action.rung > 3 && true",
        "meter.r > 0.5 && meter.r < 0.6",
        "meter.r >= 0.5 && meter.r <= 0.5",
        "action.rung < now.hour && now.hour > action.rung",
        "has(action.arguments.count) && action.arguments.count > 5",
        '(!has(action.arguments.count) ? false : action.arguments.count == 1) && action.target != "x"',
        "has(action.arguments.x) && action.arguments.x == 1 && action.arguments.x != true",
        " && ".join(f'(mode == "a{number}" || action.rung == {number % 7})' for number in range(12)),
    ],
)
def test_sound_conditions_are_left_alone(text):
    assert findings(text) == ()


def test_several_lines_and_several_conditions():
    found = lint(
        load({"one": "action.rung > 3\n&& 1 == 1", "two": "action.rung > 2", "three": "1 == 2"}, SCHEMA)
    )
    assert [(finding.name, finding.where) for finding in found] == [
        ("one", "at line 2, column 6"),
        ("three", "at column 3"),
    ]


def test_what_is_said_to_be_never_so_never_is():
    """Sound: of random conditions, none that is called always or never comes out otherwise for random facts."""
    chance = random.Random(7)
    judged = 0
    for _ in range(1500):
        text = Writer(chance).bool(chance.choice([1, 2]))
        try:
            conditions = load({"n": text}, GENERATED)
        except PolicyError:
            continue
        tree = conditions.trees["n"]
        for finding in lint(conditions):
            if finding.part != whole(tree) or finding.verdict is Verdict.MAY_FAIL:
                continue
            judged += 1
            for _ in range(8):
                (outcome,) = conditions.evaluate(facts(chance))
                expected = {Verdict.ALWAYS: True, Verdict.NEVER: False}.get(finding.verdict)
                # Not a number is not equal to itself, which no one means who writes x == x.
                may_be_nan = "meter.r" in text or "weights" in text or "confidence" in text
                assert isinstance(outcome, Failure) or outcome is expected or may_be_nan, (
                    text,
                    finding,
                    outcome,
                )
    assert judged > 50


def whole(tree):
    from detente.gate.conditions.printer import printed

    return printed(tree)
