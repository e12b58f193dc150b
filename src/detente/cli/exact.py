"""The exact figures, for people: how close to running away, how likely, along which loops, moved by what."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detente._version import __version__
from detente.analysis.wording import NO_GAIN, count, counted, duration, money, one_in, share
from detente.cli.folding import folded
from detente.cli.tables import interval, table

if TYPE_CHECKING:
    from detente.ensemble.summary import Summary
    from detente.exact.loops import Loop, Turn
    from detente.exact.solution import Elasticity, Root, Solution

__all__ = ["as_plain", "beside", "chance", "render"]

_LOOPS, _IN_WORDS, _LEVERS, _ROOTS = 8, 3, 12, 8
_RARE = 1e-4
_HUGE = 1000.0
_STEPS = 6
_UNTOLD = 5e-4
_QUOTE = '"'
_BESIDE = (
    "escalation_number", "catastrophe_probability", "critical_probability", "rungs", "expected_incidents",
    "expected_loss_usd", "doubling_time_s", "half_life_s", "left_out",
)  # fmt: skip
_BIAS = {"high": "if anything too high", "low": "if anything too low", "unknown": "off either way"}


def render(solution: "Solution", console: Console) -> None:
    """Print a solution, in an order that suits someone who stops reading early."""
    _headline(solution, console)
    console.print(_rungs(solution))
    console.print()
    console.print(_roots(solution))
    console.print()
    if solution.loops:
        console.print(_loops(solution))
        _say_loops(solution, console)
    if solution.expected:
        console.print(_means(solution))
        console.print()
    console.print(_levers(solution))
    console.print()
    _say_left_out(solution, console)


def chance(value: float) -> str:
    """Return an exact probability in per cent, to four digits: `5.625 %`, `3.1e-06 %`."""
    if value in {0.0, 1.0}:
        return f"{100 * value:.0f} %"
    if value < _RARE:
        return f"{100 * value:.3e} %"
    return f"{100 * value:.4g} %"


def beside(solution: "Solution", summary: "Summary", console: Console) -> None:
    """Print the exact figures beside those of a simulation."""
    side = table("Beside the exact solver", "simulated", "exact")
    side.add_row("catastrophe", interval(summary.catastrophe), chance(solution.catastrophe_probability))
    side.add_row("critical", interval(summary.critical), chance(solution.critical_probability))
    simulated = count(summary.incidents["mean"].value)
    side.add_row("incidents, mean", simulated, _finite(solution.expected_incidents, count))
    side.add_row(
        "loss, mean", money(summary.loss_usd["mean"].value), _finite(solution.expected_loss_usd, money)
    )
    console.print(side)
    console.print(f"R = {solution.escalation_number:.4g}: {_verdict(solution)}")
    console.print(f"The exact figures leave out {_biases(solution)}.")
    pairs = (
        (summary.catastrophe, solution.catastrophe_probability),
        (summary.critical, solution.critical_probability),
    )
    if any(not estimate.low <= exact <= estimate.high for estimate, exact in pairs):
        console.print("They lie outside the simulated intervals: what is left out may matter here.")
    if solution.expected and solution.catastrophe_probability:
        console.print(
            "Exact means count every lineage to its end, also after a catastrophe, where a crisis stops."
        )


def _biases(solution: "Solution") -> str:
    """What is left out, by the way it moves the exact figures."""
    parts = []
    for bias, words in _BIAS.items():
        named = [entry.what for entry in solution.left_out if entry.bias == bias]
        if named:
            parts.append(f"{', '.join(named)} (so exact is {words})")
    return "; ".join(parts)


def as_plain(solution: "Solution") -> dict[str, Any]:
    """Return what `run --json` says of a solution: the figures that a simulation also has, and R."""
    whole = solution.as_dict(details=False)
    return {name: whole[name] for name in _BESIDE}


def _headline(solution: "Solution", console: Console) -> None:
    scenario = solution.scenario
    console.print(Text(scenario.title or scenario.name, style="bold"))
    if solution.portfolio.safeguards:
        console.print(f"portfolio {solution.portfolio.name}: {', '.join(solution.portfolio.safeguards)}")
    console.print(f"exact, without sampling, detente {__version__}")
    console.print()
    console.print(Text(f"R = {solution.escalation_number:.4f}: {_verdict(solution)}", style="bold"))
    if solution.growth:
        console.print(_growth(solution))
    if reviews := sorted(actor.command.review.median_s for actor in scenario.actors if actor.command):
        fastest, slowest = duration(reviews[0]), duration(reviews[-1])
        spread = fastest if fastest == slowest else f"{fastest} to {slowest}"
        console.print(f"For comparison, a human command's review takes {spread} (median).")
    often = one_in(solution.catastrophe_probability)
    console.print(
        f"Catastrophe ({scenario.ladder[scenario.catastrophe]}): {chance(solution.catastrophe_probability)} of crises"
        f"{', ' + often if often else ''}."
    )
    if scenario.critical != scenario.catastrophe:
        console.print(
            f"Critical ({scenario.ladder[scenario.critical]} or worse): {chance(solution.critical_probability)} of crises."
        )
    omitted = ", ".join(entry.what for entry in solution.left_out)
    console.print(f"Exact for the scenario without its {omitted}: see the end.")
    console.print()


def _verdict(solution: "Solution") -> str:
    radius = solution.escalation_number
    if radius == 0.0:
        return "nothing that happens comes back to where it began."
    if math.isclose(radius, 1.0, abs_tol=1e-9):
        return "on the edge between dying out and running away."
    return "above 1, so it can run away." if radius > 1.0 else "below 1, so every loop dies out."


def _growth(solution: "Solution") -> str:
    growth = solution.growth
    assert growth is not None  # INVARIANT: asked for only where something comes back
    turn = f"one generation takes {duration(growth.generation_s)} in the mean"
    if growth.doubling_s is not None:
        instant = "A runaway takes no time at all"
        doubling = f"A runaway doubles every {duration(growth.doubling_s)}" if growth.doubling_s else instant
        return f"{doubling}; {turn}."
    if growth.half_life_s is not None:
        if growth.half_life_s == 0.0:
            return "What is going on dies out in no time at all."
        about = "about " if growth.is_first_order else ""
        return f"What is going on halves {about}every {duration(growth.half_life_s)}; {turn}."
    return f"{turn[0].upper()}{turn[1:]}."


def _finite(value: float, say: Callable[[float], str]) -> str:
    return say(value) if math.isfinite(value) else "infinite"


def _rungs(solution: "Solution") -> Table:
    rows = table("Reaches at least", "of crises")
    for name, probability in solution.rungs.items():
        rows.add_row(name, chance(probability))
    return rows


def _roots(solution: "Solution") -> Table:
    rows = table("Where it starts", "expected", "to critical", "to catastrophe")
    ranked = sorted(solution.roots, key=lambda root: -root.catastrophe_probability)
    for root in ranked[:_ROOTS]:
        rows.add_row(
            _place(solution, root),
            count(root.expected_arrivals),
            chance(root.critical_probability),
            chance(root.catastrophe_probability),
        )
    if rest := ranked[_ROOTS:]:
        rows.add_row(f"{counted(len(rest), 'other', 'others')}, each less likely", "", "", "")
    return rows


def _place(solution: "Solution", root: "Root") -> str:
    for shock in solution.scenario.shocks:
        if shock.path == root.path:
            return f"{solution.scenario.ladder[shock.rung]} at {shock.hits}"
    name = root.path.removeprefix("systems").removesuffix(".senses.false_alarms")
    return f"false alarms of {name.strip('.[]').strip(_QUOTE)}"


def _loops(solution: "Solution") -> Table:
    rows = table("Loops", "share of R", "gain", "one turn")
    for loop in solution.loops[:_LOOPS]:
        rows.add_row(_round(loop), share(loop.share, 1e-3), f"{loop.gain:.3g}", duration(loop.period_s))
    if rest := solution.loops[_LOOPS:]:
        rows.add_row(
            counted(len(rest), "other", "others"), share(sum(loop.share for loop in rest), 1e-3), "", ""
        )
    if solution.loops_untold > _UNTOLD:
        rows.add_row("not told apart", share(solution.loops_untold, 1e-3), "", "")
    return rows


def _round(loop: "Loop") -> str:
    return " → ".join(loop.systems)


def _say_loops(solution: "Solution", console: Console) -> None:
    console.print("A loop runs away by itself where its gain is above 1.")
    if any(loop.gain == 0.0 for loop in solution.loops[:_LOOPS]):
        console.print(NO_GAIN)
    console.print()
    for number, loop in enumerate(solution.loops[:_IN_WORDS], start=1):
        console.print(f"{number}. {share(loop.share, 1e-3)} of R, one turn in {duration(loop.period_s)}:")
        following = (*loop.systems[1:], loop.systems[0])
        steps = list(zip(loop.systems, following, loop.turns, strict=True))
        for here, there, turn in steps[:_STEPS]:
            told = folded(_step(here, there, turn), console.width, *["   "] * 2)
            console.print("\n".join(told), soft_wrap=True)
        if rest := steps[_STEPS:]:
            console.print(f"   ... and {counted(len(rest), 'step')} more")
    console.print()


def _step(here: str, there: str, turn: "Turn") -> str:
    after = f"(median {duration(turn.median_s)})"
    if turn.kind == "outage":
        return f"an outage of {here} takes {there} with it {after}"
    if turn.kind == "contagion":
        return f"what is at {here} spreads to {there} {after}"
    return f"{turn.by} answers an incident at {here} with one at {there} {after}"


def _means(solution: "Solution") -> Table:
    expected = solution.expected
    assert expected is not None  # INVARIANT: asked for only where it is known
    rows = table("Per crisis, every lineage to its end", "mean")
    rows.add_row("incidents", count(expected.incidents))
    rows.add_row("actions", count(expected.actions))
    rows.add_row("actions on a wrong blame", count(expected.wrongful_actions))
    rows.add_row("loss", money(expected.loss_usd))
    return rows


def _levers(solution: "Solution") -> Table:
    rows = table("A change of 1 % in", "changes R by", "catastrophe by")
    ranked = sorted(
        (entry for entry in solution.elasticities if entry.of_r or entry.of_log_catastrophe),
        key=_rank,
    )
    for entry in ranked[:_LEVERS]:
        rows.add_row(entry.path, _percent(entry.of_r), _percent(entry.of_log_catastrophe))
    if not ranked:
        rows.add_row("any number", "nothing", "nothing")
    rows.caption = "responds[i] counts as `detente check --resolved` does"
    rows.caption_justify = "left"
    return rows


def _rank(entry: "Elasticity") -> tuple[float, float, str]:
    """Strongest first; what differs only by rounding, in the order of paths."""
    moved = (round(-abs(value or 0.0), 6) for value in (entry.of_log_catastrophe, entry.of_r))
    of_log, of_r = moved
    return of_log, of_r, entry.path


def _percent(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) > _HUGE:  # next to R = 1, where one per cent is a world away
        return f"{'over +' if value > 0 else 'under -'}{_HUGE:,.0f} %"
    return f"{value:+.3f} %"


def _say_left_out(solution: "Solution", console: Console) -> None:
    if solution.infinite_because:
        console.print(f"Mean incidents and losses are infinite: {solution.infinite_because}.")
    for entry in solution.left_out:
        console.print(f"Left out: {entry.what} (these figures are {_BIAS[entry.bias]}): {entry.why}.")
