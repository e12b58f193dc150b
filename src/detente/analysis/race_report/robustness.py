"""The sections on what the result hangs on: players' answers, the rule's boundaries, beliefs, and what is left out."""

from collections.abc import Iterator

from detente.analysis.race_report.drawing import rows_chart
from detente.analysis.race_report.verdict import Verdict, boundary, name_of, per_cent, series
from detente.analysis.report.charts import plain
from detente.analysis.report.figures import behind, figure, listed, paragraph, section, table
from detente.analysis.report.markup import Content, Markup, element
from detente.analysis.wording import share
from detente.ensemble.estimators import Estimate
from detente.race.paths import Path
from detente.race.results import BOUNDARIES, QUANTILES, Arm

__all__ = ["answers", "beliefs", "rule"]

_MIDDLE = QUANTILES.index(0.5)
_FACTORS = ("crises", "perceived", "trust", "sharpness")


def answers(verdict: Verdict) -> Markup:
    """Return the section on what players' answers do: adaptation on against off."""
    if not verdict.fixed:
        return section(
            "answers",
            "Do the players' answers matter? Not looked at here",
            paragraph(
                "--fixed-players runs every policy once more with players who go on as under the first policy, whatever the safeguards: what "
                "then differs is the players' answer.",
                class_="nothing",
            ),
        )  # fmt: skip
    labels, free = verdict.labels[1:], verdict.arms[1:]
    groups = [
        (position, _burning(arms), [plain(f"{label}, {who}: {per_cent(arm.paths[Path.CONFLAGRATION])}")
                                    for label, arm in zip(labels, arms, strict=True)])
        for position, who, arms in ((0, "players who adapt", free), (1, "fixed players", verdict.fixed))
    ]  # fmt: skip
    axis = {"tickformat": ".0%", "title": {"text": "share of runs that end in conflagration"}}
    return section(
        "answers",
        _answer_heading(verdict),
        paragraph(
            f"Fixed players do what they did under {verdict.labels[0]} with the same luck, whatever the safeguards. Where a policy works on "
            "them and not on players who adapt, its effect is spent on more automation; where it works on players who adapt alone, it works by "
            "what they choose. Round: players who adapt; square: fixed ones."
        ),
        figure(
            [rows_chart("chart-answers", "Conflagration by accident", labels, groups, axis)],
            table("With players who adapt, and with fixed ones", _ANSWER_HEADINGS, list(_answers(verdict))),
        ),
    )  # fmt: skip


_ANSWER_HEADINGS = (
    "Policy", "Likeliest, adapting", "Likeliest, fixed", "Conflagration, adapting", "Conflagration, fixed",
    "Autonomy at the end, adapting", "Autonomy, fixed", "R at the end, adapting", "R, fixed",
)  # fmt: skip


def _burning(arms: tuple[Arm, ...]) -> list[Estimate]:
    return [arm.paths[Path.CONFLAGRATION] for arm in arms]


def _answers(verdict: Verdict) -> Iterator[tuple[Content, ...]]:
    for label, free, fixed in zip(verdict.labels[1:], verdict.arms[1:], verdict.fixed, strict=True):
        both = (free, fixed)
        yield (
            label,
            *(name_of(verdict.likeliest(arm)[0]) for arm in both),
            *(per_cent(arm.paths[Path.CONFLAGRATION]) for arm in both),
            *(f"{series(arm, 'autonomy').quantiles[-1, _MIDDLE]:.2f}" for arm in both),
            *(f"{series(arm, 'escalation').quantiles[-1, _MIDDLE]:.2f}" for arm in both),
        )


def _answer_heading(verdict: Verdict) -> str:
    changed = [
        label
        for label, free, fixed in zip(verdict.labels[1:], verdict.arms[1:], verdict.fixed, strict=True)
        if verdict.likeliest(free)[0] is not verdict.likeliest(fixed)[0]
    ]
    if not changed:
        return "The players' answers change no policy's likeliest path"
    return f"The players' answers change the likeliest path under {', '.join(changed)}"


def rule(verdict: Verdict) -> Markup:
    """Return the section on the rule that tells the paths apart, and what hangs on its boundaries."""
    bounds = verdict.result.race.paths
    headings = ("Policy", *(_title(boundary(name)) for name in BOUNDARIES))
    stands = ("where it stands", *(f"{getattr(bounds, name):g}" for name in BOUNDARIES))
    rows = [
        (label, *(share(arm.sensitivity[name], 0.01) for name in BOUNDARIES))
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    ]
    return section(
        "rule",
        _rule_heading(verdict),
        paragraph(
            f"The first line that fits decides. At the end means over the last {bounds.window} quarters. Nothing in the model knows of the paths."
        ),
        listed((
            joined_term("Conflagration by accident", "a catastrophe happens, at any time."),
            joined_term("Fragmented containment", f"the shares of blocs' players that are restrained differ by {bounds.gap:g} or more at the "
                        f"end, or R is at least {bounds.escalation:g} within one bloc and not within another."),
            joined_term("Managed stabilisation", f"R is below {bounds.escalation:g} as a whole, between blocs and within each; there are at most "
                        f"{bounds.critical_a_year:g} critical crises a year; and in every bloc {bounds.adoption:g} of the players or more are "
                        "restrained, by a measure or a certificate."),
            joined_term("Arms-race equilibrium", "everything else."),
        )),
        element("h3", "What hangs on a boundary"),
        paragraph("The share of runs that take another path when a boundary is moved by a tenth, up or down. A path that hangs on one is no result to build on."),
        table("Share of runs whose path changes", headings, [stands, *rows]),
    )  # fmt: skip


def joined_term(term: str, text: str) -> Markup:
    """Return a term with what it means."""
    return Markup(element("strong", f"{term}: ") + element("span", text))


def _title(text: str) -> str:
    return text[0].upper() + text[1:]


def _rule_heading(verdict: Verdict) -> str:
    hanging = [label for label, arm in zip(verdict.labels, verdict.arms, strict=True) if verdict.hangs(arm)]
    if not hanging:
        return "How paths are told apart: no policy's path hangs on a boundary"
    return f"How paths are told apart; the path under {', '.join(hanging)} hangs on a boundary"


def beliefs(verdict: Verdict) -> Markup:
    """Return the section on what was taken for true, and on what the model leaves out."""
    race, held = verdict.result.race, verdict.result.belief
    rows: list[tuple[Content, ...]] = [
        (one.name + (" (here)" if one.name == held.name else ""), one.title, *(f"x {getattr(one, name):g}" for name in _FACTORS))
        for one in race.beliefs
    ]  # fmt: skip
    headings = (
        "Belief",
        "In words",
        "Crises",
        "Risk that players see",
        "Trust at first",
        "Sharpness of choice",
    )
    told = table("What may be true instead", headings, rows, words=(1,)) if rows else None
    return section(
        "beliefs",
        f"What was taken for true: {'the race as stated' if held.name == 'stated' else held.title or held.name}",
        paragraph(
            "A path that is likeliest under one belief and not under another hangs on what nobody knows. --belief NAME gives this report "
            "under another."
        )
        if rows
        else None,
        told,
        element("h3", "What the model leaves out"),
        element("ul", *(element("li", text) for text in _LIMITS)),
        *_crises(verdict),
    )  # fmt: skip


_LIMITS = (
    "Players look one step ahead: they compare this year with this year.",
    "Players judge risk by the exact solver, which leaves out horizons, alerts and dynamic safeguards; the crises themselves have them all.",
    "All systems of a player share one posture, and blocs stay what they are.",
    "The losses that players and insurers expect keep the severities of the first postures.",
    "After a catastrophe a run goes on, but its path is decided.",
)


def _crises(verdict: Verdict) -> list[Markup]:
    rows = [(one.scenario, f"{one.a_year:g}", one.needs or "nobody") for one in verdict.result.race.crises]
    if not rows:
        return [paragraph("No crises come in this race: the crisis layer is switched off.", class_="nothing")]
    headings = ("Scenario", "Crises a year, as stated", "Only if there is")
    return [behind(table("Where crises come from", headings, rows, words=(2,)), summary="Where crises come from")]  # fmt: skip
