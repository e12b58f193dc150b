"""One crisis under two portfolios: where the two histories part, and why.

Both have the same luck, so an incident that happens under both bears the same key. What stands on one
side only was stopped on the other, came too late there, or descends from something that was.

The times of a history count from its first incident, which a safeguard may have prevented: two are compared on
one clock, which `together` sets.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from detente.analysis.wording import duration

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Stopped, Trace
__all__ = ["Reasons", "Row", "most_stopped", "parting", "rows", "together"]

_ROUNDING_S = 1e-7
"""of times since the clock began, where they are months"""
_CUT_SHORT = ("catastrophe", "capped")
"""endings after which nothing happens though something would have"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One moment: what happens under each portfolio; None where nothing does."""

    time_s: float
    left: "Incident | None"
    right: "Incident | None"


def together(left: "Trace", right: "Trace") -> "Trace":
    """Return the right history with its times counted from the first incident of the left one."""
    shift = right.start_s - left.start_s
    if not shift or not left.incidents or not right.incidents:
        return right
    there = {incident.key: incident.time_s for incident in left.incidents}

    def moved(incident: "Incident") -> "Incident":
        time = incident.time_s + shift
        same = there.get(incident.key, math.inf)
        return replace(incident, time_s=same if abs(same - time) < _ROUNDING_S else time)

    return replace(right, start_s=left.start_s, incidents=tuple(moved(one) for one in right.incidents))


def rows(left: "Trace", right: "Trace") -> list[Row]:
    """Return both histories, on one clock, in the order of time; the same incident at the same time is one row."""
    there = {(incident.key, incident.time_s): incident for incident in right.incidents}
    both = [
        Row(time_s=one.time_s, left=one, right=there.pop((one.key, one.time_s), None))
        for one in left.incidents
    ]
    alone = [Row(time_s=one.time_s, left=None, right=one) for one in there.values()]
    return sorted([*both, *alone], key=lambda row: row.time_s)


def parting(left: "Trace", right: "Trace") -> float | None:
    """Return when two histories on one clock part, in seconds; None where they never do."""
    return next((row.time_s for row in rows(left, right) if row.left is None or row.right is None), None)


class Reasons:
    """Why an incident of one history is not in the other, on one clock."""

    def __init__(self, *traces: "Trace") -> None:
        self.stopped: dict[int, dict[int, Stopped]] = {
            id(trace): {one.key: one for one in trace.stopped} for trace in traces
        }
        self.times = {id(trace): {one.key: one.time_s for one in trace.incidents} for trace in traces}
        self.ends = {
            id(trace): trace.incidents[-1].time_s
            for trace in traces
            if trace.incidents and trace.ended in _CUT_SHORT
        }

    def why(self, incident: "Incident | None", missing: "Trace", present: "Trace") -> str:
        """Say why `incident`, which is in `present`, is not in `missing`."""
        assert incident is not None  # INVARIANT: a row has one side at least
        if incident.key in self.stopped[id(missing)]:
            return f"stopped: {self.stopped[id(missing)][incident.key].by}"
        if incident.key in self.times[id(missing)]:
            later = self.times[id(missing)][incident.key] - incident.time_s
            return f"({duration(abs(later))} {'later' if later > 0 else 'earlier'})"
        if incident.time_s > self.ends.get(id(missing), math.inf):
            return f"over by then ({missing.ended})"
        if (
            incident.parent is not None
            and present.incidents[incident.parent].key not in self.times[id(missing)]
        ):
            return "·"
        return "does not happen"


def most_stopped(trace: "Trace") -> Iterator[tuple[str, int]]:
    """Give the safeguards that stopped something, most first."""
    yield from Counter(one.by for one in trace.stopped).most_common()
