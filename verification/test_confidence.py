"""Claim: at overconfidence 1, of the readings that report confidence x a share x is right.

Readings are those of `trace`: the kernel's own blame for an honest incident, and `trace.confidence` at the
draw that belongs to the same key. Null: P(right) = attribution, and P(right | confidence) = confidence in
each of twenty bins of equal size (reliability diagram). The claim is about honest incidents: an accident or
a false flag lowers P(right) below `attribution`, and nothing in the language says by how much a
watcher should expect it.
Statistic: exact binomial; sum of squared z over the bins, chi-square with twenty degrees of freedom;
z for the mean confidence. Bound: two-sided p of 0.001 / 9. At overconfidence 2 the same chi-square must
instead reject with p below 1e-9. Seeds: 61 to 64.
"""

from typing import Any

import numba
import numpy as np
import pytest
from scipy import stats

from detente.engine._chance import CONFIDENCE, child_key, crisis_key, uniform
from detente.engine._senses import blame
from detente.engine.trace import confidence, trace
from verification.evidence import Evidence, Floats
from verification.scenarios import Document, document, prepared, shock, system

CLAIMS = Evidence(checks=9)
RUNS = 100_000
BINS = 20


@numba.njit
def read(tables: Any, watcher: Any, seed: Any, author: Any, root: Any, right: Any, draws: Any) -> None:
    """For crisis 0, 1, ...: whether `watcher` blames the author of its only shock, and its confidence draw."""
    it = tables.systems[watcher]
    for i in range(right.size):
        key = child_key(crisis_key(seed, np.uint64(i)), root, 0)
        named = blame(
            tables, it, key, author, author, it["attribution"], it["recognises_accidents"],
            it["sees_through_spoofs"],
        )  # fmt: skip
        right[i] = named == author
        draws[i] = uniform(key, it["id"], CONFIDENCE)


def attributed(attribution: float, assurance: float, overconfidence: float) -> Document:
    """An honest attack by `cedar` on `harbour`, which blames cedar or else birch, and always acts once."""
    senses = {"attribution": attribution, "assurance": assurance, "overconfidence": overconfidence}
    rule = {"from": "signal", "at": "blamed", "in": "away", "actions": 1, "law": "fixed", "after": "1 s"}
    return document(
        {
            "harbour": system(rule, senses=senses),
            "birch-post": system(owner="birch", domain="away"),
            "cedar-post": system(owner="cedar", domain="away"),
        },
        [shock("harbour", author="cedar")],
        actors=["alder", "birch", "cedar"],
    )


def readings(source: Document, runs: int, seed: int) -> tuple[np.ndarray, Floats]:
    """(right, confidence) of the only watcher of the only shock, crisis by crisis."""
    scenario, tables = prepared(source)
    position = [one.name for one in scenario.systems].index("harbour")
    author = [one.name for one in scenario.actors].index("cedar")
    right, draws = np.zeros(runs, np.bool_), np.zeros(runs)
    read(tables, position, np.uint64(seed), author, tables.roots[0]["id"], right, draws)
    senses = scenario.systems[position].senses
    known = {
        "accuracy": senses.attribution, "assurance": senses.assurance, "overconfidence": senses.overconfidence
    }  # fmt: skip
    sure = [confidence(u, right=bool(r), **known) for u, r in zip(draws, right, strict=True)]
    return right, np.array(sure)


def reliability(right: np.ndarray, sure: Floats) -> float:
    """Sum over bins of (hits - sum of confidences)^2 / (sum of confidence (1 - confidence))."""
    statistic = 0.0
    for part in np.array_split(np.argsort(sure), BINS):
        x = sure[part]
        statistic += float((right[part].sum() - x.sum()) ** 2 / (x * (1.0 - x)).sum())
    return statistic


@pytest.mark.parametrize(
    ("attribution", "assurance", "seed"), [(0.7, 4.0, 61), (0.5, 2.0, 62), (0.9, 10.0, 63)]
)
def test_confidence_is_calibrated(attribution: float, assurance: float, seed: int) -> None:
    right, sure = readings(attributed(attribution, assurance, 1.0), RUNS, seed)
    what = f"attribution {attribution}, assurance {assurance}"
    CLAIMS.share(f"right, {what}", int(right.sum()), RUNS, attribution)
    CLAIMS.mean(f"mean confidence, {what}", sure, attribution)
    CLAIMS.chi_square(f"reliability, {what}", reliability(right, sure), BINS, RUNS)


def test_overconfidence_is_not_calibrated() -> None:
    """The same check with logits doubled: it must see that high confidence promises too much."""
    right, sure = readings(attributed(0.7, 4.0, 2.0), RUNS, 64)
    statistic = reliability(right, sure)
    p = float(stats.chi2.sf(statistic, BINS))
    top = np.argsort(sure)[-RUNS // BINS :]
    line = (
        f"top bin: {right[top].mean():.4f} right at confidence {sure[top].mean():.4f}, p {p:.3g}, {RUNS} runs"
    )
    print(line)
    assert p < 1e-9, line
    assert right[top].mean() < sure[top].mean() - 0.01, line


def test_readings_are_those_of_the_trace() -> None:
    """What is computed here in bulk is, crisis for crisis, what `trace` reports."""
    source, seed, runs = attributed(0.7, 4.0, 2.0), 64, 300
    scenario, tables = prepared(source)
    right, sure = readings(source, runs, seed)
    for crisis in range(runs):
        actions = [
            i for i in trace(scenario, tables, seed=seed, crisis=crisis).incidents if i.kind == "action"
        ]
        assert len(actions) == 1
        reading = actions[0].reading
        assert reading is not None
        assert (reading.right, reading.confidence) == (right[crisis], sure[crisis])
        assert reading.blamed == ("cedar" if right[crisis] else "birch")
