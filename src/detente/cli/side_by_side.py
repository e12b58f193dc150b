"""One crisis under two portfolios, side by side from where the two histories part.

Both have the same luck, so an incident that happens under both bears the same key. What stands on one
side only was stopped on the other, came too late there, or descends from something that was.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente.cli.tables import table
from detente.cli.wording import counted, duration, money
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Stopped, Trace

__all__ = ["Row", "most_stopped", "parting", "render", "rows"]

_MOST = 60
"""rows shown of a long crisis"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One moment: what happens under each portfolio; None where nothing does."""

    time_s: float
    left: "Incident | None"
    right: "Incident | None"


def rows(left: "Trace", right: "Trace") -> list[Row]:
    """Return both histories in the order of time; the same incident at the same time is one row."""
    there = {(incident.key, incident.time_s): incident for incident in right.incidents}
    both = [
        Row(time_s=one.time_s, left=one, right=there.pop((one.key, one.time_s), None))
        for one in left.incidents
    ]
    alone = [Row(time_s=one.time_s, left=None, right=one) for one in there.values()]
    return sorted([*both, *alone], key=lambda row: row.time_s)


def render(left: "Trace", right: "Trace", scenario: Scenario, console: Console, *, everything: bool) -> None:
    """Print how both end, what they share, and both histories from where they part."""
    console.print(Text(scenario.title or scenario.name, style="bold"))
    console.print(f"crisis {left.crisis}, seed {left.seed}, under two portfolios with the same luck")
    console.print()
    console.print(_endings(left, right))
    console.print()
    told = rows(left, right)
    first = next((i for i, row in enumerate(told) if row.left is None or row.right is None), None)
    if first is None:
        console.print("The two histories are the same, incident by incident.")
        return
    shared = counted(first, "incident") if first else "Nothing"
    console.print(f"{shared} the same, then they part {duration(told[first].time_s)} in.")
    console.print()
    apart = told[first:]
    shown = apart if everything else apart[:_MOST]
    console.print(_history(shown, left, right))
    if rest := len(apart) - len(shown):
        console.print(f"... and {counted(rest, 'incident')} more (--all)")


def parting(left: "Trace", right: "Trace") -> float | None:
    """Return when two histories part, in seconds; None where they never do."""
    return next((row.time_s for row in rows(left, right) if row.left is None or row.right is None), None)


def _endings(left: "Trace", right: "Trace") -> Table:
    found = table("", left.portfolio, right.portfolio)
    found.add_row("ended", left.ended, right.ended)
    found.add_row("after", duration(left.duration_s), duration(right.duration_s))
    found.add_row("incidents", *(f"{_happened(trace):,}" for trace in (left, right)))
    losses = (sum(incident.loss_usd for incident in trace.incidents) for trace in (left, right))
    found.add_row("loss", *(money(loss) for loss in losses))
    found.add_row("stopped", *(f"{len(trace.stopped):,}" for trace in (left, right)))
    return found


def _happened(trace: "Trace") -> int:
    return sum(incident.kind != "false-alarm" for incident in trace.incidents)


def _history(shown: list[Row], left: "Trace", right: "Trace") -> Table:
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    found.add_column("after", justify="right", no_wrap=True)
    found.add_column(left.portfolio, ratio=1)
    found.add_column(right.portfolio, ratio=1)
    reasons = _Reasons(left, right)
    for row in shown:
        is_worst = any(one is not None and one.rung == left.catastrophe for one in (row.left, row.right))
        found.add_row(
            duration(row.time_s),
            _told(row.left) if row.left else reasons.why(row.right, left, right),
            _told(row.right) if row.right else reasons.why(row.left, right, left),
            style="bold red" if is_worst else "",
        )
    return found


def _told(incident: "Incident") -> str:
    if incident.reading:
        sign = "" if incident.reading.right else ", wrongly"
        return f"{incident.rung}: {incident.system}, by {incident.reading.responder}{sign}"
    what = {"outage": "outage", "contagion": "spread", "false-alarm": "false alarm"}.get(incident.kind)
    author = f"attacked by {incident.author}" if incident.author else "accident"
    return f"{incident.rung}: {incident.system}, {what or author}"


class _Reasons:
    """Why an incident of one history is not in the other."""

    def __init__(self, *traces: "Trace") -> None:
        self.stopped: dict[int, dict[int, Stopped]] = {
            id(trace): {one.key: one for one in trace.stopped} for trace in traces
        }
        self.times = {id(trace): {one.key: one.time_s for one in trace.incidents} for trace in traces}

    def why(self, incident: "Incident | None", missing: "Trace", present: "Trace") -> str:
        """Say why `incident`, which is in `present`, is not in `missing`."""
        assert incident is not None  # INVARIANT: a row has one side at least
        if incident.key in self.stopped[id(missing)]:
            return f"stopped: {self.stopped[id(missing)][incident.key].by}"
        if incident.key in self.times[id(missing)]:
            later = self.times[id(missing)][incident.key] - incident.time_s
            return f"({duration(abs(later))} {'later' if later > 0 else 'earlier'})"
        if (
            incident.parent is not None
            and present.incidents[incident.parent].key not in self.times[id(missing)]
        ):
            return "·"
        return "does not happen"


def most_stopped(trace: "Trace") -> Iterator[tuple[str, int]]:
    """Give the safeguards that stopped something, most first."""
    yield from Counter(one.by for one in trace.stopped).most_common()
