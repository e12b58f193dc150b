"""Which safeguards stand in a scenario, for whom, when several measures bring them."""

import pytest

from detente.race.adoption import Adoption
from detente.race.stage import Stage
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
