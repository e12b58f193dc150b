"""The sections that judge portfolios: the comparison, both errors, and the load on people."""

import math
from collections.abc import Sequence
from typing import Any

from detente.analysis.compare import Arm, Paired
from detente.analysis.pairs import Difference
from detente.analysis.report.charts import dots, frame, plain
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import Chart, behind, figure, key, paragraph, section, table
from detente.analysis.report.markup import Content, Markup, element
from detente.analysis.report.opening import deadline
from detente.analysis.report.outcomes import estimate, told_share
from detente.analysis.report.reviewers import load
from detente.analysis.wording import count, duration, money, share
from detente.ensemble.estimators import Estimate

__all__ = ["comparison", "errors"]

_UNITS = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))


def comparison(evidence: Evidence) -> Markup:
    """Return the comparison table."""
    costs = any(arm.portfolio.cost_usd_per_year for _, _, arm in evidence.arms)
    rows: list[tuple[Content, ...]] = [_outcome(label, arm, costs=costs) for _, label, arm in evidence.arms]
    headings = (
        "Portfolio", "Catastrophe", "Critical", "Loss, mean", "Incidents, mean", "R", "Doubles every",
        "First critical, median", _halt_heading(evidence), *(["Cost a year"] if costs else []),
    )  # fmt: skip
    outcomes = table("What becomes of the crises under each portfolio", headings, rows)
    if len(evidence.labels) == 1:
        return section(
            "comparison",
            "Nothing to compare: one portfolio",
            paragraph("Name portfolios with --portfolio to hold them against this one.", class_="nothing"),
            outcomes,
        )
    first = evidence.labels[0]
    changes = ("Portfolio", "Catastrophe, percentage points", "Prevented", "Caused", "Loss, mean", "Incidents, mean",
               "Crises changed", "Variance saved")  # fmt: skip
    paired: list[tuple[Content, ...]] = [
        _paired(evidence, label, arm.paired) for _, label, arm in evidence.arms if arm.paired
    ]
    return section(
        "comparison",
        _heading(evidence),
        paragraph(
            "The same crises run under every portfolio with the same luck, so a difference is what the portfolio does and not "
            "chance. Variance saved: how much of the variance of the difference in catastrophes that takes away."
        ),
        outcomes,
        table(f"Against {first}: paired differences with their 95 % intervals", changes, paired),
        _examples(evidence),
    )


def _halt_heading(evidence: Evidence) -> str:
    level = evidence.asked.halt_level
    return "Halt deadline" if level is None else f"Halt deadline for {100 * level:g} %"


def _heading(evidence: Evidence) -> str:
    best = evidence.strongest
    assert best is not None  # INVARIANT: there is something to compare
    paired = evidence.comparison.arms[best].paired
    assert paired is not None  # INVARIANT: every arm but the first is held against it
    lost = paired.prevented + _kept(evidence, best)
    if not lost:
        return f"{evidence.labels[best]} against {evidence.labels[0]}: neither sees a catastrophe"
    prevented = f"all {lost:,}" if paired.prevented == lost else f"{paired.prevented:,} of {lost:,}"
    return f"{evidence.labels[best]} prevents {prevented} catastrophes and causes {paired.caused or 'none'}"


def _kept(evidence: Evidence, position: int) -> int:
    """Catastrophes that happen under both."""
    arm = evidence.comparison.arms[position]
    assert arm.paired is not None  # INVARIANT: every arm but the first is held against it
    return arm.summary.ended["catastrophe"] - arm.paired.caused


def _outcome(label: str, arm: Arm, *, costs: bool) -> tuple[Content, ...]:
    summary, solution = arm.summary, arm.solution
    halt = arm.halt
    until = "-"
    if halt:
        until = deadline(halt.deadline_s)
        if halt.deadline_s > 0.0 and math.isfinite(halt.low_s):
            high = duration(halt.high_s) if math.isfinite(halt.high_s) else "never"
            until += f" ({duration(halt.low_s)} to {high})"
    return (
        label,
        told_share(summary.catastrophe),
        told_share(summary.critical),
        estimate(summary.loss_usd["mean"], money),
        estimate(summary.incidents["mean"], count),
        f"{solution.escalation_number:.3f}" if solution else "not solved",
        duration(solution.doubling_time_s) if solution else "-",
        estimate(summary.decision_window_s["p50"], duration),
        until,
        *([money(arm.portfolio.cost_usd_per_year)] if costs else []),
    )


def _paired(evidence: Evidence, label: str, paired: Paired) -> tuple[Content, ...]:
    return (
        label,
        _points(paired.catastrophe),
        count(paired.prevented),
        count(paired.caused),
        _signed(paired.loss_usd, money),
        _signed(paired.incidents, count),
        share(paired.changed / evidence.comparison.runs, 0.01),
        share(paired.catastrophe.variance_saved, 0.1),
    )


def _points(one: Difference) -> str:
    value, low, high = (100 * number for number in (one.value, one.low, one.high))
    digits = 1 if high - low > 1 else 2 if high - low > 0.1 else 3
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def _signed(one: Difference, say: Any) -> str:
    def told(value: float) -> str:
        return f"{'+' if value > 0 else '-' if value < 0 else ''}{say(abs(value))}"

    if not math.isfinite(one.low):
        return told(one.value)
    return f"{told(one.value)} ({told(one.low)} to {told(one.high)})"


def _examples(evidence: Evidence) -> Markup | None:
    """Crises to look at under both portfolios."""
    parts = []
    for position, label, arm in evidence.arms:
        if arm.paired and arm.paired.prevented_crises:
            paired = arm.paired
            words = [f"{label} prevents {_catastrophes(paired.prevented_crises, paired.prevented)}"]
            if paired.caused_crises:
                words.append(f" and causes {_catastrophes(paired.caused_crises, paired.caused)}")
            parts.append(
                element("li", *words, ". ", element("code", _trace_command(evidence, position, arm.paired)))
            )
    return element("ul", *parts, class_="examples") if parts else None


def _catastrophes(crises: Sequence[int], number: int) -> str:
    """Return so many catastrophes, some of them by their crises: `the catastrophes of crises 3, 8 and 21`."""
    *others, last = (str(crisis) for crisis in crises)
    if not others:
        return f"the catastrophe of crisis {last}"
    named = f"of crises {', '.join(others)} and {last}"
    return (
        f"the catastrophes {named}" if number == len(crises) else f"{number:,} catastrophes, as those {named}"
    )


def _trace_command(evidence: Evidence, position: int, paired: Paired) -> str:
    asked = evidence.asked
    return (
        f"detente trace {asked.scenario} --crisis {paired.prevented_crises[0]} --seed {asked.seed} "
        f"--portfolio {asked.portfolios[0]} --portfolio {asked.portfolios[position]}"
    )


def errors(evidence: Evidence) -> Markup:
    """Return the section on both errors: catastrophes let through, rightful defence stopped or delayed."""
    others = [(position, label, arm) for position, label, arm in evidence.arms if position]
    if not others:
        return section(
            "errors",
            "Both errors: nothing to judge without a portfolio of safeguards",
            paragraph("Without safeguards nothing is prevented, and nobody's rightful defence is stopped.", class_="nothing"),
        )  # fmt: skip
    return section(
        "errors",
        _error_heading(evidence),
        paragraph(
            "A portfolio errs in two ways: it lets a catastrophe happen, or it stops or delays defence that was right. Good is "
            "far to the right in the first chart and far to the left in the other two."
        ),
        figure(_error_charts(others), behind(_error_table(evidence)), legend=key(evidence.labels)[1:], columns=True),
        element("h3", "The load on reviewers"),
        *load(evidence, others),
    )  # fmt: skip


def _error_heading(evidence: Evidence) -> str:
    best = evidence.strongest
    assert best is not None  # INVARIANT: there is a portfolio to judge
    books = evidence.comparison.arms[best].summary.safeguards
    stopped, delay = books.rightful_stopped.value, books.rightful_delay_s.value
    waits = f" and delays the rest by {duration(delay)} together" if delay > 0.0 else ""
    return f"The price: per crisis, {evidence.labels[best]} stops {count(stopped)} rightful actions{waits}"


def _error_charts(others: Sequence[tuple[int, str, Arm]]) -> list[Chart]:
    prevented = [_fewer(arm) for _, _, arm in others]
    stopped = [arm.summary.safeguards.rightful_stopped for _, _, arm in others]
    delayed = [arm.summary.safeguards.rightful_delay_s for _, _, arm in others]
    longest = max(one.value for one in delayed)
    unit, per = next((name, size) for name, size in _UNITS if longest >= size or size == 1.0)
    return [
        _bars("chart-prevented", "Catastrophes prevented per 100 crises", others, prevented, count),
        _bars("chart-stopped", "Rightful actions stopped per crisis", others, stopped, count),
        _bars(
            "chart-delayed",
            f"Delay of rightful actions per crisis, in {unit}",
            others,
            delayed,
            duration,
            per=per,
        ),
    ]


def _fewer(arm: Arm) -> Estimate:
    assert arm.paired is not None  # INVARIANT: every arm but the first is held against it
    moved = arm.paired.catastrophe
    return Estimate(value=-100 * moved.value, low=-100 * moved.high, high=-100 * moved.low)


def _bars(
    name: str,
    heading: str,
    others: Sequence[tuple[int, str, Arm]],
    values: Sequence[Estimate],
    say: Any,
    per: float = 1.0,
) -> Chart:
    rows = [float(len(others) - 1 - i) for i in range(len(others))]
    scaled = [Estimate(value=one.value / per, low=one.low / per, high=one.high / per) for one in values]
    traces = [
        dots([one], [row], position, [plain(f"{label}: {estimate(value, say)}")], -math.inf)
        for (position, label, _), one, value, row in zip(others, scaled, values, rows, strict=True)
    ]
    ends = [end for one in scaled for end in (one.value, one.low, one.high) if math.isfinite(end)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.08 * ((high - low) or 1.0)
    return Chart(
        name=name,
        heading=heading,
        told=f"{heading}: " + "; ".join(f"{label} {estimate(value, say)}" for (_, label, _), value in zip(others, values, strict=True)),
        traces=traces,
        layout=frame(
            max(130, 34 * len(others) + 70),
            {"range": [low - room, high + room], "nticks": 6},
            {"tickmode": "array", "tickvals": rows, "ticktext": [plain(label) for _, label, _ in others],
             "range": [-0.7, len(others) - 0.3], "ticks": ""},
        ),
    )  # fmt: skip


def _error_table(evidence: Evidence) -> Markup:
    rows = []
    for _, label, arm in evidence.arms:
        books, frame_ = arm.summary.safeguards, arm.ensemble.frame
        went = int((frame_["actions"] - frame_["wrongful_actions"]).sum())
        stopped = int(frame_["rightful_stopped"].sum())
        rows.append(
            (
                label,
                estimate(_fewer(arm), count) if arm.paired else "-",
                told_share(arm.summary.catastrophe),
                estimate(books.rightful_stopped, count),
                share(stopped / (went + stopped), 0.01) if went + stopped else "-",
                estimate(books.rightful_delay_s, duration),
            )
        )
    headings = ("Portfolio", "Catastrophes prevented per 100 crises", "Catastrophes left", "Rightful actions stopped per crisis",
                "Of all rightful actions", "Delay of the others per crisis, together")  # fmt: skip
    return table("Both errors", headings, rows)
