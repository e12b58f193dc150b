"""The sections on paths and on the years: where policies lead, and how the race gets there."""

import numpy as np

from detente.analysis.race_report.drawing import POSITIONS, fan, path_key, rows_chart, stacked
from detente.analysis.race_report.verdict import PATHS, Verdict, name_of, per_cent, points, series
from detente.analysis.report.charts import plain
from detente.analysis.report.figures import Chart, behind, figure, key, paragraph, section, table
from detente.analysis.report.markup import Markup, element
from detente.analysis.wording import counted
from detente.race.results import QUANTILES, Arm

__all__ = ["paths", "years"]

_LOW, _MIDDLE, _HIGH = (QUANTILES.index(level) for level in (0.05, 0.5, 0.95))
_QUANTITIES = (
    ("autonomy", "Autonomy"),
    ("safety", "Safety"),
    ("capability", "Capability"),
    ("escalation", "Escalation number R"),
)


def paths(verdict: Verdict) -> Markup:
    """Return the section on the four paths under each policy."""
    names = tuple(_title(name_of(path)) for path in PATHS)
    rows = [
        (label, *(per_cent(arm.paths[path]) for path in PATHS))
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    ]
    one_by_one = [
        rows_chart(
            f"chart-path-{path.value}",
            _title(name_of(path)),
            verdict.labels,
            [(
                POSITIONS[path],
                [arm.paths[path] for arm in verdict.arms],
                [plain(f"{label}: {per_cent(arm.paths[path])}") for label, arm in zip(verdict.labels, verdict.arms, strict=True)],
            )],
            {"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "ticktext": ["0 %", "50 %", "100 %"]},
        )
        for path in PATHS
    ]  # fmt: skip
    return section(
        "paths",
        "Where each policy leads",
        paragraph(
            "Every run takes exactly one path, told by a rule on what happened in it. A bar holds all runs under a policy; numbers in it "
            "are per cent."
        ),
        figure([stacked(verdict)], table("Share of runs on each path", ("Policy", *names), rows), legend=path_key()),
        element("h3", "The same shares with their intervals"),
        figure(one_by_one, behind(table("Likeliest path", ("Policy", "Likeliest", "What it does"), _likeliest(verdict), words=(1, 2))), columns=True),
        *_paired(verdict),
    )  # fmt: skip


def _title(text: str) -> str:
    return text[0].upper() + text[1:]


def _likeliest(verdict: Verdict) -> list[tuple[str, str, str]]:
    rows = []
    for label, arm in zip(verdict.labels, verdict.arms, strict=True):
        best, *ties = verdict.likeliest(arm)
        told = _title(name_of(best))
        if ties:
            told += f"; not told from {' or '.join(name_of(path) for path in ties)}"
        policy = verdict.result.race.policy(arm.policy)
        rows.append((label, told, policy.title or counted(len(policy.measures), "measure")))
    return rows


def _paired(verdict: Verdict) -> list[Markup]:
    """The differences from the first policy, over the same luck."""
    if len(verdict.arms) == 1:
        return [
            paragraph("Name further policies with --policy to hold them against this one.", class_="nothing")
        ]
    first = verdict.labels[0]
    rows = [
        (label, *(points(verdict.moved(arm, path)) for path in PATHS), _points_of_r(verdict, arm))
        for label, arm in list(zip(verdict.labels, verdict.arms, strict=True))[1:]
    ]
    headings = ("Policy", *(_title(name_of(path)) for path in PATHS), "R at the end, median")
    return [
        element("h3", f"Against {first}: paired differences"),
        paragraph(
            "In percentage points. A run meets the same luck under every policy, so what differs is what the policy does; an interval "
            "that holds 0 says that these runs cannot tell."
        ),
        table(f"Against {first}: percentage points, with their 95 % intervals", headings, rows),
    ]  # fmt: skip


def _points_of_r(verdict: Verdict, arm: Arm) -> str:
    end, start = (series(one, "escalation").quantiles[-1, _MIDDLE] for one in (arm, verdict.first))
    return f"{end:.2f} ({end - start:+.2f})"


def years(verdict: Verdict) -> Markup:
    """Return the section on what happens year by year."""
    shown = [(i, verdict.labels[i], verdict.arms[i]) for i in verdict.drawn]
    at = [float(year + 1) for year in range(len(verdict.first.yearly[0].mean))]
    charts = [
        fan(
            f"chart-years-{name}",
            heading,
            at,
            [
                (i, label, *(series(arm, name).quantiles[:, k].tolist() for k in (_MIDDLE, _LOW, _HIGH)))
                for i, label, arm in shown
            ],
            line_at=verdict.result.race.paths.escalation if name == "escalation" else None,
            top=None if name == "escalation" else 1.02,
        )
        for name, heading in _QUANTITIES
    ]
    charts.append(_critical(verdict, at))
    legend = key(verdict.labels)
    others = len(verdict.labels) - len(shown)
    only = f" Drawn are {verdict.named(verdict.drawn)}; the table has all." if others else ""
    return section(
        "years",
        _heading(verdict),
        paragraph(
            "Of autonomy, safety, capability (means of the players that are there) and R, the curve is the median of runs and the band holds "
            "nine runs of ten. Critical crises are a mean with its 95 % interval. The dashed line is where an incident is said to run away."
            + only
        ),
        figure(charts, behind(_table(verdict)), legend=[legend[i] for i in verdict.drawn], columns=True),
    )  # fmt: skip


def _heading(verdict: Verdict) -> str:
    found = series(verdict.first, "autonomy").quantiles[:, _MIDDLE]
    radii = series(verdict.first, "escalation").quantiles[:, _MIDDLE]
    return (
        f"Year by year: under {verdict.labels[0]}, autonomy goes from {found[0]:.2f} to {found[-1]:.2f} and R from {radii[0]:.2f} to "
        f"{radii[-1]:.2f}"
    )  # fmt: skip


def _critical(verdict: Verdict, at: list[float]) -> Chart:
    curves = []
    for i in verdict.drawn:
        found = series(verdict.arms[i], "critical")
        half = np.nan_to_num(found.half)
        low, high = np.maximum(0.0, found.mean - half), found.mean + half
        curves.append((i, verdict.labels[i], found.mean.tolist(), low.tolist(), high.tolist()))
    return fan("chart-years-critical", "Critical crises a year", at, curves)


def _table(verdict: Verdict) -> Markup:
    last = len(verdict.first.yearly[0].mean) - 1
    rows = []
    for label, arm in zip(verdict.labels, verdict.arms, strict=True):
        for year in sorted({0, last // 2, last}):
            told = [
                f"{q[_MIDDLE]:.2f} ({q[_LOW]:.2f} to {q[_HIGH]:.2f})"
                for q in (series(arm, name).quantiles[year] for name, _ in _QUANTITIES)
            ]
            often = series(arm, "critical")
            rows.append((f"{label}, year {year + 1}", *told, _mean(often.mean[year], often.half[year])))
    headings = ("Policy and year", *(heading for _, heading in _QUANTITIES), "Critical crises a year, mean")
    return table("Medians, with what nine runs of ten lie between", headings, rows)


def _mean(value: float, half: float) -> str:
    if not np.isfinite(half):
        return f"{value:.3f}"
    return f"{value:.3f} ({max(0.0, value - half):.3f} to {value + half:.3f})"
