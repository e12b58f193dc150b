"""A portfolio meets actors, a scenario's or a charter's: its names are looked up, and each safeguard learns who adopts it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from detente.errors import PortfolioError, Problem
from detente.model.portfolio.safeguards import ExportControls, Portfolio, Safeguard
from detente.model.problems import nearest_of, spell
from detente.model.vocabulary import KNOWN_KINDS

__all__ = ["Adopter", "Bound", "Place", "bind"]


class Adopter(Protocol):
    """An actor that may take up safeguards."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def bloc(self) -> str | None: ...


class Place(Protocol):
    """What a portfolio is given to: a scenario, or a charter."""

    @property
    def name(self) -> str: ...
    @property
    def ladder(self) -> tuple[str, ...]: ...
    @property
    def actors(self) -> Sequence[Adopter]: ...


Where = TypeVar("Where", bound=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Generic[Where]):
    """A portfolio for one scenario or charter."""

    portfolio: Portfolio
    scenario: Where
    adopters: dict[str, frozenset[str]]
    """by safeguard: the actors that have it"""

    def adopts(self, actor: str, safeguard: str) -> bool:
        """Whether `safeguard` stands for `actor`."""
        return actor in self.adopters.get(safeguard, ())

    def rung(self, name: str | None) -> int:
        """The position of a rung; of None, the lowest."""
        return 0 if name is None else self.scenario.ladder.index(name)


def bind(portfolio: Portfolio, scenario: Where) -> Bound[Where]:
    """Give a portfolio to the actors of a scenario or a charter.

    A domain or a known kind of actor that the scenario does not have is legal: the safeguard has nothing to do there.

    Raises
    ------
    PortfolioError
        When it names a rung, an actor or a bloc that is not there.
    """
    problems = [*_strange_adopters(portfolio, scenario), *_strange_rungs(portfolio, scenario)]
    if problems:
        raise PortfolioError(problems)
    adopters = {name: _adopters(safeguard, scenario) for name, safeguard in portfolio.safeguards.items()}
    return Bound(portfolio=portfolio, scenario=scenario, adopters=adopters)


def _adopters(safeguard: Safeguard, scenario: Place) -> frozenset[str]:
    listed = safeguard.adopters
    found = {
        actor.name
        for actor in scenario.actors
        if listed is None or not {actor.name, actor.bloc, actor.kind}.isdisjoint(listed)
    }
    if isinstance(safeguard, ExportControls):
        found &= {actor.name for actor in scenario.actors if actor.kind in safeguard.kinds}
    return frozenset(found)


def _strange_adopters(portfolio: Portfolio, scenario: Place) -> Iterator[Problem]:
    named = ({actor.name, actor.bloc, actor.kind} for actor in scenario.actors)
    known = sorted(name for name in set(KNOWN_KINDS).union(*named) if name is not None)
    what = f"an actor, a bloc or a kind of actor of {_called(scenario)}"
    for name, safeguard in portfolio.safeguards.items():
        for i, adopter in enumerate(safeguard.adopters or ()):
            if adopter not in known:
                yield _problem(portfolio, ("safeguards", name, "adopters", i), adopter, what, known)


def _strange_rungs(portfolio: Portfolio, scenario: Place) -> Iterator[Problem]:
    what = f"a rung of {_called(scenario)}"
    for path, rung in _rungs(portfolio):
        if rung is not None and rung not in scenario.ladder:
            yield _problem(portfolio, ("safeguards", *path), rung, what, scenario.ladder)


def _called(place: Place) -> str:
    return f"the {type(place).__name__.lower()} '{place.name}'"


def _rungs(portfolio: Portfolio) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
    if portfolio.red_lines:
        for i, forbidden in enumerate(portfolio.red_lines.forbid):
            yield ("red-lines", "forbid", i, "from"), forbidden.from_rung
    if portfolio.confidence_floor:
        for rung, _ in portfolio.confidence_floor.floors:
            yield ("confidence-floor", "floors", rung), rung
    if portfolio.de_escalation_mode:
        yield ("de-escalation-mode", "review_from"), portfolio.de_escalation_mode.review_from
    if portfolio.human_on_the_loop:
        yield ("human-on-the-loop", "from"), portfolio.human_on_the_loop.from_rung


def _problem(
    portfolio: Portfolio, path: tuple[str | int, ...], name: str, what: str, known: Iterable[str]
) -> Problem:
    listed = list(known)
    near = nearest_of(name, listed)
    hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(listed)})"
    return Problem(
        path=spell(path), found=f"'{name}'", expected=f"{what}{hint}", file=f"portfolio '{portfolio.name}'"
    )
