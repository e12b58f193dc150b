"""The headline, its uncertainty, and the few figures to take away."""

import math
from collections.abc import Iterator

from detente.analysis.compare import Arm
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import paragraph
from detente.analysis.report.markup import Markup, element
from detente.analysis.report.shell import first_screen
from detente.analysis.wording import counted, duration, money
from detente.ensemble.estimators import Estimate

__all__ = ["cards", "deadline", "headline", "opening", "ratio"]


def opening(evidence: Evidence) -> Markup:
    """Return the first screen."""
    scope = (
        f"Every range is a 95 % interval over {evidence.comparison.runs:,} simulated crises, the same ones "
        "under each portfolio. A scenario is an argument written down exactly, not a forecast: these are "
        "its consequences."
    )
    return first_screen(headline(evidence), cards(evidence), scope)


def headline(evidence: Evidence) -> Iterator[str]:
    """Give a few sentences, the most important first."""
    yield _first(evidence)
    yield from _hands(evidence)
    yield from _window(evidence)


def _first(evidence: Evidence) -> str:
    """How often it ends badly, and what the strongest portfolio makes of that."""
    scenario, runs = evidence.scenario, evidence.comparison.runs
    worst = scenario.ladder[scenario.catastrophe]
    base = evidence.first.summary.catastrophe
    if base.value == 0.0:
        none = f"None of {runs:,} such crises" if runs > 1 else "The only crisis of the sample does not end"
        if runs == 1:
            return f"{none} in catastrophe ({worst}): its chance is {_at_most(base)}, and one crisis says little."
        return f"{none} ends in catastrophe ({worst}): its chance is {_at_most(base)}."
    text = (
        f"{ratio(base, 'of these crises')} {'end' if base.value >= 0.4 else 'ends'} in catastrophe ({worst})"
    )
    best = evidence.strongest
    if best is None:
        return f"{text}."
    arm = evidence.comparison.arms[best]
    other, under = arm.summary.catastrophe, evidence.under(best)
    assert arm.paired is not None  # INVARIANT: every arm but the first is held against it
    moved = arm.paired.catastrophe
    if moved.low <= 0.0 <= moved.high:
        return f"{text}; {under} not clearly fewer, as far as {counted(runs, 'crisis', 'crises')} can tell."
    if other.value == 0.0:
        return f"{text}; {under} none of the same {runs:,} does, so the chance is {_at_most(other)}."
    verb = "falls" if moved.high < 0.0 else "rises"
    return f"{text}; {under} this {verb} to {_lower(ratio(other))}."


def ratio(estimate: Estimate, things: str = "") -> str:
    """Return a share as a person says it, with its interval: `About 1 in 10 of these crises (10.0 to 10.9 %)`."""
    often = _often(estimate.value)
    words = f"{often} {things}".strip()
    return f"{words[0].upper()}{words[1:]} ({_shares(estimate)})"


def _often(value: float) -> str:
    """A share above 0 in words: a small one as one in a number of two digits that count."""
    if value >= 0.4:
        return f"about {100 * value:.0f} in 100" if value < 0.995 else "nearly all"
    number = round(1.0 / value)
    return f"about 1 in {round(number, 2 - len(str(number))):,}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _shares(estimate: Estimate) -> str:
    """An interval of a share: `10.0 to 10.9 %`."""
    width = 100 * (estimate.high - estimate.low)
    decimals = min(max(0, math.ceil(0.5 - math.log10(width))), 6) if width > 0.0 else 1
    return f"{100 * estimate.low:.{decimals}f} to {100 * estimate.high:.{decimals}f} %"


def _at_most(estimate: Estimate) -> str:
    most = 100 * estimate.high
    return f"below {most:.2g} %" if most < 10.0 else f"below {most:.0f} %"


def _hands(evidence: Evidence) -> Iterator[str]:
    hands = evidence.hands
    if hands is None or not math.isfinite(hands.machines):
        return
    unasked = hands.unasked
    looked = f"the first {hands.looked_at} catastrophes" if hands.looked_at > 1 else "the one catastrophe"
    if unasked.value == 1.0:
        yield f"No person decides anything on the way there, in {looked}."
        return
    text = f"On the way there, machines take {100 * hands.machines:.0f} of 100 decisions"
    if hands.looked_at > 1:
        text += f"; in {100 * unasked.value:.0f} % of catastrophes ({_shares(unasked)}) no person takes any"
    yield f"{text} (seen in {looked})."


def _window(evidence: Evidence) -> Iterator[str]:
    alone, scenario = evidence.first.summary, evidence.scenario
    middle, fast = alone.decision_window_s["p50"], alone.decision_window_s["p10"]
    critical = scenario.ladder[scenario.critical]
    if not math.isfinite(middle.value):
        yield f"No crisis becomes critical ({critical}): there is no decision window to speak of."
        return
    if middle.value == 0.0:
        yield f"Half of the crises that turn critical ({critical} or worse) are so from their first incident: there is no time at all."
        return
    text = (
        f"Where a crisis turns critical ({critical} or worse), a person has less than {duration(middle.value)}"
        f"{_between(middle)} from its first incident in half of the cases, and less than {duration(fast.value)} in one of ten"
    )
    reviews = sorted(actor.command.review.median_s for actor in scenario.actors if actor.command)
    if reviews:
        fastest = duration(reviews[0])
        text += f"; the fastest human command in the scenario takes {fastest} to decide"
    yield f"{text}."


def _between(estimate: Estimate) -> str:
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    return f" ({duration(estimate.low)} to {duration(estimate.high)})"


def cards(evidence: Evidence) -> Iterator[Markup]:
    """Give the key figures, for the first portfolio, and the strongest beside it."""
    best = evidence.strongest
    other = None if best is None else evidence.comparison.arms[best]
    for heading, say, note in _FIGURES:
        value = say(evidence.first)
        yield element(
            "div",
            element("h3", heading),
            paragraph(value, class_="value"),
            paragraph(f"{evidence.under(best)}: {say(other)}", class_="beside")
            if other and best is not None
            else None,
            paragraph(note(evidence), class_="note"),
            class_="card",
        )


def _escalation(arm: Arm) -> str:
    return f"{arm.solution.escalation_number:.3f}" if arm.solution else "not solved"


def _doubling(arm: Arm) -> str:
    solution = arm.solution
    if solution is None:
        return "not solved"
    if solution.doubling_time_s is not None:
        return duration(solution.doubling_time_s) if solution.doubling_time_s else "at once"
    if solution.half_life_s is not None:
        return f"halves in {duration(solution.half_life_s)}"
    return "dies out" if solution.escalation_number < 1.0 else "-"


def _median_window(arm: Arm) -> str:
    value = arm.summary.decision_window_s["p50"].value
    return duration(value) if math.isfinite(value) else "never critical"


def _halt(arm: Arm) -> str:
    return "-" if arm.halt is None else deadline(arm.halt.deadline_s)


def deadline(seconds: float) -> str:
    """Return a halt deadline in words."""
    if math.isinf(seconds):
        return "none needed"
    return duration(seconds) if seconds > 0.0 else "too late at once"


def _loss(arm: Arm) -> str:
    return money(arm.summary.loss_usd["mean"].value)


def _halt_note(evidence: Evidence) -> str:
    halt = evidence.first.halt
    if evidence.asked.halt_level is None:
        return "Not asked for."
    level = f"{100 * evidence.asked.halt_level:g} %"
    text = f"The latest stop of all automation, after the first incident, that keeps catastrophe at {level}"
    if halt is None or math.isinf(halt.deadline_s) or halt.deadline_s == 0.0:
        return f"{text}."
    high = duration(halt.high_s) if math.isfinite(halt.high_s) else "no limit"
    return f"{text} ({duration(halt.low_s)} to {high})."


def _window_note(evidence: Evidence) -> str:
    found = evidence.first.summary.decision_window_s
    if not math.isfinite(found["p50"].value):
        return "From the first incident to the first critical one."
    return (
        f"From the first incident to the first critical one, median{_between(found['p50'])}; "
        f"under {duration(found['p10'].value)} in the fastest tenth."
    )


def _loss_note(evidence: Evidence) -> str:
    loss = evidence.first.summary.loss_usd
    mean, tail = loss["mean"], loss["tvar99"].value
    ends = ""
    if math.isfinite(mean.low):
        ends = f" ({money(max(0.0, mean.low))} to {money(mean.high)})"
    return f"Mean per crisis{ends}; the worst 1 % cost {money(tail)} on average."


def _escalation_note(_: Evidence) -> str:
    return "Further incidents that each incident provokes along the strongest loops. Above 1, a crisis can run away."


def _doubling_note(_: Evidence) -> str:
    return "How long what is going on takes to double, once it runs away; below R = 1, to halve."


_FIGURES = (
    ("Escalation number R", _escalation, _escalation_note),
    ("Doubling time", _doubling, _doubling_note),
    ("Decision window", _median_window, _window_note),
    ("Halt deadline", _halt, _halt_note),
    ("Loss", _loss, _loss_note),
)
