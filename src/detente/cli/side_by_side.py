"""One crisis under two portfolios, for people: side by side from where the two histories part."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente.analysis.histories import Reasons, Row, rows
from detente.analysis.wording import counted, duration, money
from detente.cli.tables import table
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Trace

__all__ = ["render"]

_MOST = 60
"""rows shown of a long crisis"""


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
    reasons = Reasons(left, right)
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
