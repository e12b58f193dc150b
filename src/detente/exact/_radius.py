"""The spectral radius of one turn of a loop: of a small product of non-negative blocks.

Rungs that only fall make such products triangular with equal entries on the diagonal, where the power
method crawls and eigenvalues of the whole are wrong by a root of the rounding error. So it is taken
class by class, each irreducible.
"""

from detente.engine._jit import entry, kernel

SHIFT = 0.3  # of the radius: keeps a class that returns only every other turn from oscillating
CLOSE = 1e-13


@kernel
def multiply(a, b, out):
    """out = a b."""
    n = a.shape[0]
    for i in range(n):
        for j in range(n):
            out[i, j] = 0.0
        for k in range(n):
            if a[i, k] != 0.0:
                for j in range(n):
                    out[i, j] += a[i, k] * b[k, j]


@kernel
def copy(a, out):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j]


@kernel
def close_over(matrix, leads):
    """Write which can lead to which, in any number of steps (Warshall, J. ACM 9, 1962)."""
    n = matrix.shape[0]
    for i in range(n):
        for j in range(n):
            leads[i, j] = matrix[i, j] > 0.0
    for k in range(n):
        for i in range(n):
            if leads[i, k]:
                for j in range(n):
                    leads[i, j] = leads[i, j] or leads[k, j]


@kernel
def class_radius(matrix, leads, one, x, y, most):
    """The spectral radius of the class of `one`, by the shifted power method; bounds from both sides say when it is there."""
    n = matrix.shape[0]
    for i in range(n):
        x[i] = 1.0 if leads[one, i] and leads[i, one] else 0.0
    radius = 0.0
    for _ in range(most):
        low, high, total = 1e300, 0.0, 0.0
        for i in range(n):
            if x[i] <= 0.0:
                continue
            y[i] = 0.0
            for j in range(n):
                if x[j] > 0.0:
                    y[i] += matrix[i, j] * x[j]
            low, high = min(low, y[i] / x[i]), max(high, y[i] / x[i])
        radius = 0.5 * (low + high)
        if high - low <= CLOSE * high:
            break
        for i in range(n):
            if x[i] > 0.0:
                x[i] = y[i] + SHIFT * radius * x[i]
                total += x[i]
        for i in range(n):
            x[i] /= total
    return radius


@entry
def turn_radius(blocks, edges, product, spare, leads, x, y, most):
    """The spectral radius of blocks[edges[0]] blocks[edges[1]] ..., square and padded with zeros."""
    copy(blocks[edges[0]], product)
    for e in range(1, edges.size):
        multiply(product, blocks[edges[e]], spare)
        copy(spare, product)
    close_over(product, leads)
    best = 0.0
    for i in range(product.shape[0]):
        if not leads[i, i]:
            continue
        first = True  # of its class
        for j in range(i):
            if leads[i, j] and leads[j, i]:
                first = False
        if first:
            best = max(best, class_radius(product, leads, i, x, y, most))
    return best
