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

DEPTH = 5  # images kept, the newest included; `mix` is written for so many
DEPENDENT = 1e-28  # what is left of a squared length that is nothing but rounding
LEAP = 16.0  # a component is moved by at most this factor
ASTRAY = 16.0  # growth of the sum of squares
ROUNDING = 10.0  # tolerances of growth that do not yet mean that a guess is below the fixed point
NEAR = 0.5  # share of the last guess known to be above, below which none may fall
SEEN, PLACE, STRIDE, PLAIN, PENALTY = 0, 1, 2, 3, 4  # in `counts`
WORST, SMALLEST, BOLDNESS = 0, 1, 2  # in `levels`


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


@kernel
def turn(m):
    """Make room for one more image; returns where."""
    m.counts[PLACE] = (m.counts[PLACE] + 1) % DEPTH
    m.counts[SEEN] += 1
    return m.counts[PLACE]


@kernel
def look(m):
    """Note the residual g - x of the sample.

    Returns the largest relative change, the largest relative growth, and the sum of squares of the sample.
    """
    place = m.counts[PLACE]
    fall, growth, total = 0.0, 0.0, 0.0
    for i in range(m.flat.size):
        g, x = m.rows[place, i], m.flat[i]
        if g > 0.0:
            change = (g - x) / g
            growth = max(growth, change)
            fall = max(fall, -change)
        elif x > 0.0:
            fall = np.inf
    for j in range(m.against.size):
        i = j * m.counts[STRIDE]
        g = m.rows[place, i]
        m.residuals[place, j] = g - m.flat[i]
        if g > 0.0:
            total += (m.residuals[place, j] / g) ** 2
    return max(fall, growth), growth, total


@kernel
def mix(m, boldness):
    """Put the next guess into `x`.

    `boldness` is how far to go from the newest image to what mixing suggests, 1 for all the way.
    """
    place, stride = m.counts[PLACE], m.counts[STRIDE]
    used = min(m.counts[SEEN], DEPTH) - 1
    for j in range(m.against.size):
        g = m.rows[place, j * stride]
        m.against[j] = m.residuals[place, j] / g if g > 0.0 else 0.0
    for a in range(used):
        older = (place - 1 - a) % DEPTH
        for j in range(m.against.size):
            g = m.rows[place, j * stride]
            m.basis[a, j] = m.against[j] - (m.residuals[older, j] / g if g > 0.0 else 0.0)
    least_squares(m.basis, m.against, m.triangle, m.right, used)
    for a in range(used, DEPTH - 1):
        m.right[a] = 0.0
    w, rows = m.right, m.rows
    first, second = (place - 1) % DEPTH, (place - 2) % DEPTH
    third, fourth = (place - 3) % DEPTH, (place - 4) % DEPTH
    rest = 1.0 - w[0] - w[1] - w[2] - w[3]
    for i in range(m.flat.size):
        g = rows[place, i]
        guess = (
            w[0] * rows[first, i] + w[1] * rows[second, i] + w[2] * rows[third, i] + w[3] * rows[fourth, i]
        )
        m.flat[i] = g + boldness * (min(max(rest * g + guess, g / LEAP), g * LEAP) - g)


@entry
def proceed(m, tolerance):
    """Judge the newest image and put the next guess into `x`; true where it has arrived.

    Each time mixing goes astray, twice as many passes as the last time are made without it.
    """
    worst, _, total = look(m)
    m.levels[WORST] = worst
    if worst <= tolerance:
        return True
    if m.counts[PLAIN] > 0:
        m.counts[PLAIN] -= 1
        m.counts[SEEN] = 1
    elif total > ASTRAY * m.levels[SMALLEST]:
        m.counts[PLAIN] = m.counts[PENALTY]
        m.counts[PENALTY] *= 2
        m.counts[SEEN], m.levels[SMALLEST] = 1, np.inf
    else:
        m.levels[SMALLEST] = min(m.levels[SMALLEST], total)
    mix(m, 1.0)
    return False


@entry
def proceed_below(m, safe, tolerance):
    """The same, never far below the fixed point and never above `safe`, the last image known to be above it."""
    worst, growth, _ = look(m)
    m.levels[WORST] = worst
    place = m.counts[PLACE]
    if worst <= tolerance:
        return True
    if growth <= ROUNDING * tolerance:
        for i in range(safe.size):
            safe[i] = m.rows[place, i]
    else:
        fell = False
        for i in range(safe.size):
            fell = fell or m.flat[i] < NEAR * safe[i]
        if fell:
            for i in range(safe.size):
                m.flat[i] = safe[i]
            m.counts[SEEN], m.levels[BOLDNESS] = 0, 0.5 * m.levels[BOLDNESS]
            return False
    mix(m, m.levels[BOLDNESS])
    for i in range(safe.size):
        m.flat[i] = min(m.flat[i], safe[i])
    m.levels[BOLDNESS] = min(1.0, 1.5 * m.levels[BOLDNESS])
    return False


@kernel
def normalise(x, weight, shift, out):
    """Turn the image `out` of x into the next step of the shifted power method: masked, shifted, summing to 1."""
    total = 0.0
    for i in range(x.size):
        out[i] = out[i] * weight[i] + shift * x[i]
        total += out[i]
    for i in range(x.size):
        out[i] /= total
