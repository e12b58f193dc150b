"""From the numbers of the tables back to the numbers a scenario states, by their paths.

An elasticity is the change of a result, in per cent, per per cent of change of a number. Shares that sum
to 1 move together: `step.down` and `step.up` at the expense of `same`, `step.same` at the expense of both
in proportion, a suspect's weight at the expense of all others. The number of actions of a `fixed` law
grows by one more action with a small chance.
"""

import re
from collections.abc import Iterator

import numpy as np

from detente.engine.tables import PHANTOM, Tables
from detente.exact._blame import blame_slopes
from detente.exact.catastrophe import Reach
from detente.exact.derivatives import per_arrival
from detente.exact.means import arrivals
from detente.exact.network import Floats, automation
from detente.exact.operator import Operator, Slopes
from detente.exact.static import by_confidence, by_sending
from detente.model.problems import step
from detente.model.vocabulary import Scenario

__all__ = ["by_arrivals", "by_autonomy", "by_senses", "left_out_of", "of_arrivals", "of_numbers"]

Pairs = Iterator[tuple[str, float]]

_SENSES = (
    "attribution", "inflates", "deflates", "recognises_accidents", "sees_through_spoofs", "assurance",
    "overconfidence",
)  # fmt: skip


_LEFT_OUT = re.compile(
    r"""^(actors (?:\.[\w-]+|\["[^"]*"\]) \.alert \.   # what only matters on alert
      |systems (?:\.[\w-]+|\["[^"]*"\]) \.down \.     # or while a system is out of action
      |(?:dependencies|contagion) \[\d+\] \.drops$)   # a whole number cannot change a little
    """,
    re.VERBOSE,
)


def left_out_of(path: str) -> bool:
    """Whether the number at `path` belongs to what the solver leaves out, or is a whole number that cannot change a little."""
    return _LEFT_OUT.match(path) is not None


def of_numbers(scenario: Scenario, op: Operator, slopes: Slopes) -> Pairs:
    """(path, number x derivative by it) of every number of actors, systems, dependencies and contagion that matters."""
    yield from _senses(scenario, op, slopes)
    yield from _watches(scenario, op.tables, slopes)
    yield from _responses(scenario, op, slopes)
    yield from _commands(scenario, op, slopes)
    for dependency, by in zip(scenario.dependencies, slopes.outages.tolist(), strict=True):
        yield f"{dependency.path}.spreads", by * dependency.spreads
    for contagion, by in zip(scenario.contagion, slopes.contagion.tolist(), strict=True):
        yield f"{contagion.path}.spreads", by * contagion.spreads


def of_arrivals(scenario: Scenario, op: Operator, reached: Reach) -> Pairs:
    """The same of log P by the rates of streams and by the horizon, which sets how many incidents they have."""
    roots = op.tables.roots
    is_stream = roots["law"] >= 0
    by = by_arrivals(op, reached)
    alarms = iter(
        f"systems{step(system.name)}.senses.false_alarms.rate"
        for system in scenario.systems
        if system.senses.false_alarms
    )
    shocks = iter(scenario.shocks)
    for kind, stream, amount in zip(roots["kind"].tolist(), is_stream.tolist(), by.tolist(), strict=True):
        path = next(alarms) if kind == PHANTOM else f"{next(shocks).path}.rate"
        if stream:
            yield path, amount
    yield "horizon", float(by.sum())


def by_arrivals(op: Operator, reached: Reach) -> Floats:
    """(roots,) rate x derivative of log P by it; 0 for a shock that comes once."""
    is_stream = op.tables.roots["law"] >= 0
    by = np.where(is_stream, per_arrival(reached) * (1.0 - reached.arrivals) * reached.roots, 0.0)
    found: Floats = by * arrivals(op)
    return found


def by_senses(op: Operator, slopes: Slopes) -> tuple[dict[str, Floats], Floats]:
    """The derivative by each of the senses of each system, (systems,) by name, and by each suspect's share."""
    tables, net = op.tables, op.net
    attribution, recognises, through = np.zeros((3, len(tables.systems)))
    shares = np.zeros(len(tables.suspects))
    blame_slopes(
        tables.systems, tables.suspects, net.has_blamed, net.ear_system, net.ear_mark, net.author, net.points_to,
        slopes.blame.copy(), attribution, recognises, through, shares,
    )  # fmt: skip
    sure = by_confidence(tables, slopes.classes)
    columns = (attribution + sure[0], slopes.inflates, slopes.deflates, recognises, through, sure[1], sure[2])
    return dict(zip(_SENSES, columns, strict=True)), shares


def _senses(scenario: Scenario, op: Operator, slopes: Slopes) -> Pairs:
    by_name, shares = by_senses(op, slopes)
    rows = np.stack([by * op.tables.systems[name] for name, by in by_name.items()], axis=1)
    rows *= _stated_counts(scenario, op.tables)
    weights = iter(shares.tolist())
    for system, row in zip(scenario.systems, rows.tolist(), strict=True):
        path = f"systems{step(system.name)}.senses"
        for name, amount in zip(_SENSES, row, strict=True):
            yield f"{path}.{name}", amount
        yield from _suspects(f"{path}.suspects", system.senses.suspects, weights)


def _stated_counts(scenario: Scenario, tables: Tables) -> Floats:
    """(systems, senses) 1 where the stated number counts, 0 where a safeguard's floor stands above it."""
    stated = np.array([[getattr(s.senses, name) for name in _SENSES] for s in scenario.systems])
    used = np.stack([tables.systems[name] for name in _SENSES], axis=1)
    counts = np.ones(stated.shape)
    for name in ("attribution", "sees_through_spoofs", "overconfidence"):
        column = _SENSES.index(name)
        counts[:, column] = stated[:, column] == used[:, column]
    return counts


def _suspects(path: str, suspects: tuple[tuple[str, float], ...], by: Iterator[float]) -> Pairs:
    """A weight counts only beside the others: raising all of them alike changes nothing."""
    slopes = [next(by) for _ in suspects]
    common = sum(share * slope for (_, share), slope in zip(suspects, slopes, strict=True))
    for (name, share), slope in zip(suspects, slopes, strict=True):
        yield f"{path}{step(name)}", share * (slope - common)


def _watches(scenario: Scenario, tables: Tables, slopes: Slopes) -> Pairs:
    """An edge to a system that answers nothing is not in the tables, and its chance matters nothing."""
    watched = np.repeat(
        np.arange(len(tables.systems)), tables.systems["watches_last"] - tables.systems["watches_first"]
    )
    edges = zip(tables.watches["watcher"].tolist(), watched.tolist(), strict=True)
    amounts = (slopes.watches * tables.watches["chance"]).tolist()
    for (watcher, target), amount in zip(edges, amounts, strict=True):
        names = scenario.systems[watcher].name, scenario.systems[target].name
        yield f"systems{step(names[0])}.watches{step(names[1])}", amount


def by_autonomy(op: Operator, slopes: Slopes) -> Floats:
    """(rules,) the derivative by the share of each rule's actions that needs no command."""
    tables, rules = op.tables, op.tables.rules
    owners = tables.systems["owner"][rules["system"]]
    owner, guard = tables.actors[owners], tables.guards[owners]
    automated = slopes.right * (1.0 - owner["has_command"] * owner["approves_right"])
    automated += slopes.wrong * (1.0 - owner["has_command"] * owner["approves_wrong"] * guard["errs"])
    found: Floats = automated * guard["acts"] * (rules["autonomy"] <= guard["autonomy"])
    return found


def _responses(scenario: Scenario, op: Operator, slopes: Slopes) -> Pairs:
    automated = by_autonomy(op, slopes)
    responses = (response for system in scenario.systems for response in system.responds)
    columns = (slopes.means, slopes.dispersions, slopes.step_down, slopes.step_up, automated)
    for response, *by in zip(responses, *(column.tolist() for column in columns), strict=True):
        mean, dispersion, down, up, autonomy = by
        yield f"{response.path}.actions", mean * response.actions
        if response.law.dispersion is not None:
            yield f"{response.path}.law.negative-binomial", dispersion * response.law.dispersion
        yield f"{response.path}.autonomy", autonomy * response.autonomy
        chance = response.step
        yield f"{response.path}.step.down", down * chance.down
        yield f"{response.path}.step.up", up * chance.up
        moved = chance.down + chance.up
        same = -(down * chance.down + up * chance.up) / moved if moved else 0.0
        yield f"{response.path}.step.same", same * chance.same


def _commands(scenario: Scenario, op: Operator, slopes: Slopes) -> Pairs:
    tables = op.tables
    owner = tables.systems["owner"][tables.rules["system"]]
    asked = (1.0 - automation(tables)) * tables.guards["acts"][owner]
    by_right, by_wrong = asked * slopes.right, asked * slopes.wrong * tables.guards["errs"][owner]
    if tables.guarded:
        sent = by_sending(tables, slopes.lets)
        by_right, by_wrong = by_right + sent[:, 1], by_wrong + sent[:, 0]
    for name, by in (("approves_right", by_right), ("approves_wrong", by_wrong)):
        amounts = np.bincount(owner, weights=by, minlength=len(tables.actors)) * tables.actors[name]
        for actor, amount in zip(scenario.actors, amounts.tolist(), strict=True):
            if actor.command:
                yield f"actors{step(actor.name)}.command.{name}", amount
