"""Passes of `_value` and `_flow` until they change nothing: the iterations that cost the most, in one call."""

from detente.engine._jit import entry
from detente.exact._flow import flow
from detente.exact._mixing import normalise, proceed, proceed_below, turn
from detente.exact._value import value


@entry
def descend(tables, net, gains, state, goal, m, safe, tolerance, passes):
    """At most `passes` passes towards the probability of reaching `goal`, from above; true where it has arrived."""
    for _ in range(passes):
        value(tables, net, gains, state, m.x, goal, 1.0, False, m.images[turn(m)])
        if proceed_below(m, safe, tolerance):
            return True
    return False


@entry
def power(tables, net, gains, state, weight, shift, m, tolerance, passes):
    """At most `passes` passes towards the right Perron vector; true where it has arrived."""
    for _ in range(passes):
        place = turn(m)
        value(tables, net, gains, state, m.x, m.x.shape[1], 0.0, True, m.images[place])
        normalise(m.flat, weight, shift, m.rows[place])
        if proceed(m, tolerance):
            return True
    return False


@entry
def power_back(tables, net, gains, state, back, quiet, slopes, weight, shift, m, tolerance, passes):
    """The same towards the left Perron vector."""
    for _ in range(passes):
        place = turn(m)
        image = m.images[place]
        flow(tables, net, gains, state, back, m.x, m.x.shape[1], True, m.x, quiet, False, slopes, image)
        normalise(m.flat, weight, shift, m.rows[place])
        if proceed(m, tolerance):
            return True
    return False
