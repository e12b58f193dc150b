"""The slow solver of the branching process, before anything is compared with it.

Against closed forms and small cases worked out by hand; `test_oracle_by_simulation` has the large ones.
"""

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import detente
from detente.model.vocabulary import CountLaw, Delay, DelayLaw
from tests.oracles.branching import Branching
from tests.oracles.laws import laplace, some
from tests.oracles.offspring import Offspring

CALM, WAR = 0, 1


def network(means: list[list[float]], *, up: float = 0.0, **rule: Any) -> dict[str, Any]:
    """Systems of one actor, `means[i][j]` actions of system i against system j, each war with chance `up`."""
    names = [f"s{i}" for i in range(len(means))]
    return {
        "detente": 1,
        "name": "network",
        "ladder": ["calm", "war"],
        "critical": "war",
        "horizon": "1000 d",
        "actors": {"us": {"kind": "state"}},
        "systems": {
            name: {
                "owner": "us",
                "domain": "cyber",
                "responds": [
                    {"from": "calm", "at": [other], "actions": mean, "step": {"up": up}, **rule}
                    for other, mean in zip(names, row, strict=True)
                ],
            }
            for name, row in zip(names, means, strict=True)
        },
        "shocks": [{"hits": "s0", "rung": "calm", "author": "us"}],
    }


def solved(source: dict[str, Any]) -> Branching:
    return Branching(detente.load(source))


def us(i: int, rung: int = CALM) -> tuple[str, int, str, str]:
    return f"s{i}", rung, "us", "us"


# --- closed forms: chances ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("r", "extinct"), [(1.1, 0.823866), (1.5, 0.417188), (2.0, 0.203188), (3.0, 0.0595202)]
)
def test_extinction_of_one_poisson_type(r: float, extinct: float) -> None:
    """The smallest root of q = exp(r (q - 1)): catastrophe is so rare that only a runaway finds it."""
    assert 1.0 - solved(network([[r]], up=1e-10)).reaches(WAR)[us(0)] == pytest.approx(extinct, abs=6e-7)


@pytest.mark.parametrize(("r", "size"), [(1.2, 0.313698), (1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)])
def test_final_size_is_the_chance_to_run_away(r: float, size: float) -> None:
    """r = 1 - exp(-R r)."""
    assert solved(network([[r]], up=1e-10)).probability(WAR) == pytest.approx(size, abs=6e-7)


@pytest.mark.parametrize(("r", "up"), [(0.3, 0.25), (1.0, 0.2), (1.7, 0.01)])
def test_poisson_with_an_explicit_step_up(r: float, up: float) -> None:
    """P = exp(r (1 - up) P - r) for P = 1 - q: Lambert's W."""
    a = r * (1.0 - up)
    expected = 1.0 + float(special.lambertw(-a * math.exp(-r)).real) / a
    assert solved(network([[r]], up=up)).reaches(WAR)[us(0)] == pytest.approx(expected, rel=1e-12)


def test_small_chances_keep_their_digits() -> None:
    """To first order r up / (1 - r), where r is the mean of the chain."""
    up = 1e-20
    assert solved(network([[0.9]], up=up)).reaches(WAR)[us(0)] == pytest.approx(9.0 * up, rel=1e-12)


def test_the_other_laws() -> None:
    """P = f(1 - hit) with hit = up + (1 - up)(1 - P), for each law's generating function f."""
    up = 0.05
    bernoulli = solved(network([[0.8]], up=up, law="bernoulli"))
    assert bernoulli.reaches(WAR)[us(0)] == pytest.approx(0.8 * up / (1.0 - 0.8 * (1.0 - up)), rel=1e-12)
    negative = solved(network([[1.4]], up=up, law={"negative-binomial": 0.5}))
    root = optimize.brentq(
        lambda p: p - (1.0 + 1.4 * (1.0 - (1.0 - up) * p) / 0.5) ** -0.5, 0.0, 1.0, xtol=1e-15
    )
    assert 1.0 - negative.reaches(WAR)[us(0)] == pytest.approx(root, abs=1e-12)
    # Two actions, each carried out with chance 0.4: P = (0.6 + 0.4 * 0.95 P)^2.
    fixed = solved(network([[2]], up=up, law="fixed", autonomy=0.4))
    root = min(np.roots([0.38**2, 2 * 0.6 * 0.38 - 1.0, 0.36]).real)
    assert 1.0 - fixed.reaches(WAR)[us(0)] == pytest.approx(root, abs=1e-12)


@pytest.mark.parametrize("hit", [1e-14, 0.3, 0.999])
def test_laws_of_numbers_against_their_sums(hit: float) -> None:
    n = np.arange(400)
    at_least_one = -np.expm1(n * math.log1p(-hit))
    for law, mean, mass in (
        (CountLaw(law="poisson"), 1.3, stats.poisson(1.3).pmf(n)),
        (CountLaw(law="bernoulli"), 0.4, stats.bernoulli(0.4).pmf(n)),
        (CountLaw(law="fixed"), 3.0, (n == 3).astype(float)),
        (CountLaw(law="negative-binomial", dispersion=0.7), 1.3, stats.nbinom(0.7, 0.7 / 2.0).pmf(n)),
    ):
        assert some(law, mean, hit) == pytest.approx(float(mass @ at_least_one), rel=1e-11)
        assert some(law, mean, 0.0) == 0.0
        assert some(law, mean, 1.0) == pytest.approx(1.0 - float(mass[0]), rel=1e-12)


# --- closed forms: means and growth ---------------------------------------------------------------


def test_two_types() -> None:
    found = solved(network([[0.6, 0.5], [0.3, 0.7]], up=1e-10))
    types, matrix, to_catastrophe = found.mean_matrix()
    order = [types.index(us(0)), types.index(us(1))]
    assert matrix[np.ix_(order, order)] == pytest.approx(np.array([[0.6, 0.5], [0.3, 0.7]]), rel=1e-9)
    assert to_catastrophe[order] == pytest.approx(np.array([1.1e-10, 1.0e-10]), rel=1e-12)
    assert found.escalation_number() == pytest.approx(1.0405125, abs=5e-8)
    chance = found.reaches(WAR)
    assert (1.0 - chance[us(0)], 1.0 - chance[us(1)]) == pytest.approx((0.917916, 0.927202), abs=6e-7)


def test_review_and_compartments() -> None:
    """n (1 - h) where review stops a share h; a + q c where a share q crosses between two domains."""
    source = network([[2.0]], autonomy=0.0)
    source["actors"]["us"]["command"] = {"review": "1 h", "approves_right": 0.3, "approves_wrong": 1.0}
    assert solved(source).escalation_number() == pytest.approx(0.6, rel=1e-12)
    assert solved(network([[0.5, 0.2 * 0.9], [0.2 * 0.9, 0.5]])).escalation_number() == pytest.approx(0.68)


def test_what_leads_nowhere_has_no_radius() -> None:
    """A chain of forty types that ends: eigenvalues of the whole matrix would be far from 0."""
    size = 40
    chain = [[10.0 * (j == i + 1) for j in range(size)] for i in range(size)]
    found = solved(network(chain))
    assert len(found.types) == size
    assert found.escalation_number() == 0.0
    assert found.growth_rate() == -math.inf


@pytest.mark.parametrize("means", [[[0.9, 1.0], [0.0, 0.5]], [[0.5, 1.0], [0.0, 0.9]]])
def test_the_strongest_loop_counts(means: list[list[float]]) -> None:
    assert solved(network(means)).escalation_number() == pytest.approx(0.9, rel=1e-12)


@pytest.mark.parametrize("n", [0.4, 1.0, 2.5])
def test_growth_with_an_exponential_delay(n: float) -> None:
    """b (n - 1): the rate at which clusters with kernel n b exp(-b t) grow or decline."""
    assert solved(network([[n]], after={"mean": "40 ms"})).growth_rate() == pytest.approx(25.0 * (n - 1.0))


@pytest.mark.parametrize("gain", [0.3, 3.0])
def test_growth_over_mixed_scales(gain: float) -> None:
    """Two fixed delays in turn, a microsecond and ten days: ln(gain) per turn."""
    source = network([[0.0, gain], [1.0, 0.0]])
    source["systems"]["s0"]["responds"][1]["after"] = "1 us"
    source["systems"]["s1"]["responds"][0]["after"] = "10 d"
    assert solved(source).growth_rate() == pytest.approx(math.log(gain) / (864000.0 + 1e-6), rel=1e-12)


def test_review_adds_to_the_delay() -> None:
    """3 actions, a quarter automated, half of the others approved after an Exp(g) review."""
    source = network([[3.0]], after={"mean": "2 s"}, autonomy=0.25)
    command = {"review": {"mean": "10 s"}, "approves_right": 0.5, "approves_wrong": 0.0}
    source["actors"]["us"]["command"] = command

    def weighted(alpha: float) -> float:
        return 3.0 / (1.0 + 2.0 * alpha) * (0.25 + 0.75 * 0.5 / (1.0 + 10.0 * alpha))

    expected = optimize.brentq(lambda alpha: weighted(alpha) - 1.0, 0.0, 10.0, xtol=1e-14)
    assert solved(source).growth_rate() == pytest.approx(expected, rel=1e-9)


def test_growth_with_a_lognormal_delay() -> None:
    source = network([[2.0]], after={"median": "3 s", "spread": 1.2})
    law = stats.lognorm(1.2, scale=3.0)
    alpha = solved(source).growth_rate()
    weight, _ = integrate.quad(
        lambda t: math.exp(-alpha * t) * law.pdf(t), 0.0, 1000.0, limit=500, epsabs=1e-12
    )
    assert weight == pytest.approx(0.5, abs=1e-9)
    source = network([[0.5]], after={"median": "3 s", "spread": 1.2})
    with pytest.raises(ValueError, match="no rate of decline"):
        solved(source).growth_rate()


def test_growth_without_delay() -> None:
    assert solved(network([[2.0]])).growth_rate() == math.inf
    assert solved(network([[0.5]])).growth_rate() == -math.inf
    assert solved(network([[0.5, 1.0], [1.0, 0.0]], after="1 s")).growth_rate() > 0.0


@pytest.mark.parametrize("spread", [0.05, 1.0, 3.0, 10.0])
def test_lognormal_transform_over_twenty_decades(spread: float) -> None:
    """Against a sum over the normal variable so fine that its error is nothing."""
    z, width = np.linspace(-60.0, 60.0, 240_001, retstep=True)
    for x in 10.0 ** np.arange(-10, 11):
        with np.errstate(over="ignore"):
            expected = float(
                np.exp(-x * np.exp(spread * z) - z * z / 2.0).sum() * width / math.sqrt(2.0 * math.pi)
            )
        delay = Delay(law=DelayLaw.LOGNORMAL, scale_s=1e-3, spread=spread)
        assert laplace(delay, x * 1e3) == pytest.approx(expected, rel=1e-10, abs=1e-300)


def test_expected_figures() -> None:
    """m = 0.6 actions, one in ten of them war: 1 / (1 - 0.54) calm incidents from each, 0.06 wars for each."""
    source = network([[0.6]], up=0.1, reversible={"recovers": 0.8})
    source["systems"]["s0"]["harm"] = {"calm": "10 USD", "war": "100 USD"}
    source["systems"]["s0"]["senses"] = {"false_alarms": {"rate": "2e-3 /d", "rung": "calm"}}
    source["actors"]["them"] = {"kind": "state"}
    source["shocks"] = [
        {"hits": "s0", "rung": "calm", "author": "none"},
        {"hits": "s0", "rung": "calm", "author": "them", "rate": "3e-3 /d"},
        {"hits": "s0", "rung": "calm", "at": "1001 d"},
    ]
    found = solved(source).expected()
    calm = 6.0 / (1.0 - 0.54)  # 1 shock, 3 of a stream, 2 phantoms: six calm beginnings
    assert found.actions == pytest.approx(0.6 * calm)
    assert found.incidents == pytest.approx(4.0 + 0.6 * calm)
    assert found.wrongful_actions == pytest.approx(0.6 * 3.0)  # about the accident and the phantoms
    assert found.loss_usd == pytest.approx(4.0 * 10.0 + 0.2 * calm * (0.54 * 10.0 + 0.06 * 100.0))
    assert found.loss_by_actor == pytest.approx({"them": 0.0, "us": found.loss_usd})
    with pytest.raises(ValueError, match="infinite"):
        solved(network([[1.2]])).expected()


# --- one paragraph of the prose at a time, by hand ------------------------------------------------


def watcher(**senses: Any) -> Offspring:
    """Three actors with a system each; the first, `a0`, is the watcher."""
    source = network([[1.0]])
    source["actors"] = {name: {"kind": "state"} for name in "abc"}
    source["systems"] = {f"{name}0": {"owner": name, "domain": "cyber", "senses": senses} for name in "abc"}
    source["shocks"] = [{"hits": "a0", "rung": "calm"}]
    source["ladder"] = ["calm", "tense", "war"]
    return Offspring(detente.load(source))


SUSPECTS = {"a": 2.0, "b": 3.0, "c": 5.0}


@pytest.mark.parametrize(
    ("author", "points_to", "suspects", "expected"),
    [
        ("b", "b", SUSPECTS, {"b": 0.7, "a": 0.3 * 2 / 7, "c": 0.3 * 5 / 7}),
        ("b", "b", {"b": 1.0}, {"b": 0.7, None: 0.3}),
        ("b", "b", {}, {"b": 0.7, None: 0.3}),
        (None, None, SUSPECTS, {None: 0.4, "a": 0.12, "b": 0.18, "c": 0.3}),
        (None, None, {}, {None: 1.0}),
        # Seen through with 0.25; otherwise the basis is what the evidence says.
        (None, "b", {"c": 1.0}, {None: 0.25 * 0.4, "c": 0.25 * 0.6 + 0.75 * 0.3, "b": 0.75 * 0.7}),
        ("b", None, {"b": 1.0}, {"b": 0.25 * 0.7 + 0.75 * 0.6, None: 0.25 * 0.3 + 0.75 * 0.4}),
        ("b", "c", {"a": 1.0}, {"b": 0.25 * 0.7, "c": 0.75 * 0.7, "a": 0.3}),
    ],
)
def test_blame(
    author: str | None, points_to: str | None, suspects: dict[str, float], expected: dict[str | None, float]
) -> None:
    senses = {"attribution": 0.7, "recognises_accidents": 0.4, "sees_through_spoofs": 0.25}
    found = watcher(**senses, suspects=suspects)
    assert found.blames(found.systems["a0"], author, points_to) == pytest.approx(expected)


@pytest.mark.parametrize(("rung", "expected"), [(0, {0: 0.9, 1: 0.1}), (1, {0: 0.2, 1: 0.8})])
def test_readings_stay_within_the_ladder_and_below_catastrophe(rung: int, expected: dict[int, float]) -> None:
    found = watcher(inflates=0.1, deflates=0.2)
    assert found.perceived(found.systems["a0"], rung) == pytest.approx(expected)


def test_one_blame_for_all_rules_of_a_watcher() -> None:
    """Two rules against the blamed either both know whom, or neither does: not the product of chances."""
    source = network([[1.0]])
    source["actors"] = {"them": {"kind": "state"}, "us": {"kind": "state"}}
    strike = {"from": "calm", "at": "blamed", "actions": 0.5, "law": "bernoulli", "step": {"up": 1.0}}
    senses = {"attribution": 0.4, "suspects": {"us": 1.0}}
    ours = {
        "owner": "us",
        "domain": "cyber",
        "senses": senses,
        "responds": [strike, strike | {"after": "1 s"}],
    }
    source["systems"] = {"s0": ours, "t0": {"owner": "them", "domain": "cyber"}}
    source["shocks"] = [{"hits": "s0", "rung": "calm", "author": "them"}]
    assert solved(source).probability(WAR) == pytest.approx(0.4 * 0.75)


def test_a_false_flag_points_elsewhere() -> None:
    source = network([[1.0]], poses_as="them")
    source["actors"]["them"] = {"kind": "state"}
    assert set(solved(source).types) == {us(0), ("s0", CALM, "us", "them")}


def test_nothing_follows_a_catastrophe() -> None:
    source = network([[1.0]], step={"down": 1.0})
    source["shocks"] = [{"hits": "s0", "rung": "war", "author": "us"}]
    found = solved(source)
    assert found.types == (us(0, WAR),)
    assert found.probability(WAR) == 1.0
    assert found.expected().incidents == 1.0
