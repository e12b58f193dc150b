"""Solves x = g(x) for non-negative x: by iterating, with Anderson's mixing to get there sooner."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator, gmres

from detente.errors import SolverError
from detente.exact._mixing import DEPTH, PLACE, WORST, proceed, turn
from detente.exact.network import Floats

__all__ = [
    "MOST_PASSES",
    "TOLERANCE",
    "Mixing",
    "affine_fixed_point",
    "fixed_point",
    "fixed_point_below",
    "mixing",
    "settle",
    "tolerance_for",
]

TOLERANCE = 1e-12
"""relative change of every component at which an iteration has arrived"""
_LARGE, _ROUGHER = 100_000, 1e4
"""components from which on the tolerance is so much wider: time is short then, and numbers are rough"""
MOST_PASSES = 5_000
_FEWEST, _MOST, _ONE_IN = 100, 4_000, 5  # components that decide how to mix, and which share of all
_PATIENCE = 400  # passes after which mixing is given up for Newton's method
_AT_ONCE = 32  # passes between two looks at the keyboard
_NEWTON_STEPS = 100
_KRYLOV = 60  # vectors kept, and restarts
_MOST_PLAIN = 50_000
_SMALL = 1e-5  # step of the difference quotients, as a share of the smallest room there is

Step = Callable[[Floats, Floats], object]


class Mixing(NamedTuple):
    """The last images of an iteration, N numbers, of which a sample of P decides how to mix them."""

    x: Floats
    """the guess, of any shape"""
    flat: Floats
    """(N,) the same memory"""
    images: Floats
    """(DEPTH, ...) a ring"""
    rows: Floats
    """(DEPTH, N) the same memory"""
    residuals: Floats
    """(DEPTH, P)"""
    basis: Floats
    """(DEPTH, P), of the least squares, as are the next three"""
    against: Floats
    triangle: Floats
    right: Floats
    counts: npt.NDArray[np.int64]
    """images seen, place of the newest in the ring, step between the components of the sample, plain passes to
    come, and how many follow when mixing next goes astray"""
    levels: Floats
    """largest relative change, smallest sum of squares so far, boldness"""

    @property
    def image(self) -> Floats:
        """A copy of the newest image."""
        found: Floats = self.images[self.counts[PLACE]].copy()
        return found

    @property
    def worst(self) -> float:
        """The largest relative change in the last pass."""
        return float(self.levels[WORST])


def mixing(start: Floats) -> Mixing:
    """Memory for an iteration from `start`."""
    x = np.array(start, dtype=np.float64, order="C")
    images = np.zeros((DEPTH, *x.shape))  # what is not yet there is mixed in with weight 0
    stride = max(1, x.size // min(_MOST, max(_FEWEST, x.size // _ONE_IN)))
    sample = len(range(0, x.size, stride))
    return Mixing(
        x=x,
        flat=x.reshape(-1),
        images=images,
        rows=images.reshape(DEPTH, -1),
        residuals=np.empty((DEPTH, sample)),
        basis=np.empty((DEPTH, sample)),
        against=np.empty(sample),
        triangle=np.zeros((DEPTH, DEPTH)),
        right=np.empty(DEPTH),
        counts=np.array([0, DEPTH - 1, stride, 0, 1]),
        levels=np.array([np.inf, np.inf, 1.0]),
    )


def settle(
    advance: Callable[[Mixing, int], bool], start: Floats, *, what: str, passes: int = MOST_PASSES
) -> Floats:
    """Where an iteration from `start` arrives; `advance(m, n)` makes n passes and says whether it has.

    Raises
    ------
    SolverError
        When it has not arrived after `passes` passes.
    """
    m = mixing(start)
    for _ in range(0, passes, _AT_ONCE):
        if advance(m, _AT_ONCE):
            return m.image
    raise SolverError(f"{what}: still changing by {m.worst:.1e} after {passes:,} passes")


def fixed_point(
    step: Step, start: Floats, *, what: str, tolerance: float | None = None, passes: int = MOST_PASSES
) -> Floats:
    """The fixed point of an affine `step` of non-negative numbers.

    Parameters
    ----------
    step
        `step(x, out)` writes g(x) into `out`; non-negative where x is.
    start
        Any shape; not changed.
    what
        What is being solved for, for the message of a failure.
    tolerance
        Relative change of every component at which it has arrived; default `TOLERANCE`.

    Raises
    ------
    SolverError
        When it has not arrived after `passes` passes.
    """
    tolerance = tolerance_for(start) if tolerance is None else tolerance

    def advance(m: Mixing, passes: int) -> bool:
        for _ in range(passes):
            step(m.x, m.images[turn(m)])
            if proceed(m, tolerance):
                return True
        return False

    return settle(advance, start, what=what, passes=passes)


def affine_fixed_point(step: Step, start: Floats, *, what: str, tolerance: float | None = None) -> Floats:
    """The fixed point of an affine `step` with a spectral radius below 1, however close.

    Where mixing does not get there, GMRES does close to the critical point (Saad and Schultz, SIAM J. Sci.
    Stat. Comput. 7, 1986), and plain iteration does along chains of many loops, which no few vectors span.

    Raises
    ------
    SolverError
        When none of them arrives.
    """
    try:
        return fixed_point(step, start, what=what, tolerance=tolerance, passes=_PATIENCE)
    except SolverError:
        found = _gmres(step, start)
        return _plain(step, start, what) if found is None else found


def _plain(step: Step, start: Floats, what: str) -> Floats:
    x, image, worst = start.copy(), np.empty_like(start), np.inf
    for _ in range(_MOST_PLAIN):
        step(x, image)
        change = np.abs(image - x)
        worst = float(np.max(change[change > 0.0] / image[change > 0.0], initial=0.0))
        if worst <= TOLERANCE:
            return image
        x, image = image, x
    raise SolverError(
        f"{what}: still changing by {worst:.1e} after {_MOST_PLAIN:,} passes: too close to R = 1"
    )


def _gmres(step: Step, start: Floats) -> Floats | None:
    constant = np.empty_like(start)
    step(np.zeros_like(start), constant)

    def residual(x: Floats) -> Floats:
        image = np.empty_like(constant)
        step(np.ascontiguousarray(x.reshape(constant.shape)), image)
        return x.reshape(-1) - (image - constant).reshape(-1)

    system = LinearOperator((constant.size, constant.size), matvec=residual, dtype=np.float64)
    found, failed = gmres(
        system, constant.reshape(-1), rtol=1e-13, atol=0.0, restart=_KRYLOV, maxiter=_KRYLOV
    )
    return None if failed else np.maximum(found, 0.0).reshape(start.shape)


def fixed_point_below(
    advance: Callable[[Mixing, Floats, int], bool], step: Step, start: Floats, *, what: str
) -> Floats:
    """The largest fixed point of an increasing, concave `step` that lies below `start`, where `step` does not grow.

    What does not grow under `step` lies above the fixed point, and so does its image. Guesses stay within
    half of the last such image, so none falls towards a smaller fixed point. Close to the critical point,
    where that is slow, Newton's method goes on: for a concave step it stays above.

    `advance(m, safe, n)` makes n passes of `step`, keeps the last such image in `safe`, and says whether it
    has arrived.

    Raises
    ------
    SolverError
        When it has not arrived.
    """
    safe = np.array(start, dtype=np.float64).reshape(-1)
    try:
        return settle(lambda m, passes: advance(m, safe, passes), start, what=what, passes=_PATIENCE)
    except SolverError:
        return _newton(step, safe.reshape(start.shape), what)


def tolerance_for(start: Floats) -> float:
    """The relative change of every component at which an iteration of so many has arrived."""
    return TOLERANCE * (_ROUGHER if start.size > _LARGE else 1.0)


def _newton(step: Step, start: Floats, what: str) -> Floats:
    """Newton's method from above: x - d, where d = (x - g(x)) + g'(x) d."""
    x, image, ahead = start.copy(), np.empty_like(start), np.empty_like(start)
    for _ in range(_NEWTON_STEPS):
        step(x, image)
        gap = np.maximum(x - image, 0.0)
        if np.all(gap <= TOLERANCE * x):
            return image
        d = affine_fixed_point(partial(_tangent, step, x, image, gap, ahead), gap, what=what, tolerance=1e-7)
        x = np.maximum(x - d, 0.5 * np.minimum(x, image))
    raise SolverError(f"{what}: Newton's method has not arrived after {_NEWTON_STEPS} steps")


def _tangent(
    step: Step, x: Floats, image: Floats, gap: Floats, ahead: Floats, d: Floats, out: Floats
) -> None:
    """Write gap + g'(x) d, by a difference quotient below x."""
    np.copyto(out, gap)
    moving = d > 0.0
    if moving.any():
        h = _SMALL * float(np.min(x[moving] / d[moving]))
        step(x - h * d, ahead)
        out += np.maximum(image - ahead, 0.0) / h
