"""One command, one entry: what is recorded, and that folding it gives the same state."""

import pytest

from detente.errors import UnknownError
from detente.gate.commands import Attribute, Command, Propose, Report
from detente.gate.entries import decode, encode
from detente.gate.fold import fold
from detente.gate.handle import Handled, handle
from detente.gate.policy import Policy
from detente.gate.request import Action, Attribution, Incident
from detente.gate.state import State
from tests.gate.build import START, policy, seconds

BLOCK = Propose("avalon-shield", Action("a1", "avalon-laptop", "block-address"), nonce=7)
HARM = Report("avalon-shield", "avalon", Incident("i1", "avalon-laptop", "disrupt"))
BLAME = Attribute("consortium", Attribution("i1", "borduria", 0.9))


def handled(state: State, command: Command, rules: Policy, now: int) -> Handled:
    """Handle a command, and see that its entry alone gives the same state."""
    answer = handle(state, command, rules, now)
    if answer.entry is None:
        assert answer.state is state
    else:
        assert decode(encode(answer.entry)) == answer.entry
        assert fold(state, answer.entry, rules) == answer.state
    return answer


def test_every_command_is_recorded_with_its_time() -> None:
    state, rules = State(), policy()
    for place, command in enumerate((BLOCK, HARM, BLAME)):
        answer = handled(state, command, rules, seconds(place))
        assert answer.entry is not None
        assert answer.entry.at == answer.state.now == seconds(place)
        state = answer.state


@pytest.mark.parametrize("command", [BLOCK, HARM])
def test_what_is_asked_twice_is_recorded_once(command: Command) -> None:
    rules = policy()
    first = handled(State(), command, rules, START)
    assert handled(first.state, command, rules, seconds(5)).entry is None


def test_time_never_goes_back() -> None:
    rules = policy()
    state = handled(State(), BLOCK, rules, START).state
    late = handled(state, HARM, rules, 0)
    assert late.entry is not None
    assert late.entry.at == late.state.now == START


def test_an_attribution_of_what_is_not_known_changes_nothing() -> None:
    with pytest.raises(UnknownError, match="expected an incident that was reported"):
        handle(State(), BLAME, policy(), START)
