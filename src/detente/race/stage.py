"""A race made ready to be run: its scenarios, its players' stakes, and what a unit of risk costs whom."""

import numpy as np

from detente.model.race.vocabulary import Race
from detente.race.postures import Floats
from detente.race.theatre import Theatre, expected_loss_weights
from detente.race.utility import Stakes

__all__ = ["Stage"]


class Stage:
    """A race made ready; it remembers what its theatres have worked out, and is shared by all runs."""

    def __init__(self, race: Race) -> None:
        self.race = race
        self.theatres = [Theatre(race, crises) for crises in race.crises]
        self.stakes = Stakes.of(race, _reversible(race, self.theatres))
        self.loss_weights = [expected_loss_weights(theatre) for theatre in self.theatres]
        self.bloc_of = [race.blocs.index(p.bloc) if p.bloc else -1 for p in race.players]


def _reversible(race: Race, theatres: list[Theatre]) -> Floats:
    """(players,) the share of the rules of its systems whose actions can be undone."""
    undone, all_rules = np.zeros((2, len(race.players)))
    for theatre in theatres:
        tables = theatre.base(())
        owner = tables.systems["owner"][tables.rules["system"]]
        undone += theatre.plays @ np.bincount(owner, tables.rules["reversible"], len(tables.actors))
        all_rules += theatre.plays @ np.bincount(owner, minlength=len(tables.actors))
    found: Floats = undone / np.maximum(all_rules, 1.0)
    return found
