"""Static safeguards as the solver sees them: better senses, smaller gains, and what each rung lets through.

Where reviewers are finite the solver takes them as if somebody were always free (`scope` says so); what
remembers something (mode, throttle, sharing, verdicts) is left out, and nothing is ever inert.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine.guards import below
from detente.engine.tables import Tables
from detente.exact.laplace import derivatives, transforms

__all__ = [
    "Review",
    "by_confidence",
    "by_sending",
    "class_shares",
    "effective",
    "group_of",
    "lets",
    "reviews",
]

Floats = npt.NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_STEP = (
    1e-3  # of a number, for differences of fourth order: place, weight about the middle, weight up to the end
)
_STENCIL = {
    -2: (1.0 / 12.0, 3.0 / 12.0),
    -1: (-8.0 / 12.0, -16.0 / 12.0),
    0: (0.0, 36.0 / 12.0),
    1: (8.0 / 12.0, -48.0 / 12.0),
    2: (-1.0 / 12.0, 25.0 / 12.0),
}
_WIDE = 9.0  # standard deviations of a normal law beyond which there is nothing


class Review(NamedTuple):
    """What becomes of a held action, discounted by how long it is held; (actors, wrong or right)."""

    held: Floats
    """by the adopter's reviewers, where it has any"""
    sent: Floats
    """of one sent to review: by reviewers, else by the owner's command"""


def effective(tables: Tables) -> Tables:
    """The tables with the senses that certification and robustness give."""
    if not tables.guarded:
        return tables
    systems = tables.systems.copy()
    guards = tables.guards[systems["owner"]]
    certified = systems["certified"] == 1
    better = np.maximum(systems["attribution"], guards["attribution"])
    systems["attribution"] = np.where(certified, better, systems["attribution"])
    systems["inflates"] *= np.where(certified, guards["inflates"], 1.0)
    exactly = certified & (guards["overconfidence"] > 0.0)
    systems["overconfidence"] = np.where(exactly, guards["overconfidence"], systems["overconfidence"])
    systems["sees_through_spoofs"] = np.maximum(systems["sees_through_spoofs"], guards["sees_through_spoofs"])
    return tables._replace(systems=systems)


def group_of(tables: Tables) -> tuple[int, npt.NDArray[np.int32]]:
    """Into how many groups of domains incidents fall for those who sense them, and the group of each system."""
    if np.any(tables.guards["strength"] > 0.0):
        return tables.domain_count, np.ascontiguousarray(tables.systems["domain"])
    return 1, np.zeros(len(tables.systems), np.int32)


def _levels(tables: Tables) -> Floats:
    """The distinct floors, ascending; class c of a reading is as sure as the first c of them ask."""
    levels: Floats = np.unique(tables.floors[tables.floors > 0.0])
    return levels


def class_shares(tables: Tables) -> Floats:
    """(systems, wrong or right, classes) how often the confidence in a blame falls into each class."""
    levels = _levels(tables)
    shares = np.zeros((len(tables.systems), 2, levels.size + 1))
    shares[:, :, -1] = 1.0
    adopts = tables.guards["below_floor"][tables.systems["owner"]] != t.NO_FLOOR
    if levels.size and adopts.any():
        certified = tables.systems["certified"]
        rungs = [int(np.flatnonzero(tables.floors == level)[0]) for level in levels]
        doubt = tables.doubt[certified, np.arange(len(tables.systems))][:, :, rungs]
        none = np.zeros((*doubt.shape[:2], 1))
        edges = np.concatenate([none, doubt, none + 1.0], axis=2)
        shares[adopts] = np.diff(edges, axis=2)[adopts]
    return shares


def lets(tables: Tables, review: Review, *, slope: bool = False) -> Floats:
    """(rules, wrong or right, classes, rungs) the chance that an action of that rung passes floor and review.

    With `slope`, its slope, where `review` is one: what nobody looks at has none.
    """
    free = 0.0 if slope else 1.0
    rules = tables.rules
    owner = tables.systems["owner"][rules["system"]]
    guards = tables.guards[owner]
    levels = _levels(tables)
    rungs = np.arange(tables.harm.shape[1])
    is_held = (guards["reviewers"] != 0)[:, None] & (rungs >= guards["review_from"][:, None])
    passing = np.where(is_held[:, None, :], review.held[owner][:, :, None], free)
    wanted = np.searchsorted(levels, tables.floors, side="left") + (tables.floors > 0.0)
    falls = np.arange(levels.size + 1)[:, None] < wanted  # (classes, rungs)
    below = np.where(rules["at"] == t.AT_BLAMED, guards["below_floor"], t.NO_FLOOR)[:, None, None]
    otherwise = np.where(below == t.REVERSIBLE_ONLY, passing * (rules["reversible"] == 1)[:, None, None], 0.0)
    otherwise = np.where(below == t.REVIEW, review.sent[owner][:, :, None], otherwise)
    otherwise = np.where(below == t.NO_FLOOR, passing, otherwise)
    found: Floats = np.where(falls[None, None], otherwise[:, :, None], passing[:, :, None])
    return np.ascontiguousarray(found)


def reviews(tables: Tables, alpha: float = 0.0, *, slope: bool = False) -> Review:
    """What reviewers let through, each approval discounted by exp(-alpha x the time it takes).

    With `slope`, the derivative by alpha, negated.
    """
    guards, actors = tables.guards, tables.actors
    held, sent = np.zeros((2, len(guards), 2))
    for i, (guard, actor) in enumerate(zip(guards, actors, strict=True)):
        approves = guard["approves_right"], guard["approves_wrong"] * guard["errs"]
        decided, late = _timed(guard, alpha, slope=slope)
        held[i] = [decided * approves[j] + late * guard["allows_on_timeout"] for j in (1, 0)]
        commanded = _commanded(actor, guard, alpha, slope=slope)
        sent[i] = held[i] if guard["reviewers"] != 0 else commanded
    return Review(held=held, sent=sent)


def _commanded(actor: Any, guard: Any, alpha: float, *, slope: bool) -> tuple[float, float]:
    """The same of the owner's human command: for a wrong blame, for a right one."""
    scale = float(actor["review_scale"]) * float(guard["takes"])
    took = _moment(
        int(actor["review_law"]), scale, float(actor["review_spread"]), math.inf, alpha, slope=slope
    )
    often = took * float(actor["has_command"])
    return often * float(actor["approves_wrong"]) * float(guard["errs"]), often * float(
        actor["approves_right"]
    )


def _timed(guard: Any, alpha: float, *, slope: bool) -> tuple[float, float]:
    """E exp(-alpha T) over decisions in time, and the same over holds that time out, or their slopes."""
    timeout = float(guard["timeout"]) if guard["reviewers"] != 0 else math.inf
    law, spread = int(guard["review_law"]), float(guard["review_spread"])
    scale = float(guard["review_scale"]) * float(guard["takes"])
    decided = _moment(law, scale, spread, timeout, alpha, slope=slope)
    if math.isinf(timeout):
        return decided, 0.0
    late = 1.0 - _moment(law, scale, spread, timeout, 0.0, slope=False)
    waited = late * (math.exp(-alpha * timeout) if math.isfinite(alpha) else float(timeout == 0.0))
    return decided, waited * timeout if slope else waited


def _moment(law: int, scale: float, spread: float, timeout: float, alpha: float, *, slope: bool) -> float:
    """E[exp(-alpha T); T <= timeout], or with `slope` E[T exp(-alpha T); T <= timeout]."""
    if math.isinf(alpha):
        return float(scale == 0.0 and not slope)
    if math.isinf(timeout):
        one = np.array([law]), np.array([scale]), np.array([spread])
        return float(-derivatives(*one, alpha)[0] if slope else transforms(*one, alpha)[0])
    if scale == 0.0 or law == t.FIXED or (law == t.LOGNORMAL and spread == 0.0):
        inside = math.exp(-alpha * scale) if scale <= timeout else 0.0
        return inside * scale if slope else inside
    if law == t.EXPONENTIAL:
        rate = alpha + 1.0 / scale
        rest = math.exp(-rate * timeout)
        whole = (1.0 - rest) / rate
        return (whole / rate - timeout * rest / rate if slope else whole) / scale
    top = min(math.log(timeout / scale) / spread, _WIDE) if timeout > 0.0 else -_WIDE
    if top <= -_WIDE:
        return 0.0
    half = 0.5 * (top + _WIDE)
    z = half * (_NODES + 1.0) - _WIDE
    times = scale * np.exp(spread * z)
    density = np.exp(-0.5 * z * z - alpha * times) / math.sqrt(2.0 * math.pi)
    return float(half * np.sum(_WEIGHTS * density * (times if slope else 1.0)))


def by_sending(tables: Tables, slopes: Floats) -> Floats:
    """(rules, wrong or right) slopes by the command's approval, where it stands in for reviewers; `slopes` as `lets`."""
    none = np.zeros((len(tables.guards), 2))
    owner = tables.systems["owner"][tables.rules["system"]]
    guard, actor = tables.guards[owner], tables.actors[owner]
    stands_in = (guard["reviewers"] == 0) & (actor["has_command"] == 1)
    ones = np.zeros((len(tables.guards), 2))
    ones[:, 0], ones[:, 1] = tables.guards["errs"], 1.0
    share = lets(tables, Review(held=none, sent=ones), slope=True)
    found: Floats = (share * slopes).sum(axis=(2, 3)) * stands_in[:, None]
    return found


def by_confidence(tables: Tables, slopes: Floats) -> Floats:
    """(3, systems) slopes by attribution, assurance and overconfidence as far as they decide how sure a blame is.

    `slopes` has the shape of `class_shares`. By differences of the Beta law, whose derivative by its parameters
    has no closed form.
    """
    found = np.zeros((3, len(tables.systems)))
    levels = _levels(tables)
    if not levels.size:
        return found
    adopts = tables.guards["below_floor"][tables.systems["owner"]] != t.NO_FLOOR
    for row, name in enumerate(("attribution", "assurance", "overconfidence")):
        x = tables.systems[name].astype(np.float64)
        h = _STEP * np.maximum(x, 1e-3)
        back = x + 2.0 * h > 1.0 if name == "attribution" else np.zeros(x.size, np.bool_)
        change = np.zeros(slopes.shape)
        for place, (central, backward) in _STENCIL.items():
            weight = np.where(back, backward, central) / h
            change += weight[:, None, None] * _shares_at(
                tables, levels, name, x + np.where(back, place - 2, place) * h
            )
        found[row] = adopts * (change * slopes).sum(axis=(1, 2))
    return found


def _shares_at(tables: Tables, levels: Floats, name: str, values: Floats) -> Floats:
    """Class shares with one of the senses changed."""
    systems = tables.systems.copy()
    systems[name] = values
    edges = np.zeros((len(systems), 2, levels.size + 2))
    edges[:, :, -1] = 1.0
    for right in range(2):
        edges[:, right, 1:-1] = below(
            levels[None], systems["attribution"][:, None], systems["assurance"][:, None],
            systems["overconfidence"][:, None], right,
        )  # fmt: skip
    shares: Floats = np.diff(edges, axis=2)
    return shares
