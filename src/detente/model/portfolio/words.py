"""The parts of a portfolio that are words of the language, or a number or a word."""

from typing import Annotated, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.names import NAME_PATTERN, NOBODY, fail, names_of, read_name, refuse
from detente.model.numbers import KINDS, read_quantity
from detente.model.portfolio.safeguards import Below, Excess, OnTimeout
from detente.model.problems import Fault
from detente.model.vocabulary import Quantity
from detente.model.words import reads, words

__all__ = ["UNLIMITED", "BelowWord", "ExcessWord", "OnTimeoutWord", "PortfolioName", "Reviewers"]

UNLIMITED = "unlimited"
"""what a document writes for so many reviewers that nobody ever waits for a free one"""


def _read_reviewers(value: object, info: ValidationInfo) -> Quantity | None:
    if value == UNLIMITED:
        return None
    kind = KINDS["staff"]
    if isinstance(value, str):
        near = names_of(info).nearest(value, [UNLIMITED])
        hint = f" (did you mean '{near}'?)" if near else ""
        raise refuse(value, f"{kind.noun}, or the word {UNLIMITED}{hint}")
    faults: list[Fault] = []
    quantity = read_quantity(value, kind, names_of(info), faults)
    if quantity is None:
        raise fail(*faults)
    return quantity


def _read_portfolio_name(value: object) -> str:
    """A name; it may be `none`, because no portfolio is an actor."""
    return NOBODY if value == NOBODY else read_name(value)


PortfolioName: TypeAlias = Annotated[
    str,
    PlainValidator(_read_portfolio_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
]
BelowWord: TypeAlias = Annotated[Below, PlainValidator(reads(Below)), words(Below)]
ExcessWord: TypeAlias = Annotated[Excess, PlainValidator(reads(Excess)), words(Excess)]
OnTimeoutWord: TypeAlias = Annotated[OnTimeout, PlainValidator(reads(OnTimeout)), words(OnTimeout)]
Reviewers: TypeAlias = Annotated[
    Quantity | None, PlainValidator(_read_reviewers), WithJsonSchema({"x-kind": "reviewers"})
]
