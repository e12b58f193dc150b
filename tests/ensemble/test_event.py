"""Events over the table of crises: what they hold for, and what is refused."""

import numpy as np
import polars as pl
import pytest

import detente
from detente.engine.compile import compile_tables
from detente.engine.run import simulate_block
from detente.ensemble.event import COLUMNS, parse
from detente.ensemble.frame import to_frame
from detente.errors import SimulationError


@pytest.fixture(scope="module")
def some():
    scenario, portfolio = detente.load("attribution-error"), detente.load_portfolio("human-on-the-loop")
    out = simulate_block(compile_tables(scenario, portfolio), seed=3, first=0, count=3_000)
    return scenario, out, to_frame(scenario, out, 0)


@pytest.mark.parametrize(
    "text, same",
    [
        ("ended == 'catastrophe'", pl.col("ended") == "catastrophe"),
        ("ended != 'died-out'", pl.col("ended") != "died-out"),
        (
            "peak_rung >= 'damage'",
            pl.col("peak_rung").cast(pl.String).is_in(["damage", "destroy", "strategic"]),
        ),
        (
            "'damage' > peak_rung",
            ~pl.col("peak_rung").cast(pl.String).is_in(["damage", "destroy", "strategic"]),
        ),
        ("incidents >= 20 and loss_usd < 1e9", (pl.col("incidents") >= 20) & (pl.col("loss_usd") < 1e9)),
        ("not (incidents > 5 or actions == 0)", ~((pl.col("incidents") > 5) | (pl.col("actions") == 0))),
        ("5 <= incidents < 9", (pl.col("incidents") >= 5) & (pl.col("incidents") < 9)),
        ("first_critical_s < 6000", (pl.col("first_critical_s") < 6000).fill_null(value=False)),
        ("review_wait_s > 900 and denied >= 1", (pl.col("review_wait_s") > 900) & (pl.col("denied") >= 1)),
        ("duration_s > -1", pl.lit(value=True)),
    ],
)
def test_an_event_holds_for_the_rows_of_the_table_that_meet_it(some, text, same):
    scenario, out, frame = some
    met = parse(text, scenario).met(out)
    expected = frame.select(same.alias("met").fill_null(value=False)).to_series()
    assert met.tolist() == (expected.to_list() if expected.len() > 1 else [True] * frame.height)
    assert text == "duration_s > -1" or 0 < met.sum() < met.size


def test_every_column_named_can_be_asked_for(some):
    scenario, out, _ = some
    for column in COLUMNS:
        value = {"ended": "'horizon'", "peak_rung": "'damage'"}.get(column, "3")
        assert parse(f"{column} == {value}", scenario).met(out).dtype == np.bool_


@pytest.mark.parametrize(
    "text, implied",
    [
        ("ended == 'catastrophe' and incidents > 3", ["ended", "incidents"]),
        ("incidents > 3 or ended == 'catastrophe'", []),
        ("(incidents > 3 and depth > 2) or (depth > 2 and actions > 1)", ["depth"]),
        ("not incidents < 3", []),
        ("3 < incidents < 9", ["incidents", "incidents"]),
    ],
)
def test_what_an_event_implies(some, text, implied):
    assert [term.column for term in parse(text, some[0]).implied] == implied


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "expected comparisons of columns"),
        ("incidents", "expected comparisons of columns"),
        ("incidents >=", "expected comparisons of columns"),
        ("__import__('os').system('true') == 0", "expected comparisons of columns"),
        ("incidents >= 3 if 1 else 2", "expected comparisons of columns"),
        ("incidents in (1, 2)", "expected comparisons of columns"),
        ("(" * 300 + "incidents > 1" + ")" * 300, "expected comparisons of columns"),
        ("incidents > 1 and " * 400 + "depth > 1", "expected comparisons of columns"),
        ("incident >= 3", "did you mean 'incidents'"),
        ("incidents >= actions", "expected a number"),
        ("incidents >= 'many'", "expected a number"),
        ("incidents >= True", "expected a number"),
        ("ended == 'catastrophy'", "did you mean 'catastrophe'"),
        ("ended == 3", "expected one of 'died-out'"),
        ("ended >= 'catastrophe'", "endings have no order"),
        ("peak_rung >= 'dmage'", "did you mean 'damage'"),
    ],
)
def test_what_is_no_event_is_refused_with_what_was_expected(some, text, words):
    with pytest.raises(SimulationError, match="event: ") as refused:
        parse(text, some[0])
    assert words in str(refused.value)
