"""Anderson's mixing: the next guess at x = g(x) from the last few guesses and their images.

Residuals are measured relative to g, component by component, so that a probability of 1e-9 is found
to as many digits as one of 0.5. Only a sample of the components decides how to mix; all are mixed.

References
----------
D. G. Anderson, J. ACM 12 (1965); H. F. Walker and P. Ni, SIAM J. Numer. Anal. 49 (2011), 1715.
"""

import math

import numpy as np

from detente.engine._jit import entry, kernel

DEPTH = 4  # images kept, the newest included
TIMID = 1e-14  # regularisation of the least squares, relative to their trace
LEAP = 16.0  # a component is moved by at most this factor


@kernel
def solve_small(gram, right, n):
    """Solve gram x = right in place (Cholesky); `right` becomes x."""
    trace = 0.0
    for i in range(n):
        trace += gram[i, i]
    for i in range(n):
        gram[i, i] += TIMID * trace + 1e-300
    for i in range(n):
        for j in range(i + 1):
            total = gram[i, j]
            for k in range(j):
                total -= gram[i, k] * gram[j, k]
            gram[i, j] = math.sqrt(max(total, 1e-300)) if i == j else total / gram[j, j]
    for i in range(n):
        for k in range(i):
            right[i] -= gram[i, k] * right[k]
        right[i] /= gram[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= gram[k, i] * right[k]
        right[i] /= gram[i, i]


@entry
def look(x, g, stride, residuals):
    """Write every `stride`-th residual g - x; returns the largest relative change, and the sum of squares of the sample."""
    worst, total = 0.0, 0.0
    for i in range(x.size):
        if g[i] > 0.0:
            worst = max(worst, abs(g[i] - x[i]) / g[i])
        elif x[i] > 0.0:
            worst = np.inf
    for j in range(residuals.size):
        i = j * stride
        residuals[j] = g[i] - x[i]
        if g[i] > 0.0:
            total += (residuals[j] / g[i]) ** 2
    return worst, total


@entry
def growing(x, g):
    """The largest relative growth from x to g; 0 where nothing grows."""
    most = 0.0
    for i in range(x.size):
        if g[i] > x[i]:
            most = max(most, (g[i] - x[i]) / g[i])
    return most


@entry
def mix(images, residuals, newest, seen, stride, gram, right, boldness, x):
    """Put the next guess into `x`, from the last images and residuals, rings of `DEPTH`; `seen` of them count.

    `boldness` is how far to go from the newest image to what mixing suggests, 1 for all the way.
    """
    used = min(seen, DEPTH) - 1
    for a in range(used):
        right[a] = 0.0
        for b in range(used):
            gram[a, b] = 0.0
    for j in range(residuals.shape[1]):
        g = images[newest, j * stride]
        if g > 0.0:
            weight = 1.0 / (g * g)
            now = residuals[newest, j]
            for a in range(used):
                scaled = weight * (now - residuals[(newest - 1 - a) % DEPTH, j])
                right[a] += scaled * now
                for b in range(a + 1):
                    gram[a, b] += scaled * (now - residuals[(newest - 1 - b) % DEPTH, j])
    solve_small(gram, right, used)
    rest = 1.0
    for a in range(used):
        rest -= right[a]
    for i in range(x.size):
        g = images[newest, i]
        guess = rest * g
        for a in range(used):
            guess += right[a] * images[(newest - 1 - a) % DEPTH, i]
        x[i] = g + boldness * (min(max(guess, g / LEAP), g * LEAP) - g)


@entry
def normalise(x, weight, shift, out):
    """Turn the image `out` of x into the next step of the shifted power method: masked, shifted, summing to 1."""
    total = 0.0
    for i in range(x.size):
        out[i] = out[i] * weight[i] + shift * x[i]
        total += out[i]
    for i in range(x.size):
        out[i] /= total
