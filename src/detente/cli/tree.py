"""One crisis as a tree of who triggered whom, for people.

A chain of incidents, one child each, runs straight down; lines branch only where the crisis does, so
that sixty generations still fit on a screen. A long crisis is cut down to what led to its worst.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from detente._version import __version__
from detente.analysis.histories import most_stopped
from detente.analysis.telling import told
from detente.analysis.wording import counted, duration, money
from detente.cli.exact import chance
from detente.cli.folding import folded
from detente.model.vocabulary import Scenario

if TYPE_CHECKING:
    from detente.engine.trace import Incident, Trace
    from detente.exact.scope import LeftOut

__all__ = ["Condition", "as_dict", "landmarks", "lines", "render"]

_FEW = 40  # a crisis of at most so many incidents is shown whole
_LONGEST = 80  # lines of a cut-down tree; the middle of a longer one is left out
_CLOCK = 13  # columns for the time
_DEEPEST = 25  # columns for branches
_LEAST = 24  # columns for the text
_ONLY = "↳  "  # an only child runs straight on below its parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the tree, before it is fitted to a width."""

    time: str
    branches: str
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a crisis was drawn to end in, rather than replayed."""

    event: str
    probability: float
    """that a crisis of the scenario ends so, by the exact solver"""
    left_out: "tuple[LeftOut, ...]"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        left_out = [entry.as_dict() for entry in self.left_out]
        return {"event": self.event, "probability": self.probability, "left_out": left_out}


def as_dict(trace: "Trace", condition: Condition | None = None) -> dict[str, Any]:
    """Return a trace as plain data for JSON; keys in hexadecimal, since JSON numbers lose their last bits."""
    document = trace.as_dict()
    for keyed in (*document["incidents"], *document["stopped"]):
        keyed["key"] = f"{keyed['key']:016x}"
    return {**document, "given": condition.as_dict() if condition else None, "version": __version__}


def render(
    trace: "Trace",
    scenario: Scenario,
    console: Console,
    *,
    everything: bool,
    condition: Condition | None = None,
) -> None:
    """Print what happened in a crisis: a few lines in all, then the tree."""
    _headline(trace, scenario, console, condition)
    if not trace.incidents:
        console.print("Nothing happened.")
        return
    straight = (console.encoding or "").lower().startswith("utf")
    width = max(console.width, 40)
    for line in lines(trace, scenario, everything=everything):
        for text in _fitted(line, width):
            console.print(Text(text if straight else _plain(text), style=line.style), soft_wrap=True)


def lines(trace: "Trace", scenario: Scenario, *, everything: bool) -> list[Line]:
    """Return the lines of the tree, top to bottom."""
    worst = landmarks(trace, scenario)
    kept = None if everything else _kept(trace, worst)
    drawn = list(_draw(trace, worst, kept))
    if kept is None or len(drawn) <= _LONGEST:
        return drawn
    half = _LONGEST // 2
    gap = Line(
        time="",
        branches="",
        text=f"... {len(drawn) - 2 * half} lines left out (--all shows them)",
        style="dim",
    )
    return [*drawn[:half], gap, *drawn[-half:]]


def _headline(trace: "Trace", scenario: Scenario, console: Console, condition: Condition | None) -> None:
    happened = [incident for incident in trace.incidents if incident.kind != "false-alarm"]
    actions = [incident for incident in happened if incident.kind == "action"]
    wrong = sum(1 for incident in actions if incident.reading and not incident.reading.right)
    console.print(Text(scenario.title or scenario.name, style="bold"))
    console.print(
        f"crisis {trace.crisis}, seed {trace.seed}: {trace.ended} after {duration(trace.duration_s)}"
    )
    if condition:
        likely = chance(condition.probability)
        left_out = ", ".join(entry.what for entry in condition.left_out)
        console.print(f"given that it ends in {condition.event} (probability {likely});")
        console.print(f"left out: {left_out}")
        if trace.ended != condition.event:
            console.print("stopped by --max-incidents before that", style="bold yellow")
    loss = sum(incident.loss_usd for incident in happened)
    console.print(
        f"{counted(len(happened), 'incident')}, {len(actions):,} of them actions, {wrong:,} on a wrong reading; "
        f"loss {money(loss)}"
    )
    if trace.stopped:
        parts = ", ".join(f"{number:,} by {name}" for name, number in most_stopped(trace))
        console.print(f"stopped under {trace.portfolio}: {parts}")
    console.print()


def landmarks(trace: "Trace", scenario: Scenario) -> dict[int, str]:
    """Return the incidents that a reader looks for, by index: the first critical one, the worst one."""
    rungs = {name: position for position, name in enumerate(scenario.ladder)}
    happened = [incident for incident in trace.incidents if incident.kind != "false-alarm"]
    if len(happened) < 2:
        return {}
    peak = max(rungs[incident.rung] for incident in happened)
    found = {next(incident.index for incident in happened if rungs[incident.rung] == peak): "worst"}
    if peak >= scenario.critical:
        first = next(incident.index for incident in happened if rungs[incident.rung] >= scenario.critical)
        found[first] = "first critical"
    if peak >= scenario.catastrophe:
        found[next(i.index for i in happened if rungs[i.rung] >= scenario.catastrophe)] = "catastrophe"
    return found


def _kept(trace: "Trace", worst: dict[int, str]) -> set[int]:
    """Return what a reader wants first: all that led to something, of a long crisis what led to its worst."""
    if len(trace.incidents) > _FEW:
        return {incident.index for index in worst for incident in trace.path_to(index)}
    parents = {incident.parent for incident in trace.incidents}
    return {
        i.index for i in trace.incidents if i.parent is not None or i.index in parents or i.index in worst
    }


def _draw(trace: "Trace", worst: dict[int, str], kept: set[int] | None) -> Iterator[Line]:
    """Give the lines in depth-first order, without recursion: a crisis may be thousands deep."""
    children: dict[int | None, list[Incident]] = defaultdict(list)
    for incident in trace.incidents:
        children[incident.parent].append(incident)
    below = _count_below(trace)
    # What is still to be drawn, last first, each with its branches and those of its children.
    stack = _pushed(children[None], kept, "", is_root=True)
    while stack:
        incident, branches, onward = stack.pop()
        offspring = children[incident.index]
        mark = worst.get(incident.index, "")
        yield Line(
            time=_clock(trace, incident),
            branches=branches,
            text=told(trace, incident)
            + _more(offspring, below, kept)
            + (f"  <-- {mark}, {duration(incident.time_s)} in" if mark else ""),
            style="bold red" if mark else "dim" if incident.kind == "false-alarm" else "",
        )
        stack += _pushed(offspring, kept, onward, is_root=False)
    if rest := _left_out(children[None], below, kept):
        text = f"... and {counted(rest, 'incident or false alarm', 'incidents and false alarms')} elsewhere (--all)"
        yield Line(time="", branches="", text=text, style="dim")


def _pushed(
    offspring: "list[Incident]", kept: set[int] | None, onward: str, *, is_root: bool
) -> "list[tuple[Incident, str, str]]":
    shown = [child for child in offspring if kept is None or child.index in kept]
    if not shown:
        return []
    if is_root:
        return [(item, "", "") for item in reversed(shown)]
    if len(shown) == 1:
        return [(shown[0], f"{onward}{_ONLY}", onward)]
    ends = [("├─ ", "│  ")] * (len(shown) - 1) + [("└─ ", "   ")]
    return [
        (item, onward + corner, onward + rail)
        for item, (corner, rail) in reversed(list(zip(shown, ends, strict=True)))
    ]


def _more(offspring: "list[Incident]", below: list[int], kept: set[int] | None) -> str:
    """Return a remark on what is left out below a parent."""
    dropped = _left_out(offspring, below, kept)
    return f" [and {dropped:,} more]" if dropped else ""


def _left_out(offspring: "list[Incident]", below: list[int], kept: set[int] | None) -> int:
    return sum(below[child.index] for child in offspring if kept is not None and child.index not in kept)


def _count_below(trace: "Trace") -> list[int]:
    """Return, for each incident, how many descend from it, itself included; parents precede children."""
    below = [1] * len(trace.incidents)
    for incident in reversed(trace.incidents):
        if incident.parent is not None:
            below[incident.parent] += below[incident.index]
    return below


def _clock(trace: "Trace", incident: "Incident") -> str:
    """Return when: of a root, since the crisis began; of any other, after what led to it, which may be µs after days."""
    if incident.parent is None:
        return duration(incident.time_s)
    return f"+{duration(incident.time_s - trace.incidents[incident.parent].time_s)}"


def _fitted(line: Line, width: int) -> list[str]:
    """Return a line as one or more lines of at most `width` columns, the rest of it indented."""
    branches = line.branches
    deepest = min(_DEEPEST, max(width - _CLOCK - _LEAST - 4, 4))
    if len(branches) > deepest:
        branches = "…" + branches[-deepest + 1 :]
    head = f"{line.time:>{_CLOCK}}  {branches}"
    rail = branches.replace("├─", "│ ").replace("└", " ").replace("─", " ").replace("↳", " ")
    tail = f"{'':>{_CLOCK}}  {rail}  "
    return folded(line.text, max(width, len(head) + _LEAST), head, tail)


def _plain(text: str) -> str:
    return text.translate(str.maketrans("│├└─↳…µ", "||`->~u"))
