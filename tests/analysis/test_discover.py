import json

import numpy as np
import pytest

import detente
from detente.analysis.uncertainty.discover import condition, discover_in
from detente.analysis.uncertainty.prim import Box, boxes, inside, p_values
from tests.analysis.uncertain import CHAIN


def planted(inputs, seed, points=1024):
    """Hits in a corner of inputs 1 and 3, one point in twenty on the wrong side."""
    rng = np.random.default_rng(seed)
    x = rng.random((points, inputs))
    hits = (x[:, 1] > 0.7) & (x[:, 3] < 0.4)
    return x, np.where(rng.random(points) < 0.05, ~hits, hits)


@pytest.mark.parametrize("inputs", [5, 200])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_box_is_found_among_many_inputs(inputs, seed):
    x, hits = planted(inputs, seed)
    box, trajectory = next(iter(boxes(x, hits)))
    assert box.restricted.tolist() == [1, 3]
    assert box.low[1] == pytest.approx(0.7, abs=0.03)
    assert box.high[3] == pytest.approx(0.4, abs=0.03)
    assert hits[inside(box, x)].mean() > 0.85
    assert max(p_values(box, x, hits).values()) < 1e-10
    assert inside(trajectory[0], x).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_input_that_only_goes_along_with_another_is_no_limit(seed):
    x, hits = planted(6, seed)
    x[:, 0] = 0.8 * x[:, 1] + 0.2 * x[:, 0]
    cut = {j for box in next(iter(boxes(x, hits)))[1] for j in box.restricted.tolist()}
    assert 0 in cut
    assert next(iter(boxes(x, hits)))[0].restricted.tolist() == [1, 3]


def test_two_boxes_are_found_one_after_the_other():
    rng = np.random.default_rng(3)
    x = rng.random((2048, 8))
    hits = ((x[:, 0] > 0.8) & (x[:, 1] > 0.5)) | ((x[:, 2] < 0.2) & (x[:, 3] < 0.4))
    found = [box.restricted.tolist() for box, _ in boxes(x, hits, most=2)]
    assert sorted(found) == [[0, 1], [2, 3]]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_nothing(seed):
    rng = np.random.default_rng(seed)
    assert list(boxes(rng.random((512, 100)), rng.random(512) < 0.3)) == []


def test_a_quasi_p_value_by_hand():
    """Inside 4 of 4 hits; without the limit 6 of 8, so that 4 of 4 has a chance of 0.75 ** 4."""
    x = np.arange(8.0)[:, None]
    hits = np.array([0, 0, 1, 1, 1, 1, 1, 1], bool)
    box = Box(np.array([4.0]), np.array([np.inf]))
    assert p_values(box, x, hits) == {0: pytest.approx(0.75**4)}


@pytest.fixture(scope="module")
def swept():
    return detente.sweep(CHAIN, ["none", "phased-rollout"], draws=1024, runs=0)


def test_the_box_of_a_chain_lies_where_both_numbers_are_large(swept):
    found = discover_in(swept, "none", "catastrophe > 0.45")
    box = found.boxes[0]
    limits = {limit.name: limit for limit in box.limits}
    assert set(limits) == {f"systems.{name}.responds[0].actions" for name in ("first", "second")}
    first = limits["systems.first.responds[0].actions"]
    assert 0.55 < first.low < 0.75  # the product is above 0.45 from 0.45 / 0.8 on, and surely from 1.1 on
    assert first.open_high
    assert not first.open_low
    assert first.p_value < 1e-4
    assert box.density.value > 0.7
    assert box.coverage.value > 0.6
    assert box.found_density == pytest.approx(box.density.value, abs=0.15)
    assert found.failing.value == pytest.approx((swept.column("exact_catastrophe")[:, 0] > 0.45).mean())
    assert found.doubtful == 0
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert plain["boxes"][0]["trajectory"][0] == {
        "density": pytest.approx(found.failing.value, abs=0.05),
        "coverage": 1.0,
        "mass": 1.0,
        "restricted": 0,
    }


def test_a_box_that_does_not_stand_up_is_counted_and_not_shown(swept, monkeypatch):
    """Labels by chance, and a box that holds a part of the draws for no reason."""
    rng = np.random.default_rng(8)
    luck = swept.frame.with_columns(exact_catastrophe=rng.random(swept.frame.height))
    chance = type(swept)(plan=swept.plan, frame=luck, stated=swept.stated)
    assert discover_in(chance, "none", "catastrophe > 0.5").boxes == ()

    def any_box(points, _):
        box = Box(np.full(points.shape[1], -np.inf), np.full(points.shape[1], np.inf))
        box.low[0] = np.quantile(points[:, 0], 0.8)
        yield box, [box]

    monkeypatch.setattr("detente.analysis.uncertainty.discover.boxes", any_box)
    found = discover_in(chance, "none", "catastrophe > 0.5")
    assert (found.boxes, found.unconfirmed) == ((), 1)


def test_discover_sweeps_and_marks_what_chance_may_have_put_on_the_wrong_side():
    found = detente.discover(CHAIN, fails="catastrophe > 0.3", draws=256, runs=50)
    assert found.doubtful > 20
    assert found.runs == 50


@pytest.mark.parametrize(
    "text", ["catastrophe", "mood > 1", "R = 1", "loss > much", "loss > 1.2.3", "R > 1 > 0"]
)
def test_a_condition_that_cannot_be_read(text):
    with pytest.raises(detente.SimulationError, match=r"as `catastrophe > 0\.01`"):
        condition(text)


def test_conditions():
    assert condition("R>=1") == ("R", ">=", 1.0)
    assert condition(" loss < 1e9 ") == ("loss", "<", 1e9)


def test_too_few_draws_to_tell_apart(swept):
    with pytest.raises(detente.SimulationError, match=r"found 0 draws with catastrophe > 0\.9"):
        discover_in(swept, "none", "catastrophe > 0.9")
    with pytest.raises(detente.SimulationError, match="expected one of the sweep's: none, phased-rollout"):
        discover_in(swept, "essay")
