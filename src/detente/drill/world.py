"""The engine's tables as plain rows, for a crisis that is played in Python.

Nothing is read a second time: these are the records that `engine.compile` made, one Python tuple each, since looking a field
up in a NumPy record costs more than all that is done with it.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from detente.engine.compile import compile_tables
from detente.engine.tables import Tables
from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["World", "world_of"]


class World:
    """One scenario under one portfolio: what the kernel reads, and the same in rows."""

    def __init__(self, scenario: Scenario, portfolio: Portfolio, tables: Tables) -> None:
        self.scenario, self.portfolio, self.tables = scenario, portfolio, tables
        self.systems, self.watches = _rows(tables.systems), _rows(tables.watches)
        self.rules, self.outages, self.contagion = (
            _rows(tables.rules),
            _rows(tables.outages),
            _rows(tables.contagion),
        )
        self.actors, self.guards, self.roots = _rows(tables.actors), _rows(tables.guards), _rows(tables.roots)
        self.laws = [(int(law["first"]), int(law["last"])) for law in tables.laws]
        self.infections, self.members = tables.infections.tolist(), tables.members.tolist()
        self.targets, self.groups = tables.targets.tolist(), tables.groups.tolist()
        # Kernels want the records themselves.
        self.system_records = [tables.systems[i] for i in range(len(self.systems))]
        self.actor_records = [tables.actors[i] for i in range(len(self.actors))]


def world_of(scenario: Scenario, portfolio: Portfolio) -> World:
    """Compile a scenario under a portfolio.

    Raises
    ------
    PortfolioError
        The portfolio names what the scenario does not have.
    """
    return World(scenario, portfolio, compile_tables(scenario, portfolio))


def _rows(records: Any) -> list[Any]:
    """One named tuple per record; ids stay 64 bits wide and unsigned, as kernels want them."""
    names = records.dtype.names
    named: Any = namedtuple  # noqa: PYI024 -- the names are the table's, known only now
    make = named("row", names)
    rows = [make(*record.tolist()) for record in records]
    return [one._replace(id=np.uint64(one.id)) for one in rows] if "id" in names else rows
