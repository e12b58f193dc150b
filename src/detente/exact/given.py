"""Crises given that they end in catastrophe: each drawn directly, none thrown away.

Exact for the branching process of design, section 6: what the horizon, alerts and down times would have
changed is left out. Crisis i of seed s is the same whoever asks; it is another one than crisis i of `run`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine._chance import CONFIDENCE, uniform
from detente.engine._kernel import CAPPED, CATASTROPHE
from detente.engine.run import MAX_INCIDENTS, blank, grown, logged, new_log, new_work
from detente.engine.tables import Log, Outcomes, Work
from detente.engine.trace import Reader, Reading, Trace, confidence, key_of
from detente.errors import SolverError
from detente.exact._given import BLAMED, PERCEIVED, WIDTH, run_given
from detente.exact.catastrophe import Reach
from detente.exact.network import root_marks
from detente.exact.operator import Operator
from detente.model.vocabulary import Ending, Scenario

__all__ = ["conditioned", "sample"]

_FIRST_LOG = 1024


def conditioned(
    scenario: Scenario,
    op: Operator,
    reached: Reach,
    *,
    seed: int,
    crisis: int,
    max_incidents: int = MAX_INCIDENTS,
) -> Trace:
    """Crisis number `crisis` of the ensemble `seed` of crises that end in catastrophe, in full.

    Parameters
    ----------
    op, reached
        The scenario's operator, and what `reach(op, op.tables.catastrophe)` gave.
    max_incidents
        Event budget, >= 1; a crisis that exhausts it ends as `capped`.

    Raises
    ------
    SolverError
        When no crisis of the scenario can end in catastrophe.
    """
    outcome, log = _Sampler(op, reached, max_incidents).recorded(seed, crisis)
    incidents = Reader(scenario, op.tables, log, key_of(seed, crisis)).incidents()
    return Trace(
        scenario=scenario.name,
        seed=seed,
        crisis=crisis,
        ended=tuple(Ending)[outcome.ended[0]].value,
        duration_s=float(outcome.duration_s[0]),
        critical=scenario.ladder[scenario.critical],
        catastrophe=scenario.ladder[scenario.catastrophe],
        incidents=tuple(
            replace(incident, reading=_reading(scenario, op, log, incident.index))
            if incident.reading
            else incident
            for incident in incidents
        ),
    )


def sample(
    op: Operator,
    reached: Reach,
    *,
    seed: int,
    first: int,
    count: int,
    max_incidents: int = MAX_INCIDENTS,
) -> Outcomes:
    """The outcomes of crises `first` to `first + count - 1` of the ensemble `seed` of crises that end in catastrophe.

    Parameters and errors as of `conditioned`.
    """
    return _Sampler(op, reached, max_incidents).outcomes(seed, first, count)


class _Sampler:
    """Runs conditioned crises one after the other, in memory that grows when one does not fit."""

    def __init__(self, op: Operator, reached: Reach, max_incidents: int) -> None:
        assert reached.goal == op.tables.catastrophe  # INVARIANT: a crisis ends nowhere else
        if not reached.probability > 0.0:
            raise SolverError("no crisis of this scenario can end in catastrophe, so there is none to show")
        op.chance(reached.q, reached.goal)  # other passes may have come between
        self.op, self.reached, self.max_incidents = op, reached, max_incidents
        self.marks = root_marks(op.tables, op.net)
        self.now = np.zeros(WIDTH, np.int32)
        self.work = _widened(new_work(op.tables))

    def outcomes(self, seed: int, first: int, count: int) -> Outcomes:
        out, log = blank(count, len(self.op.tables.actors)), _new_log(0)
        for i in range(count):
            while not self._run(seed, first + i, log, out, i):
                self.work = _widened(grown(self.work))
        return out

    def recorded(self, seed: int, crisis: int) -> tuple[Outcomes, Log]:
        out, log = blank(1, len(self.op.tables.actors)), _new_log(_FIRST_LOG)
        while not self._run(seed, crisis, log, out, 0):
            if self.work.state[t.LOG_FULL]:
                log = _new_log(2 * log.times.size)
            else:
                self.work = _widened(grown(self.work))
        return out, logged(log, self.work)

    def _run(self, seed: int, crisis: int, log: Log, out: Outcomes, i: int) -> bool:
        op = self.op
        key = key_of(seed, crisis)
        is_done: bool = run_given(
            op.tables, op.net, op.plain, op.state, self.reached.q, self.marks, self.reached.roots, self.work,
            log, self.now, key, self.max_incidents, out, i,
        )  # fmt: skip
        assert not is_done or out.ended[i] in (CATASTROPHE, CAPPED)  # INVARIANT: a success leads to one
        return is_done


def _widened(work: Work) -> Work:
    """The same scratch memory with room for what is laid down about each pending incident."""
    return work._replace(pending=np.zeros((work.times.size, WIDTH), np.int32))


def _new_log(capacity: int) -> Log:
    return new_log(capacity)._replace(rows=np.zeros((capacity, WIDTH), np.int32))


def _reading(scenario: Scenario, op: Operator, log: Log, i: int) -> Reading:
    """What the action `i` rests on, as recorded: it cannot be drawn again from its parent's key, whose law was tilted."""
    row: npt.NDArray[np.int32] = log.rows[i]
    rule: Any = op.tables.rules[row[t.COUPLING]]
    system: Any = op.tables.systems[rule["system"]]
    right = bool(row[t.RIGHT])
    blames = rule["at"] == t.AT_BLAMED
    return Reading(
        responder=scenario.systems[rule["system"]].name,
        perceived=scenario.ladder[row[PERCEIVED]],
        blamed=scenario.actors[row[BLAMED]].name if blames else None,
        right=right,
        confidence=confidence(
            float(uniform(log.keys[row[t.PARENT]], system["id"], CONFIDENCE)),
            accuracy=float(system["attribution"]),
            assurance=float(system["assurance"]),
            overconfidence=float(system["overconfidence"]),
            right=right,
        )
        if blames
        else None,
        reviewed=bool(row[t.REVIEWED]),
    )
