import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import detente
from detente.analysis.uncertainty.indices import indices, screen
from detente.analysis.uncertainty.sensitivity import solutions_needed
from tests.analysis.uncertain import CHAIN, chain


def ishigami(points):
    """T. Ishigami and T. Homma (1990), with a = 7 and b = 0.1."""
    x = -np.pi + 2 * np.pi * points
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)
"""closed forms of it"""


def test_the_function_that_everybody_tries_first():
    found = indices(ishigami, [0, 1, 2], 2048, seed=0)
    for exact, one in zip(FIRST + TOTAL, found.first + found.total, strict=True):
        assert one.value == pytest.approx(exact, abs=0.04)
        assert one.low < exact < one.high
    assert found.mean == pytest.approx(3.5, abs=0.05)
    assert found.deviation**2 == pytest.approx(13.845, rel=0.03)


def test_groups_keep_their_numbers_whatever_comes_first():
    plain = indices(ishigami, [0, 1, 2], 512, seed=0)
    for groups in ([2, 0, 1], [1, 2, 0]):
        found = indices(ishigami, groups, 512, seed=0)
        assert [found.total[group].value for group in groups] == pytest.approx(
            [one.value for one in plain.total]
        )
    two = indices(ishigami, [1, 0, 1], 2048, seed=0)
    assert two.total[0].value == pytest.approx(0.4424, abs=0.04)
    assert two.first[1].value == pytest.approx(0.5576, abs=0.05)


def test_screening_puts_what_matters_before_what_does_not():
    def function(points):
        return 3 * points[:, 4] + points[:, 1] * points[:, 7]

    effects = screen(function, 10, trajectories=20, seed=0)
    assert effects[4] == pytest.approx(3.0)
    assert set(np.argsort(-effects)[:3]) == {1, 4, 7}
    assert (np.delete(effects, [1, 4, 7]) == 0).all()


def test_missing_values_leave_their_base_points_out():
    def holey(points):
        return np.where(points[:, 0] > 0.9, np.nan, ishigami(points))

    found = indices(holey, [0, 1, 2], 512, seed=0)
    assert 350 < found.used < 460  # both base points must lie below 0.9: 0.81 of 512
    assert all(np.isfinite(one.value) for one in found.total)
    assert np.isfinite(screen(holey, 3, trajectories=20, seed=0)).all()
    with pytest.raises(ValueError, match="no values that vary"):
        indices(lambda points: np.ones(len(points)), [0, 1], 16, seed=0)


def of_logarithm(low, high):
    """The variance of ln U, U uniform between two numbers."""
    u = np.linspace(low, high, 200_001)
    return np.log(u).var()


def test_the_closed_form_of_a_chain():
    """P is the product of two numbers, so its logarithm is a sum, and each share is a ratio of variances."""
    found = detente.sensitivity(CHAIN, draws=512)
    first, second = of_logarithm(0.1, 0.9), of_logarithm(0.4, 0.8)
    told = {one.name: one for one in found.influences}
    for name, share in (("first", first), ("second", second)):
        one = told[f"systems.{name}.responds[0].actions"]
        for estimate in (one.first, one.total):
            assert estimate.value == pytest.approx(share / (first + second), abs=0.05)
    harm = told["systems.third.harm.mid"]
    assert harm.total.value == pytest.approx(0.0, abs=1e-12)
    assert (harm.unit, harm.low, harm.high) == ("USD", 1e5, 1e7)
    assert found.deviation == pytest.approx(np.sqrt(first + second) / np.log(10), rel=0.05)
    assert found.logarithmic
    assert found.rest is None
    assert not found.screened
    assert found.solutions == 512 * 5
    assert [one.total.value for one in found.influences] == sorted(
        (one.total.value for one in found.influences), reverse=True
    )


def test_what_is_not_looked_at_alone_is_looked_at_together():
    found = detente.sensitivity(CHAIN, draws=512, top=1, trajectories=8)
    assert [one.name for one in found.influences] == ["systems.first.responds[0].actions"]
    share = of_logarithm(0.4, 0.8) / (of_logarithm(0.1, 0.9) + of_logarithm(0.4, 0.8))
    assert found.rest.total.value == pytest.approx(share, abs=0.05)
    assert found.rest.name == "the other 2 together"
    assert found.screened["systems.third.harm.mid"] == 0.0
    assert found.solutions == solutions_needed(3, 512, 1, 8) == 8 * 4 + 512 * 4
    assert solutions_needed(3, 512, 2, 8) == 512 * 5


def test_r_and_the_loss_have_indices_too():
    document = chain(harm="1e6 USD")
    document["systems"]["second"]["harm"] = {"mid": "1e6 USD"}
    document["systems"]["first"]["responds"].append(
        {"from": "low", "at": ["first"], "actions": {"value": 0.4, "low": 0.1, "high": 0.6}, "after": "1 s"}
    )
    for of in ("R", "loss"):
        found = detente.sensitivity(document, of=of, draws=64)
        assert found.of == of
        assert found.influences[0].name in {f"systems.first.responds[{i}].actions" for i in (0, 1)}
    assert found.missing == 0


def test_the_seed_decides_and_an_executor_does_not():
    found = detente.sensitivity(CHAIN, draws=16)
    one = found.as_dict()
    assert repr(found).startswith(
        "<Sensitivity of catastrophe in chain under none to 3 unknowns, most to systems."
    )
    assert len(repr(found)) < 200
    with ThreadPoolExecutor(2) as executor:
        assert detente.sensitivity(CHAIN, draws=16, executor=executor).as_dict() == one
    assert detente.sensitivity(CHAIN, draws=16, seed=1).as_dict() != one
    assert json.loads(json.dumps(one, allow_nan=False)) == one


def test_what_has_no_indices_is_said():
    with pytest.raises(detente.SimulationError, match="of: found 'mood'"):
        detente.sensitivity(CHAIN, of="mood")
    with pytest.raises(detente.SimulationError, match="no number with a range"):
        detente.sensitivity(chain(first=0.5, second=0.5, harm="1 USD"))
    with pytest.raises(detente.SolverError, match="R is the same in every draw"):
        detente.sensitivity(CHAIN, of="R", draws=4)
