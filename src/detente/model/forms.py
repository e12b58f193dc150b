"""The parts of a document that may be written in several forms: delays, laws, targets, reversibility."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from detente.model.names import Names, fail, names_of, refuse
from detente.model.numbers import KINDS, Kind, read_quantity
from detente.model.problems import Fault, shown
from detente.model.vocabulary import At, DelayLaw, Quantity

__all__ = ["Delay", "Law", "Reversible", "StatedDelay", "StatedLaw", "StatedTarget", "Target"]


@dataclass(frozen=True, slots=True)
class StatedDelay:
    """A delay law as the document states it."""

    law: DelayLaw
    scale: Quantity
    """seconds: the delay itself, its mean, or its median"""
    spread: Quantity | None = None


@dataclass(frozen=True, slots=True)
class StatedLaw:
    """The law of a number of actions as the document states it."""

    name: str
    dispersion: Quantity | None = None


@dataclass(frozen=True, slots=True)
class StatedTarget:
    """Where a response aims, as the document states it."""

    at: At
    systems: tuple[str, ...] = ()


_DELAY_FORMS = "a delay: `1 s`, {fixed: 1 s}, {mean: 1 s} or {median: 40 ms, spread: 1.0}"
_LAW_FORMS = "poisson, bernoulli, fixed or {negative-binomial: dispersion}"
_LAWS = ("poisson", "bernoulli", "fixed")
_TARGETS = {at.value: at for at in (At.BLAMED, At.OWN, At.DOMAIN)}
_TARGET_FORMS = "blamed, own, domain or a list of systems"


@dataclass(slots=True)
class _Members:
    """Reads the members of a small mapping, gathering all that is wrong."""

    raw: dict[str, Any]
    names: Names
    faults: list[Fault]

    def only(self, *allowed: str) -> None:
        """Note every key that is none of `allowed`."""
        for key in self.raw:
            if key not in allowed:
                near = self.names.nearest(key, allowed)
                hint = f" (did you mean '{near}'?)" if near else ""
                expected = f"only {' and '.join(allowed)} here{hint}"
                self.faults.append(Fault((key,), f"the unknown key {shown(key)}", expected, at_key=True))

    def number(self, key: str, kind: Kind) -> Quantity | None:
        if key not in self.raw:
            self.faults.append(Fault((), f"no `{key}`", f"`{key}:`, {kind.noun}"))
            return None
        return read_quantity(self.raw[key], kind, self.names, self.faults, (key,))


def _read_delay(raw: object, info: ValidationInfo) -> StatedDelay:
    members = _Members(raw if isinstance(raw, dict) else {}, names_of(info), [])
    delay = _delay_of(raw, members)
    if delay is None or members.faults:
        raise fail(*members.faults)
    return delay


def _delay_of(raw: object, members: _Members) -> StatedDelay | None:
    if isinstance(raw, str) or "value" in members.raw:
        return _scaled(DelayLaw.FIXED, read_quantity(raw, KINDS["time"], members.names, members.faults))
    if "fixed" in members.raw:
        members.only("fixed")
        return _scaled(DelayLaw.FIXED, members.number("fixed", KINDS["time"]))
    if "mean" in members.raw:
        members.only("mean")
        return _scaled(DelayLaw.EXPONENTIAL, members.number("mean", KINDS["duration"]))
    if "median" in members.raw or "spread" in members.raw:
        members.only("median", "spread")
        median = members.number("median", KINDS["duration"])
        spread = members.number("spread", KINDS["spread"])
        return _scaled(DelayLaw.LOGNORMAL, median, spread) if spread is not None else None
    members.faults.append(Fault((), shown(raw), _DELAY_FORMS))
    return None


def _scaled(law: DelayLaw, scale: Quantity | None, spread: Quantity | None = None) -> StatedDelay | None:
    return None if scale is None else StatedDelay(law, scale, spread)


def _read_law(raw: object, info: ValidationInfo) -> StatedLaw:
    if isinstance(raw, str) and raw in _LAWS:
        return StatedLaw(raw)
    if not isinstance(raw, dict) or "negative-binomial" not in raw:
        near = names_of(info).nearest(raw, _LAWS) if isinstance(raw, str) else None
        raise refuse(raw, _LAW_FORMS + (f" (did you mean '{near}'?)" if near else ""))
    members = _Members(raw, names_of(info), [])
    members.only("negative-binomial")
    dispersion = members.number("negative-binomial", KINDS["positive"])
    if members.faults:
        raise fail(*members.faults)
    return StatedLaw("negative-binomial", dispersion)


def _read_target(raw: object, info: ValidationInfo) -> StatedTarget:
    if isinstance(raw, str) and raw in _TARGETS:
        return StatedTarget(_TARGETS[raw])
    if not isinstance(raw, list):
        raise refuse(raw, _TARGET_FORMS + _listed(raw, names_of(info)))
    faults = list(_list_faults(raw, names_of(info)))
    if faults:
        raise fail(*faults)
    return StatedTarget(At.SYSTEMS, tuple(sorted(raw)))


def _listed(raw: object, names: Names) -> str:
    """A single system stands in a list too; say so to who forgot it."""
    if isinstance(raw, str) and raw in names.systems:
        return f" (a list, as [{raw}])"
    near = names.nearest(raw, _TARGETS) if isinstance(raw, str) else None
    return f" (did you mean '{near}'?)" if near else ""


def _list_faults(raw: list[Any], names: Names) -> list[Fault]:
    if not raw:
        return [Fault((), "an empty list", "at least one system")]
    seen: set[str] = set()
    faults: list[Fault] = []
    for index, name in enumerate(raw):
        if not isinstance(name, str) or name not in names.systems:
            expected = f"the name of a system{names.hint(name, names.systems)}"
            faults.append(Fault((index,), shown(name), expected))
        elif name in seen:
            faults.append(Fault((index,), f"{shown(name)} a second time", "each system once"))
        else:
            seen.add(name)
    return faults


def _read_reversible(raw: object, info: ValidationInfo) -> Quantity | None:
    if raw is False:
        return None
    if not isinstance(raw, dict):
        raise refuse(raw, "false or {recovers: share of the harm that is undone}")
    members = _Members(raw, names_of(info), [])
    members.only("recovers")
    recovers = members.number("recovers", KINDS["probability"])
    if members.faults:
        raise fail(*members.faults)
    return recovers


def _kind(name: str) -> WithJsonSchema:
    # Replaced by a reference to the shared definition when the schema is made (model.schema).
    return WithJsonSchema({"x-kind": name})


def _reads(function: Callable[[Any, ValidationInfo], Any]) -> PlainValidator:
    return PlainValidator(function)


Delay: TypeAlias = Annotated[StatedDelay, _reads(_read_delay), _kind("delay")]
Law: TypeAlias = Annotated[StatedLaw, _reads(_read_law), _kind("law")]
Target: TypeAlias = Annotated[StatedTarget, _reads(_read_target), _kind("target")]
Reversible: TypeAlias = Annotated[Quantity | None, _reads(_read_reversible), _kind("reversible")]
