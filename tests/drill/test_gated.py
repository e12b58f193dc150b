"""What a gate that obeys makes of the shipped scenarios: what it never lets through, and what people must have said."""

from collections import Counter

import detente
from detente.drill.charter import charter_of
from detente.drill.crisis import Crisis
from detente.drill.gated import Gated, policy_of
from detente.drill.measure import drill, in_the_lab
from detente.drill.world import World, world_of
from detente.engine.tables import ACTION
from detente.model.charter.library import check
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio

CRISES = 40


def played(world: World, seed: int) -> tuple[list[Crisis], Counter[str]]:
    gate = Gated(world, policy_of(world, as_modelled=False))
    crises = [Crisis(world, seed, index, gate, max_incidents=2000) for index in range(CRISES)]
    for crisis in crises:
        crisis.run()
    return crises, gate.answers


def test_no_adopter_crosses_a_red_line_though_the_lab_lets_some_through() -> None:
    answers: Counter[str] = Counter()
    for scenario in detente.scenarios():
        world = world_of(load(scenario), load_portfolio("essay"))
        crises, given = played(world, seed=5)
        answers += given
        domains = [system.domain for system in world.systems]
        for crisis in crises:
            for one in crisis.happened:
                if one.kind == ACTION:
                    assert one.rung < world.tables.forbidden[one.author, domains[one.system]]
    assert min(answers["allow"], answers["deny"], answers["hold approved"], answers["hold denied"]) > 10


def test_the_derived_charter_is_a_legal_document() -> None:
    for name in detente.scenarios():
        scenario = load(name)
        report = check(charter_of(scenario, certified=[scenario.systems[0].name]))
        assert report.problems == ()
        assert report.charter is not None
        assert [system.certified for system in report.charter.systems].count(True) == 1


def test_a_drill_does_not_depend_on_how_it_is_divided() -> None:
    found = [
        drill("false-flag", "essay", "as enforced", seed=2, crises=30, workers=workers) for workers in (1, 2)
    ]
    assert found[0] == found[1]
    assert found[0].unlike(in_the_lab("false-flag", "essay", seed=2, crises=30))
