"""The words of the charter language."""

from typing import Annotated, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.charter.vocabulary import (
    ArgumentType,
    Enforcement,
    Objection,
    OnHalt,
    OnLapse,
    Phase,
    Recovery,
)
from detente.model.names import names_of, refuse
from detente.model.words import reads, words

__all__ = [
    "BLAME",
    "NOTHING",
    "OVERDUE",
    "ArgumentTypeWord",
    "EnforcementWord",
    "ObjectionWord",
    "OnHaltWord",
    "OnLapseWord",
    "OverdueWord",
    "PhaseWord",
    "RecoveryWord",
    "RestsOnWord",
]

BLAME, NOTHING = "blame", "nothing"
"""what an action may rest on"""
OVERDUE = ("guarded", "de-escalation", "halted")
"""the modes that a failed test of the kill switch may bring: to stay in normal would make the test worthless"""


def _one_of(value: object, known: tuple[str, ...], info: ValidationInfo) -> str:
    if isinstance(value, str) and value in known:
        return value
    near = names_of(info).nearest(value, known) if isinstance(value, str) else None
    expected = f"{', '.join(known[:-1])} or {known[-1]}"
    raise refuse(value, expected + (f" (did you mean '{near}'?)" if near else ""))


def _read_rests_on(value: object, info: ValidationInfo) -> bool:
    return _one_of(value, (BLAME, NOTHING), info) == BLAME


def _read_overdue(value: object, info: ValidationInfo) -> str:
    return _one_of(value, OVERDUE, info)


PhaseWord: TypeAlias = Annotated[Phase, PlainValidator(reads(Phase)), words(Phase)]
OnHaltWord: TypeAlias = Annotated[OnHalt, PlainValidator(reads(OnHalt)), words(OnHalt)]
OnLapseWord: TypeAlias = Annotated[OnLapse, PlainValidator(reads(OnLapse)), words(OnLapse)]
ObjectionWord: TypeAlias = Annotated[Objection, PlainValidator(reads(Objection)), words(Objection)]
RecoveryWord: TypeAlias = Annotated[Recovery, PlainValidator(reads(Recovery)), words(Recovery)]
EnforcementWord: TypeAlias = Annotated[Enforcement, PlainValidator(reads(Enforcement)), words(Enforcement)]
ArgumentTypeWord: TypeAlias = Annotated[
    ArgumentType, PlainValidator(reads(ArgumentType)), words(ArgumentType)
]
RestsOnWord: TypeAlias = Annotated[
    bool, PlainValidator(_read_rests_on), WithJsonSchema({"enum": [BLAME, NOTHING]})
]
OverdueWord: TypeAlias = Annotated[str, PlainValidator(_read_overdue), WithJsonSchema({"enum": [*OVERDUE]})]
