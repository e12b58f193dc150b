"""The words of the race language."""

from typing import Annotated, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.names import names_of, refuse

__all__ = ["DOMESTIC", "TREATY", "HowWord"]

DOMESTIC, TREATY = "domestic", "treaty"


def _read_how(value: object, info: ValidationInfo) -> str:
    if isinstance(value, str) and value in (DOMESTIC, TREATY):
        return value
    near = names_of(info).nearest(value, (DOMESTIC, TREATY)) if isinstance(value, str) else None
    raise refuse(value, f"{DOMESTIC} or {TREATY}" + (f" (did you mean '{near}'?)" if near else ""))


HowWord: TypeAlias = Annotated[str, PlainValidator(_read_how), WithJsonSchema({"enum": [DOMESTIC, TREATY]})]
