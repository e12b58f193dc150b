"""`detente halt`: until when all automation must have been stopped."""

import math
from typing import Annotated

import typer

from detente.analysis.wording import duration
from detente.cli.arguments import (
    MAX_INCIDENTS,
    NO_PORTFOLIO,
    Budget,
    Portfolio,
    Runs,
    Scenario,
    Seed,
    Threads,
)
from detente.cli.terminal import ArgumentError, Json, emit_json, output
from detente.cli.working import announce, announce_compilation

__all__ = ["halt"]


def halt(
    scenario: Scenario,
    level: Annotated[float, typer.Option(help="The probability of catastrophe still accepted.")] = 0.01,
    portfolio: Portfolio = NO_PORTFOLIO,
    runs: Runs = 100_000,
    seed: Seed = 0,
    threads: Threads = None,
    max_incidents: Budget = MAX_INCIDENTS,
    as_json: Json = False,
) -> None:
    """Find the halt deadline: the latest moment at which stopping all automation keeps catastrophe that rare.

    From then on no automated action is proposed; what is under way lands, and people go on as before.
    """
    from detente.analysis.halt import find_halt
    from detente.cli.comparison import deadline
    from detente.cli.outcome import reproduce
    from detente.cli.tables import interval

    if not 0.0 < level < 1.0:
        raise ArgumentError(f"--level: found {level:g}, expected a probability above 0 and below 1")
    announce_compilation()
    found = find_halt(
        scenario, portfolio, level=level, runs=runs, seed=seed, threads=threads, max_incidents=max_incidents,
        progress=announce,
    )  # fmt: skip
    if as_json:
        emit_json(found.as_dict())
        return
    out = output()
    accepted = f"a catastrophe in {100 * level:g} % of crises"
    if found.deadline_s == float("inf"):
        far = (
            ""
            if found.low_s == float("inf")
            else f" as far as {runs:,} crises can tell: more may say otherwise"
        )
        out.print(f"For {accepted}, no halt is needed{far}.\n", style="bold")
    elif found.deadline_s == 0.0:
        out.print(f"For {accepted}, even a halt at the first incident comes too late.\n", style="bold")
    else:
        out.print(f"Halt deadline for {accepted}: {deadline(found)}", style="bold")
        out.print("since the first incident, with its 95 % interval.\n")
    if found.capped:
        out.print(f"CAPPED: {found.capped:,} crises ran out of budget, their end unknown.\n", style="bold")
    out.print(f"Catastrophe without a halt:        {interval(found.unhalted)}")
    if 0.0 < found.deadline_s < float("inf"):
        out.print(f"when halted at the deadline:       {interval(found.at_deadline)}")
    out.print(f"when halted at the first incident: {interval(found.at_once)}")
    out.print(f"\n{_reaction(found.reaction_s)}", soft_wrap=True)
    asked_for = scenario if portfolio == NO_PORTFOLIO else f"{scenario} --portfolio {portfolio}"
    again = reproduce("halt", asked_for, seed, runs=runs)
    if max_incidents != MAX_INCIDENTS:
        again += f" --max-incidents {max_incidents}"
    out.print(f"\nDo it again: {again} --level {level:g}", soft_wrap=True)


def _reaction(seconds: float) -> str:
    if math.isnan(seconds):
        return (
            "The exact solver cannot say here how soon each incident's automation would have to be stopped."
        )
    if seconds == 0.0:
        return "Stopping automation alone cannot bring R to 1 or below."
    if seconds == float("inf"):
        return "R is not above 1, so no loop runs away however late its automation is stopped."
    return (
        f"If instead the automation around each incident were stopped {duration(seconds)} after it, R would be 1: "
        "any earlier, and every loop dies out."
    )
