"""The documents that each draw stands for: every unknown given a value, shares kept at a sum of 1."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from detente.analysis.uncertainty.factors import SCENARIO, Factor, Floats, factors_of
from detente.model.portfolio.safeguards import Portfolio
from detente.model.portfolio.substitute import with_numbers as portfolio_with_numbers
from detente.model.problems import step
from detente.model.rewrite import Rewriter
from detente.model.substitute import with_numbers
from detente.model.vocabulary import Scenario

__all__ = ["Space"]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A scenario and portfolios, their unknowns, and what is needed to fill these in quickly."""

    scenario: Scenario
    portfolios: tuple[Portfolio, ...]
    factors: tuple[Factor, ...]
    _shares: tuple[tuple[tuple[str, ...], str | None], ...]
    """groups of paths whose numbers sum to 1, and the one among them that takes what the others leave, if any"""
    _rewriters: tuple[Rewriter, ...]
    """of the scenario, then of each portfolio"""

    @classmethod
    def of(cls, scenario: Scenario, portfolios: Sequence[Portfolio] = ()) -> "Space":
        """Find the unknowns of a scenario and of the portfolios."""
        factors = factors_of(scenario, portfolios)
        shares = tuple(_shares(scenario))
        drawn: dict[int, list[str]] = {place: [] for place in range(SCENARIO, len(portfolios))}
        for factor in factors:
            for document, path in factor.places:
                drawn[document].append(path)
        closing = [path for group, _ in shares for path in group]
        rewriters = (
            Rewriter.of(scenario.document, {*drawn[SCENARIO], *closing}),
            *(Rewriter.of(one.document, set(drawn[place])) for place, one in enumerate(portfolios)),
        )
        return cls(scenario, tuple(portfolios), factors, shares, rewriters)

    def draw(self, row: Floats) -> tuple[Scenario, tuple[Portfolio, ...]]:
        """The scenario and the portfolios in which each unknown has the value in `row`, in SI units."""
        numbers: dict[int, dict[str, float]] = {place: {} for place in range(SCENARIO, len(self.portfolios))}
        for factor, value in zip(self.factors, row.tolist(), strict=True):
            for document, path in factor.places:
                numbers[document][path] = value
        self._close(numbers[SCENARIO])
        scenario = with_numbers(self.scenario, numbers[SCENARIO], self._rewriters[0])
        portfolios = tuple(
            portfolio_with_numbers(one, numbers[place], rewriter)
            for place, (one, rewriter) in enumerate(zip(self.portfolios, self._rewriters[1:], strict=True))
        )
        return scenario, portfolios

    def _close(self, numbers: dict[str, float]) -> None:
        """Let shares sum to 1 again: what takes the rest takes it; where nothing does, all are scaled alike."""
        stated = self.scenario.quantities
        for paths, rest in self._shares:
            now = {path: numbers.get(path, stated[path].value) for path in paths}
            if rest is not None:
                others = sum(value for path, value in now.items() if path != rest)
                now[rest] = max(0.0, 1.0 - others)
            total = sum(now.values())
            if total > 0.0:
                numbers.update({path: value / total for path, value in now.items()})


def _shares(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """The groups of shares in which something is unknown."""
    for system in scenario.systems:
        suspects = tuple(
            f"systems{step(system.name)}.senses.suspects{step(name)}" for name, _ in system.senses.suspects
        )
        if _is_unknown(suspects, scenario.quantities):
            yield suspects, None
        for rule in system.responds:
            down, same, up = (f"{rule.path}.step.{name}" for name in ("down", "same", "up"))
            if _is_unknown((down, same, up), scenario.quantities):
                # A `same` of its own range is a share like the others; else it is what they leave.
                yield (down, same, up), None if _is_unknown((same,), scenario.quantities) else same


def _is_unknown(paths: tuple[str, ...], quantities: Mapping[str, object]) -> bool:
    return any(getattr(quantities[path], "low", None) is not None for path in paths)
