"""Puts the closed forms of the classic models of races beside what is found numerically, for every case in the tests.

    python tools/classics.py

Exits with 1 when a pair is further apart than the table says. No figure here is compared with the literature:
that is what tests/race/classics does.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from detente.race.classics import evolutionary, imitation, precipice, precipice_forms, richardson, tullock

PRECIPICE = ((2, 1.0, 1.0), (2, 1.0, 2.0), (2, 0.5, 1.0), (5, 1.0, 1.0), (5, 1.0, 4.0), (5, 0.5, 1.0))
"""teams, enmity, capability"""
SPEEDS = (1.5, 2.0, 3.0, 5.0)
SHARES = ((1.5, 0.70), (1.5, 0.77), (1.5, 0.78), (1.5, 0.90), (3.0, 0.90))
"""speed, risk"""
RARE = 1e-12
"""mutations per step in the whole chain that stands for rare ones"""
RIVALRIES = (
    ("settles", (0.5, 0.8, 1.0, 1.2, 0.3, -0.1)),
    ("runs away", (1.0, 1.5, 0.5, 0.4, -0.2, 0.1)),
    ("on the brink", (1.0, 1.0, 2.0, 0.5, 0.1, 0.2)),
)
"""k, l, a, b, g, h"""
START, UNTIL = (2.0, 0.5), 3.0
CONTESTS = (
    ("equals", (1.0, 1.0), 1.0),
    ("equals", (1.0, 1.0), 2.0),
    ("equals", (1.0, 1.0, 1.0), 1.5),
    ("equals", (1.0,) * 5, 0.5),
    ("lottery", (4.0, 3.0, 3.0), 1.0),
    ("lottery", (3.0, 2.0, 1.0), 1.0),
    ("duel", (4.0, 1.0), 0.5),
    ("duel", (2.0, 1.0), 1.3),
)
"""which closed form, values, decisiveness"""
_NOTHING = 1e-12
"""what rounding leaves of 0 differs between machines"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case: what it is, and the two figures."""

    case: tuple[str, ...]
    closed: float
    found: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cases of one kind, and how far apart the figures may be."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    apart: float
    """relative; absolute where the closed form is 0"""

    @property
    def furthest(self) -> float:
        """How far apart the figures are at most."""
        return max(abs(row.found - row.closed) / (abs(row.closed) or 1.0) for row in self.rows)


def main() -> int:
    """Print all tables; 1 when one of them is off."""
    off = 0
    for i, table in enumerate(tables()):
        print("\n" * bool(i) + "\n".join(printed(table)))
        off += not table.furthest <= table.apart
    return int(off > 0)


def tables() -> Iterator[Table]:
    """Give every table."""
    yield Table(
        title="Racing to the precipice: risk of disaster",
        heads=("teams", "enmity", "capability", "teams know"),
        rows=tuple(_precipice()),
        apart=1e-6,
    )
    yield Table(
        title="Evolutionary race: risk above which ...",
        heads=("speed", "safe is"),
        rows=tuple(_thresholds()),
        apart=1e-10,
    )
    yield Table(
        title="Evolutionary race: share of the time that all are unsafe, 100 developers, strength 0.01",
        heads=("speed", "risk"),
        rows=tuple(_shares()),
        apart=1e-6,
    )
    yield Table(
        title=f"Richardson: rates of growth, levels at rest, and levels at time {UNTIL:g} from {START}",
        heads=("race", "figure"),
        rows=tuple(_richardson()),
        apart=1e-8,
    )
    yield Table(
        title="Tullock: what each player spends",
        heads=("closed form", "values", "r", "player"),
        rows=tuple(_tullock()),
        apart=1e-8,
    )


def printed(table: Table) -> Iterator[str]:
    """Give the lines of a table."""
    heads = (*table.heads, "closed form", "found")
    lines = [(*row.case, _figure(row.closed), _figure(row.found)) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    first_figure = len(table.heads)
    yield table.title
    for line in (heads, *lines):
        cells = (
            cell.rjust(width) if i >= first_figure else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
    within = "no two are" if table.furthest <= table.apart else "SOME ARE"
    yield f"{within} further apart than {table.apart:g}"


def _precipice() -> Iterator[Row]:
    for teams, enmity, capability in PRECIPICE:
        race = precipice.Race(teams=teams, enmity=enmity, capability=capability)
        for knowledge in precipice.Knowledge:
            yield Row(
                case=(f"{teams}", f"{enmity:g}", f"{capability:g}", knowledge.value),
                closed=precipice_forms.risk(race, knowledge),
                found=precipice.equilibrium(race, knowledge).risk,
            )


def _thresholds() -> Iterator[Row]:
    """The closed forms, and where the payoffs themselves cross."""
    for speed in SPEEDS:
        game = evolutionary.Development(speed=speed)
        for name, closed, unsafe_ahead in (
            ("preferred by society", evolutionary.society_threshold, lambda m: m[1, 1] - m[0, 0]),
            ("risk-dominant", evolutionary.dominance_threshold, lambda m: m[1].sum() - m[0].sum()),
        ):
            yield Row(case=(f"{speed:g}", name), closed=closed(game), found=_crossing(game, unsafe_ahead))


def _crossing(game: evolutionary.Development, unsafe_ahead: Callable[[np.ndarray], float]) -> float:
    def ahead(risk: float) -> float:
        return float(unsafe_ahead(evolutionary.payoffs(replace(game, risk=risk))))

    return float(brentq(ahead, 0.0, 1.0, xtol=1e-14))


def _shares() -> Iterator[Row]:
    """The formula for rare mutations, and the whole chain with few."""
    population = imitation.Population(players=100, strength=0.01)
    for speed, risk in SHARES:
        game = evolutionary.Development(speed=speed, risk=risk)
        yield Row(
            case=(f"{speed:g}", f"{risk:.2f}"),
            closed=evolutionary.unsafe_share(game, population),
            found=float(imitation.time_with(evolutionary.payoffs(game), population, RARE)[-1]),
        )


def _richardson() -> Iterator[Row]:
    """The formulas, and NumPy's eigenvalues and solution, and an integrator in small steps."""
    names = list(richardson.Rivalry.__slots__)
    for name, numbers in RIVALRIES:
        rivalry = richardson.Rivalry(**dict(zip(names, numbers, strict=True)))
        by_numpy = np.sort(np.linalg.eigvals(rivalry.matrix).real)[::-1]
        for which, closed, found in zip(
            ("first", "second"), richardson.eigenvalues(rivalry), by_numpy, strict=True
        ):
            yield Row(case=(name, f"{which} rate"), closed=closed, found=float(found))
        if rivalry.margin:
            at_rest = np.linalg.solve(-rivalry.matrix, [rivalry.grievance_x, rivalry.grievance_y])
            for which, closed, found in zip("xy", richardson.equilibrium(rivalry), at_rest, strict=True):
                yield Row(case=(name, f"{which} at rest"), closed=closed, found=float(found))
        closed_end = richardson.trajectory(rivalry, START, [UNTIL])[0]
        for which, closed, found in zip("xy", closed_end, _integrated(numbers), strict=True):
            yield Row(case=(name, f"{which} at time {UNTIL:g}"), closed=float(closed), found=float(found))


def _integrated(numbers: tuple[float, ...]) -> np.ndarray:
    k, l, a, b, g, h = numbers  # noqa: E741 -- as Richardson has them
    done = solve_ivp(
        lambda _, z: (k * z[1] - a * z[0] + g, l * z[0] - b * z[1] + h),
        (0.0, UNTIL),
        START,
        rtol=1e-11,
        atol=1e-12,
    )
    return np.asarray(done.y[:, -1])


def _tullock() -> Iterator[Row]:
    for form, values, decisiveness in CONTESTS:
        contest = tullock.Contest(values=values, decisiveness=decisiveness)
        if form == "equals":
            closed = tullock.equals(len(values), values[0], decisiveness)
        else:
            closed = (tullock.lottery if form == "lottery" else tullock.duel)(contest)
        found = tullock.equilibrium(contest)
        shown = range(1) if form == "equals" else range(len(values))
        told = " ".join(f"{value:g}" for value in values)
        for player in shown:
            yield Row(
                case=(form, told, f"{decisiveness:g}", f"{player + 1}" if len(shown) > 1 else "each"),
                closed=closed.efforts[player],
                found=found.efforts[player],
            )


def _figure(value: float) -> str:
    if abs(value) < _NOTHING:
        return "0.000000"
    return f"{value:.6f}" if abs(value) >= 1e-4 else f"{value:.3e}"


if __name__ == "__main__":
    sys.exit(main())
