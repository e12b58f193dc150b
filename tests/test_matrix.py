"""The matrix of safeguards and scenarios: its words are claims, and every safeguard has both sides."""

import pytest
from tools import matrix
from tools.matrix import HARMS, HELPS, INERT

from detente.analysis.pairs import Difference
from detente.model.library import names
from detente.model.portfolio.safeguards import SAFEGUARDS

PAGE = (matrix.ROOT / "docs" / "safeguards.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "low, high, word",
    [
        # a tenth of a P(catastrophe) of 0.2 is 0.02
        (-0.05, -0.021, HELPS),
        (-0.05, -0.0199, "helps a little"),
        (-0.05, 0.001, "unclear"),
        (-0.021, -0.001, "helps a little"),
        (-0.019, -0.001, INERT),
        (-0.019, 0.019, INERT),
        (0.001, 0.019, INERT),
        (-0.019, 0.021, "unclear"),
        (0.001, 0.021, "harms a little"),
        (0.021, 0.05, HARMS),
    ],
)
def test_the_word_for_a_difference_is_about_its_whole_interval(low, high, word):
    difference = Difference(value=(low + high) / 2, low=low, high=high, variance_saved=0.5)
    assert matrix.verdict(difference, 0.2) == word


def test_the_page_shows_every_safeguard_in_every_scenario():
    cells = matrix.verdicts(PAGE)
    assert set(SAFEGUARDS) < set(cells)
    assert all(len(cells[name].split(" | ")) == len(names()) for name in SAFEGUARDS)


def test_every_safeguard_helps_somewhere_and_does_not_elsewhere():
    assert matrix.gaps(PAGE) == []


def test_a_safeguard_with_one_side_only_is_named():
    rows = {name: [HELPS, INERT] for name in SAFEGUARDS}
    rows["throttle"], rows["compartments"] = [HELPS, "helps a little"], ["unclear", HARMS]
    del rows["red-lines"]
    table = [f"| {name} | {' | '.join(f'1 % {word}' for word in words)} |" for name, words in rows.items()]
    page = "\n".join(["**helps** *inert*", "<!-- matrix -->", *table, "<!-- end of matrix -->", "**helps**"])
    assert matrix.gaps(page) == [
        "red-lines: clearly helps in no scenario",
        "red-lines: neither inert nor clearly harmful in any scenario",
        "compartments: clearly helps in no scenario",
        "throttle: neither inert nor clearly harmful in any scenario",
    ]
