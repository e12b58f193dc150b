"""The first screen: which path is likeliest under which policy, and what hangs on a boundary."""

from collections.abc import Iterator

from detente.analysis.race_report.verdict import Verdict, boundary, name_of, per_cent, points, series
from detente.analysis.report.figures import paragraph
from detente.analysis.report.markup import Markup, element
from detente.analysis.report.shell import first_screen
from detente.analysis.wording import counted
from detente.race.paths import Path
from detente.race.results import QUANTILES, Arm

__all__ = ["headline", "opening"]

_MIDDLE = QUANTILES.index(0.5)


def opening(verdict: Verdict) -> Markup:
    """Return the first screen."""
    scope = (
        f"Every range is a 95 % interval over {counted(verdict.result.runs, 'run')} with the same luck under each policy. It says how "
        "far chance in the sample reaches, and not how far the race is from the world: nearly every number in a race is a "
        "judgement, and these are its consequences."
    )
    return first_screen(headline(verdict), _cards(verdict), scope)


def headline(verdict: Verdict) -> Iterator[str]:
    """Give a few sentences, the most important first."""
    yield _first(verdict)
    yield from _others(verdict)
    yield from _conflagrations(verdict)
    yield from _hanging(verdict)


def _first(verdict: Verdict) -> str:
    arm, label = verdict.first, verdict.labels[0]
    path, *ties = verdict.likeliest(arm)
    seen = per_cent(arm.paths[path])
    if ties:
        other = ties[0]
        return (
            f"Under {label}, {counted(verdict.result.runs, 'run')} cannot tell whether {name_of(path)} or {name_of(other)} is likelier: "
            f"{seen} against {per_cent(arm.paths[other])}."
        )
    return f"Under {label}, the likeliest path is {name_of(path)}: {seen} of the runs."


def _others(verdict: Verdict) -> Iterator[str]:
    """By path, the policies under which it is likeliest; then those that are undecided."""
    undecided: list[int] = []
    for paths, places in verdict.grouped():
        others = [i for i in places if i]
        if len(paths) > 1:
            undecided += others
        elif others:
            also = "also " if 0 in places else ""
            shares = [verdict.arms[i].paths[paths[0]].value for i in others]
            ends = f"{100 * min(shares):.0f}"
            if round(100 * max(shares)) != round(100 * min(shares)):
                ends += f" to {100 * max(shares):.0f}"
            name = name_of(paths[0])
            yield f"{name[0].upper()}{name[1:]} is {also}likeliest under {verdict.named(others)} ({ends} % of the runs)."
    if undecided:
        yield f"Which path is likeliest under {verdict.named(sorted(undecided))}, so many runs do not tell."


def _conflagrations(verdict: Verdict) -> Iterator[str]:
    if verdict.safest is None:
        return
    moves = [(i, verdict.moved(arm, Path.CONFLAGRATION)) for i, arm in enumerate(verdict.arms) if i]
    fewer = [i for i, moved in moves if moved.high < 0.0]
    more = [i for i, moved in moves if moved.low > 0.0]
    unclear = len(moves) - len(fewer) - len(more)
    before = per_cent(verdict.first.paths[Path.CONFLAGRATION])
    if fewer:
        best = verdict.safest
        after = per_cent(verdict.arms[best].paths[Path.CONFLAGRATION])
        yield (
            f"Conflagrations are fewest under {verdict.labels[best]}: {after} of the runs, {before} under {verdict.labels[0]}."
        )
    if more:
        yield f"They are more frequent under {verdict.named(more)}."
    if unclear:
        which = "the other policy" if len(moves) == 1 else counted(unclear, "policy", "policies")
        yield f"Under {which} their number is not clearly another than under {verdict.labels[0]}, as far as these runs tell."


def _hanging(verdict: Verdict) -> Iterator[str]:
    worst: dict[str, list[tuple[float, int]]] = {}
    for i, arm in enumerate(verdict.arms):
        for name, value in verdict.hangs(arm)[:1]:
            worst.setdefault(name, []).append((value, i))
    if not worst:
        yield "No policy's path hangs on where a boundary of the rule lies: moved by a tenth, fewer than one run in five changes."
    for name, found in worst.items():
        found.sort(key=lambda each: (-each[0], each[1]))
        value, top = found[0]
        text = (
            f"What {verdict.labels[top]} comes to hangs on {boundary(name)}: moved by a tenth, {100 * value:.0f} % of its runs take "
            "another path"
        )
        if len(found) > 1:
            text += f"; the same boundary decides {100 * found[-1][0]:.0f} % or more under {verdict.named([i for _, i in found[1:]])}"
        yield f"{text}."


def _cards(verdict: Verdict) -> Iterator[Markup]:
    """Give the key figures: the first policy, and the one with the fewest conflagrations beside it."""
    other = verdict.safest
    for heading, say, note in (
        ("Conflagration by accident", _burning, "The share of runs in which a catastrophe happens."),
        ("Managed stabilisation", _managed, "The share of runs that end calm and restrained in every bloc."),
        ("R at the end", _escalation, "Further incidents that each provokes, in the last year; median. Above 1, a crisis can run away."),
        ("Autonomy at the end", _autonomy, "The share of actions that needs no person, mean of players; median of runs, last year."),
        ("Innovation lost", _lost, "Points of mean capability at the end, against the first policy."),
    ):  # fmt: skip
        beside = None if other is None else f"{verdict.labels[other]}: {say(verdict.arms[other])}"
        yield element(
            "div",
            element("h3", heading),
            paragraph(say(verdict.first), class_="value"),
            paragraph(beside, class_="beside") if beside else None,
            paragraph(note, class_="note"),
            class_="card",
        )


def _burning(arm: Arm) -> str:
    return f"{100 * arm.paths[Path.CONFLAGRATION].value:.1f} %"


def _managed(arm: Arm) -> str:
    return f"{100 * arm.paths[Path.MANAGED].value:.1f} %"


def _escalation(arm: Arm) -> str:
    return f"{series(arm, 'escalation').quantiles[-1, _MIDDLE]:.2f}"


def _autonomy(arm: Arm) -> str:
    return f"{series(arm, 'autonomy').quantiles[-1, _MIDDLE]:.2f}"


def _lost(arm: Arm) -> str:
    return points(arm.innovation_lost).partition(" ")[0].replace("+0.0", "0").replace("-0.0", "0")
