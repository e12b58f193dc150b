"""What compiled conditions call: the operators of CEL where Python's own would answer otherwise.

Python's int has no end, its bool is an int, its `//` rounds down, and its lists hold NaN to be equal to
itself. Each function here answers as CEL does or raises `Unanswerable`; none has a side effect.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from detente.gate.conditions.literals import LARGEST_DURATION, LATEST, SECOND, SOONEST

__all__ = ["NAMES", "Unanswerable"]

_LEAST, _MOST = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)


class Unanswerable(Exception):  # noqa: N818 - CEL's own word is error; this one is never an allowing answer
    """A condition that has no answer for these facts."""


def kind(value: object) -> str:
    """What CEL calls the type of a value."""
    return _KINDS.get(type(value), f"a Python {type(value).__name__}")


_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    list: "list",
    tuple: "list",
    dict: "map",
    type(None): "null",
}


def _no(operator: str, *values: object) -> Unanswerable:
    return Unanswerable(f"'{operator}' is not defined for {' and '.join(map(kind, values))}")


# facts and parts of facts ---------------------------------------------------------------------------


def read(facts: dict[str, Any], path: str, fits: Callable[[Any], bool], wanted: str) -> Any:
    """A fact, whose type is looked at before anything believes in it."""
    value = facts.get(path, _NOWHERE)
    if value is _NOWHERE:
        raise Unanswerable(f"the fact {path} is missing")
    if not fits(value):
        raise Unanswerable(f"the fact {path} is {kind(value)}, not {wanted}")
    return value


_NOWHERE = object()


def key(of: Any, name: str) -> Any:
    """`of.name`."""
    if type(of) is not dict:
        raise Unanswerable(f"'.{name}' of {kind(of)}: it has no fields")
    if name not in of:
        raise Unanswerable(f"there is no field '{name}'")
    return of[name]


def has_key(of: Any, name: str) -> bool:
    """`has(of.name)`."""
    if type(of) is not dict:
        raise Unanswerable(f"has(.{name}) of {kind(of)}: it has no fields")
    return name in of


def has_field(of: dict[str, Any], name: str) -> bool:
    """`has(of.name)` of an object, whose absent fields may be written as None."""
    return of.get(name) is not None


def at(of: Any, index: Any) -> Any:
    """`of[index]`."""
    if type(of) is dict:
        if type(index) is str and index in of:
            return of[index]
        raise Unanswerable(f"there is no key {index!r:.60}")
    if type(of) not in _LISTS:
        raise _no("[]", of)
    if type(index) is not int:
        raise Unanswerable(f"{kind(index)} as the index of a list")
    if not 0 <= index < len(of):
        raise Unanswerable(f"there is no element {index} in a list of {len(of)}")
    return of[index]


_LISTS = frozenset({list, tuple})


# logic ------------------------------------------------------------------------------------------------


def truth(value: Any) -> bool:
    """A free-form value where true or false is needed."""
    if value is True or value is False:
        return value
    raise Unanswerable(f"{kind(value)} where true or false is needed")


def conjunction(*parts: Callable[[], bool]) -> bool:
    """`a && b`: false where any part is false, even where another is an error."""
    return _decided(parts, decisive=False)


def disjunction(*parts: Callable[[], bool]) -> bool:
    """`a || b`: true where any part is true, even where another is an error."""
    return _decided(parts, decisive=True)


def _decided(parts: Iterable[Callable[[], bool]], *, decisive: bool) -> bool:
    error: Exception | None = None
    for part in parts:
        try:
            if part() is decisive:
                return decisive
        except Exception as raised:  # noqa: BLE001 - whatever it is, another part may outweigh it
            error = error or raised
    if error is not None:
        raise error
    return not decisive


def every(elements: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """`all`: the conjunction over the elements."""
    return _decided((partial(holds, element) for element in elements), decisive=False)


def some(elements: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """`exists`: the disjunction over the elements."""
    return _decided((partial(holds, element) for element in elements), decisive=True)


def elements(of: Any, most: int) -> Any:
    """What a comprehension runs over: the elements of a list, the keys of a map; so many and no more."""
    if type(of) not in _LISTS and type(of) is not dict:
        raise Unanswerable(f"a comprehension over {kind(of)}")
    if len(of) > most:
        raise Unanswerable(f"a comprehension over {len(of)} elements, more than {most}")
    return of


def in_order(of: Any, most: int) -> Any:
    """The elements of a list, for `map` and `filter`: the keys of a map have no order."""
    if type(of) is dict:
        raise Unanswerable("map() or filter() over a map, whose keys have no order")
    return elements(of, most)


# comparison -------------------------------------------------------------------------------------------

_NUMBERS = frozenset({int, float})
_ORDERED = frozenset({bool, str})


def same(left: Any, right: Any) -> bool:
    """`left == right`, of any two values: numbers by their value, anything else only within its own type."""
    mine, other = type(left), type(right)
    if mine in _NUMBERS and other in _NUMBERS:
        return bool(left == right)
    if mine in _LISTS and other in _LISTS:
        return len(left) == len(right) and all(map(same, left, right))
    if mine is not other:
        return False
    if mine is dict:
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    return bool(left == right)


def among(value: Any, of: Any) -> bool:
    """`value in of`."""
    if type(of) is dict:
        return type(value) is str and value in of
    if type(of) not in _LISTS:
        raise _no("in", value, of)
    return any(same(value, element) for element in of)


def unordered() -> bool:
    """NaN is neither below nor above anything: to call `confidence < 0.8` false would let an unknown pass."""
    raise Unanswerable("a double that is not a number has no order")


def _comparable(mark: str, left: Any, right: Any) -> None:
    mine, other = type(left), type(right)
    if mine in _NUMBERS and other in _NUMBERS:
        if left != left or right != right:  # noqa: PLR0124 - NaN
            unordered()
    elif mine is not other or mine not in _ORDERED:
        raise _no(mark, left, right)


def less(left: Any, right: Any) -> bool:
    _comparable("<", left, right)
    return bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    _comparable("<=", left, right)
    return bool(left <= right)


def more(left: Any, right: Any) -> bool:
    _comparable(">", left, right)
    return bool(left > right)


def at_least(left: Any, right: Any) -> bool:
    _comparable(">=", left, right)
    return bool(left >= right)


# arithmetic -------------------------------------------------------------------------------------------


def whole(value: int) -> int:
    """A result that fits into 64 bits."""
    if not _LEAST <= value <= _MOST:
        raise Unanswerable("a whole number that does not fit into 64 bits")
    return value


def divide(left: int, right: int) -> int:
    """Towards zero."""
    if right == 0:
        raise Unanswerable("a division by zero")
    quotient = abs(left) // abs(right)
    return whole(quotient if (left < 0) == (right < 0) else -quotient)


def remainder(left: int, right: int) -> int:
    """With the sign of the dividend."""
    if right == 0:
        raise Unanswerable("a division by zero")
    if left == _LEAST and right == -1:
        return whole(-_LEAST)
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def quotient(left: float, right: float) -> float:
    """As IEEE 754 has it: 1.0 / 0.0 is infinity."""
    if right == 0.0:
        if left == 0.0 or left != left:  # noqa: PLR0124 - NaN
            return float("nan")
        return float("inf") if (left > 0.0) == (str(right)[0] != "-") else float("-inf")
    return left / right


def moment(value: int) -> int:
    """A timestamp that is one."""
    if not SOONEST <= value <= LATEST:
        raise Unanswerable("a moment outside the years 1 to 9999")
    return value


def span(value: int) -> int:
    """A duration that is one."""
    if not -LARGEST_DURATION <= value <= LARGEST_DURATION:
        raise Unanswerable("a duration above 10,000 years")
    return value


def chained(left: Any, right: Any) -> list[Any]:
    """`left + right` of lists."""
    return [*left, *right]


def _free(
    mark: str, whole_numbers: Callable[[int, int], int], doubles: Callable[[float, float], float] | None
) -> Any:
    def apply(left: Any, right: Any) -> Any:
        mine = type(left)
        if mine is type(right):
            if mine is int:
                return whole_numbers(left, right)
            if mine is float and doubles is not None:
                return doubles(left, right)
        if mark == "+" and mine is type(right) is str:
            return left + right
        if mark == "+" and mine in _LISTS and type(right) in _LISTS:
            return chained(left, right)
        raise _no(mark, left, right)

    return apply


def negative(value: Any) -> Any:
    """`-value`."""
    if type(value) is int:
        return whole(-value)
    if type(value) is float:
        return -value
    raise _no("-", value)


# functions --------------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """A free-form value whose method of texts is called."""
    if type(value) is not str:
        raise Unanswerable(f"a method of texts called of {kind(value)}")
    return value


def size(value: Any) -> int:
    """Code points of a text, elements of a list, entries of a map."""
    if type(value) is not str and type(value) not in _LISTS and type(value) is not dict:
        raise _no("size()", value)
    return len(value)


def to_int(value: Any) -> int:
    """`int(value)`: doubles are cut towards zero."""
    if type(value) is int:
        return value
    if type(value) is float and -(2.0**63) < value < 2.0**63:
        return int(value)
    if type(value) is str and len(value) < 40 and _INT.fullmatch(value):
        return whole(int(value))
    raise Unanswerable(f"int() of {kind(value)} {value!r:.60}")


def to_double(value: Any) -> float:
    """`double(value)`."""
    if type(value) in _NUMBERS:
        return float(value)
    if type(value) is str and len(value) < 400 and _DOUBLE.fullmatch(value):
        return float(value)
    raise Unanswerable(f"double() of {kind(value)} {value!r:.60}")


def to_string(value: Any) -> str:
    """`string(value)`."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise Unanswerable(f"string() of {kind(value)}")


def _day(value: int) -> datetime:
    return _EPOCH + timedelta(days=value // (86_400 * SECOND))


def _toward_zero(value: int, unit: int) -> int:
    return -(-value // unit) if value < 0 else value // unit


NAMES: dict[str, Any] = {
    "READ": read,
    "KEY": key,
    "HAS_KEY": has_key,
    "HAS_FIELD": has_field,
    "AT": at,
    "TRUTH": truth,
    "AND": conjunction,
    "OR": disjunction,
    "ALL": every,
    "EXISTS": some,
    "ELEMENTS": elements,
    "IN_ORDER": in_order,
    "SAME": same,
    "AMONG": among,
    "UNORDERED": unordered,
    "LESS": less,
    "AT_MOST": at_most,
    "MORE": more,
    "AT_LEAST": at_least,
    "WHOLE": whole,
    "DIVIDE": divide,
    "REMAINDER": remainder,
    "QUOTIENT": quotient,
    "MOMENT": moment,
    "SPAN": span,
    "CHAINED": chained,
    "PLUS": _free("+", lambda left, right: whole(left + right), lambda left, right: left + right),
    "MINUS": _free("-", lambda left, right: whole(left - right), lambda left, right: left - right),
    "TIMES": _free("*", lambda left, right: whole(left * right), lambda left, right: left * right),
    "OVER": _free("/", divide, quotient),
    "MODULO": _free("%", remainder, None),
    "NEGATIVE": negative,
    "TEXT": text,
    "SIZE": size,
    "TO_INT": to_int,
    "TO_DOUBLE": to_double,
    "TO_STRING": to_string,
    "getFullYear": lambda value: _day(value).year,
    "getMonth": lambda value: _day(value).month - 1,
    "getDate": lambda value: _day(value).day,
    "getDayOfMonth": lambda value: _day(value).day - 1,
    "getDayOfWeek": lambda value: _day(value).isoweekday() % 7,
    "getDayOfYear": lambda value: _day(value).timetuple().tm_yday - 1,
    "getHours": lambda value: value // (3600 * SECOND) % 24,
    "getMinutes": lambda value: value // (60 * SECOND) % 60,
    "getSeconds": lambda value: value // SECOND % 60,
    "getMilliseconds": lambda value: value // 1_000_000 % 1000,
    "hours_of": lambda value: _toward_zero(value, 3600 * SECOND),
    "minutes_of": lambda value: _toward_zero(value, 60 * SECOND),
    "seconds_of": lambda value: _toward_zero(value, SECOND),
}
"""How the compiler's output calls them. Upper case, or a name of CEL: never a fact's."""
