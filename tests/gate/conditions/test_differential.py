"""The compiler is held to the library: the same outcome for random conditions over random facts, errors included.

Where they may differ is written down in `explained`, and each such difference is pinned below: should the
library change its mind, its test fails and the exception goes.
"""

import random

import pytest

from detente.errors import PolicyError
from detente.gate.conditions.loader import Failure, load
from detente.gate.conditions.reference import Reference
from detente.gate.conditions.types import DOUBLE, DYN, INT, STRING, TIMESTAMP, Schema
from tests.gate.conditions.generate import SCHEMA, Writer, facts

CONDITIONS, RECORDS, SEEDS = 12, 5, range(200)
"""12,000 pairs of a condition and a record, less the conditions that the checker refuses"""


def written(writer):
    """Conditions that the checker accepts; the writer sometimes puts two types together."""
    stated = {}
    while len(stated) < CONDITIONS:
        text = writer.bool(writer.pick([1, 2, 2, 3]))
        try:
            load({"n": text}, SCHEMA)
        except PolicyError:
            continue
        stated[f"c{len(stated)}"] = text
    return stated


def explained(text, ours, theirs):
    """The ways in which the library departs from the specification and we do not."""
    if isinstance(theirs, Failure) and not isinstance(ours, Failure):
        return ".all(" in text or ".exists(" in text
    if isinstance(ours, Failure) and not isinstance(theirs, Failure):
        return "-(" in text and "64 bits" in ours.text
    return False


def agree(ours, theirs):
    if isinstance(ours, Failure) or isinstance(theirs, Failure):
        return isinstance(ours, Failure) and isinstance(theirs, Failure)
    return ours is theirs


@pytest.mark.slow
@pytest.mark.parametrize("first", SEEDS[::20])
def test_every_outcome_is_the_librarys(first):
    # Exact: no statistics. Every seed is tried, and every outcome of every pair compared.
    for seed in range(first, first + 20):
        chance = random.Random(seed)
        is_wide = seed % 3 == 0
        stated = written(Writer(chance, has_size=not is_wide))
        conditions = load(stated, SCHEMA)
        reference = Reference(conditions)
        for _ in range(RECORDS):
            record = facts(chance, wide=is_wide)
            for (name, text), ours, theirs in zip(
                stated.items(), conditions.evaluate(record), reference.evaluate(record), strict=True
            ):
                told = f"seed {seed}: {text}\nours {ours}, theirs {theirs}\n{ {path: record.get(path) for path in conditions.reads[name]} }"
                assert agree(ours, theirs) or explained(text, ours, theirs), told


@pytest.mark.slow
def test_the_pairs_are_of_every_kind():
    """What the comparison is worth: how often each outcome and each way of failing is among the pairs."""
    kinds = {True: 0, False: 0, "failure": 0}
    beside = 0
    for seed in range(20):
        chance = random.Random(seed)
        conditions = load(written(Writer(chance)), SCHEMA)
        for _ in range(RECORDS):
            outcomes = conditions.evaluate(facts(chance))
            for outcome in outcomes:
                kinds["failure" if isinstance(outcome, Failure) else outcome] += 1
            beside += 0 < sum(isinstance(outcome, Failure) for outcome in outcomes) < len(outcomes)
    assert min(kinds.values()) > 150, kinds
    assert beside > 50, "some conditions of a record fail while others have an answer"


PINNED = Schema({"x": INT, "d": DOUBLE, "s": STRING, "a": DYN, "t": TIMESTAMP})


@pytest.mark.parametrize(
    ("text", "record", "ours", "theirs"),
    [
        ('size("\u00e9") == 1', {}, True, False),
        ("[0, 1].exists(i, 1 / i == 1)", {}, True, None),
        ("[0, 1].all(i, 1 / i == 2)", {}, False, None),
        ("-x == x", {"x": -(2**63)}, None, True),
        ("-a == false", {"a": True}, None, True),
        ("a.big > a.near", {"a": {"big": 2**53 + 1, "near": float(2**53)}}, True, False),
        ('t + duration("1ns") > t', {"t": 0}, True, True),
    ],
)
def test_where_the_library_departs_from_the_specification(text, record, ours, theirs):
    conditions = load({"n": text}, PINNED)
    for outcomes, expected in (
        (conditions.evaluate(record), ours),
        (Reference(conditions).evaluate(record), theirs),
    ):
        assert isinstance(outcomes[0], Failure) if expected is None else outcomes[0] is expected


@pytest.mark.parametrize(
    "text", ['duration("1h 30m") == duration("90m")', 'duration("1hx") == duration("1h")']
)
def test_a_duration_that_the_library_reads_half_is_refused(text):
    import cel

    cel.compile(text).execute()  # it forgets what stands behind the first hour
    with pytest.raises(PolicyError, match="duration"):
        load({"n": text}, PINNED)


def test_a_panic_of_the_library_is_a_failure(monkeypatch):
    class Panic(BaseException):
        """As pyo3's PanicException, which is no Exception."""

    class Program:
        def execute(self, given):
            raise Panic("called Option::unwrap() on a None value")

    import cel

    monkeypatch.setattr(cel, "compile", lambda _: Program())
    (outcome,) = Reference(load({"n": "x == 1"}, PINNED)).evaluate({"x": 1})
    assert "Panic" in outcome.text


def test_the_library_is_loaded_by_the_reference_alone():
    import subprocess
    import sys

    code = (
        "import sys; from detente.gate.conditions import INT, Schema, lint, load\n"
        "lint(load({'n': 'x == 1'}, Schema({'x': INT})))\n"
        "found = {'cel', 'numpy', 'numba', 'pydantic', 'typer', 'prompt_toolkit'} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
