"""What detente runs in the contests, always on one thread and with the ensemble 0."""

import functools
from pathlib import Path

import numpy as np

from benchmarks import cascade
from detente.engine._kernel import run_block
from detente.engine.compile import compile_tables
from detente.engine.run import MAX_INCIDENTS, blank, grown, new_log, new_work, simulate_block
from detente.engine.tables import Outcomes, Tables
from detente.model.library import load
from detente.model.portfolio.library import load as load_portfolio

__all__ = ["CRISES", "attribution_error", "cascades", "guarded", "kernel_alone", "reference", "simulate"]

# Crises in one measurement: a third of a second or so.
CRISES = {"attribution-error": 16_000, "all safeguards": 100_000, "reference": 200_000, "cascade": 6_000}


@functools.cache
def attribution_error() -> Tables:
    """The shipped scenario."""
    return compile_tables(load("attribution-error"))


@functools.cache
def guarded() -> Tables:
    """The shipped scenario with all twelve safeguards on."""
    return compile_tables(load("attribution-error"), load_portfolio("essay"))


@functools.cache
def reference() -> Tables:
    """A small subcritical scenario that uses every part of the loop."""
    return compile_tables(load(Path(__file__).with_name("reference.yaml")))


@functools.cache
def cascades(types: int) -> Tables:
    """The cascade of `cascade.py` among that many systems."""
    return compile_tables(load(cascade.document(types)))


def simulate(tables: Tables, label: str) -> Outcomes:
    """As a caller gets it: thread pool of one, chunks, interruptible."""
    return simulate_block(tables, seed=0, first=0, count=CRISES[label], threads=1)


def kernel_alone(tables: Tables, label: str) -> Outcomes:
    """The compiled kernel in a single call: what is left when everything around it is taken away."""
    out, work, log = blank(CRISES[label], len(tables.actors)), new_work(tables), new_log(0)
    row, stop, crises = 0, CRISES[label], np.arange(CRISES[label])
    while (row := run_block(tables, work, log, np.uint64(0), crises, MAX_INCIDENTS, out, row, stop)) < stop:
        work = grown(work)
    return out
