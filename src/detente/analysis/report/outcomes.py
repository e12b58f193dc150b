"""The sections on how far crises go, how fast, and at what cost, under each portfolio."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from detente.analysis.report.charts import (
    dots,
    frame,
    line,
    money_axis,
    plain,
    plain_share_axis,
    share_axis,
    time_axis,
)
from detente.analysis.report.curves import Point, above, by_time, loss_grid, reaching, time_grid
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import Chart, behind, figure, key, paragraph, section, table
from detente.analysis.report.markup import Content, Markup
from detente.analysis.wording import duration, money, share_with_interval
from detente.ensemble.estimators import Estimate

__all__ = ["estimate", "floor_of", "losses", "rungs", "told_share", "windows"]

_MOMENTS = (1e-3, 1.0, 60.0, 3600.0, 86400.0)
_AMOUNTS = 12


def floor_of(evidence: Evidence) -> float:
    """Where axes of shares end: below one crisis of the sample."""
    return 10.0 ** math.floor(math.log10(0.5 / evidence.comparison.runs))


def told_share(one: Estimate) -> str:
    return share_with_interval(one.value, one.low, one.high)


def rungs(evidence: Evidence) -> Markup:
    """Return the section on the rungs that crises reach."""
    ladder, floor = evidence.scenario.ladder, floor_of(evidence)
    found = [reaching(arm.ensemble.frame, ladder) for _, _, arm in evidence.arms]
    arms = len(found)
    traces: list[dict[str, Any]] = []
    for (position, label, _), points in zip(evidence.arms, found, strict=True):
        offset = (arms - 1) / 2 * _step(arms) - position * _step(arms)
        told = [plain(f"{label}: {ladder[int(p.at)]} or worse<br>{told_share(p.share)}") for p in points]
        traces.append(dots([p.share for p in points], [p.at + offset for p in points], position, told, floor))
    layout = frame(
        max(300, len(ladder) * (18 * arms + 26) + 60),
        share_axis(floor, 1.0, "share of crises that reach this rung or a worse one"),
        {"tickmode": "array", "tickvals": list(range(len(ladder))), "ticktext": [plain(name) for name in ladder],
         "range": [-0.6, len(ladder) - 0.4], "ticks": ""},
        shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": evidence.scenario.critical - 0.5,
                 "y1": evidence.scenario.critical - 0.5, "line": {"color": "@grave0", "width": 1.6, "dash": "4px,4px"}}],
    )  # fmt: skip
    rows = [
        (rung, *(told_share(points[i].share) for points in found))
        for i, rung in reversed(list(enumerate(ladder)))
    ]
    chart = Chart(
        name="chart-rungs",
        heading="",
        told=f"Share of crises that reach each rung, with intervals, under {_listing(evidence)}",
        traces=traces,
        layout=layout,
    )
    return section(
        "rungs",
        _rung_heading(evidence),
        paragraph(
            "Each sign is a share with its 95 % interval, on an axis where each step is ten times as often. Above the "
            "dashed line an incident is critical: one that a person must own. An open arrow: none was seen, "
            "and the chance is below its place."
        ),
        figure([chart], behind(table("Share of crises that reach at least this rung", ("Rung", *evidence.labels), rows)),
               legend=key(evidence.labels)),
    )  # fmt: skip


def _step(arms: int) -> float:
    return min(0.22, 0.72 / arms)


def _rung_heading(evidence: Evidence) -> str:
    scenario = evidence.scenario
    alone = evidence.first.summary.critical
    critical = scenario.ladder[scenario.critical]
    text = f"{100 * alone.value:.3g} % of crises become critical ({critical} or worse)"
    best = evidence.strongest
    if best is None:
        return text
    return (
        f"{text}; {evidence.under(best)}, {100 * evidence.comparison.arms[best].summary.critical.value:.3g} %"
    )


def _listing(evidence: Evidence) -> str:
    return ", ".join(evidence.labels)


def windows(evidence: Evidence) -> Markup:
    """Return the section on how long there is to decide."""
    scenario = evidence.scenario
    goals = (
        ("chart-critical", "first_critical_s", f"To the first critical incident ({scenario.ladder[scenario.critical]} or worse)"),
        ("chart-catastrophe", "catastrophe_s", f"To catastrophe ({scenario.ladder[scenario.catastrophe]})"),
    )  # fmt: skip
    charts = [_window(evidence, *goal) for goal in goals]
    return section(
        "windows",
        _window_heading(evidence),
        paragraph(
            "Each curve is the share of all crises in which it has happened by then, so it also says how many are left "
            "for people to act in. The shaded band is when a human command decides that is asked at the first "
            "incident."
        ),
        figure(charts, behind(_quantiles(evidence), *(_by_moment(evidence, column, heading) for _, column, heading in goals)),
               legend=key(evidence.labels), columns=True),
    )  # fmt: skip


def _window(evidence: Evidence, name: str, column: str, heading: str) -> Chart:
    frames = [arm.ensemble.frame for _, _, arm in evidence.arms]
    fastest = [float(value) for one in frames if (value := one[column].min()) is not None]  # type: ignore[arg-type]
    if not fastest:
        nothing = "In no crisis of the sample does it come to that, under any portfolio shown."
        return Chart(name=name, heading=heading, told="", traces=[], layout={}, nothing=nothing)
    grid = time_grid(max(min(fastest), 1e-6), evidence.scenario.horizon_s)
    found = [by_time(one, column, grid) for one in frames]
    highest = max(points[-1].share.high for points in found)
    reviews = [actor.command.review.median_s for actor in evidence.scenario.actors if actor.command]
    band = [
        {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": 0.94 * min(reviews), "x1": 1.06 * max(reviews),
         "fillcolor": "@band~0.25", "line": {"width": 0}, "layer": "below"}
    ] if reviews else []  # fmt: skip
    traces = [
        trace
        for (position, label, _), points in zip(evidence.arms, found, strict=True)
        for trace in line(points, position, label, lambda at: f"by {duration(at)}", 0.0)
    ]
    return Chart(
        name=name,
        heading=heading,
        told=f"{heading}: share of crises by time, under {_listing(evidence)}",
        traces=traces,
        layout=frame(
            320,
            time_axis(grid[0], grid[-1], "time since the first incident"),
            plain_share_axis(1.06 * highest, "share of crises"),
            shapes=band,
        ),
    )  # fmt: skip


def _window_heading(evidence: Evidence) -> str:
    window = evidence.first.summary.decision_window_s["p50"].value
    if not math.isfinite(window):
        return "No crisis becomes critical"
    text = f"Half of the crises that become critical do so within {duration(window)}"
    best = evidence.strongest
    if best is None:
        return text
    other = evidence.comparison.arms[best].summary.decision_window_s["p50"].value
    told = duration(other) if math.isfinite(other) else "none does"
    return f"{text}; {evidence.under(best)}: {told}"


def _quantiles(evidence: Evidence) -> Markup:
    rows: list[tuple[Content, ...]] = []
    for _, label, arm in evidence.arms:
        for what, spread in (
            ("first critical", arm.summary.decision_window_s),
            ("catastrophe", arm.summary.catastrophe_window_s),
        ):
            rows.append((label, what, *(_time(spread[name]) for name in ("p10", "p50", "p90"))))
    headings = ("Portfolio", "Time to", "Fastest tenth: under", "Median", "Slowest tenth: over")
    return table("Times from the first incident, over the crises that come to it", headings, rows, words=(1,))


def _time(one: Estimate) -> str:
    return estimate(one, duration)


def estimate(one: Estimate, say: Callable[[float], str]) -> str:
    """Return a value with its interval, as far as they are known."""
    if not math.isfinite(one.value):
        return "-"
    low = say(one.low) if math.isfinite(one.low) else "?"
    high = say(one.high) if math.isfinite(one.high) else "?"
    return say(one.value) if low == high == "?" else f"{say(one.value)} ({low} to {high})"


def _by_moment(evidence: Evidence, column: str, heading: str) -> Markup:
    moments = [at for at in _MOMENTS if at < evidence.scenario.horizon_s] + [evidence.scenario.horizon_s]
    found = [by_time(arm.ensemble.frame, column, moments) for _, _, arm in evidence.arms]
    rows = [
        (duration(at), *(told_share(points[i].share) for points in found)) for i, at in enumerate(moments)
    ]
    return table(f"{heading}: share of all crises by then", ("Within", *evidence.labels), rows)


def losses(evidence: Evidence) -> Markup:
    """Return the section on what crises cost."""
    frames = [arm.ensemble.frame for _, _, arm in evidence.arms]
    grids = [loss_grid(one["loss_usd"]) for one in frames]
    found = [above(one["loss_usd"], grid) if grid else () for one, grid in zip(frames, grids, strict=True)]
    return section(
        "losses",
        _loss_heading(evidence),
        paragraph(
            "Each curve is the share of crises that cost more than the amount below it, with its 95 % band; both axes go "
            "in steps of ten. The further to the right and up, the worse."
        ),
        figure(
            [_exceedance(evidence, found, grids)],
            behind(_worst(evidence), _loss_table(evidence)),
            legend=key(evidence.labels),
        ),
    )


def _exceedance(
    evidence: Evidence, found: Sequence[Sequence[Point]], grids: Sequence[Sequence[float]]
) -> Chart:
    floor = floor_of(evidence)
    low = min((grid[0] for grid in grids if grid), default=0.0)
    high = max((points[-1].at for points in found if points), default=0.0)
    nothing = "No crisis of the sample costs anything: no system in it has a harm at a rung that was reached."
    traces = [
        trace
        for (position, label, _), points in zip(evidence.arms, found, strict=True)
        for trace in line(points, position, label, lambda at: f"above {money(at)}", floor)
    ]
    return Chart(
        name="chart-losses",
        heading="",
        told=f"Share of crises that cost more than each amount, under {_listing(evidence)}",
        traces=traces,
        layout=frame(
            400, money_axis(low, high, "loss of a crisis, in US dollars"), share_axis(floor, 1.0, "share of crises above it")
        ) if low else {},
        nothing="" if low else nothing,
    )  # fmt: skip


def _loss_heading(evidence: Evidence) -> str:
    alone = evidence.first.summary.loss_usd["mean"].value
    text = f"A crisis costs {money(alone)} in the mean"
    best = evidence.strongest
    if best is None:
        return text
    return f"{text}; {evidence.under(best)}, {money(evidence.comparison.arms[best].summary.loss_usd['mean'].value)}"


def _worst(evidence: Evidence) -> Markup:
    rows = []
    for _, label, arm in evidence.arms:
        loss = arm.summary.loss_usd
        told = [estimate(loss[name], money) for name in ("mean", "p50", "p90", "p99", "tvar99")]
        rows.append((label, *told, money(loss.largest)))
    headings = (
        "Portfolio",
        "Mean",
        "Median",
        "90 % are below",
        "99 % are below",
        "Worst 1 %, mean",
        "Largest",
    )
    return table("Loss per crisis", headings, rows)


def _loss_table(evidence: Evidence) -> Markup:
    grid = loss_grid(evidence.first.ensemble.frame["loss_usd"])
    amounts = [0.0, *grid[:: max(1, math.ceil(len(grid) / _AMOUNTS))]]
    rows = []
    for amount in amounts:
        points = [above(arm.ensemble.frame["loss_usd"], (amount,))[0] for _, _, arm in evidence.arms]
        rows.append((money(amount), *(told_share(point.share) for point in points)))
    return table("Share of crises with a loss above", ("Loss above", *evidence.labels), rows)
