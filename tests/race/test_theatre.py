"""Which safeguards stand in a scenario, for whom, when several measures bring them."""

import numpy as np
import pytest

from detente.race.adoption import Adoption
from detente.race.stage import Stage
from detente.race.theatre import Severity, expected_loss_weights
from tests.race.documents import race, rivals


def standing(*measures):
    """The portfolio in force in the first quarter, with alarm in no bloc."""
    stated = race(**rivals(policies={"all": {"measures": list(measures)}}))
    (theatre,) = Stage(stated).theatres
    adoption = Adoption(stated, stated.policy("all").measures)
    adoption.advance(0, dict.fromkeys(stated.blocs, 0.0), 0.5, 0.5)
    regime = adoption.standing(0).regime
    return theatre._portfolio(regime), theatre


def one(portfolio, **changes):
    return {"portfolio": portfolio, "from": 1, **changes}


def test_a_safeguard_that_two_measures_bring_stands_for_all_whom_either_covers():
    """Null: blocs that adopt the same portfolio by measures of their own are left with that of the first."""
    both, theatre = standing(
        one("compartments", **{"for": ["west"]}), one("compartments", **{"for": ["east"]})
    )
    alone, _ = standing(one("compartments"))
    blocs = {actor.name: theatre._bloc(actor) for actor in theatre.scenario.actors}
    of_blocs = {name for name in alone.compartments.adopters if blocs[name]}
    assert {blocs[name] for name in of_blocs} == {"east", "west"}
    assert set(both.compartments.adopters) == of_blocs
    assert len(both.compartments.adopters) == len(set(both.compartments.adopters))


def test_the_settings_are_those_of_the_measure_stated_first():
    found, _ = standing(
        one("compartments", verification=0.5, **{"for": ["east"]}), one("compartments", verification=0.9)
    )
    alone, _ = standing(one("compartments", verification=0.5))
    assert found.compartments.inert == pytest.approx(alone.compartments.inert)
    assert found.compartments.inert == pytest.approx(0.5)
    assert set(found.compartments.adopters) == set(alone.compartments.adopters)


def test_whom_nobody_plays_is_covered_where_its_bloc_is_and_neutrals_where_all_are():
    """Null: those nobody plays are left out, or neutrals are bound by one bloc's law."""
    west, theatre = standing(one("compartments", **{"for": ["west"]}))
    everybody, _ = standing(one("compartments"))
    blocs = {actor.name: theatre._bloc(actor) for actor in theatre.scenario.actors}
    assert None in blocs.values()
    bound = {
        actor.name for actor in theatre.scenario.actors if actor.kind != "non-state"
    }  # as the portfolio says
    assert set(everybody.compartments.adopters) == bound
    assert set(west.compartments.adopters) == {name for name, bloc in blocs.items() if bloc == "west"}
    played = {name for name, plays in zip(theatre.actors, theatre.plays.sum(axis=0), strict=True) if plays}
    assert set(west.compartments.adopters) - played


def test_a_safeguard_is_for_those_whom_its_portfolio_lists():
    """Null: the portfolio's own list of adopters does not count, or counts alone."""
    _, theatre = standing(one("compartments"))
    covered = np.array([name != "avalon" for name in theatre.actors])
    assert theatre._adopters(("west",), covered) == {
        actor.name for actor in theatre.scenario.actors if actor.bloc == "west" and actor.name != "avalon"
    }
    assert theatre._adopters(("avalon-forces",), covered) == {"avalon-forces"}
    assert theatre._adopters(None, covered) == set(theatre.actors) - {"avalon"}
    assert theatre._adopters(None, ~covered) == {"avalon"}


def test_absent_are_the_actors_of_absent_players_alone():
    """Null: who is there is silenced, or an actor whom nobody plays."""
    _, theatre = standing(one("compartments"))
    names = [player.name for player in theatre.race.players]
    there = np.array([name != "avalon" for name in names])
    absent = {name for name, out in zip(theatre.actors, theatre._absent(there), strict=True) if out}
    assert absent == {"avalon", "avalon-forces"}
    assert not theatre._absent(np.ones(len(names), np.bool_)).any()


@pytest.mark.parametrize(("critical", "catastrophe", "beyond"), [(3.0, 10.0, 7.0), (10.0, 3.0, 0.0)])
def test_a_catastrophe_costs_what_it_costs_beyond_a_critical_crisis(critical, catastrophe, beyond):
    _, theatre = standing(one("compartments"))
    theatre.severity = Severity(critical=np.array([critical]), catastrophe=np.array([catastrophe]))
    assert expected_loss_weights(theatre).tolist() == [[critical], [beyond]]
