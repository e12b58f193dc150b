"""Events that no crisis can meet, refused before a search that would only find that they are rare."""

import math
from collections.abc import Iterable

import numpy as np

from detente.engine.tables import Tables
from detente.ensemble.event import Event, Term
from detente.errors import SimulationError

__all__ = ["require_possible"]

_COUNTED = ("incidents", "actions", "wrongful_actions", "depth")
"""no crisis has more of these than incidents"""
_MEASURED = (
    "loss_usd",
    "duration_s",
    "first_critical_s",
    "catastrophe_s",
    "review_wait_s",
    "review_queue_s",
    "rightful_delay_s",
)
"""all others are whole numbers, or places in a list"""
_ROUNDING = 1.0 + 1e-9  # of a sum of many losses


def require_possible(event: Event, tables: Tables, max_incidents: int) -> None:
    """Refuse an event that contradicts itself, or asks for more than a crisis can hold.

    Raises
    ------
    SimulationError
        What of it excludes what.
    """
    for column in dict.fromkeys(term.column for term in event.implied):
        terms = [term for term in event.implied if term.column == column]
        low, high = _bounds(terms)
        if column not in _MEASURED:
            low, high = float(np.ceil(low)), float(np.floor(high))
        if low > high:
            raise SimulationError(
                f"event: found {event.text!r}, which no crisis can meet: expected comparisons of {column} that do not exclude each other"
            )
        if column in _COUNTED and low > max_incidents:
            raise SimulationError(
                f"max_incidents: found {max_incidents:,}, expected at least the {low:,.0f} {column} "
                "that the event asks for: a crisis ends when it has had that many"
            )
        most = _most(column, tables, max_incidents)
        if low > most:
            raise SimulationError(
                f"event: found {column} of {low:g} or more, expected at most {most:g}: no crisis has more "
                f"{'in its horizon' if column == 'duration_s' else f'with {max_incidents:,} incidents'}"
            )


def _most(column: str, tables: Tables, max_incidents: int) -> float:
    if column == "duration_s":
        return float(tables.horizon)
    if column == "loss_usd":
        return float(tables.harm.max(initial=0.0)) * max_incidents * _ROUNDING
    return math.inf


def _bounds(terms: Iterable[Term]) -> tuple[float, float]:
    """The least and the most that all terms on one column allow; the least is above the most where nothing does."""
    low, high = 0.0, math.inf
    for term in terms:
        if term.sign in (">", ">=", "=="):
            low = max(low, math.nextafter(term.value, math.inf) if term.sign == ">" else term.value)
        if term.sign in ("<", "<=", "=="):
            high = min(high, math.nextafter(term.value, -math.inf) if term.sign == "<" else term.value)
    return low, high
