import numpy as np
import polars as pl

from detente.engine.tables import Outcomes
from detente.ensemble.frame import COLUMNS, digest, to_frame
from detente.model.portfolio.safeguards import SAFEGUARDS


def outcomes(count=3):
    none = np.full(count, np.nan)
    return Outcomes(
        ended=np.array([0, 1, 3], np.int8)[:count],
        duration_s=np.array([0.0, 2.5, 7.0])[:count],
        incidents=np.array([0, 4, 9])[:count],
        actions=np.array([0, 3, 8])[:count],
        peak_rung=np.array([-1, 6, 2], np.int8)[:count],
        first_critical_s=np.array([np.nan, 1.5, np.nan])[:count],
        catastrophe_s=np.where(np.arange(count) == 1, 2.5, none),
        loss_usd=np.array([[0.0, 0.0], [1.0, 20.0], [3.0, 0.5]])[:count],
        actors_reached=np.array([0, 2, 1], np.int32)[:count],
        domains_reached=np.array([0, 1, 1], np.int32)[:count],
        wrongful_actions=np.array([0, 1, 2])[:count],
        depth=np.array([0, 3, 5], np.int32)[:count],
        reviewed=np.array([0, 2, 0])[:count],
        review_wait_s=np.array([0.0, 90.0, 0.0])[:count],
        review_queue_s=np.array([0.0, 30.0, 0.0])[:count],
        denied=np.array([0, 1, 0])[:count],
        timed_out=np.array([0, 0, 0])[:count],
        withdrawn=np.array([0, 0, 0])[:count],
        rightful_stopped=np.array([0, 1, 4])[:count],
        rightful_delay_s=np.array([0.0, 45.0, 0.0])[:count],
        stopped=np.arange(12 * 3, dtype=np.int32).reshape(3, 12)[:count],
    )


def test_the_columns_are_those_promised_in_their_order(scenario):
    frame = to_frame(scenario, outcomes(), 10)
    stopped = [f"stopped_{safeguard}" for safeguard in SAFEGUARDS]
    assert frame.columns == [*COLUMNS, *stopped, "loss_usd_avalon", "loss_usd_borduria"]
    assert frame["stopped_red-lines"].to_list() == [0, 12, 24]
    assert frame["stopped_shared-attribution"].to_list() == [11, 23, 35]
    assert frame["review_wait_s"].to_list() == [0.0, 90.0, 0.0]
    assert frame["review_queue_s"].to_list() == [0.0, 30.0, 0.0]
    assert frame["crisis"].to_list() == [10, 11, 12]
    assert frame["ended"].to_list() == ["died-out", "catastrophe", "capped"]
    assert frame["loss_usd"].to_list() == [0.0, 21.0, 3.5]
    assert frame["loss_usd_borduria"].to_list() == [0.0, 20.0, 0.5]


def test_labels_are_enums_in_the_order_of_their_meaning(scenario):
    frame = to_frame(scenario, outcomes(), 0)
    assert frame.schema["peak_rung"] == pl.Enum(list(scenario.ladder))
    assert frame.schema["ended"] == pl.Enum(["died-out", "catastrophe", "horizon", "capped"])
    assert frame["peak_rung"].to_list() == [None, "strategic", "disrupt"]
    assert frame.filter(pl.col("peak_rung") >= "degrade")["crisis"].to_list() == [1]


def test_there_is_null_and_never_nan(scenario):
    frame = to_frame(scenario, outcomes(), 0)
    assert frame["first_critical_s"].to_list() == [None, 1.5, None]
    assert frame["catastrophe_s"].null_count() == 2
    assert not any(frame[name].is_nan().any() for name, kind in frame.schema.items() if kind.is_float())


def test_the_fingerprint_sees_every_cell_and_nothing_else(scenario):
    frame = to_frame(scenario, outcomes(), 0)
    same = pl.concat([frame.head(1), frame.tail(2)], rechunk=False)
    assert digest(same) == digest(frame)
    for name in ("incidents", "loss_usd_avalon", "depth"):
        changed = frame.with_columns(
            pl.when(pl.col("crisis") == 2).then(pl.col(name) + 1).otherwise(name).alias(name)
        )
        assert digest(changed) != digest(frame), name
    erased = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("first_critical_s"))
    assert digest(erased) != digest(frame)
    assert digest(frame.rename({"depth": "height"})) != digest(frame)


def test_the_fingerprint_tells_nothing_from_zero(scenario):
    frame = to_frame(scenario, outcomes(), 0)
    filled = frame.with_columns(pl.col("first_critical_s").fill_null(0.0))
    assert digest(filled) != digest(frame)
