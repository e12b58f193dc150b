"""`detente.solve` against formulas from branching processes, Hawkes processes and first passage.

Figures of cascades have one incident in ten thousand million become a war, so that only a cascade that runs away finds
one: P(catastrophe) is then the chance to survive. Where a formula stops an incident that is already under way (a
shut-off after a random delay, a deadline, a dead time, a queue of reviewers) no rule of the language can
say it, and it is not here.
"""

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special

import detente
from tests.exact.cases import answer, case, network, shock, surely, system

RARE = {"up": 1e-10}
NEAR_CRITICAL = [[0.6, 0.5], [0.3, 0.7]]


def solved(source: dict[str, Any]) -> detente.Solution:
    return detente.solve(detente.load(source))


def to_the_top(source: dict[str, Any]) -> dict[str, Any]:
    """With two rungs, so that one step up is a war."""
    return source | {"ladder": ["calm", "war"], "critical": "war"}


def survival(source: dict[str, Any]) -> float:
    return solved(to_the_top(source)).catastrophe_probability


# --- one type (Borel; Otter and Dwass; Lloyd-Smith) -----------------------------------------------


@pytest.mark.parametrize(
    ("r", "extinct"), [(1.1, 0.823866), (1.5, 0.417188), (2.0, 0.203188), (3.0, 0.0595202)]
)
def test_extinction(r: float, extinct: float) -> None:
    """The smallest root of q = exp(r (q - 1)), tabulated and by Lambert's W."""
    found = survival(network([[r]], step=RARE))
    assert 1.0 - found == pytest.approx(extinct, abs=6e-7)
    assert found == pytest.approx(1.0 + float(special.lambertw(-r * math.exp(-r)).real) / r, abs=1e-9)


@pytest.mark.parametrize(("r", "size"), [(1.2, 0.313698), (1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)])
def test_final_size(r: float, size: float) -> None:
    """x = 1 - exp(-r x)."""
    assert survival(network([[r]], step=RARE)) == pytest.approx(size, abs=6e-7)


@pytest.mark.parametrize(("r", "k"), [(1.5, 0.1), (2.0, 0.5), (3.0, 4.0)])
def test_extinction_with_unequal_spreaders(r: float, k: float) -> None:
    """q = (1 + (r / k)(1 - q))^-k."""
    q = optimize.brentq(lambda q: q - (1.0 + r / k * (1.0 - q)) ** -k, 0.0, 1.0 - 1e-6, xtol=1e-15)
    found = survival(network([[r]], step=RARE, law={"negative-binomial": k}))
    assert found == pytest.approx(1.0 - q, abs=1e-8)


@pytest.mark.parametrize("law", ["poisson", "bernoulli", {"negative-binomial": 0.3}])
@pytest.mark.parametrize("m", [0.5, 0.8])
def test_mean_cascade(m: float, law: Any) -> None:
    """1 / (1 - m) incidents, whatever the law; k ancestors have k times as many."""
    source = network([[m]], law=law)
    assert solved(source).expected_incidents == pytest.approx(1.0 / (1.0 - m), rel=1e-11)
    source["shocks"] *= 3
    assert solved(source).expected_incidents == pytest.approx(3.0 / (1.0 - m), rel=1e-11)


@pytest.mark.parametrize(("m", "up"), [(0.3, 0.25), (0.999, 0.2), (1.7, 1e-6)])
def test_poisson_with_a_chance_of_war(m: float, up: float) -> None:
    """1 - P = exp(-m (up + (1 - up) P)): Lambert's W."""
    a = m * (1.0 - up)
    expected = 1.0 + float(special.lambertw(-a * math.exp(-m)).real) / a
    assert survival(network([[m]], step={"up": up})) == pytest.approx(expected, rel=1e-9)


# --- several types --------------------------------------------------------------------------------


def test_radius_of_two_types() -> None:
    assert solved(network(NEAR_CRITICAL)).escalation_number == pytest.approx(1.0405125, abs=5e-8)
    number = (1.3 + math.sqrt(0.01 + 4.0 * 0.15)) / 2.0
    assert solved(network(NEAR_CRITICAL)).escalation_number == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(("first", "extinct"), [(0, 0.917916), (1, 0.927202)])
def test_extinction_of_two_types(first: int, extinct: float) -> None:
    """q_i = exp(sum_j M_ij (q_j - 1))."""
    found = survival(network(NEAR_CRITICAL, hits=(first,), step=RARE))
    assert 1.0 - found == pytest.approx(extinct, abs=6e-7)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_expected_progeny_of_several_types(first: int) -> None:
    """The row of (I - M)^-1; every incident costs the owner of its type 1 USD."""
    means = np.array([[0.3, 0.4, 0.0], [0.2, 0.1, 0.5], [0.1, 0.0, 0.6]])
    source = network(means.tolist(), hits=(first,))
    source["actors"] = {f"owner-{i}": {"kind": "state"} for i in range(3)}
    for i in range(3):
        source["systems"][f"s{i}"] |= {"owner": f"owner-{i}", "harm": {"calm": "1 USD"}}
    solution = solved(source)
    expected = np.linalg.inv(np.eye(3) - means)[first]
    assert solution.expected is not None
    assert solution.expected.loss_usd_by_actor == pytest.approx(expected, rel=1e-11)
    assert solution.expected_incidents == pytest.approx(float(expected.sum()), rel=1e-11)
    assert solution.expected.actions == pytest.approx(float(expected.sum()) - 1.0, rel=1e-11)


# --- Hawkes ---------------------------------------------------------------------------------------


def test_stationary_rate() -> None:
    """(I - G)^-1 mu: two events per day from outside become four."""
    source = network([[0.3, 0.2], [0.2, 0.3]])
    source["shocks"] = [shock(name, rate="1 /d") for name in ("s0", "s1")]
    assert solved(source).expected_incidents == pytest.approx(4.0 * 1000.0, rel=1e-11)


@pytest.mark.parametrize(("n", "b"), [(1.5, 1.0), (2.0, 25.0), (1.001, 1e-4), (40.0, 1e6)])
def test_growth_of_a_cluster(n: float, b: float) -> None:
    """With kernel n b exp(-b t) it grows at b (n - 1) and doubles in ln 2 / (b (n - 1))."""
    solution = solved(network([[n]], after={"mean": f"{1.0 / b!r} s"}))
    assert solution.growth is not None
    assert solution.growth.rate_per_s == pytest.approx(b * (n - 1.0), rel=1e-9)
    assert solution.doubling_time_s == pytest.approx(math.log(2.0) / (b * (n - 1.0)), rel=1e-9)
    assert solution.growth.generation_s == pytest.approx(1.0 / b, rel=1e-9)


@pytest.mark.parametrize(("n", "b"), [(0.5, 1.0), (0.01, 30.0), (0.999, 1e-3)])
def test_decline_of_a_cluster(n: float, b: float) -> None:
    solution = solved(network([[n]], after={"mean": f"{1.0 / b!r} s"}))
    assert solution.half_life_s == pytest.approx(math.log(2.0) / (b * (1.0 - n)), rel=1e-9)


def test_growth_of_two_clusters() -> None:
    """Exponential kernels of one rate b: b (R - 1), with R the radius of the matrix."""
    solution = solved(network(NEAR_CRITICAL, after={"mean": "4 s"}))
    assert solution.doubling_time_s == pytest.approx(
        4.0 * math.log(2.0) / (solution.escalation_number - 1.0), rel=1e-9
    )


@pytest.mark.parametrize("gain", [0.2, 5.0])
def test_growth_over_twelve_decades(gain: float) -> None:
    """A microsecond and ten days in turn, both fixed: ln(gain) per turn."""
    source = network([[0.0, gain], [1.0, 0.0]])
    source["systems"]["s0"]["responds"][0]["after"] = "1 us"
    source["systems"]["s1"]["responds"][0]["after"] = "10 d"
    growth = solved(source).growth
    assert growth is not None
    assert growth.rate_per_s == pytest.approx(math.log(gain) / (864000.0 + 1e-6), rel=1e-9)


# --- human control --------------------------------------------------------------------------------


def reviewed(n: float, stopped: float, **more: Any) -> dict[str, Any]:
    """Everything goes through a command that stops a share of it."""
    source = network([[n]], autonomy=0.0, **more)
    command = {"review": {"mean": "10 s"}, "approves_right": 1.0 - stopped, "approves_wrong": 1.0}
    source["actors"]["us"]["command"] = command
    source["shocks"][0]["author"] = "us"
    return source


@pytest.mark.parametrize(("n", "stopped"), [(2.0, 0.3), (2.0, 0.49), (2.0, 0.51), (5.0, 0.9)])
def test_review_that_stops_a_share(n: float, stopped: float) -> None:
    """n (1 - h), contained when h > 1 - 1/n."""
    solution = solved(reviewed(n, stopped))
    assert solution.escalation_number == pytest.approx(n * (1.0 - stopped), rel=1e-12)
    assert (solution.expected is not None) == (stopped > 1.0 - 1.0 / n)


def test_review_slows_what_it_does_not_stop() -> None:
    """n = (1 + 2 a)(1 + 10 a): both delays exponential, one after the other."""
    n = 3.0
    solution = solved(reviewed(n, 0.0, after={"mean": "2 s"}))
    rate = (-12.0 + math.sqrt(144.0 + 80.0 * (n - 1.0))) / 40.0
    assert solution.doubling_time_s == pytest.approx(math.log(2.0) / rate, rel=1e-9)


@pytest.mark.parametrize(("within", "across", "share"), [(0.6, 0.8, 1.0), (0.6, 0.8, 0.5), (0.6, 0.8, 0.49)])
def test_compartments(within: float, across: float, share: float) -> None:
    """a + q c for two domains alike: contained when q < (1 - a) / c."""
    systems = {
        name: system(
            answer("own", within, **{"in": name}),
            answer("own", across, **{"in": other}, autonomy=share),
            domain=name,
        )
        for name, other in (("air", "sea"), ("sea", "air"))
    }
    solution = solved(case(systems, shock("air")))
    assert solution.escalation_number == pytest.approx(within + share * across, rel=1e-12)
    assert (solution.expected is not None) == (share < (1.0 - within) / across)


# --- first passage --------------------------------------------------------------------------------


@pytest.mark.parametrize("top", [2, 5, 10])
@pytest.mark.parametrize("odds", [0.5, 0.9, 2.0])
def test_a_walk_on_the_ladder(odds: float, top: int) -> None:
    """Gambler's ruin: up with chance 1 / (1 + odds), ruined at rung 0: (1 - odds) / (1 - odds^top)."""
    ladder = [f"r{i}" for i in range(top + 1)]
    up = 1.0 / (1.0 + odds)
    rule = surely(["a"], **{"from": "r1"}, step={"up": up, "down": 1.0 - up})
    found = solved(case({"a": system(rule)}, shock("a", "r1"), ladder=ladder))
    for rung in range(1, top + 1):
        expected = (1.0 - odds) / (1.0 - odds**rung)
        assert found.rungs[f"r{rung}"] == pytest.approx(expected, rel=1e-9), rung
