"""The errors detente raises, one tree.

    DetenteError
    ├── DocumentError      a document cannot be read, or does not make sense
    │   ├── ScenarioError
    │   ├── PortfolioError
    │   ├── RaceError
    │   ├── CharterError
    │   └── PolicyError
    ├── NetworkError       a network cannot be turned into a scenario
    ├── SimulationError    a simulation cannot be started or finished as asked
    ├── SolverError        the exact solver cannot do what was asked
    ├── ClassicError       a classic model of a race has no answer for such numbers
    ├── ResultError        a stored result cannot be read
    ├── HostingError       a service cannot listen as asked
    ├── GateError          the gate cannot do what was asked
    │   ├── UnknownError   it names what the gate does not know
    │   ├── RefusedError   whoever asks may not
    │   ├── ConflictError  it does not fit how things stand by now
    │   └── UnavailableError   nothing can be recorded or looked up just now: nothing goes ahead, ask again
    │       └── UnrecordedStopError   a stop that stands, and of which there is no record yet
    └── LedgerError        the ledger cannot do what was asked
        ├── FormatError    bytes that are not what they should be: no checkpoint, proof, tile, entry or key
        ├── ProofError     a proof or signature that does not hold
        ├── DamageError    a stored ledger that is not what was written: nothing more is signed
        └── QuorumError    too few witnesses have signed: the checkpoint is withheld

Every error is for a person: where, what was found, what was expected, what to do.
A document's error carries *all* its problems, not only the first.
"""

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "CharterError",
    "ClassicError",
    "ConflictError",
    "DamageError",
    "DetenteError",
    "DocumentError",
    "FormatError",
    "GateError",
    "HostingError",
    "LedgerError",
    "NetworkError",
    "PolicyError",
    "PortfolioError",
    "Problem",
    "ProofError",
    "QuorumError",
    "RaceError",
    "RefusedError",
    "ResultError",
    "ScenarioError",
    "SimulationError",
    "SolverError",
    "UnavailableError",
    "UnknownError",
    "UnrecordedStopError",
    "install",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a document, and how to mend it."""

    path: str
    """Where in the document, as `systems.avalon-shield.senses.attribution`; empty for the whole."""
    found: str
    """The offending value, shortened for reading; empty where something is missing."""
    expected: str
    """What would have been right, and the nearest valid name where a name was wrong."""
    file: str = ""
    line: int | None = None
    """Counted from 1; None for a document that never was text."""
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        where = ": ".join(part for part in (place, self.path) if part)
        found = f"found {self.found}, " if self.found else ""
        return f"{where}: {found}expected {self.expected}" if where else f"{found}expected {self.expected}"


class DetenteError(Exception):
    """The base of everything detente raises on purpose."""


class DocumentError(DetenteError):
    """A document that cannot be used; `problems` lists everything wrong with it."""

    noun: ClassVar[str] = "scenario, portfolio, race or charter"
    """What the document should have been."""
    form: ClassVar[str] = ""
    """How it begins, where that is not with `detente: 1`."""
    is_shipped: ClassVar[bool] = True
    """Some come with detente, and have names."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ScenarioError(DocumentError):
    """A scenario that cannot be used."""

    noun = "scenario"


class PortfolioError(DocumentError):
    """A portfolio that cannot be used, or not with this scenario."""

    noun = "portfolio"


class PolicyError(DocumentError):
    """What a gate enforces cannot be used: its document, or a condition in it."""

    noun = "gate document"


class RaceError(DocumentError):
    """A race that cannot be used, or not with the scenarios and portfolios it names."""

    noun = "race"


class CharterError(DocumentError):
    """A charter that cannot be used, or not with the portfolio it meets."""

    noun = "charter"
    is_shipped = False


class NetworkError(DetenteError):
    """A network, from a file or from another program, that cannot be turned into a scenario."""


class SimulationError(DetenteError):
    """A simulation that cannot be started or finished as asked."""


class SolverError(DetenteError):
    """The exact solver cannot do what was asked: the scenario is too large, or an iteration does not settle."""


class ClassicError(DetenteError):
    """A classic model of a race was given numbers outside its range, or has no answer for them."""


class ResultError(DetenteError):
    """A stored result that cannot be read."""


class HostingError(DetenteError):
    """A service cannot listen as asked: its address, its certificate, or a package that it needs."""


class GateError(DetenteError):
    """The gate cannot do what was asked."""


class UnknownError(GateError):
    """What was asked names what the gate does not know, or no longer."""


class RefusedError(GateError):
    """Whoever asks may not: another person would have to."""


class ConflictError(GateError):
    """What was asked does not fit how things stand by now; as things were, or will be, it might."""


class UnavailableError(GateError):
    """Nothing can be recorded, or an old answer not looked up, just now: nothing goes ahead, and asking again makes sense."""

    def __init__(self, message: str, why: str = "") -> None:
        self.outside = message
        """What anybody may be told; why that is so may tell where things lie on the gate's machine."""
        super().__init__(f"{message}: {why}" if why else message)


class UnrecordedStopError(UnavailableError):
    """A stop that stands in memory and could not be recorded: a restart would forget it."""


class LedgerError(DetenteError):
    """The ledger cannot do what was asked."""


class FormatError(LedgerError):
    """Bytes that are not what they should be: no checkpoint, proof, tile, bundle, entry, policy or key."""


class ProofError(LedgerError):
    """A proof or a signature that does not hold."""


class DamageError(LedgerError):
    """A stored ledger that is not what was written: nothing more is signed on top of it."""


class QuorumError(LedgerError):
    """Too few witnesses have signed a checkpoint; `failures` says of each that did not why."""

    def __init__(self, message: str, failures: tuple[tuple[str, str], ...]) -> None:
        self.failures = failures
        """(name of the witness, why)."""
        super().__init__("\n".join((message, *(f"  {name}: {why}" for name, why in failures))))


def install(extra: str) -> str:
    """Return how to install what only some uses need, for whoever installed detente and whoever cloned it."""
    return f"pip install 'detente[{extra}]', or in a clone .venv/bin/python -m pip install -e '.[{extra}]'"
