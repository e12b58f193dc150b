"""The regular expressions of `matches`: RE2, as the specification asks, so that none takes exponential time.

The library's own `matches` compiles its expression anew for every call, which takes from 40 us to 10 ms.
"""

from typing import Protocol

import re2

from detente.gate.conditions.syntax import Refusal

__all__ = ["Pattern", "pattern"]

LONGEST = 200
"""characters"""
_MEMORY = 1 << 20
"""bytes that an automaton may take"""


class Pattern(Protocol):
    """What is needed of a compiled expression, for which the package has no public name."""

    def search(self, text: str) -> object | None: ...


def pattern(at: int, text: str) -> Pattern:
    """A compiled expression.

    Raises
    ------
    Refusal
        It is too long or too large, or RE2 cannot read it.
    """
    if len(text) > LONGEST:
        raise Refusal(at, f"a pattern of {len(text)} characters", f"at most {LONGEST}")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        compiled: Pattern = re2.compile(text, options)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        told = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise Refusal(at, f"the pattern {text[:40]!r}", f"one that RE2 reads ({told})") from None
    return compiled
