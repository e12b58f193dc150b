"""The meter in the gate: a cascade that feeds itself trips de-escalation mode, and what answers nothing does not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.gate.commands import Propose, Report
from detente.gate.entries import Changed
from detente.gate.fold import fold
from detente.gate.handle import handle
from detente.gate.meter import Event, Meter, Settings, crosses, may_cross, observe, read
from detente.gate.modes import mode_at
from detente.gate.policy import Policy
from detente.gate.request import Action, Incident
from detente.gate.state import State
from detente.model.charter.vocabulary import MeterTerms
from tests.gate.build import START, policy, seconds

TERMS = MeterTerms(half_life_s=600.0, level=1.0, confidence=0.9, least_events=10)


def cascade(rules: Policy, incidents: int, *, linked: bool = True) -> tuple[State, list[Changed]]:
    """Each incident is answered by two blocks, and each block brings an incident: from one generation to the next R is the root of 2."""
    state, told, at = State(policy=rules.digest), list[Changed](), 0.0
    waiting: list[str | None] = [None]
    for turn in range(incidents):
        cause, at = waiting.pop(0), at + 1.0
        caused_by = (cause,) if linked and cause is not None else ()
        commands: list[Propose | Report] = [
            Report(
                "avalon-shield", "avalon", Incident(f"i{turn}", "avalon-laptop", "probe", caused_by=caused_by)
            )
        ]
        for place in range(2):
            answers = (f"i{turn}",) if linked else ()
            action = Action(f"a{turn}-{place}", "avalon-laptop", "block-address", in_response_to=answers)
            commands.append(Propose("avalon-shield", action))
            waiting.append(action.id)
        for command in commands:
            done = handle(state, command, rules, seconds(at))
            assert done.entry is not None
            assert fold(state, done.entry, rules) == done.state
            state = done.state
            told += done.entry.changed  # type: ignore[union-attr]
    return state, told


def test_a_cascade_that_feeds_itself_trips_the_mode_and_says_why() -> None:
    state, told = cascade(policy(meter=TERMS), 20)
    assert mode_at(state, "overall").mode == "de-escalation"
    assert {change.of for change in told} >= {"overall", "compartment:west-cyber"}
    assert told[0].cause.startswith("R ")
    assert "P(R >= 1) =" in told[0].cause


def test_the_same_traffic_without_answers_does_not() -> None:
    state, told = cascade(policy(meter=TERMS), 20, linked=False)
    assert (mode_at(state, "overall").mode, told) == ("normal", [])


def test_it_only_measures_where_the_charter_says_so() -> None:
    state, _ = cascade(policy(meter=MeterTerms(half_life_s=600.0, least_events=10, trips=False)), 20)
    assert mode_at(state, "overall").mode == "normal"


def test_before_it_has_seen_enough_it_trips_nothing() -> None:
    state, _ = cascade(policy(meter=TERMS), 3)
    assert mode_at(state, "overall").mode == "normal"


@given(
    gaps=st.lists(st.tuples(st.floats(0.001, 30.0), st.integers(0, 5)), min_size=1, max_size=40),
    level=st.floats(0.2, 3.0),
    says=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_the_quick_look_never_misses_what_the_meter_would_trip(
    gaps: list[tuple[float, int]], level: float, says: bool
) -> None:
    how = Settings(half_life_s=60.0)
    meter, at = Meter.empty(how), START
    for n, (gap, back) in enumerate(gaps):
        at += round(gap * 1e9)
        parents = (f"e{n - back}",) if 0 < back <= n else () if says else None
        meter = observe(meter, Event(f"e{n}", at, "avalon", "it", parents), how)
        for scope in (("overall",), ("compartment", "it")):
            if crosses(read(meter, scope, at, how), level, 0.5):
                assert may_cross(meter, scope, at, how, level)
