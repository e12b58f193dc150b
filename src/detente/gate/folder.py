"""A gate's folder: where its documents and its record lie, and how a new one is made from the example."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from shlex import quote

from detente.errors import CharterError, GateError, PolicyError, Problem
from detente.gate.compile import compile_policy
from detente.gate.conditions.loader import faults
from detente.gate.facts import schema_of
from detente.gate.policy import Policy
from detente.model.charter import library as charters
from detente.model.charter.vocabulary import Charter
from detente.model.portfolio import library as portfolios
from detente.model.shelf import arrive

__all__ = ["CHARTER", "PORTFOLIO", "begun", "copy_example", "policy_in", "policy_of", "wrong_conditions"]

CHARTER = "charter.yaml"
PORTFOLIO = "portfolio.yaml"


def policy_in(folder: Path, *, charter: str | None = None, portfolio: str | None = None) -> Policy:
    """Return the policy of a gate's folder, with another charter or portfolio where one is named.

    Raises
    ------
    GateError
        It is no folder of a gate.
    CharterError, PortfolioError, PolicyError
        A document cannot be used.
    """
    if charter is None and not (folder / CHARTER).is_file():
        raise GateError(
            f"{folder}: found no {CHARTER} in it, expected the folder of a gate; make one with: detente gate init {quote(str(folder))}"
        )
    return policy_of(
        charter if charter is not None else str(folder / CHARTER),
        portfolio if portfolio is not None else str(folder / PORTFOLIO),
    )


def policy_of(charter: str, portfolio: str) -> Policy:
    """Return the policy of a charter and a portfolio, each a file; the portfolio may be the name of a shipped one."""
    path = Path(portfolio)
    known = charters.load(Path(charter))
    stands = portfolios.load(path if path.is_file() else portfolio)
    try:
        return compile_policy(known, stands)
    except PolicyError:
        placed = wrong_conditions(Path(charter), known)
        if placed:
            raise PolicyError(placed) from None
        raise


def wrong_conditions(source: Path | str, charter: Charter) -> tuple[Problem, ...]:
    """Return what is wrong with the conditions of a charter, with file and line: only the gate knows the facts they may read."""
    if not charter.conditions:
        return ()
    found = faults({one.name: one.when for one in charter.conditions}, schema_of(charter))
    return arrive(source, {}, CharterError).locate(
        replace(one, path=("conditions", *one.path)) for one in found
    )


def _copy(source: Traversable, folder: Path) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            (folder / entry.name).mkdir()
            _copy(entry, folder / entry.name)
        else:
            (folder / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")


@contextmanager
def begun(folder: Path) -> Iterator[None]:
    """Begin a folder that is empty or not there with a charter and a portfolio; where anything fails within, nothing is left in it.

    Raises
    ------
    GateError
        There is something in it, or it cannot be written.
    """
    was_there = folder.is_dir()
    _require_empty(folder)
    try:
        copy_example(folder)
        yield
    except BaseException:
        with suppress(OSError):  # what went wrong first is told
            _empty(folder)
            if not was_there:
                folder.rmdir()
        raise


def copy_example(folder: Path) -> None:
    """Write a charter and a portfolio to begin with into a folder that is empty or not there. Raises GateError as `begun`."""
    _require_empty(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _copy(resources.files("detente") / "gate" / "example", folder)
    except OSError as error:
        raise GateError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _require_empty(folder: Path) -> None:
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise GateError(f"{folder}: found something in it, expected a folder that is empty or not there")
    except OSError as error:
        raise GateError(f"{folder}: cannot be read: {error.strerror or error}") from error


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
