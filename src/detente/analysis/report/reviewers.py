"""The load on reviewers: what was held for them, and how they coped."""

import math
from collections.abc import Sequence

from detente.analysis.compare import Arm
from detente.analysis.report.charts import frame, line, share_axis
from detente.analysis.report.curves import above
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import Chart, behind, figure, key, table
from detente.analysis.report.markup import Markup
from detente.analysis.report.outcomes import estimate, floor_of
from detente.analysis.wording import count, duration, share

__all__ = ["load"]

_MOST_REVIEWS = 10_000


def load(evidence: Evidence, others: Sequence[tuple[int, str, Arm]]) -> list[Markup]:
    """What reviewers had to do, in a chart and a table."""
    rows = [
        (
            label,
            estimate(arm.summary.safeguards.reviewed, count),
            duration(arm.summary.safeguards.wait_s),
            duration(arm.summary.safeguards.queue_s),
            estimate(arm.summary.safeguards.busy_s, duration),
            share(arm.summary.safeguards.denied_share, 0.01),
            share(arm.summary.safeguards.timed_out_share, 0.01),
            estimate(arm.summary.safeguards.withdrawn, count),
        )
        for _, label, arm in others
    ]
    headings = (
        "Portfolio",
        "Held per crisis",
        "Mean wait",
        "Of it, until one was free",
        "Their work per crisis",
        "Denied",
        "Not decided in time",
        "Withdrawn per crisis",
    )
    load = table("Reviewers: what was held for them, and how they coped", headings, rows)
    return [figure([_load_chart(evidence, others)], behind(load), legend=key(evidence.labels)[1:])]


def _load_chart(evidence: Evidence, others: Sequence[tuple[int, str, Arm]]) -> Chart:
    most = max(int(arm.ensemble.frame["reviewed"].to_numpy().max()) for _, _, arm in others)

    if not most:
        return Chart(name="chart-load", heading="", told="", traces=[], layout={},
                     nothing="Under no portfolio shown is anything held for reviewers.")  # fmt: skip
    floor = floor_of(evidence)
    grid = _whole_steps(min(most, _MOST_REVIEWS))
    traces = []
    for position, label, arm in others:
        points = above(arm.ensemble.frame["reviewed"], [at - 0.5 for at in grid])
        traces += line(points, position, label, lambda at: f"{count(at + 0.5)} or more held", floor)
    return Chart(
        name="chart-load",
        heading="",
        told="Share of crises in which at least so many actions are held for reviewers",
        traces=traces,
        layout=frame(
            300,
            {"type": "log", "title": {"text": "actions held for reviewers in a crisis, at least"}, "tickmode": "array",
             "tickvals": [one - 0.5 for one in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if one <= most],
             "ticktext": [count(one) for one in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if one <= most],
             "range": [math.log10(0.45), math.log10(max(most, 3))]},
            share_axis(floor, 1.0, "share of crises"),
        ),
    )  # fmt: skip


def _whole_steps(most: int) -> list[int]:
    """Whole numbers up to `most`, all the small ones and ever fewer of the large."""
    found = sorted({*range(1, min(most, 20) + 1), *(round(10 ** (step / 12)) for step in range(16, 50))})
    return [one for one in found if one <= most] or [1]
