"""Claim: walks on the ladder and populations of incidents follow the birth-death formulas.

Expressible, and checked:

- the jump chain of a birth-death process as a walk on rungs (one action per incident, one rung up with
  probability u, down with d, silent on rung 0): P(reach L before 0 | start i) =
  (1 - (d/u)^i) / (1 - (d/u)^L), which is 1 / (2^L - 1) from 1 at d/u = 2; steps that stay change nothing;
- the same with each step taken only with probability p: h solves h_i = p (u h_{i+1} + s h_i + d h_{i-1}),
  so h_i = (x^i - y^i) / (x^L - y^L) with x, y the roots of p u z^2 - (1 - p s) z + p d = 0;
- the walk that answers on rung 0 too, where a step down stays (clipped): h_0 = p (u h_1 + (s + d) h_0);
- the linear birth-death process itself in time: an individual lives an exponential time of rate l + d
  and leaves two with probability l / (l + d), else none. P(extinct by t from 1) =
  d (e^((l-d)t) - 1) / (l e^((l-d)t) - d), and t / (1 + t) at l = d = 1: crises that died out before the horizon t.

Not expressible: P(the number alive reaches L). No rule and no result of the language depends on how
many incidents are pending, so that figure belongs to the rung walk only.

Statistic: exact binomial. Bound: two-sided p of 0.001 / 9. Seeds: 41 to 49.
"""

import numpy as np
import pytest

from verification.evidence import Evidence
from verification.scenarios import CATASTROPHE, DIED_OUT, HORIZON, crises, document, response, shock, system

CLAIMS = Evidence(checks=9)


def walk(length: int, start: int, up: float, down: float, p: float = 1.0, *, floor: bool = True) -> dict:
    """A ladder of rungs r0 ... r<length>; silent on r0 with `floor`, reflecting without."""
    rungs = [f"r{i}" for i in range(length + 1)]
    step = {"down": down, "same": 1.0 - up - down, "up": up}
    law = "fixed" if p == 1.0 else "bernoulli"
    rule = response("harbour", actions=p, law=law, lowest="r1" if floor else "r0", step=step)
    return document(
        {"harbour": system(rule)}, [shock("harbour", f"r{start}")],
        ladder=rungs, critical=rungs[-1], catastrophe=rungs[-1],
    )  # fmt: skip


def reached(source: dict, runs: int, seed: int) -> int:
    ended = crises(source, runs=runs, seed=seed).ended
    assert np.isin(ended, (CATASTROPHE, DIED_OUT)).all()
    return int((ended == CATASTROPHE).sum())


@pytest.mark.parametrize(
    ("length", "start", "up", "down", "runs", "seed"),
    [
        (6, 1, 1 / 3, 2 / 3, 3_000_000, 41),
        (6, 1, 0.2, 0.4, 3_000_000, 42),
        (10, 4, 0.45, 0.55, 400_000, 43),
        (8, 3, 0.6, 0.4, 400_000, 44),
    ],
)
def test_gamblers_ruin(length: int, start: int, up: float, down: float, runs: int, seed: int) -> None:
    ratio = down / up
    expected = (1.0 - ratio**start) / (1.0 - ratio**length)
    if length == 6:
        assert abs(expected - 1.0 / (2**6 - 1)) < 1e-12
    found = reached(walk(length, start, up, down), runs, seed)
    CLAIMS.share(f"reach {length} from {start}, up {up:.3g}, down {down:.3g}", found, runs, expected)


def test_walk_that_may_stop() -> None:
    length, start, up, down, p, runs = 6, 2, 0.5, 0.3, 0.9, 1_000_000
    x, y = np.roots([p * up, -(1.0 - p * (1.0 - up - down)), p * down])
    expected = (x**start - y**start) / (x**length - y**length)
    found = reached(walk(length, start, up, down, p), runs, 45)
    CLAIMS.share("reach 6 from 2, stopping", found, runs, float(expected))


def test_walk_clipped_at_the_lowest_rung() -> None:
    length, up, down, p, runs = 5, 0.4, 0.4, 0.9, 1_000_000
    equations = np.eye(length)
    for i in range(length):
        equations[i, max(0, i - 1)] -= p * down
        equations[i, i] -= p * (1.0 - up - down)
        if i + 1 < length:
            equations[i, i + 1] -= p * up
    target = np.zeros(length)
    target[-1] = p * up
    expected = float(np.linalg.solve(equations, target)[0])
    found = reached(walk(length, 0, up, down, p, floor=False), runs, 46)
    CLAIMS.share("reach 5 from 0, clipped", found, runs, expected)


def population(birth: float, death: float, t: float) -> dict:
    """Individuals are incidents at `cradle`; each ends at `gate`, one rung up if it divides, down if it dies."""
    total = birth + death
    lives = response(
        "gate", after={"mean": f"{1.0 / total!r} s"}, step={"up": birth / total, "down": 1.0 - birth / total}
    )
    divides = response("cradle", actions=2, after="0 s", lowest="degrade", step={"down": 1.0})
    return document(
        {"cradle": system(lives), "gate": system(divides)}, [shock("cradle", "disrupt")], horizon=f"{t} s"
    )


@pytest.mark.parametrize(
    ("birth", "death", "t", "seed"), [(1.0, 1.0, 3.0, 47), (1.0, 2.0, 1.5, 48), (1.5, 1.0, 2.0, 49)]
)
def test_extinction_by_a_given_time(birth: float, death: float, t: float, seed: int) -> None:
    runs = 200_000
    growth = np.exp((birth - death) * t)
    expected = t / (1.0 + t) if birth == death else death * (growth - 1.0) / (birth * growth - death)
    ended = crises(population(birth, death, t), runs=runs, seed=seed).ended
    assert np.isin(ended, (DIED_OUT, HORIZON)).all()
    died = int((ended == DIED_OUT).sum())
    CLAIMS.share(f"extinct by {t}, birth {birth}, death {death}", died, runs, float(expected))
