"""A decision in words."""

from detente.gate.decide import decide
from detente.gate.request import Action
from detente.gate.state import State
from detente.gate.telling import told
from tests.gate.build import START, policy

BLOCK = Action("a1", "avalon-laptop", "block-address")
OTHER = Action("a1", "avalon-laptop", "release-host")


def test_an_id_used_for_something_else_is_not_told_as_an_answer_that_stands_for_it() -> None:
    rules = policy()
    _, state = decide(State(), BLOCK, rules, START, system="avalon-shield")
    again, _ = decide(state, BLOCK, rules, START, system="avalon-shield")
    other, _ = decide(state, OTHER, rules, START, system="avalon-shield")
    assert "  asked before: the answer stands" in list(told(again))
    lines = list(told(other))
    assert lines[0] == "DENY  a1, proposed by avalon-shield"
    assert "  the answer that was given under this id stands: e1" in lines
    assert "  asked before: the answer stands" not in lines


def test_nothing_in_it_obeys_a_terminal() -> None:
    strange = Action("a1", "\x1b[31mlaptop\u202e", "block-address")
    decision, _ = decide(State(), strange, policy(), START, system="avalon-shield")
    text = "\n".join(told(decision, everything=True))
    assert "\\x1b[31mlaptop\\u202e" in text
    assert "\x1b" not in text


def test_in_brief_only_the_answer_and_what_speaks_against_it() -> None:
    decision, _ = decide(
        State(), Action("a1", "nowhere", "block-address"), policy(), START, system="avalon-shield"
    )
    assert list(told(decision, brief=True)) == [
        "DENY  a1",
        "  deny      identity: the charter has no system or asset nowhere",
    ]
