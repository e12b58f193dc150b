"""What a dataset holds, or will: enough to go on with it, and to refuse what does not belong to it."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

from detente.ensemble.chunks import Recipe
from detente.ensemble.spans import Span, cut
from detente.ensemble.stopping import Precision, from_record
from detente.errors import DocumentError, ResultError
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["NAME", "Manifest", "arms", "held"]

NAME = "manifest.json"
_FORMAT = 1
_ARM = re.compile(r"[0-9]+-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The plan of an ensemble that is stored piece by piece; the same plan, the same file."""

    format: int
    scenario: Mapping[str, object]
    """the resolved document"""
    portfolio: Mapping[str, object]
    seed: int
    runs: int
    """the ceiling, where the run may stop by itself"""
    chunk: int
    max_incidents: int
    code: str
    """as `chunks.CODE`"""
    stopping: Mapping[str, float | None] | None

    @classmethod
    def of(
        cls, scenario: Scenario, portfolio: Portfolio, recipe: Recipe, *,
        runs: int, chunk: int, precision: Precision | None,
    ) -> "Manifest":  # fmt: skip
        return cls(
            format=_FORMAT,
            scenario=scenario.document,
            portfolio=portfolio.document,
            seed=recipe.seed,
            runs=runs,
            chunk=chunk,
            max_incidents=recipe.max_incidents,
            code=recipe.code,
            stopping=precision.as_dict() if precision else None,
        )

    @property
    def precision(self) -> Precision | None:
        return from_record(self.stopping)

    @property
    def looks(self) -> tuple[int, ...]:
        """Where the run may end; the last is `runs`."""
        asked = self.precision
        return asked.looks(self.runs) if asked else (self.runs,)

    def spans(self) -> list[Span]:
        """Return the pieces, in order."""
        return cut(self.runs, self.chunk, self.looks)

    def part(self, position: int, among: int) -> str:
        """Return the name of the file of a piece; names sort as the pieces do."""
        return f"part-{position:0{max(6, len(str(among)))}}.parquet"

    def documents(self) -> tuple[Scenario, Portfolio]:
        """Return the scenario and the portfolio; raises DocumentError when they are not legal here."""
        return load(self.scenario), load_portfolio(self.portfolio)

    def to_json(self) -> str:
        return json.dumps(asdict(self), allow_nan=False, indent=1) + "\n"

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a dataset.

        Raises
        ------
        ResultError
            When there is none, or it cannot be read.
        """
        path = folder / NAME
        if not path.exists():
            raise ResultError(_missing(folder))
        try:
            data: Any = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(data, dict) or data.get("format") != _FORMAT:
                raise ValueError(f"expected a manifest of format {_FORMAT}")  # noqa: TRY301 -- told below
            found = cls(**data)
            found._check()
        except (OSError, ValueError, TypeError, RecursionError, DocumentError) as error:
            raise ResultError(
                f"{path}: cannot be read ({error}); it is damaged or was written by another version of detente"
            ) from error
        return found

    def _check(self) -> None:
        least = {"seed": 0, "runs": 1, "chunk": 1, "max_incidents": 1}
        for name, low in least.items():
            value: Any = getattr(self, name)
            if type(value) is not int or value < low:
                raise ValueError(f"{name}: found {value!r}, expected a whole number, {low} or more")
        self.documents()
        _ = self.looks  # raises where `stopping` is no record of a precision

    def require_same(self, other: "Manifest", folder: Path) -> None:
        """Refuse to go on with a dataset that was begun otherwise, and say what was otherwise."""
        for field in fields(self):
            begun, asked = getattr(self, field.name), getattr(other, field.name)
            if begun != asked:
                raise ResultError(
                    f"{folder}: begun with {field.name} {_told(begun)}, found {_told(asked)} now; "
                    "give what it was begun with, or another directory"
                )


def arms(folder: Path) -> list[Path]:
    """Return the directories in which a comparison keeps the pieces of its portfolios, one for each."""
    return sorted(path.parent for path in folder.glob(f"*/{NAME}") if _ARM.match(path.parent.name))


def held(folder: Path) -> str:
    """Return what is in a directory, as an error tells it; nothing where it is empty.

    Names that begin with a dot are left out: a lock, or what the system keeps.
    """
    if (folder / NAME).exists():
        return "the checkpoint of a run"
    if inner := arms(folder):
        return f"the checkpoint of a comparison ({', '.join(one.name for one in inner)})"
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return f"other files ({others[0]})" if others else ""


def _missing(folder: Path) -> str:
    """Say what was found where a manifest should be."""
    expected = "expected a directory that a run with a checkpoint made"
    if not folder.exists():
        return f"{folder}: no such directory, {expected}"
    if not folder.is_dir():
        return f"{folder}: found a file, {expected}"
    if inner := arms(folder):
        return (
            f"{folder}: found {held(folder)}, expected that of one run: one of {', '.join(map(str, inner))}"
        )
    return f"{folder}: no {NAME} there, {expected}"


def _told(value: object) -> str:
    """Return a value as people can tell it from another: documents by their fingerprints."""
    if not isinstance(value, Mapping) or "detente" not in value:
        return str(value)
    text = json.dumps(value, sort_keys=True).encode()
    name = value.get("name") or value.get("portfolio")
    return f"{name!r} ({blake2b(text, digest_size=6).hexdigest()})"
