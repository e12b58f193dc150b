"""What made a result: enough to make it again, and to see what was different if it differs."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from detente._version import __version__
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["FORMAT", "Provenance", "of_run", "versions_here"]

FORMAT = 3
"""Of the record; 2, which no run that stops by itself had, is read too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The record stored inside a result file."""

    format: int
    scenario: Mapping[str, object]
    """the resolved document, itself legal"""
    portfolio: Mapping[str, object]
    """the same of the safeguards that stood"""
    seed: int
    requested_runs: int
    finished_runs: int
    max_incidents: int
    threads: int
    """for the record only: results do not depend on it"""
    wall_s: float
    """time spent simulating"""
    command: str
    """what was typed, or the call that was made"""
    versions: Mapping[str, str]
    digest: str
    """fingerprint of the table's content; empty until it is stored"""
    stopping: Mapping[str, float | None] | None = None
    """the precision at which the run was to stop by itself, as `stopping.Precision` tells it; None: it was not"""

    def to_json(self) -> str:
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Read a record back.

        Raises
        ------
        ValueError
            When the text is not such a record of this format.
        """
        data: Any = json.loads(text)
        if not isinstance(data, dict) or data.get("format") not in {2, FORMAT}:
            raise ValueError(f"expected a record of format {FORMAT}")
        if data["format"] == 2:
            data |= {"format": FORMAT, "stopping": None}
        wanted = {name: field.type for name, field in cls.__dataclass_fields__.items()}
        if set(data) != set(wanted):
            raise ValueError(f"expected the fields {', '.join(wanted)}")
        for name, kind in (("seed", int), ("requested_runs", int), ("max_incidents", int), ("wall_s", float)):
            if type(data[name]) is not kind:
                raise ValueError(f"{name}: found {data[name]!r}, expected a number")
        documents = all(isinstance(data[name], dict) for name in ("scenario", "portfolio"))
        if not documents or "detente" not in (data["versions"] or {}):
            raise ValueError("expected a scenario, a portfolio and the versions that were used")
        return cls(**data)


def of_run(
    scenario: Scenario,
    portfolio: Portfolio,
    *,
    seed: int,
    requested_runs: int,
    finished_runs: int,
    max_incidents: int,
    threads: int,
    wall_s: float,
    command: str,
    stopping: Mapping[str, float | None] | None = None,
) -> Provenance:
    """Return the record of a run made here and now."""
    return Provenance(
        format=FORMAT,
        scenario=scenario.document,
        portfolio=portfolio.document,
        seed=seed,
        requested_runs=requested_runs,
        finished_runs=finished_runs,
        max_incidents=max_incidents,
        threads=threads,
        wall_s=wall_s,
        command=command,
        versions=versions_here(),
        digest="",
        stopping=stopping,
    )


def versions_here() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    return {
        "detente": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "polars")},
    }
