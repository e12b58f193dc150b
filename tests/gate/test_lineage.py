"""Of whom an attribution speaks: of what spread from an incident, and not of what others did because of it."""

import pytest

from detente.errors import ConflictError, GateError
from detente.gate.decide import decide
from detente.gate.incidents import attribute, report
from detente.gate.policy import Policy
from detente.gate.request import Action, Attribution, Incident, Premise
from detente.gate.state import State
from tests.gate.build import policy, seconds
from tests.gate.desk import Desk

SHARED = {"shared-attribution": {"verdict": "6 h", "accuracy": 0.95}}


def told(rules: Policy) -> State:
    """An accident that spreads, avalon's answer to it, and what that answer brings about for borduria."""
    state = State()
    for number, incident in enumerate(
        (
            Incident("outage", "avalon-laptop", "disrupt"),
            Incident("spread", "avalon-turbine", "disrupt", caused_by=("outage",)),
        )
    ):
        _, state = report(state, incident, rules, seconds(number), actor="avalon")
    answer = Action(
        "strike",
        "borduria-launcher",
        "block-address",
        premise=Premise("borduria", 0.9),
        in_response_to=("outage",),
    )
    decision, state = decide(state, answer, rules, seconds(2), system="avalon-shield")
    assert decision.effect == "allow"
    struck = Incident("struck", "borduria-launcher", "disrupt", caused_by=("strike",))
    _, state = report(state, struck, rules, seconds(3), actor="borduria")
    return attribute(state, Attribution("outage", None, 0.95), rules, seconds(4))[1]


@pytest.mark.parametrize(
    ("system", "blames", "answers", "effect"),
    [
        ("avalon-shield", "borduria", "outage", "deny"),  # an accident is nobody's doing
        ("avalon-shield", "borduria", "spread", "deny"),  # nor is what spread from it
        ("borduria-shield", "avalon", "struck", "allow"),  # who struck because of it did strike
        ("borduria-shield", "avalon", "strike", "allow"),
    ],
)
def test_an_attribution_is_of_what_happened_and_not_of_the_answers_to_it(
    system: str, blames: str, answers: str, effect: str
) -> None:
    rules = policy(SHARED)
    action = Action(
        "a", "avalon-laptop", "block-address", premise=Premise(blames, 0.9), in_response_to=(answers,)
    )
    assert decide(told(rules), action, rules, seconds(5), system=system)[0].effect == effect


def test_only_what_reviewers_look_at_runs_into_their_timeout() -> None:
    people = {
        "from": "degrade",
        "reviewers": 1,
        "review": "1 min",
        "approves_right": 1.0,
        "approves_wrong": 0.0,
    }
    rules = policy({"phased-rollout": {"autonomy": 0.0}, "human-on-the-loop": people | {"timeout": "1 min"}})
    waits_s = {}
    for kind in ("block-address", "wipe-host"):  # a probe, which only the rollout holds; and a degrade
        asked = Action(kind, "avalon-laptop", kind, premise=Premise("borduria", 0.9))
        decision, state = decide(State(), asked, rules, seconds(0), system="avalon-shield")
        assert decision.hold is not None
        waits_s[kind] = (state.holds[decision.hold].deadline - seconds(0)) / 1e9
    assert waits_s == {"block-address": 600.0, "wipe-host": 60.0}  # the deadline of their group; the timeout


@pytest.mark.parametrize(
    "target", ["avalon-laptop", "nowhere"]
)  # allowed, and so an event; denied, and so none
def test_no_incident_has_the_id_of_an_action(target: str) -> None:
    desk = Desk(policy())
    desk.ask("one", "block-address", target=target)
    before = desk.state
    with pytest.raises(ConflictError, match="id: found one, and the id was used for something else"):
        desk.report("one", "degrade", by="borduria-shield")
    assert desk.state is before


def test_no_action_has_the_id_of_an_incident_and_the_incident_goes_on() -> None:
    desk = Desk(policy())
    desk.report("one", "probe")
    answer = desk.ask("one", "block-address", system="borduria-shield")
    assert (answer.effect, [reason.rule for reason in answer.reasons]) == ("deny", ["identity"])
    assert "used for something else, an incident" in answer.reasons[0].because
    desk.report("one", "degrade")  # whoever took its name for an action does not silence those who saw it
    known = desk.state.events.get("one")
    assert known is not None
    assert (known.rung, known.system) == (desk.policy.rungs["degrade"], "")


@pytest.mark.parametrize("by", ["avalon-shield", "borduria-shield"])
def test_a_report_that_says_more_counts_and_one_that_says_less_takes_nothing_back(by: str) -> None:
    desk = Desk(policy())
    desk.ask("one", "block-address")
    desk.report("two", "probe", "one")
    changed = desk.report("two", "degrade", by=by)  # of which action it came has been said before
    assert [(one.what, one.after) for one in changed] == [("phase", "supervised")]
    desk.report("two", "signal", by=by)
    known = desk.state.events.get("two")
    assert known is not None
    assert known.rung == desk.policy.rungs["degrade"]
    entries = len(desk.entries)
    for rung in ("degrade", "signal"):
        assert desk.report("two", rung, by=by) == ()
    assert len(desk.entries) == entries  # the same again says nothing new


def test_an_incident_happens_in_one_place() -> None:
    rules = policy()
    _, state = report(State(), Incident("one", "avalon-laptop", "probe"), rules, seconds(0), actor="avalon")
    for actor in ("avalon", "borduria"):
        with pytest.raises(ConflictError, match="known to have happened at avalon-laptop"):
            report(state, Incident("one", "avalon-turbine", "probe"), rules, seconds(1), actor=actor)


def test_nothing_is_its_own_cause() -> None:
    with pytest.raises(GateError, match="caused_by: found one itself"):
        Desk(policy()).report("one", "probe", "two", "one")
