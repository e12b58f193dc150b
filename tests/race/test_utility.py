"""The terms of the utility: the closed form of the contest, and the signs of risk (lab-anchors 4.11)."""

from dataclasses import replace

import numpy as np
import pytest

from detente.model.race.vocabulary import TERMS
from detente.race.classics.tullock import equals
from detente.race.theatre import starts
from detente.race.utility import MOVES, Stakes, changes, returns, weights_of
from tests.race.documents import player, race


def field(players: int, *, cost: float, decisiveness: float = 1.0, autonomy: float = 0.0):
    """Equals in one market: value 1e8 USD, capability linear in cost, nothing else that counts."""
    start = {"autonomy": autonomy, "capability": 0.5, "safety": 0.5}
    cast = {
        f"p{i}": player(market="m", prize="1e8 USD", costs={"capability": f"{cost!r} USD"}, start=start)
        for i in range(players)
    }
    return race(players=cast, conduct={"decisiveness": decisiveness})


@pytest.mark.parametrize("autonomy", [0.0, 0.6])
@pytest.mark.parametrize(("players", "decisiveness"), [(2, 1.0), (3, 1.0), (5, 1.0), (2, 1.5), (3, 0.7)])
def test_the_contest_of_equals_is_tullocks(players, decisiveness, autonomy):
    """Null: the best answer to the closed form's effort is another effort (autonomy multiplies everybody's alike)."""
    stated = field(players, cost=1.7e8, decisiveness=decisiveness, autonomy=autonomy)
    stakes, weights = Stakes.of(stated, np.zeros(players)), weights_of(stated)
    effort = equals(players, 1e8, decisiveness).efforts[0] / 1.7e8
    tried = np.linspace(1e-3, 1.0, 20_001)
    postures = np.zeros((players, tried.size, 3))
    postures[:, :, 0], postures[:, :, 1] = autonomy, tried
    rivals = (players - 1) * (effort * (1.0 + autonomy)) ** decisiveness
    worth = returns(stakes, weights, postures, np.full(players, rivals))
    best = tried[(worth["contest"] + worth["cost"]).argmax(axis=1)]
    assert best == pytest.approx(effort, abs=1e-4)


def moves_of(stated, damage, suffering, insured=(0.0, 0.0)):
    stakes, weights = Stakes.of(stated, np.zeros(len(stated.players))), weights_of(stated)
    there = np.ones(len(stated.players))
    return changes(stakes, weights, starts(stated), there, damage, suffering, np.array(insured))


def only(*names: str, **weights: float):
    return dict.fromkeys(TERMS, 0.0) | dict.fromkeys(names, 1.0) | weights


def duel(terms, **conduct):
    cast = {name: player(market="m", prize="1e8 USD") for name in ("a", "b")}
    return race(players=cast, terms=terms, conduct=conduct)


def shared(players: int = 2, amount: float = 1e8):
    """What a unit of anybody's autonomy costs everybody alike."""
    found = np.zeros((players, 3, players))
    found[:, 0, :] = amount
    return found


UP = int(np.flatnonzero(MOVES[:, 0] > 0)[0])


def test_a_catastrophe_cost_shared_by_all_cancels_from_a_race_for_the_lead():
    """Tan (arXiv 2512.07526), the regime of relative gains: what hits both alike leaves no trace in the choice."""
    without = moves_of(
        duel(only("contest", "internalised"), rivalry=1.0), shared(amount=0.0), shared(amount=0.0)
    )
    with_it = moves_of(duel(only("contest", "internalised"), rivalry=1.0), shared(amount=0.0), shared())
    assert np.allclose(with_it, without, rtol=0.0, atol=1e-6)
    assert (without[:, UP] > 0.0).all()


def test_private_liability_does_not_cancel():
    lead = only("contest", "internalised", "liability")
    without = moves_of(duel(lead, rivalry=1.0), shared(amount=0.0), shared(amount=0.0))
    with_it = moves_of(duel(lead, rivalry=1.0), shared(), shared(amount=0.0))
    assert (with_it[:, UP] < without[:, UP]).all()


def test_a_shared_cost_counts_for_who_does_not_race_for_the_lead():
    own = only("internalised")
    assert (moves_of(duel(own, rivalry=0.0), shared(amount=0.0), shared())[:, UP] < 0.0).all()


def test_insurance_takes_away_what_it_bears_unless_premiums_follow_the_risk():
    own = only("internalised")
    bare = moves_of(duel(own), shared(), shared(amount=0.0))[:, UP]
    covered = moves_of(duel(own), shared(), shared(amount=0.0), (0.5, 0.5))[:, UP]
    rated = moves_of(duel(own | {"insurance": 1.0}), shared(), shared(amount=0.0), (0.5, 0.5))[:, UP]
    assert covered == pytest.approx(0.5 * bare)
    assert rated == pytest.approx(bare)


@pytest.mark.parametrize("name", TERMS)
def test_a_term_of_weight_0_changes_nothing(name):
    """Every term alone matters in this race, and none matters where its weight is 0."""
    cast = {
        n: player(
            market="m", prize="1e8 USD", procurement="1e8 USD", certified="1e8 USD",
            costs={"capability": "1e8 USD", "safety": "1e8 USD"},
            start={"autonomy": 0.6, "capability": 0.5, "safety": 0.6},
        )
        for n in ("a", "b")
    }  # fmt: skip

    def gained(terms):
        stated = race(players=cast, terms=terms)
        stakes = replace(Stakes.of(stated, np.ones(2)))
        weights = weights_of(stated)
        weights.detection[:] = 1.0
        return changes(stakes, weights, starts(stated), np.ones(2), shared(), shared(), np.array([0.1, 0.2]))

    assert np.abs(gained(only(name))).max() > 1e5
    assert np.abs(gained(only())).max() == 0.0
