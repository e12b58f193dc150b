"""One crisis under two portfolios, for people: side by side from where the two histories part."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente.analysis.histories import Reasons, Row, rows, together
from detente.analysis.wording import counted, duration, money
from detente.cli.tables import table
from detente.cli.tree import landmarks
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Trace

__all__ = ["render"]

_MOST = 60
"""rows shown of a long crisis"""
_FIRST, _LAST = 24, 8
"""of these, so many from the parting on, and so many before the end; the others led to the worst"""
_FOLLOWS = "·"


def render(left: "Trace", right: "Trace", scenario: Scenario, console: Console, *, everything: bool) -> None:
    """Print how both end, what they share, and both histories from where they part, timed from there."""
    console.print(Text(scenario.title or scenario.name, style="bold"))
    console.print(f"crisis {left.crisis}, seed {left.seed}, under two portfolios with the same luck")
    console.print()
    console.print(_endings(left, right))
    console.print()
    right = together(left, right)
    told = rows(left, right)
    first = next((i for i, row in enumerate(told) if row.left is None or row.right is None), None)
    if first is None:
        console.print("The two histories are the same, incident by incident.")
        return
    shared = counted(first, "incident") if first else "Nothing"
    console.print(f"{shared} the same, then they part {_in(told[first].time_s, left)}.")
    console.print()
    apart = told[first:]
    decisive = _decisive(left, scenario) | _decisive(right, scenario)
    shown = set(range(len(apart))) if everything else _chosen(apart, decisive)
    history = _History(left, right, scenario)
    console.print(history.table(apart, shown))
    if history.follows:
        console.print(f"{_FOLLOWS} follows from something that does not happen there")
    if rest := len(apart) - len(shown):
        console.print(f"... and {counted(rest, 'incident')} more (--all)")


def _in(time_s: float, left: "Trace") -> str:
    """Say when something is on the clock of the left history, which may begin with what only the right one has."""
    if time_s < 0.0:
        return f"{duration(-time_s)} before the first incident under {left.portfolio}"
    return f"{duration(time_s)} in"


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


def _decisive(trace: "Trace", scenario: Scenario) -> set[int]:
    """The keys of what led to the landmarks of a history."""
    return {one.key for index in landmarks(trace, scenario) for one in trace.path_to(index)}


def _chosen(apart: list[Row], decisive: set[int]) -> set[int]:
    """Which rows of a long crisis are shown: how it parts, what led to its worst, how it ends."""
    every = range(len(apart))
    if len(apart) <= _MOST:
        return set(every)
    between = [
        i
        for i in every[_FIRST:-_LAST]
        if any(one is not None and one.key in decisive for one in (apart[i].left, apart[i].right))
    ]
    return {*every[:_FIRST], *between[-(_MOST - _FIRST - _LAST) :], *every[-_LAST:]}


class _History:
    """Both histories as a table; notes whether it used the sign for what follows from something missing."""

    def __init__(self, left: "Trace", right: "Trace", scenario: Scenario) -> None:
        self.left, self.right = left, right
        self.reasons = Reasons(left, right)
        self.marks = {id(trace): landmarks(trace, scenario) for trace in (left, right)}
        self.follows = False

    def table(self, apart: list[Row], shown: set[int]) -> Table:
        found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        found.add_column("from there", justify="right", no_wrap=True)
        found.add_column(self.left.portfolio)
        found.add_column(self.right.portfolio)
        before = -1
        for position in sorted(shown):
            row = apart[position]
            if gap := position - before - 1:
                found.add_row("...", counted(gap, "incident"), "", style="dim")
            is_worst = any(
                one is not None and one.rung == self.left.catastrophe for one in (row.left, row.right)
            )
            found.add_row(
                f"+{duration(row.time_s - apart[0].time_s)}",
                self._cell(row.left, row.right, self.left, self.right),
                self._cell(row.right, row.left, self.right, self.left),
                style="bold red" if is_worst else "",
            )
            before = position
        return found

    def _cell(self, here: "Incident | None", there: "Incident | None", trace: "Trace", other: "Trace") -> str:
        if here is None:
            why = self.reasons.why(there, trace, other)
            self.follows |= why == _FOLLOWS
            return why
        mark = self.marks[id(trace)].get(here.index)
        return f"{_told(here)}\n<-- {mark}" if mark else _told(here)


def _told(incident: "Incident") -> str:
    if incident.reading:
        sign = "" if incident.reading.right else ", wrongly"
        return f"{incident.rung}: {incident.system}, by {incident.reading.responder}{sign}"
    what = {"outage": "outage", "contagion": "spread", "false-alarm": "false alarm"}.get(incident.kind)
    author = f"attacked by {incident.author}" if incident.author else "accident"
    return f"{incident.rung}: {incident.system}, {what or author}"
