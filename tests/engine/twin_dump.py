"""Prints a digest of many crises, bit for bit; run with and without compilation by `test_twin`."""

import hashlib
import sys

import numpy as np

from detente.engine.compile import compile_tables
from detente.engine.run import record_crisis, simulate_block
from detente.model.library import load
from tests.generate import document

CRISES = 8
BUDGET = 200


def digests(seeds: range) -> list[str]:
    """One digest per scenario: every outcome column, and time, key and row of every incident."""
    return [_digest(seed) for seed in seeds]


def _digest(seed: int) -> str:
    tables = compile_tables(load(document(seed)))
    digest = hashlib.sha256()
    for column in simulate_block(tables, seed=seed, first=7, count=CRISES, max_incidents=BUDGET):
        digest.update(np.ascontiguousarray(column).tobytes())
    for crisis in range(3):
        _, log = record_crisis(tables, seed, crisis, BUDGET)
        for recorded in log:
            digest.update(np.ascontiguousarray(recorded).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    np.seterr(over="ignore")  # 64-bit hashing wraps on purpose; NumPy scalars would warn
    sys.stdout.write("\n".join(digests(range(int(sys.argv[1])))))
