"""Paths that mean the same to everybody who reads them on their way here.

A proxy that decodes, joins or cuts a path before it compares, and a server that does not, disagree on who may go where. So what
could be read in two ways is not read at all: no dots, empty segments, backslashes, parameters, or bytes beyond ASCII, and of what is
percent-encoded only what some clients encode needlessly in an id: `:`, `@` and `~`.
"""

import re
from urllib.parse import parse_qsl

from detente.gate.service.problems import Trouble

__all__ = ["plain_path", "query_of"]

_PLAIN = re.compile(r"(?:/(?:[A-Za-z0-9_~@:-]|(?<!/)\.(?=[A-Za-z0-9_~@:-])|%3[aA]|%40|%7[eE])+)+")
_WELL_KNOWN = re.compile(r"/\.well-known/[a-z-]+")
_LONGEST = 512
_MOST_PARAMETERS = 8


def plain_path(raw: bytes) -> str:
    """Return a path as it is meant. Raises Trouble where that could be understood otherwise."""
    text = raw.decode("latin-1")
    if len(text) > _LONGEST or not (_PLAIN.fullmatch(text) or _WELL_KNOWN.fullmatch(text)):
        raise Trouble(
            "bad-path",
            "expected segments of letters, digits and _ - . : @ ~, none of them empty; "
            "an id with a slash goes into the query: ?id=",
        )
    if "%" not in text:
        return text
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


def query_of(raw: bytes, allowed: frozenset[str]) -> dict[str, str]:
    """Return the parameters of a query. Raises Trouble where one is unknown, twice there, or no text."""
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )  # fmt: skip
    except ValueError:
        raise Trouble("malformed-request", "the query is not of the form name=value&name=value") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            raise Trouble(
                "malformed-request",
                f"query: found {name[:40]!r}, expected {', '.join(sorted(allowed)) or 'none'}",
            )
        if name in found:
            raise Trouble("malformed-request", f"query: found {name!r} twice")
        found[name] = value
    return found
