"""The rule that names a path: exactly one, decided by the first line that fits; every line matters."""

import itertools
from dataclasses import replace

import pytest

from detente.race.paths import Evidence, Path, classify, moved
from tests.race.documents import race

BOUNDS = race(paths={"critical_a_year": 0.5, "adoption": 0.5, "gap": 0.5}).paths
CALM = Evidence(
    catastrophes=0, critical_a_year=0.1, escalation=0.8, between=0.5, within=(0.6, 0.6), restrained=(0.9, 0.8)
)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({}, Path.MANAGED),
        ({"catastrophes": 1}, Path.CONFLAGRATION),
        ({"catastrophes": 1, "restrained": (1.0, 0.0)}, Path.CONFLAGRATION),
        ({"restrained": (0.95, 0.4)}, Path.FRAGMENTED),
        ({"within": (1.2, 0.6), "escalation": 1.3}, Path.FRAGMENTED),
        ({"within": (1.2, 1.1), "escalation": 1.3}, Path.ARMS_RACE),
        ({"escalation": 1.01}, Path.ARMS_RACE),
        ({"between": 1.01}, Path.ARMS_RACE),
        ({"critical_a_year": 0.6}, Path.ARMS_RACE),
        ({"restrained": (0.3, 0.3)}, Path.ARMS_RACE),
        ({"restrained": (0.5, 0.5), "critical_a_year": 0.5}, Path.MANAGED),
        ({"escalation": 1.0}, Path.ARMS_RACE),
        ({"restrained": (), "within": ()}, Path.ARMS_RACE),
        ({"restrained": (0.8, 0.45)}, Path.ARMS_RACE),
        ({"restrained": (0.75, 0.25)}, Path.FRAGMENTED),
        ({"within": (1.0, 0.6)}, Path.FRAGMENTED),
        ({"within": (1.2, 1.0), "escalation": 1.3}, Path.ARMS_RACE),
    ],
)
def test_each_line_of_the_rule_decides(change, path):
    """The mutation check: each boundary, and the order of the lines, is what one of these cases hangs on."""
    assert classify(replace(CALM, **change), BOUNDS) is path


def test_every_combination_has_exactly_one_path():
    seen = set()
    for catastrophes, often, whole, west, east, left, right in itertools.product(
        (0, 1), (0.0, 0.9), (0.5, 1.5), (0.5, 1.5), (0.5, 1.5), (0.0, 1.0), (0.0, 1.0)
    ):
        evidence = Evidence(
            catastrophes=catastrophes, critical_a_year=often, escalation=whole, between=0.1,
            within=(west, east), restrained=(left, right),
        )  # fmt: skip
        seen.add(classify(evidence, BOUNDS))
    assert seen == set(Path)


def test_a_boundary_moves_alone():
    assert moved(BOUNDS, "gap", 1.1) == replace(BOUNDS, gap=0.5 * 1.1)
    assert moved(BOUNDS, "adoption", 3.0).adoption == 1.0
