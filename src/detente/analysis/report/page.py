"""The page of a scenario: its sections, in order."""

from detente.analysis.report.closing import left_out, reproduce
from detente.analysis.report.crisis import crisis
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.opening import opening
from detente.analysis.report.outcomes import losses, rungs, windows
from detente.analysis.report.picture import style_sheet
from detente.analysis.report.shell import Shell, shell
from detente.analysis.report.systems import systems
from detente.analysis.report.verdict import comparison, errors

__all__ = ["page"]

_PLACES = (
    ("headline", "Headline"), ("systems", "Systems"), ("crisis", "One crisis"), ("rungs", "Rungs"),
    ("windows", "Time to decide"), ("losses", "Losses"), ("comparison", "Comparison"), ("errors", "Both errors"),
    ("left-out", "Left out"), ("reproduce", "Reproduce"),
)  # fmt: skip


def page(evidence: Evidence) -> str:
    """Return the whole file as text."""
    scenario = evidence.scenario
    crises = f"{evidence.comparison.runs:,} crises under each of: {', '.join(evidence.labels)}"
    around = Shell(
        kicker="detente report",
        title=scenario.title or scenario.name,
        summary=scenario.summary,
        scope=f"{len(scenario.systems)} systems of {len(scenario.actors)} actors; {crises}",
        places=_PLACES,
        style=style_sheet(),
    )
    return shell(
        around,
        opening(evidence),
        systems(evidence),
        crisis(evidence),
        rungs(evidence),
        windows(evidence),
        losses(evidence),
        comparison(evidence),
        errors(evidence),
        left_out(evidence),
        reproduce(evidence),
    )
