"""Numbers in a document: plain or with a unit, alone or as `{value, low, high, mode, source, assumed}`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.names import Names, fail, names_of
from detente.model.problems import Fault, Path, shown, turned
from detente.model.units import DURATION, MONEY, PLAIN, RATE, Unit, parse
from detente.model.vocabulary import Quantity

__all__ = [
    "KINDS",
    "Actions",
    "Certainty",
    "Count",
    "Duration",
    "Factor",
    "Kind",
    "Money",
    "Pace",
    "Positive",
    "Probability",
    "Rate",
    "Reduction",
    "Rungs",
    "Share",
    "Tempo",
    "Term",
    "Time",
    "Wait",
    "Weight",
    "read_quantity",
]

_MEMBERS = ("value", "low", "high", "mode", "source", "assumed")


@dataclass(frozen=True, slots=True)
class Kind:
    """What numbers are allowed in a place, in SI units."""

    name: str
    noun: str
    """what an error says was expected"""
    unit: Unit = PLAIN
    lowest: float = 0.0
    highest: float = 1.0
    above_lowest: bool = False
    """the lowest number is itself not allowed"""
    whole: bool = False

    def allows(self, value: float) -> bool:
        enough = value > self.lowest if self.above_lowest else value >= self.lowest
        return enough and value <= self.highest and (not self.whole or value.is_integer())


_MOST_SECONDS = 1e11
_MOST_USD = 1e18
_LONGEST_TERM = 3660 * 86400.0  # in nanoseconds since 1970, now and so much later fit into 64 bits

KINDS = {
    kind.name: kind
    for kind in (
        Kind("probability", "a probability from 0 to 1"),
        Kind("weight", "a weight of at least 0", highest=1e9),
        Kind("positive", "a number above 0, at most 1e6", above_lowest=True, highest=1e6),
        Kind("spread", "a number from 0 to 10", highest=10.0),
        Kind("actions", "a number of actions from 0 to 1000", highest=1000.0),
        Kind("rungs", "a whole number of rungs, at least 0", highest=1000.0, whole=True),
        Kind("count", "a whole number from 1 to 1e6", lowest=1.0, highest=1e6, whole=True),
        Kind("time", "a duration of at least 0", DURATION, highest=_MOST_SECONDS),
        Kind("duration", "a duration above 0", DURATION, highest=_MOST_SECONDS, above_lowest=True),
        Kind("rate", "a rate of at least 0", RATE, highest=1e9),
        Kind("money", "an amount of at least 0", MONEY, highest=_MOST_USD),
        Kind("share", "a share from 0 to 1"),
        Kind("factor", "a factor from 0 to 1e6", highest=1e6),
        Kind("reduction", "a factor from 0 to 1"),
        Kind("pace", "a rate above 0", RATE, highest=1e9, above_lowest=True),
        Kind("staff", "a whole number from 1 to 1000", lowest=1.0, highest=1000.0, whole=True),
        Kind("certainty", "a number from 0.5 to 0.999999", lowest=0.5, highest=0.999999),
        Kind("term", "a duration from 1 ms to 3660 d", DURATION, lowest=0.001, highest=_LONGEST_TERM),
        Kind("wait", "a duration from 0 to 3660 d", DURATION, highest=_LONGEST_TERM),
        Kind("tempo", "a rate from 1 /d to 1e6 /s", RATE, lowest=1 / 86400.0, highest=1e6),
    )
}


@lru_cache(maxsize=65536)
def _plain(value: float) -> Quantity:
    # Cached because documents repeat themselves.
    return Quantity(value=value)


def read_quantity(
    raw: object, kind: Kind, names: Names, faults: list[Fault], path: Path = ()
) -> Quantity | None:
    """The number at `path`; what is wrong with it goes to `faults`, and then None comes back."""
    if isinstance(raw, dict):
        return _read_mapping(raw, kind, names, faults, path)
    number = _read_number(raw, kind, faults, path)
    return None if number is None else _plain(number)


def _read_number(raw: object, kind: Kind, faults: list[Fault], path: Path) -> float | None:
    number, why = _number(raw, kind)
    if number is not None and kind.allows(number):
        return number
    expected = kind.noun if why is None else f"{kind.noun}: {why}"
    faults.append(Fault(path, shown(raw), expected))
    return None


def _number(raw: object, kind: Kind) -> tuple[float | None, str | None]:
    """The number in the SI unit, or why there is none."""
    if kind.unit is not PLAIN:
        if not isinstance(raw, str):
            bare = isinstance(raw, int | float) and not isinstance(raw, bool)
            return None, f"with its unit, as `{kind.unit.example}`" if bare else None
        try:
            return parse(raw, kind.unit), None
        except ValueError as error:
            return None, str(error)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None, "digits as 1000 or 2.5e-3, without quotes" if isinstance(raw, str) else None
    return float(raw) + 0.0, None  # so that -0.0 becomes 0.0


def _read_mapping(
    raw: dict[str, Any], kind: Kind, names: Names, faults: list[Fault], path: Path
) -> Quantity | None:
    before = len(faults)
    _check_members(raw, kind, names, faults, path)
    stated: dict[str, float | None] = {}
    for member in ("value", "low", "high", "mode"):
        if member in raw:
            stated[member] = _read_number(raw[member], kind, faults, (*path, member))
    source = _read_source(raw, names, faults, path)
    assumed = _read_assumed(raw, faults, path)
    if len(faults) == before:
        _check_order(stated, faults, path, raw)
    if len(faults) > before:
        return None
    value = stated["value"]
    assert value is not None, "INVARIANT: a number without faults has a value"
    low, high, mode = stated.get("low"), stated.get("high"), stated.get("mode")
    return Quantity(value=value, low=low, high=high, mode=mode, source=source, assumed=assumed)


def _check_members(raw: dict[str, Any], kind: Kind, names: Names, faults: list[Fault], path: Path) -> None:
    for key in raw:
        if key not in _MEMBERS:
            expected = f"one of {', '.join(_MEMBERS)}{names.hint(key, _MEMBERS)}"
            faults.append(Fault((*path, key), f"the unknown key {shown(key)}", expected, at_key=True))
    if "value" not in raw:
        faults.append(Fault(path, shown(raw), f"`value:`, {kind.noun}"))
    for one, other in (("low", "high"), ("high", "low"), ("mode", "low")):
        if one in raw and other not in raw:
            faults.append(
                Fault((*path, one), f"`{one}` without `{other}`", "both ends of the range, or neither")
            )


def _read_source(raw: dict[str, Any], names: Names, faults: list[Fault], path: Path) -> str | None:
    source = raw.get("source")
    if "source" not in raw or (isinstance(source, str) and source in names.references):
        return source
    expected = f"the name of a reference{names.hint(source, names.references)}"
    faults.append(Fault((*path, "source"), shown(source), expected))
    return None


def _read_assumed(raw: dict[str, Any], faults: list[Fault], path: Path) -> str | None:
    assumed = raw.get("assumed")
    if isinstance(assumed, str) and (fault := turned(assumed, (*path, "assumed"))):
        faults.append(fault)
    elif "assumed" not in raw or (isinstance(assumed, str) and assumed.strip()):
        return assumed
    else:
        faults.append(Fault((*path, "assumed"), shown(assumed), "a text that says why the value was assumed"))
    return None


def _check_order(
    stated: dict[str, float | None], faults: list[Fault], path: Path, raw: dict[str, Any]
) -> None:
    """A range must hold its value and its mode."""
    low, high = stated.get("low"), stated.get("high")
    if low is None or high is None:
        return
    if low > high:
        found = f"low {shown(raw['low'])} above high {shown(raw['high'])}"
        faults.append(Fault((*path, "low"), found, "low at most high"))
        return
    for member in ("value", "mode"):
        number = stated.get(member)
        if number is not None and not low <= number <= high:
            expected = f"{member} between low {shown(raw['low'])} and high {shown(raw['high'])}"
            faults.append(Fault((*path, member), shown(raw[member]), expected))


def _reader(kind: Kind) -> Callable[[Any, ValidationInfo], Quantity]:
    def read(value: object, info: ValidationInfo) -> Quantity:
        faults: list[Fault] = []
        quantity = read_quantity(value, kind, names_of(info), faults)
        if quantity is None:
            raise fail(*faults)
        return quantity

    return read


def _reads(name: str) -> PlainValidator:
    return PlainValidator(_reader(KINDS[name]))


def _kind(name: str) -> WithJsonSchema:
    # Replaced by a reference to the shared definition when the schema is made (model.schema).
    return WithJsonSchema({"x-kind": name})


Probability: TypeAlias = Annotated[Quantity, _reads("probability"), _kind("probability")]
Weight: TypeAlias = Annotated[Quantity, _reads("weight"), _kind("weight")]
Positive: TypeAlias = Annotated[Quantity, _reads("positive"), _kind("positive")]
Actions: TypeAlias = Annotated[Quantity, _reads("actions"), _kind("actions")]
Rungs: TypeAlias = Annotated[Quantity, _reads("rungs"), _kind("rungs")]
Count: TypeAlias = Annotated[Quantity, _reads("count"), _kind("count")]
Time: TypeAlias = Annotated[Quantity, _reads("time"), _kind("time")]
Duration: TypeAlias = Annotated[Quantity, _reads("duration"), _kind("duration")]
Rate: TypeAlias = Annotated[Quantity, _reads("rate"), _kind("rate")]
Money: TypeAlias = Annotated[Quantity, _reads("money"), _kind("money")]
Share: TypeAlias = Annotated[Quantity, _reads("share"), _kind("share")]
Factor: TypeAlias = Annotated[Quantity, _reads("factor"), _kind("factor")]
Reduction: TypeAlias = Annotated[Quantity, _reads("reduction"), _kind("reduction")]
Pace: TypeAlias = Annotated[Quantity, _reads("pace"), _kind("pace")]
Certainty: TypeAlias = Annotated[Quantity, _reads("certainty"), _kind("certainty")]
Term: TypeAlias = Annotated[Quantity, _reads("term"), _kind("term")]
Wait: TypeAlias = Annotated[Quantity, _reads("wait"), _kind("wait")]
Tempo: TypeAlias = Annotated[Quantity, _reads("tempo"), _kind("tempo")]
