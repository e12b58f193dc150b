"""An ensemble: many crises of one scenario, what became of each, and what made them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import polars as pl

from detente.ensemble import store
from detente.ensemble.arguments import path_of, whole
from detente.ensemble.provenance import Provenance
from detente.ensemble.stopping import from_record
from detente.ensemble.summary import Summary, summarise
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Trace

__all__ = ["Ensemble", "retrace"]


def retrace(
    scenario: Scenario, portfolio: Portfolio, *, seed: int, crisis: int, max_incidents: int
) -> "Trace":
    """Run one crisis of an ensemble again, recording every incident."""
    # Looking at stored results needs no simulator, so it is loaded only here.
    from detente.engine.compile import compile_tables  # noqa: PLC0415
    from detente.engine.trace import trace  # noqa: PLC0415

    return trace(
        scenario,
        compile_tables(scenario, portfolio),
        seed=seed,
        crisis=crisis,
        max_incidents=max_incidents,
        portfolio=portfolio.name,
    )


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ensemble:
    """Many crises of one scenario under one portfolio.

    `frame` has one row per crisis, in the order of the crisis index. Anyone who has the two documents,
    the seed and the same version of detente gets the same rows.
    """

    scenario: Scenario
    portfolio: Portfolio
    frame: pl.DataFrame
    provenance: Provenance

    @property
    def seed(self) -> int:
        return self.provenance.seed

    @property
    def runs(self) -> int:
        """Crises finished; fewer than were asked for when the run was interrupted."""
        return self.frame.height

    @property
    def max_incidents(self) -> int:
        return self.provenance.max_incidents

    def summary(self) -> Summary:
        """Return the ensemble in numbers, with intervals."""
        return summarise(
            self.frame,
            scenario=self.scenario.name,
            portfolio=self.portfolio.name,
            requested=self.provenance.requested_runs,
            seed=self.seed,
            version=self.provenance.versions["detente"],
            wall_s=self.provenance.wall_s,
            precision=from_record(self.provenance.stopping),
        )

    def trace(self, crisis: int) -> "Trace":
        """Run one crisis again, recording every incident and who triggered whom.

        Raises
        ------
        SimulationError
            When `crisis` is not the index of a crisis of this ensemble.
        """
        crisis = whole("crisis", crisis, 0, self.runs - 1)
        return retrace(
            self.scenario,
            self.portfolio,
            seed=self.seed,
            crisis=crisis,
            max_incidents=self.provenance.max_incidents,
        )

    def save(self, path: str | Path) -> Path:
        """Write the table and everything needed to make it again into one Parquet file.

        The file appears whole or not at all; one of that name is replaced.

        Raises
        ------
        ResultError
            When it cannot be written.
        """
        return store.save(self.frame, self.provenance, path_of("path", path))

    @classmethod
    def open(cls, path: str | Path) -> "Ensemble":
        """Read a file that `save` wrote.

        Raises
        ------
        ResultError
            When there is no such file, it is not a result of detente, or it is damaged.
        """
        scenario, portfolio, frame, provenance = store.read(path_of("path", path))
        return cls(scenario=scenario, portfolio=portfolio, frame=frame, provenance=provenance)

    def __repr__(self) -> str:
        guarded = f" under {self.portfolio.name!r}" if self.portfolio.safeguards else ""
        return f"<Ensemble of {self.scenario.name!r}{guarded}: {self.runs:,} crises, seed {self.seed}>"
