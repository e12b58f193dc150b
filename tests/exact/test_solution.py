"""What `detente.solve` returns: names, shapes, what is said in words, and what is worked out late."""

import json
import math
from typing import Any

import pytest

import detente
from detente.errors import SolverError
from detente.exact import solution as solution_module
from tests.exact.cases import answer, case, network, shock, system
from tests.quarrel import QUARREL

DYING = network([[0.6]], step={"up": 0.1}, after="2 s")
GROWING = network([[1.6]], step={"up": 0.1}, after="2 s")
CALM = network([[0.6]], after="2 s")
NOTHING_BACK = case({"a": system(answer(["b"], 0.6, step={"up": 0.5})), "b": system()}, shock("a"))


def solved(source: Any) -> detente.Solution:
    return detente.solve(detente.load(source))


def remembering(**alert: Any) -> dict[str, Any]:
    source = network([[0.6]], step={"up": 0.1}, after="2 s")
    stated = {"trips_at": 3, "within": "1 h", "lasts": "2 h", "autonomy": 1.0, "actions": 1.0}
    source["actors"]["us"]["alert"] = stated | alert
    return source


# --- the interface --------------------------------------------------------------------------------


def test_the_figures_have_the_names_that_were_promised() -> None:
    entry = solved(DYING).as_dict()
    assert {
        "escalation_number", "catastrophe_probability", "critical_probability", "rungs", "expected_incidents",
        "expected_loss_usd", "doubling_time_s", "half_life_s", "loops", "elasticities", "left_out",
    } <= set(entry)  # fmt: skip
    assert {"systems", "share", "gain", "period_s"} <= set(entry["loops"][0])
    assert {"path", "of_r", "of_log_catastrophe"} <= set(entry["elasticities"][0])


def test_everything_else_in_it_too() -> None:
    entry = solved(DYING).as_dict()
    assert {
        "scenario", "escalation_bounds", "escalating_systems", "shocks", "expected_actions",
        "expected_wrongful_actions", "expected_loss_usd_by_actor", "infinite_because", "growth_rate_per_s",
        "generation_time_s", "half_life_is_first_order",
    } <= set(entry)  # fmt: skip
    assert set(entry["shocks"][0]) == {
        "path", "expected_arrivals", "catastrophe_probability", "critical_probability",
        "catastrophe_probability_each",
    }  # fmt: skip
    assert set(entry["left_out"][0]) == {"what", "bias", "why"}


@pytest.mark.parametrize("source", ["attribution-error", QUARREL, DYING, GROWING, NOTHING_BACK, CALM])
def test_as_json_it_is_finite_and_reads_back(source: Any) -> None:
    entry = solved(source).as_dict()
    text = json.dumps(entry, allow_nan=False)
    chances = [*entry["rungs"].values(), *(root["catastrophe_probability"] for root in entry["shocks"])]
    assert all(
        math.copysign(1.0, chance) == 1.0 for chance in chances
    )  # minus nothing would be shown as such
    assert json.loads(text)["rungs"] == entry["rungs"]


def test_the_dictionary_says_what_the_attributes_say() -> None:
    solution = solved(QUARREL)
    entry = solution.as_dict()
    for name in (
        "escalation_number", "catastrophe_probability", "critical_probability", "rungs", "infinite_because",
        "doubling_time_s", "half_life_s", "expected_incidents", "expected_loss_usd",
    ):  # fmt: skip
        assert entry[name] == getattr(solution, name), name
    assert entry["scenario"] == "quarrel"
    assert [loop["share"] for loop in entry["loops"]] == [loop.share for loop in solution.loops]
    assert [e["path"] for e in entry["elasticities"]] == [e.path for e in solution.elasticities]
    assert sum(entry["expected_loss_usd_by_actor"].values()) == pytest.approx(solution.expected_loss_usd)


def test_it_is_public() -> None:
    assert detente.Solution is solution_module.Solution
    assert {"solve", "Solution", "SolverError"} <= set(detente.__all__)
    assert issubclass(SolverError, detente.DetenteError)


def test_a_solution_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        solved(DYING).escalation_number = 0.0  # type: ignore[misc]


def test_solving_again_gives_the_same_bits() -> None:
    first, second = solved("attribution-error"), solved("attribution-error")
    assert first.rungs == second.rungs
    assert first.escalation_number == second.escalation_number
    assert first.elasticities == second.elasticities


# --- chances --------------------------------------------------------------------------------------


def test_rungs_fall_from_the_lowest_and_hold_the_two_that_have_names() -> None:
    solution = solved("attribution-error")
    scenario = solution.scenario
    chances = list(solution.rungs.values())
    assert tuple(solution.rungs) == scenario.ladder
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert solution.catastrophe_probability == chances[scenario.catastrophe]
    assert solution.critical_probability == chances[scenario.critical]


def test_shocks_come_in_their_order_and_then_false_alarms() -> None:
    solution = solved("attribution-error")
    paths = [root.path for root in solution.roots]
    assert paths[:3] == ["shocks[0]", "shocks[1]", "shocks[2]"]
    assert all(path.endswith(".senses.false_alarms") for path in paths[3:])
    assert paths[3:] == sorted(paths[3:])
    none_of = math.prod(1.0 - root.catastrophe_probability for root in solution.roots)
    assert solution.catastrophe_probability == pytest.approx(1.0 - none_of, rel=1e-9)
    for root in solution.roots:
        if root.expected_arrivals != 1.0:
            each = -math.expm1(-root.expected_arrivals * root.catastrophe_probability_each)
            assert root.catastrophe_probability == pytest.approx(each, rel=1e-12)


# --- below, at and above one ----------------------------------------------------------------------


def test_below_one_means_are_finite_and_there_is_a_half_life() -> None:
    solution = solved(DYING)
    assert solution.escalation_number == pytest.approx(0.54, rel=1e-12)
    assert solution.expected is not None
    assert solution.infinite_because is None
    assert solution.doubling_time_s is None
    assert solution.half_life_s == pytest.approx(2.0 * math.log(2.0) / -math.log(0.54), rel=1e-9)
    assert solution.as_dict()["growth_rate_per_s"] == pytest.approx(math.log(0.54) / 2.0, rel=1e-9)


def test_above_one_means_are_infinite_and_it_says_why() -> None:
    solution = solved(GROWING)
    assert solution.expected is None
    assert (solution.expected_incidents, solution.expected_loss_usd) == (math.inf, math.inf)
    assert solution.infinite_because is not None
    assert solution.infinite_because.startswith("R = 1.44 is not below 1")
    assert solution.half_life_s is None
    assert solution.doubling_time_s == pytest.approx(2.0 * math.log(2.0) / math.log(1.44), rel=1e-9)
    entry = solution.as_dict()
    names = ("incidents", "actions", "wrongful_actions", "loss_usd")
    assert [entry[f"expected_{name}"] for name in names] == [None] * 4
    assert entry["expected_loss_usd_by_actor"] == {"us": None}


def test_where_nothing_comes_back_there_is_neither() -> None:
    solution = solved(NOTHING_BACK)
    assert (solution.escalation_number, solution.escalation_bounds) == (0.0, (0.0, 0.0))
    assert (solution.growth, solution.doubling_time_s, solution.half_life_s) == (None, None, None)
    assert solution.expected_incidents == pytest.approx(1.6, rel=1e-12)
    entry = solution.as_dict()
    assert (entry["growth_rate_per_s"], entry["generation_time_s"]) == (None, None)
    assert entry["loops"] == []
    assert all(e["of_r"] is None for e in entry["elasticities"])


def test_a_runaway_without_delay_has_no_finite_rate_and_doubles_at_once() -> None:
    entry = solved(network([[1.6]])).as_dict()
    assert (entry["growth_rate_per_s"], entry["doubling_time_s"]) == (None, 0.0)


def test_lognormal_delays_have_a_half_life_of_first_order_only() -> None:
    """The mean time from one to the next is 2 exp(1/2) s."""
    solution = solved(network([[0.5]], after={"median": "2 s", "spread": 1.0}))
    assert solution.growth is not None
    assert solution.growth.is_first_order
    assert solution.growth.rate_per_s is None
    assert solution.growth.generation_s == pytest.approx(2.0 * math.exp(0.5), rel=1e-9)
    assert solution.half_life_s == pytest.approx(2.0 * math.exp(0.5), rel=1e-9)  # ln 2 / -ln 0.5 is 1
    assert solution.as_dict()["half_life_is_first_order"] is True
    assert solved(DYING).as_dict()["half_life_is_first_order"] is False


@pytest.mark.parametrize("source", ["attribution-error", QUARREL, DYING, GROWING])
def test_r_lies_between_its_bounds(source: Any) -> None:
    low, high = solved(source).escalation_bounds
    number = solved(source).escalation_number
    assert low <= number * (1.0 + 1e-12)
    assert number <= high * (1.0 + 1e-12)
    assert high - low <= 1e-6 * number


# --- what is left out -----------------------------------------------------------------------------


def left_out(source: Any) -> dict[str, str]:
    entries = solved(source).left_out
    assert all(entry.why for entry in entries)
    assert len({entry.what for entry in entries}) == len(entries)
    return {entry.what: entry.bias for entry in entries}


def test_the_horizon_is_always_left_out() -> None:
    assert left_out(DYING) == {"horizon": "high"}


def test_an_alert_that_only_adds_is_biased_one_way() -> None:
    assert left_out(remembering(actions=1.4)) == {"horizon": "high", "alert": "low"}
    assert left_out(remembering(actions=1.0)) == {"horizon": "high", "alert": "low"}


def test_an_alert_that_calms_may_go_either_way() -> None:
    assert left_out(remembering(actions=0.5)) == {"horizon": "high", "alert": "unknown"}


def test_a_system_that_goes_down_would_do_less() -> None:
    source = network([[0.6]], step={"up": 0.1})
    source["systems"]["s0"]["down"] = {"from": "tense", "lasts": "1 h"}
    assert left_out(source) == {"horizon": "high", "down": "high"}
    assert left_out("attribution-error").keys() == {"horizon", "alert", "down"}


@pytest.mark.parametrize("source", [remembering(actions=3.0), remembering(autonomy=0.0, actions=0.1)])
def test_what_is_left_out_changes_nothing(source: dict[str, Any]) -> None:
    plain = network([[0.6]], step={"up": 0.1}, after="2 s")
    assert solved(source).rungs == solved(plain).rungs
    assert solved(source).escalation_number == solved(plain).escalation_number


# --- lazily ---------------------------------------------------------------------------------------


def test_loops_and_elasticities_are_worked_out_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    for name in ("loops", "of_numbers"):
        before = getattr(solution_module, name)

        def noted(*given: Any, name: str = name, before: Any = before) -> Any:
            asked.append(name)
            return before(*given)

        monkeypatch.setattr(solution_module, name, noted)
    solution = solved(DYING)
    assert asked == []
    assert solution.loops is solution.loops
    assert asked == ["loops"]
    assert solution.elasticities is solution.elasticities
    assert asked == ["loops", "of_numbers", "of_numbers"]  # of R and of log P


def test_elasticities_do_not_depend_on_what_was_read_before() -> None:
    """Both use the memory of the passes."""
    first, second = solved("attribution-error"), solved("attribution-error")
    assert first.loops == second.loops
    assert second.elasticities
    assert first.elasticities == second.elasticities
    third = solved("attribution-error")
    assert third.elasticities == first.elasticities
    assert third.loops == first.loops
