"""The rules that bind several fields of one entry; each gives the fault it finds, or None.

A number with a range must keep the rule over the whole range, so that every sampled scenario is legal.
"""

from collections.abc import Iterable, Mapping

from detente.model.names import Names
from detente.model.problems import Fault
from detente.model.vocabulary import Quantity

__all__ = [
    "MOST_ARRIVALS",
    "MOST_CLUSTERED",
    "SLACK",
    "arrivals",
    "counts",
    "different",
    "highest",
    "long_enough",
    "lowest",
    "once_each",
    "one_time",
    "rungs_below",
    "somebody",
    "steps",
    "swings",
]

SLACK = 1e-9
"""how far a sum of shares may be from 1: numbers such as 0.1 are not exact"""
MOST_ARRIVALS = 1e6
"""expected incidents of one stream in one crisis"""

MOST_CLUSTERED = 1e4
"""mean actions over the dispersion: the tail of a negative binomial is about 37 times as long, in actions"""

_FEWEST_RUNGS = 2


def highest(quantity: Quantity) -> float:
    """The largest value the number can take."""
    return quantity.value if quantity.high is None else quantity.high


def lowest(quantity: Quantity) -> float:
    """The smallest value the number can take."""
    return quantity.value if quantity.low is None else quantity.low


def _sum(*numbers: float) -> str:
    return f"{' + '.join(f'{number:g}' for number in numbers)} = {sum(numbers):g}"


def steps(down: Quantity, same: Quantity | None, up: Quantity) -> Fault | None:
    """The chances of the three steps sum to 1."""
    if same is None:
        if highest(down) + highest(up) <= 1 + SLACK:
            return None
        found = f"down + up = {_sum(highest(down), highest(up))}"
        return Fault((), found, "down + up of at most 1, over the whole of their ranges")
    if abs(down.value + same.value + up.value - 1) <= SLACK:
        return None
    found = f"down + same + up = {_sum(down.value, same.value, up.value)}"
    return Fault((), found, "the three to sum to 1; leave `same` out to get what the others leave")


def swings(inflates: Quantity, deflates: Quantity) -> Fault | None:
    """A reading is too high, or too low, or neither."""
    if highest(inflates) + highest(deflates) <= 1 + SLACK:
        return None
    found = f"inflates + deflates = {_sum(highest(inflates), highest(deflates))}"
    return Fault((), found, "at most 1, over the whole of their ranges")


def counts(law: str, actions: Quantity, dispersion: Quantity | None = None) -> Fault | None:
    """The mean number of actions suits the law of their number."""
    if dispersion is not None and highest(actions) > MOST_CLUSTERED * lowest(dispersion):
        found = f"{highest(actions):g} actions with a dispersion of {lowest(dispersion):g}"
        return Fault(("law",), found, f"a dispersion of at least the actions / {MOST_CLUSTERED:g}")
    if law == "bernoulli" and highest(actions) > 1:
        expected = "at most 1, because the law is bernoulli"
        return Fault(("actions",), f"{highest(actions):g}", expected)
    stated = [number for number in (actions.value, actions.low, actions.high) if number is not None]
    broken = [number for number in stated if not number.is_integer()]
    if law == "fixed" and broken:
        return Fault(("actions",), f"{broken[0]:g}", "a whole number, because the law is fixed")
    return None


def different(source: str, target: str) -> Fault | None:
    """A system does not depend on itself."""
    if source != target:
        return None
    return Fault(("to",), f"'{target}', the system that it comes from", "another system")


def once_each(names: Iterable[str]) -> Fault | None:
    """A list names nothing twice."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            return Fault((index,), f"'{name}' a second time", "each name once")
        seen.add(name)
    return None


def long_enough(ladder: tuple[str, ...]) -> Fault | None:
    """A ladder has something to climb."""
    if len(ladder) >= _FEWEST_RUNGS:
        return None
    return Fault(
        (), f"a list of {len(ladder)}" if ladder else "an empty list", "at least two rungs, mildest first"
    )


def somebody(weights: Mapping[str, Quantity] | None) -> Fault | None:
    """Weights can be made to sum to 1."""
    if not weights or any(weight.value > 0 for weight in weights.values()):
        return None
    return Fault(("suspects",), "no weight above 0", "at least one weight above 0")


def one_time(at: Quantity | None, rate: Quantity | None) -> Fault | None:
    """A shock comes once or as a stream."""
    if at is None or rate is None:
        return None
    return Fault((), "both `at` and `rate`", "`at` for one shock, or `rate` for a stream of them")


def arrivals(rate: Quantity | None, names: Names) -> Fault | None:
    """A stream has few enough incidents to be simulated."""
    if rate is None or names.horizon_s is None or highest(rate) * names.horizon_s <= MOST_ARRIVALS:
        return None
    found = f"{highest(rate) * names.horizon_s:.3g} expected incidents before the horizon"
    return Fault(("rate",), found, f"at most {MOST_ARRIVALS:g}: a lower rate or a shorter horizon")


def rungs_below(rung: str, names: Names) -> Fault | None:
    """A false alarm is milder than a catastrophe."""
    ladder = list(names.rungs)
    if names.catastrophe is None or rung not in ladder or ladder.index(rung) < names.catastrophe:
        return None
    return Fault(("rung",), f"'{rung}'", f"a rung below catastrophe ('{ladder[names.catastrophe]}')")
