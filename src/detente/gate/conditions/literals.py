"""Reads the texts inside `timestamp("…")` and `duration("…")`, strictly, when a condition is loaded."""

import re
from datetime import UTC, datetime

from detente.gate.conditions.syntax import Refusal

__all__ = ["LARGEST_DURATION", "LATEST", "SOONEST", "duration", "timestamp"]

SECOND = 1_000_000_000
SOONEST = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z"""
LATEST = 253_402_300_800 * SECOND - 1
"""the last nanosecond of the year 9999"""
LARGEST_DURATION = 315_576_000_000 * SECOND
"""10,000 years, the range of a protobuf `Duration`"""

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 1_000_000, "us": 1000, "ns": 1}
_STEP = re.compile(r"(\d+)(?:\.(\d+))?(h|ms|m|s|us|ns)", re.ASCII)


def timestamp(at: int, text: str) -> int:
    """Nanoseconds since the epoch of an RFC 3339 moment, as `2026-03-01T05:04:03.5Z`.

    Raises
    ------
    Refusal
        The text is no such moment, or none of the years 1 to 9999.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise _no_moment(at, text)
    year, month, day, hour, minute, second, fraction, sign, away_h, away_min = found.groups()
    try:
        moment = datetime(*map(int, (year, month, day, hour, minute, second)), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        raise _no_moment(at, text) from None
    away = 0 if sign is None else (int(away_h) * 3600 + int(away_min) * 60) * (-1 if sign == "-" else 1)
    if abs(away) >= 24 * 3600:
        raise _no_moment(at, text)
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400
    seconds = whole + moment.hour * 3600 + moment.minute * 60 + moment.second - away
    instant = seconds * SECOND + int((fraction or "").ljust(9, "0"))
    if not SOONEST <= instant <= LATEST:
        raise _no_moment(at, text)
    return instant


def _no_moment(at: int, text: str) -> Refusal:
    return Refusal(
        at, f"timestamp({text[:40]!r})", 'a moment of the years 1 to 9999, as "2026-03-01T05:04:03Z"'
    )


def duration(at: int, text: str) -> int:
    """Nanoseconds of a duration such as `1h30m`, `1.5s`, `-20ms`; units `h m s ms us ns`.

    The whole text must be one: the library reads "1h 30m" as an hour and forgets the rest.

    Raises
    ------
    Refusal
        The text is no such duration, is finer than a nanosecond or longer than 10,000 years.
    """
    body = text[1:] if text[:1] in {"+", "-"} else text
    total = 0
    end = 0
    for found in _STEP.finditer(body):
        if found.start() != end:
            break
        end = found.end()
        total += _nanoseconds(at, text, found)
    if not body or end != len(body) or total > LARGEST_DURATION:
        raise _no_duration(at, text)
    return -total if text[0] == "-" else total


def _nanoseconds(at: int, text: str, found: re.Match[str]) -> int:
    whole, fraction, unit = found.groups()
    if len(whole) > 30 or len(fraction or "") > 30:
        raise _no_duration(at, text)
    numerator = int(whole + (fraction or "")) * _UNITS[unit]
    scale: int = 10 ** len(fraction or "")
    nanoseconds, rest = divmod(numerator, scale)
    if rest:
        raise _no_duration(at, text)
    return nanoseconds


def _no_duration(at: int, text: str) -> Refusal:
    expected = 'whole nanoseconds below 10,000 years, as "1h30m" or "1.5s" (h, m, s, ms, us, ns)'
    return Refusal(at, f"duration({text[:40]!r})", expected)
