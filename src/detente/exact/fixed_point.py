"""Solves x = g(x) for non-negative x: by iterating, with Anderson's mixing to get there sooner."""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from detente.errors import SolverError
from detente.exact._mixing import DEPTH, look, mix
from detente.exact.network import Floats

__all__ = ["MOST_PASSES", "TOLERANCE", "affine_fixed_point", "fixed_point", "fixed_point_below"]

TOLERANCE = 1e-12
"""relative change of every component at which an iteration has arrived"""
_LARGE, _ROUGHER = 100_000, 1e4
"""components from which on the tolerance is so much wider: time is short then, and numbers are rough"""
MOST_PASSES = 5_000
_SAMPLE = 4_000  # components that decide how to mix
_ASTRAY = 16.0  # growth of the sum of squares
_ROUNDING = 1e-9  # relative growth that does not yet mean that a guess is below the fixed point
_NEAR = 0.5  # share of the last guess known to be above, below which none may fall
_PATIENCE = 400  # passes after which mixing is given up for Newton's method
_NEWTON_STEPS = 100
_KRYLOV = 60  # vectors kept, and restarts
_MOST_PLAIN = 50_000
_SMALL = 1e-5  # step of the difference quotients, as a share of the smallest room there is

Step = Callable[[Floats, Floats], object]


class _Mixer:
    """The last images of an iteration and what they suggest."""

    def __init__(self, start: Floats) -> None:
        self.x = np.array(start, dtype=np.float64, order="C")
        self.images = np.empty((DEPTH, *self.x.shape))
        self._flat, self._rows = self.x.reshape(-1), self.images.reshape(DEPTH, -1)
        self._stride = max(1, self.x.size // _SAMPLE)
        self._residuals = np.empty((DEPTH, len(range(0, self.x.size, self._stride))))
        sample = self._residuals.shape[1]
        self._scratch = (
            np.empty((DEPTH, sample)),
            np.empty(sample),
            np.zeros((DEPTH, DEPTH)),
            np.empty(DEPTH),
        )
        self.seen, self._newest = 0, DEPTH - 1

    @property
    def image(self) -> Floats:
        """The newest image."""
        found: Floats = self.images[self._newest]
        return found

    def advance(self, step: Step) -> tuple[float, float, float]:
        """Take the image of `x`; returns the largest relative change, the largest growth, a sample's sum of squares."""
        self._newest = (self._newest + 1) % DEPTH
        step(self.x, self.image)
        self.seen += 1
        residuals = self._residuals[self._newest]
        found: tuple[float, float, float] = look(
            self._flat, self._rows[self._newest], self._stride, residuals
        )
        return found

    def suggest(self, boldness: float = 1.0) -> None:
        """Put the next guess into `x`."""
        residuals, newest = self._residuals, self._newest
        mix(self._rows, residuals, newest, self.seen, self._stride, *self._scratch, boldness, self._flat)


def fixed_point(
    step: Step, start: Floats, *, what: str, tolerance: float | None = None, passes: int = MOST_PASSES
) -> Floats:
    """The fixed point of a `step` of non-negative numbers, affine or normalised linear.

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
    mixer, smallest, worst = _Mixer(start), np.inf, np.inf
    tolerance = _tolerance(start) if tolerance is None else tolerance
    for _ in range(passes):
        worst, _, total = mixer.advance(step)
        if worst <= tolerance:
            return mixer.image.copy()
        if total > _ASTRAY * smallest:  # mixing has gone astray: begin again from here
            mixer.seen, smallest = 1, np.inf
        smallest = min(smallest, total)
        mixer.suggest()
    raise SolverError(f"{what}: still changing by {worst:.1e} after {passes:,} passes")


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
    unused = np.empty(0)
    for _ in range(_MOST_PLAIN):
        step(x, image)
        worst, _, _ = look(x.reshape(-1), image.reshape(-1), 1, unused)
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


def fixed_point_below(step: Step, start: Floats, *, what: str) -> Floats:
    """The largest fixed point of an increasing, concave `step` that lies below `start`, where `step` does not grow.

    What does not grow under `step` lies above the fixed point, and so does its image. Guesses stay within
    half of the last such image, so none falls towards a smaller fixed point. Close to the critical point,
    where that is slow, Newton's method goes on: for a concave step it stays above.

    Raises
    ------
    SolverError
        When it has not arrived after `MOST_PASSES` passes.
    """
    mixer, boldness, safe = _Mixer(start), 1.0, np.asarray(start)
    tolerance = _tolerance(start)
    for _ in range(_PATIENCE):
        worst, growth, _ = mixer.advance(step)
        if worst <= tolerance:
            return mixer.image.copy()
        if growth <= _ROUNDING:
            safe = mixer.image.copy()
        elif np.any(mixer.x < _NEAR * safe):
            np.copyto(mixer.x, safe)
            mixer.seen, boldness = 0, 0.5 * boldness
            continue
        mixer.suggest(boldness)
        np.minimum(mixer.x, safe, out=mixer.x)
        boldness = min(1.0, 1.5 * boldness)
    return _newton(step, safe, what)


def _tolerance(start: Floats) -> float:
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
