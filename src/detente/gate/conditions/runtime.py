"""What compiled conditions call: the operators and functions of CEL where Python's own would answer otherwise.

Python's int has no end, its bool is an int, its `//` rounds down, and its lists hold NaN to be equal to
itself. Each function here answers as CEL does or raises `Unanswerable`; none has a side effect.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from detente.gate.conditions.arithmetic import (
    chained,
    divide,
    free,
    moment,
    negative,
    quotient,
    remainder,
    span,
    whole,
)
from detente.gate.conditions.comparison import among, at_least, at_most, less, more, same, unordered
from detente.gate.conditions.literals import SECOND
from detente.gate.conditions.logic import conjunction, disjunction, every, some, truth
from detente.gate.conditions.values import (
    LISTS,
    NUMBERS,
    Unanswerable,
    at,
    elements,
    has_field,
    has_key,
    in_order,
    key,
    kind,
    read,
    undefined,
)

__all__ = ["NAMES"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)


def text(value: Any) -> str:
    """A free-form value whose method of texts is called."""
    if type(value) is not str:
        raise Unanswerable(f"a method of texts called of {kind(value)}")
    return value


def size(value: Any) -> int:
    """Code points of a text, elements of a list, entries of a map."""
    if type(value) is not str and type(value) not in LISTS and type(value) is not dict:
        raise undefined("size()", value)
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
    if type(value) in NUMBERS:
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
    "PLUS": free("+", lambda left, right: whole(left + right), lambda left, right: left + right),
    "MINUS": free("-", lambda left, right: whole(left - right), lambda left, right: left - right),
    "TIMES": free("*", lambda left, right: whole(left * right), lambda left, right: left * right),
    "OVER": free("/", divide, quotient),
    "MODULO": free("%", remainder, None),
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
