"""Laplace transforms of delay laws: E exp(-alpha T), from microseconds to years in one call.

The transform of a lognormal law, with x = alpha * median and spread sigma, is the integral of
exp(-x exp(sigma z)) against the normal density. The integrand has one mode, at
z = -W(x sigma^2) / sigma with W the Lambert function; around it the trapezoidal rule converges
exponentially, because the integrand is analytic and vanishes at both ends.

References
----------
S. Asmussen, J. L. Jensen, L. Rojas-Nandayapa, On the Laplace transform of the lognormal
distribution, Methodol. Comput. Appl. Probab. 18 (2016): the mode and its curvature.
L. N. Trefethen, J. A. C. Weideman, The exponentially convergent trapezoidal rule,
SIAM Review 56 (2014).
"""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import special

from detente.engine.tables import EXPONENTIAL, LOGNORMAL

__all__ = ["derivatives", "medians", "transforms"]

Codes = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

_CUT = 36.0  # exp(-36) = 2e-16 of the peak: what is left out of the sum, and what the step may cost
_WIDE = math.sqrt(2.0 * _CUT)  # where a normal density has fallen that far
_TILT = 1.4  # radians, below pi / 2; see `_step`

_BLOCK = 1 << 15  # nodes summed at once: a dozen arrays of 256 kB


def transforms(law: Codes, scale: Floats, spread: Floats, alpha: float) -> Floats:
    """E exp(-alpha T) of each delay law T, to about 1e-12 of its value.

    Parameters
    ----------
    law
        FIXED, EXPONENTIAL or LOGNORMAL, one per delay law.
    scale
        The fixed delay, the mean or the median, in seconds, at least 0; same shape.
    spread
        Standard deviation of the logarithm, at least 0, read for LOGNORMAL only; same shape.
    alpha
        Per second, finite, of either sign.

    Returns
    -------
    One value per law in [0, inf]; inf where the expectation diverges: for an exponential law at
    alpha <= -1 / mean, for a lognormal law at any alpha < 0.
    """
    if alpha == 0.0:
        return np.ones(scale.size)
    with np.errstate(over="ignore", divide="ignore"):
        values = np.exp(-alpha * scale)
        values = np.where(law == EXPONENTIAL, 1.0 / np.maximum(1.0 + alpha * scale, 0.0), values)
    rows = _spread_out(law, scale, spread)
    if alpha < 0.0:
        values[rows] = np.inf
    elif rows.size:
        values[rows] = np.exp(_log_lognormal(scale[rows], spread[rows], alpha, 0.0))
    return values


def derivatives(law: Codes, scale: Floats, spread: Floats, alpha: float) -> Floats:
    """d/d(alpha) of `transforms`, that is -E[T exp(-alpha T)], in seconds; same parameters.

    -inf where the expectation diverges.
    """
    with np.errstate(over="ignore", divide="ignore"):
        values = np.exp(-alpha * scale)
        poles = 1.0 / np.maximum(1.0 + alpha * scale, 0.0)
        values = -scale * np.where(law == EXPONENTIAL, poles * poles, values)
    rows = _spread_out(law, scale, spread)
    if alpha < 0.0:
        values[rows] = -np.inf
    elif rows.size:
        values[rows] = _lognormal_derivatives(scale[rows], spread[rows], alpha)
    return values


def medians(law: Codes, scale: Floats, spread: Floats) -> Floats:  # noqa: ARG001 - as the others
    """The median of each delay law, in seconds; parameters as for `transforms`."""
    return np.where(law == EXPONENTIAL, scale * math.log(2.0), scale)


def _spread_out(law: Codes, scale: Floats, spread: Floats) -> npt.NDArray[np.intp]:
    """Which laws are truly lognormal: without spread, or with median 0, the delay is fixed."""
    return np.flatnonzero((law == LOGNORMAL) & (spread > 0.0) & (scale > 0.0))


def _lognormal_derivatives(scale: Floats, spread: Floats, alpha: float) -> Floats:
    """-E[T exp(-alpha T)]: weighting a lognormal law by T gives the one with median * exp(sigma^2)."""
    shift = spread * spread
    log_weighted = _log_lognormal(scale, spread, alpha, shift) if alpha > 0.0 else np.zeros(scale.size)
    with np.errstate(over="ignore"):
        values: Floats = -scale * np.exp(0.5 * shift + log_weighted)
    return values


def _log_lognormal(scale: Floats, spread: Floats, alpha: float, shift: Floats | float) -> Floats:
    """The logarithm of E exp(-alpha T) of lognormal laws with median scale * exp(shift), alpha above 0."""
    # W(x sigma^2) through the Wright function of its logarithm, which neither overflows nor underflows.
    mode: Floats = special.wrightomega(math.log(alpha) + np.log(scale) + shift + 2.0 * np.log(spread))
    # x exp(sigma z) at the mode. Only here does x enter the sum: an error of the mode only moves the nodes.
    depth = np.maximum(alpha * np.exp(shift - mode) * scale, 1e-300)
    at = -mode / spread
    left, right = _reach(depth, spread, mode)
    step = _step(spread, mode)
    nodes = np.ceil((left + right) / step).astype(np.int64) + 1
    laws = np.array((-left, step, spread, depth, at))
    sums = np.concatenate([_sums(nodes[block], laws[:, block]) for block in _blocks(nodes)])
    peak = -depth - 0.5 * at * at
    # Rounding must not lift the transform of a delay above 1.
    return np.minimum(peak + np.log(sums * step / math.sqrt(2.0 * math.pi)), 0.0)


def _reach(depth: Floats, spread: Floats, mode: Floats) -> tuple[Floats, Floats]:
    """How far to sum to the left and to the right of the mode.

    With u = spread * t the integrand is below its peak by depth * (exp(u) - 1 - u) + t^2 / 2. The bounds
    use exp(u) - 1 - u >= u^2 / (2 - u) on the left; on the right >= u^2 / 2, and
    >= (exp(u) - 1) / 2 from u = 1.257 on.
    """
    with np.errstate(over="ignore"):
        steep = 0.5 * _CUT / depth
        left = np.minimum(_WIDE, (steep + np.sqrt(steep * (steep + 4.0))) / spread)
        edge = np.maximum(np.log1p(4.0 * steep), 1.257) / spread
    return left, np.minimum(_WIDE / np.sqrt(1.0 + mode), edge)


def _step(spread: Floats, mode: Floats) -> Floats:
    """The step that keeps the error of the trapezoidal rule near exp(-_CUT), relative to the sum.

    Moved off the real axis by y / spread, the integrand grows at most by exp(growth), and a step h then
    errs by exp(growth - 2 pi y / (h spread)), for any y below pi / 2 (Trefethen and Weideman, section 5).
    The y used is the best one for a normal peak, bent to stay below _TILT.
    """
    best = spread * _WIDE / np.sqrt(1.0 + mode)
    y = best / np.sqrt(1.0 + np.square(best / _TILT))
    growth = (0.5 * y * y - mode * np.log(np.cos(y))) / np.square(spread)
    step: Floats = 2.0 * math.pi * y / (spread * (_CUT + growth))
    return step


def _blocks(nodes: npt.NDArray[np.int64]) -> list[slice]:
    """Runs of laws with about `_BLOCK` nodes each, so that memory stays bounded."""
    block_of = nodes.cumsum() // _BLOCK
    if block_of[-1] == 0:
        return [slice(None)]
    bounds = [0, *(np.flatnonzero(np.diff(block_of)) + 1).tolist(), nodes.size]
    return [slice(first, last) for first, last in pairwise(bounds)]


def _sums(nodes: npt.NDArray[np.int64], laws: Floats) -> Floats:
    """Sum of the integrand over its value at the mode, at `nodes` nodes of each law, laid end to end.

    `laws` has a column per law: first node, step, spread, depth and place of the mode.
    """
    first = nodes.cumsum() - nodes
    start, step, spread, depth, at = np.repeat(laws, nodes, axis=1)
    t = np.arange(start.size, dtype=np.float64)
    t -= np.repeat(first, nodes)
    t *= step
    t += start
    terms = np.exp(t * spread)
    terms -= 1.0
    terms *= depth
    terms += t * (0.5 * t + at)
    np.negative(terms, out=terms)
    np.exp(terms, out=terms)
    summed: Floats = np.add.reduceat(terms, first)
    return summed
