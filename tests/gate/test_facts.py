"""The facts that conditions read: all of them are found, once, and times are what a calendar says."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detente.gate.decide import decide
from detente.gate.facts import fixed_finder, schema_of, varying
from detente.gate.request import Action
from detente.gate.state import State
from detente.model.charter.vocabulary import Condition, Objection
from tests.gate.build import charter, policy


def test_each_fact_is_found_in_one_of_the_two_ways() -> None:
    stated = charter()
    paths = list(schema_of(stated).facts)
    looked_up = policy()
    fixed = fixed_finder(stated, paths)(
        looked_up.systems["avalon-shield"], looked_up.targets["avalon-turbine"], looked_up.kinds["wipe-host"]
    )
    assert sorted([*fixed, *varying(paths)]) == sorted(paths)
    assert (fixed["action.rung"], fixed["rung.degrade"], fixed["target.domain"]) == (3, 3, "energy")


def test_what_is_not_read_is_not_looked_up() -> None:
    stated, looked_up = charter(), policy()
    find = fixed_finder(stated, ["system.name", "now.hour"])
    one = looked_up.systems["avalon-shield"], looked_up.targets["avalon-laptop"], looked_up.kinds["wipe-host"]
    assert find(*one) == {"system.name": "avalon-shield"}


@given(st.integers(0, 7_258_118_400).map(lambda at: datetime.fromtimestamp(at, UTC)))  # to the year 2200
def test_hour_and_weekday_are_those_of_the_calendar(when: datetime) -> None:
    days = Condition(name="own", when="now.hour >= 0 && now.weekday >= 1", effect=Objection.HOLD)
    now = int(when.timestamp()) * 1_000_000_000
    decision, _ = decide(
        State(),
        Action("a", "avalon-laptop", "block-address"),
        policy(conditions=(days,)),
        now,
        system="avalon-shield",
    )
    facts: list[dict[str, Any]] = [one.facts for one in decision.reasons if one.rule == "conditions.own"]
    assert facts == [{"now.hour": when.hour, "now.weekday": when.isoweekday()}]
