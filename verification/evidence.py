"""Statistical checks that say what they found: an estimate, an expectation, an error, a bound.

Every module of `verification` makes one `Evidence` with the number of checks it runs. Its null is that
the engine follows the formula named; a check fails when its two-sided p-value is below `LEVEL`
divided by that number (Bonferroni), so a module of a correct engine fails for one seed in a
thousand. Seeds are fixed: what passed once passes always, until the engine or the formula changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

LEVEL = 1e-3
LEAST_EXPECTED = 10.0  # per cell of a chi-square, where its law is close enough

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The bound of one module."""

    checks: int
    """how many p-values the module compares with its bound"""

    @property
    def bound(self) -> float:
        return LEVEL / self.checks

    def mean(self, what: str, samples: npt.ArrayLike, expected: float) -> None:
        """The mean of independent samples is `expected`; z with their own standard deviation."""
        values = np.asarray(samples, dtype=np.float64)
        error = float(values.std(ddof=1)) / values.size**0.5
        self.score(what, float(values.mean()), expected, error, values.size)

    def variance(self, what: str, samples: npt.ArrayLike, mean: float, expected: float) -> None:
        """The mean squared distance from the known `mean` is `expected`."""
        values = np.asarray(samples, dtype=np.float64)
        self.mean(f"variance of {what}", (values - mean) ** 2, expected)

    def share(self, what: str, successes: int, runs: int, expected: float) -> None:
        """`successes` of `runs` independent yes/no outcomes have probability `expected`; exact binomial."""
        p = float(stats.binomtest(successes, runs, expected).pvalue)
        error = (expected * (1.0 - expected) / runs) ** 0.5
        self.decide(what, p, f"estimate {successes / runs:.6g}, expected {expected:.6g} ± {error:.2g}", runs)

    def score(self, what: str, estimate: float, expected: float, error: float, runs: int) -> None:
        """An estimate with a normal error."""
        z = (estimate - expected) / error
        p = float(2.0 * stats.norm.sf(abs(z)))
        self.decide(
            what, p, f"estimate {estimate:.6g}, expected {expected:.6g} ± {error:.2g}, z {z:+.2f}", runs
        )

    def counts(self, what: str, observed: npt.ArrayLike, probabilities: npt.ArrayLike) -> None:
        """Observed counts per cell follow `probabilities`; what these leave of 1 is one more cell.

        `observed` covers every cell and, last, the one that is left over.
        """
        seen = np.asarray(observed, dtype=np.float64)
        law = np.asarray(probabilities, dtype=np.float64)
        law = np.append(law, max(0.0, 1.0 - law.sum()))
        assert seen.size == law.size, f"{what}: {seen.size} counts for {law.size} cells"
        seen, expected = pooled(seen, law * seen.sum())
        statistic = float(((seen - expected) ** 2 / expected).sum())
        self.chi_square(what, statistic, expected.size - 1, int(seen.sum()))

    def sizes(self, what: str, samples: npt.ArrayLike, law: Callable[[Floats], Floats], top: int) -> None:
        """Whole numbers follow the probability mass `law` on 0..`top`, everything above in one cell."""
        values = np.asarray(samples, dtype=np.int64)
        observed = np.bincount(np.minimum(values, top + 1), minlength=top + 2)
        self.counts(what, observed, law(np.arange(top + 1, dtype=np.float64)))

    def chi_square(self, what: str, statistic: float, freedom: int, runs: int) -> None:
        """A chi-square statistic; too good a fit counts against the null as too bad a one does."""
        p = 2.0 * min(float(stats.chi2.sf(statistic, freedom)), float(stats.chi2.cdf(statistic, freedom)))
        error = (2.0 * freedom) ** 0.5
        self.decide(what, p, f"chi-square {statistic:.2f}, expected {freedom} ± {error:.1f}", runs)

    def law(self, what: str, samples: npt.ArrayLike, cdf: Callable[..., Any]) -> None:
        """Samples follow the continuous `cdf`; two-sided Kolmogorov-Smirnov."""
        values = np.asarray(samples, dtype=np.float64)
        found = stats.ks_1samp(values, cdf, alternative="two-sided")
        said = f"largest distance {found.statistic:.3g}, expected about {0.87 / values.size**0.5:.3g}"
        self.decide(what, float(found.pvalue), said, values.size)

    def decide(self, what: str, p: float, said: str, runs: int) -> None:
        """A p-value from elsewhere, and what it was about."""
        line = f"{what}: {said}, p {p:.3g} (bound {self.bound:.3g}), {runs} runs"
        print(line)
        assert p >= self.bound, line


def pooled(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Neighbouring cells joined, from the tail inwards, until each expects `LEAST_EXPECTED` or more.

    Cells that expect nothing at all must be empty: they are checked, then dropped.
    """
    impossible = expected == 0.0
    assert not observed[impossible].any(), f"{observed[impossible].sum():.0f} outcomes that cannot happen"
    seen, law = [], []
    more_seen = more_law = 0.0
    for count, share in zip(observed[~impossible][::-1], expected[~impossible][::-1], strict=True):
        more_seen += count
        more_law += share
        if more_law >= LEAST_EXPECTED:
            seen.append(more_seen)
            law.append(more_law)
            more_seen = more_law = 0.0
    seen[-1] += more_seen
    law[-1] += more_law
    return np.array(seen[::-1]), np.array(law[::-1])
