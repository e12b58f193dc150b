"""Draws, keys, counts and delays."""

import math

import numpy as np
import pytest
from scipy import special, stats

from detente.engine import _chance as c
from detente.engine import tables as t
from detente.engine.identity import stable_id
from detente.engine.laws import cumulative
from detente.model.vocabulary import CountLaw

POISSON, BERNOULLI, FIXED = (CountLaw(law=name) for name in ("poisson", "bernoulli", "fixed"))
NEGATIVE_BINOMIAL = CountLaw(law="negative-binomial", dispersion=0.3)


def test_mixing_is_the_published_finaliser() -> None:
    def plain(x: int) -> int:
        x = ((x ^ (x >> 27)) * 0x3C79AC492BA7B653) % 2**64
        x = ((x ^ (x >> 33)) * 0x1C69B3F74AC4AE35) % 2**64
        return x ^ (x >> 27)

    for x in (0, 1, 2**63, 2**64 - 1, 0x9E3779B97F4A7C15, 12345):
        assert int(c.mix(np.uint64(x))) == plain(x)


def test_the_normal_quantile_is_exact_to_rounding_from_one_tail_to_the_other() -> None:
    p = np.concatenate([10.0 ** -np.linspace(0.31, 16, 400), 1 - 10.0 ** -np.linspace(0.31, 15, 400)])
    found = np.array([c.normal_quantile(float(x)) for x in p])
    assert np.max(np.abs(found / special.ndtri(p) - 1.0)) < 1e-13


@pytest.mark.parametrize("u", [0.0, 2.0**-53, 0.5, 1.0 - 2.0**-53])
@pytest.mark.parametrize("law", [t.FIXED, t.EXPONENTIAL, t.LOGNORMAL])
def test_every_draw_gives_a_finite_delay(u: float, law: int) -> None:
    lag = c.delay(u, law, 3.0, 1.5)
    assert math.isfinite(lag)
    assert lag >= 0.0


@pytest.mark.parametrize("law", [POISSON, BERNOULLI, FIXED, NEGATIVE_BINOMIAL])
@pytest.mark.parametrize(("less", "more"), [(0.0, 0.2), (0.2, 0.21), (0.5, 1.0), (1.0, 2.0)])
def test_a_larger_mean_only_adds(law: CountLaw, less: float, more: float) -> None:
    small, large = cumulative(law, less), cumulative(law, more)
    for u in np.concatenate([np.linspace(0, 1, 2001)[:-1], 1 - 2.0 ** -np.arange(10, 54)]):
        assert c.count(u, small, 0, small.size) <= c.count(u, large, 0, large.size)


@pytest.mark.parametrize(
    ("law", "reference"),
    [(POISSON, stats.poisson(2.5)), (NEGATIVE_BINOMIAL, stats.nbinom(0.3, 0.3 / 2.8))],
)
def test_counts_are_quantiles_of_the_law(law: CountLaw, reference: stats.rv_discrete) -> None:
    table = cumulative(law, 2.5)
    u = np.concatenate([np.linspace(0, 1, 4001)[1:-1], 1 - 2.0 ** -np.arange(5.0, 45.0)])
    assert [c.count(x, table, 0, table.size) for x in u] == list(reference.ppf(u).astype(int))
    assert table[-1] == 1.0


@pytest.mark.parametrize(("mean", "table"), [(2.0, [0, 0, 1.0]), (1.25, [0, 0.75, 1.0]), (0.0, [1.0])])
def test_fixed_counts(mean: float, table: list[float]) -> None:
    found = cumulative(FIXED, mean)
    for u in (0.0, 0.3, 0.9, 1 - 2.0**-53):
        assert c.count(u, found, 0, found.size) == np.searchsorted(table, u, side="right")


def test_large_means_are_not_cut_off() -> None:
    table = cumulative(POISSON, 900.0)
    assert c.count(0.5, table, 0, table.size) == stats.poisson(900.0).ppf(0.5)
    assert c.count(1 - 2.0**-53, table, 0, table.size) > 1100


def test_ids_depend_on_names_and_on_where_one_name_ends() -> None:
    assert stable_id("a", "bc") != stable_id("ab", "c")
    assert stable_id("system", "x") == stable_id("system", "x")
    assert 0 <= stable_id("x") < 2**64
