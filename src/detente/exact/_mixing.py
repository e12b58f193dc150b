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

DEPTH = 5  # images kept, the newest included
DEPENDENT = 1e-28  # what is left of a squared length that is nothing but rounding
LEAP = 16.0  # a component is moved by at most this factor


@kernel
def least_squares(basis, against, triangle, right, n):
    """Minimise |against - sum_a right[a] basis[a]| over `right`, destroying `basis` and `against`.

    Modified Gram-Schmidt: normal equations would lose half the digits where they are dearest, near R = 1.
    """
    for a in range(n):
        before = 0.0
        for j in range(against.size):
            before += basis[a, j] * basis[a, j]
        for b in range(a):
            dot = 0.0
            for j in range(against.size):
                dot += basis[b, j] * basis[a, j]
            triangle[b, a] = dot
            for j in range(against.size):
                basis[a, j] -= dot * basis[b, j]
        after = 0.0
        for j in range(against.size):
            after += basis[a, j] * basis[a, j]
        if after <= DEPENDENT * before:  # nothing new in it
            triangle[a, a], right[a] = 1.0, 0.0
            for j in range(against.size):
                basis[a, j] = 0.0
            continue
        triangle[a, a] = math.sqrt(after)
        dot = 0.0
        for j in range(against.size):
            basis[a, j] /= triangle[a, a]
            dot += basis[a, j] * against[j]
        right[a] = dot
        for j in range(against.size):
            against[j] -= dot * basis[a, j]
    for a in range(n - 1, -1, -1):
        for b in range(a + 1, n):
            right[a] -= triangle[a, b] * right[b]
        right[a] /= triangle[a, a]


@entry
def look(x, g, stride, residuals):
    """Write every `stride`-th residual g - x.

    Returns the largest relative change, the largest relative growth, and the sum of squares of the sample.
    """
    fall, growth, total = 0.0, 0.0, 0.0
    for i in range(x.size):
        if g[i] > 0.0:
            change = (g[i] - x[i]) / g[i]
            growth = max(growth, change)
            fall = max(fall, -change)
        elif x[i] > 0.0:
            fall = np.inf
    for j in range(residuals.size):
        i = j * stride
        residuals[j] = g[i] - x[i]
        if g[i] > 0.0:
            total += (residuals[j] / g[i]) ** 2
    return max(fall, growth), growth, total


@entry
def mix(images, residuals, newest, seen, stride, basis, against, triangle, right, boldness, x):
    """Put the next guess into `x`, from the last images and residuals, rings of `DEPTH`; `seen` of them count.

    `boldness` is how far to go from the newest image to what mixing suggests, 1 for all the way.
    """
    used = min(seen, DEPTH) - 1
    for j in range(residuals.shape[1]):
        g = images[newest, j * stride]
        weight = 1.0 / g if g > 0.0 else 0.0
        against[j] = weight * residuals[newest, j]
        for a in range(used):
            basis[a, j] = against[j] - weight * residuals[(newest - 1 - a) % DEPTH, j]
    least_squares(basis, against, triangle, right, used)
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
