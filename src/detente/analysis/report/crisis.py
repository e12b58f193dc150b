"""The section on one typical catastrophe, without safeguards and with."""

from collections.abc import Sequence

from detente.analysis.histories import Reasons
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import Chart, Legend, behind, figure, paragraph, section, table
from detente.analysis.report.markup import Content, Markup, element, joined
from detente.analysis.report.timeline import Marks, marks_of, rows_of, timeline
from detente.analysis.report.typical import Typical, decisive
from detente.analysis.telling import cause
from detente.analysis.wording import counted, duration
from detente.engine.trace import Incident, Trace
from detente.model.vocabulary import Ending, Scenario

__all__ = ["crisis"]

_FIRST, _LAST = 8, 6
"""so many steps of a long way are told at either end"""


def crisis(evidence: Evidence) -> Markup:
    """Return the section."""
    typical, scenario = evidence.typical, evidence.scenario
    if typical is None:
        worst = scenario.ladder[scenario.catastrophe]
        return section(
            "crisis",
            "No crisis of the sample ends in catastrophe",
            paragraph(
                f"None of {counted(evidence.comparison.runs, 'crisis', 'crises')} reached {worst}, so there is none to show. "
                "`detente trace --given catastrophe` draws one that does, if any can.".replace("`", ""),
                class_="nothing",
            ),
        )
    steps = decisive(typical.alone)
    story = (element("h3", "Step by step"), _story(typical, steps, evidence, short=True))
    is_whole = not _gap(len(steps))
    return section(
        "crisis",
        _heading(typical, "" if evidence.strongest is None else evidence.under(evidence.strongest)),
        paragraph(_how_to_read(typical, evidence)),
        figure(
            _charts(typical, scenario, steps, evidence),
            joined(*story, *_behind(_stopped(typical)))
            if is_whole
            else joined(*_behind([_story(typical, steps, evidence, short=False), *_stopped(typical)])),
            legend=_legend(typical, scenario),
        ),
        *([] if is_whole else story),
    )


def _behind(tables: list[Markup]) -> list[Markup]:
    return [behind(*tables)] if tables else []


def _heading(typical: Typical, under: str) -> str:
    """What became of the two histories."""
    alone, guarded = typical.alone, typical.guarded
    text = f"A typical catastrophe takes {duration(alone.duration_s)} and {counted(len(decisive(alone)), 'step')}"
    if guarded is None:
        return text
    if guarded.ended == Ending.CATASTROPHE.value:
        return f"{text}; {under} it still happens, after {duration(guarded.duration_s)}"
    verb = {"died-out": "dies out", "horizon": "does not get there"}.get(guarded.ended, "ends otherwise")
    return f"{text}; {under} the same crisis {verb}"


def _how_to_read(typical: Typical, evidence: Evidence) -> str:
    marks = marks_of(typical.alone, evidence.scenario)
    alone = typical.alone
    return (
        f"Crisis {alone.crisis}, nearest to the middle of {typical.looked_at} catastrophes in time and steps. "
        "Each row is a system; a line runs from the one that answered to the one it struck. "
        f"Numbers are the steps that led to the end. {_people(alone, marks)}"
    )


def _people(told: Trace, marks: Marks) -> str:
    """When a person first had a say."""
    end = marks.catastrophe_s if marks.catastrophe_s is not None else told.duration_s
    on_the_way = next((one.time_s for one in decisive(told) if one.reading and one.reading.reviewed), None)
    if marks.approved_s is None:
        text = f"No person decided anything in the {duration(end)} it took."
    else:
        text = f"The first action that a person had approved lands after {duration(marks.approved_s)}"
        if on_the_way is None:
            text += "; none of the steps on the way was one."
        elif on_the_way == marks.approved_s:
            text += ", one of the steps on the way."
        else:
            text += f"; the first of the steps on the way, after {duration(on_the_way)}."
    if marks.people_s and marks.critical_s is not None:
        text += f" It is critical after {duration(marks.critical_s)}; a command asked at once takes {_range(marks)}."
    return text


def _range(marks: Marks) -> str:
    assert marks.people_s is not None  # INVARIANT: asked for only where it is known
    fast, slow = (duration(value) for value in marks.people_s)
    return fast if fast == slow else f"{fast} to {slow}"


def _charts(
    typical: Typical, scenario: Scenario, steps: Sequence[Incident], evidence: Evidence
) -> list[Chart]:
    """Both histories on the same rows and the same axis."""
    histories = [typical.alone, *([typical.guarded] if typical.guarded else [])]
    numbers = {step.key: number for number, step in enumerate(steps, start=1)}
    happened = [one for one in typical.alone.incidents if one.kind != "false-alarm"]
    rows = rows_of(steps, happened)
    names = [evidence.under(0), *([evidence.under(evidence.strongest)] if evidence.strongest else [])]
    charts = []
    for number, (told, name) in enumerate(zip(histories, names, strict=True), start=1):
        traces, layout = timeline(told, scenario, rows, numbers, scenario.horizon_s)
        charts.append(
            Chart(
                name=f"chart-crisis-{number}",
                heading=_title(told, name),
                told=f"Timeline of crisis {told.crisis}. {_title(told, name)}. {_people(told, marks_of(told, scenario))}",
                traces=traces,
                layout=layout,
                nothing="" if traces else f"{_capital(name)} nothing happens in this crisis.",
            )
        )
    return charts


def _title(told: Trace, name: str) -> str:
    ended = {"catastrophe": "catastrophe", "died-out": "died out", "horizon": "still going at the horizon"}
    happened = sum(one.kind != "false-alarm" for one in told.incidents)
    text = f"{_capital(name)}: {ended.get(told.ended, told.ended)} after {duration(told.duration_s)}, {counted(happened, 'incident')}"
    return f"{text}, {len(told.stopped):,} stopped" if told.stopped else text


def _legend(typical: Typical, scenario: Scenario) -> list[Legend]:
    def sign(*parts: Markup) -> Markup:
        return element(
            "svg", *parts, class_="sign", viewBox="0 0 34 16", width=34, height=16, aria_hidden="true"
        )

    def path(d: str, **more: str | float) -> Markup:
        return element("path", d=d, **more)

    worst = scenario.ladder[scenario.catastrophe]
    found = [
        Legend(sign=sign(path("M17 1l2 5h5l-4 3l2 6l-5 -4l-5 4l2 -6l-4 -3h5z", style="fill:var(--calm1)")), told="shock"),
        Legend(sign=sign(path("M12 8a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", style="fill:var(--calm1)")), told="action below critical"),
        Legend(sign=sign(path("M11 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0", style="fill:var(--grave0)")), told="critical action"),
        Legend(sign=sign(path("M10 8a7 7 0 1 0 14 0a7 7 0 1 0 -14 0", style="fill:var(--worst);stroke:var(--edge)")), told=worst),
        Legend(sign=sign(path("M12 3h10v10h-10z", style="fill:var(--calm1)")), told="outage"),
        Legend(sign=sign(path("M17 2l6 11h-12z", style="fill:var(--calm1)")), told="spread by itself"),
        Legend(sign=sign(path("M1 8h32", style="stroke:var(--ink);stroke-width:1.8")), told="on a right reading"),
        Legend(sign=sign(path("M1 8h32", style="stroke:var(--bad);stroke-width:2.4;stroke-dasharray:6 3")), told="on a wrong reading"),
        Legend(sign=sign(path("M17 1v14", style="stroke:var(--grave0);stroke-width:2;stroke-dasharray:3 3")), told="first critical incident"),
        Legend(sign=sign(path("M10 8a7 7 0 1 0 14 0a7 7 0 1 0 -14 0", style="fill:none;stroke:var(--accent);stroke-width:2.5")), told="approved by a person"),
        Legend(sign=sign(path("M17 0v16", style="stroke:var(--accent);stroke-width:2.6")), told="first such action lands"),
    ]  # fmt: skip
    marks = marks_of(typical.alone, scenario)
    if marks.people_s:
        band = path("M6 1h22v14h-22z", style="fill:var(--band);opacity:.4")
        found.append(Legend(sign=sign(band), told=f"a command, asked at once, decides: {_range(marks)}"))
    if typical.guarded:
        cross = path("M12 3l10 10M22 3l-10 10", style="stroke:var(--ink);stroke-width:2.2")
        found.append(Legend(sign=sign(cross), told="stopped by a safeguard"))
    return found


def _story(typical: Typical, steps: Sequence[Incident], evidence: Evidence, *, short: bool) -> Markup:
    """The steps in words, both histories side by side."""
    told = list(enumerate(steps, start=1))
    gap = _gap(len(told)) if short else 0
    rows: list[tuple[Content, ...]] = []
    reasons = Reasons(typical.alone, typical.guarded) if typical.guarded else None
    for number, step in told:
        if gap and _FIRST < number <= len(told) - _LAST:
            if number == _FIRST + 1:
                text = f"… {counted(gap, 'step')} more, in the table behind the chart"
                rows.append(("…", "", text, *([""] if reasons else [])))
            continue
        row: list[Content] = [str(number), duration(step.time_s), _what(typical.alone, step)]
        if reasons and typical.guarded:
            row.append(_there(step, typical, reasons))
        rows.append(tuple(row))
    best = evidence.strongest
    headings = ["Step", "After", _capital(evidence.under(0))]
    if reasons and best is not None:
        headings.append(f"The same step {evidence.under(best)}")
    caption = "What led to the catastrophe" if short else "Every step that led to the catastrophe"
    return table(caption, headings, rows, words=(2, 3))


def _gap(steps: int) -> int:
    """How many steps of so many the short story leaves out: none, where that would save no room."""
    gap = steps - _FIRST - _LAST
    return gap if gap > 2 else 0


def _what(trace: Trace, step: Incident) -> Markup:
    is_wrong = step.reading is not None and not step.reading.right
    text = f"{step.rung} at {step.system} ({step.owner}): {cause(trace, step)}"
    return element("span", text, class_="wrong" if is_wrong else None)


def _there(step: Incident, typical: Typical, reasons: Reasons) -> str:
    """What becomes of a step in the other history."""
    assert typical.guarded is not None  # INVARIANT: asked for only where there is another history
    same = next((one for one in typical.guarded.incidents if one.key == step.key), None)
    if same is not None and same.time_s == step.time_s:
        return "the same"
    if same is not None and same.system != step.system:
        return f"strikes {same.system} instead, {duration(same.time_s)} in"
    why = reasons.why(step, typical.guarded, typical.alone)
    if same is not None:
        held = "held for people, " if same.reading and same.reading.reviewed else ""
        return f"{held}{why.strip('()')}"
    return {"·": "does not arise"}.get(why, why)


def _stopped(typical: Typical) -> list[Markup]:
    """What safeguards stopped in the other history, where they stopped anything."""
    if typical.guarded is None or not typical.guarded.stopped:
        return []
    shown = typical.guarded.stopped[:100]
    rows = [
        (
            one.by,
            duration(typical.guarded.incidents[one.parent].time_s),
            f"{one.rung} at {one.system}",
            one.responder or "spread by itself",
            "rightful" if one.right else "wrongful",
        )
        for one in shown
    ]
    rest = len(typical.guarded.stopped) - len(shown)
    caption = f"What safeguards stopped{f', the first {len(shown)}' if rest else ''}"
    headings = ("Stopped by", "In answer to an incident at", "What", "By", "Defence")
    return [table(caption, headings, rows, words=(2, 3, 4))]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
