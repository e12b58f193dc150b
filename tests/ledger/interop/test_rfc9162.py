"""`@transmute/rfc9162`, a JavaScript library, judges our proofs by its own reading of RFC 9162."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = HERE.parents[2] / "build" / "npm" / "node_modules"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@transmute" / "rfc9162").exists(),
    reason="NO RFC9162: whether it accepts our proofs is not tried; npm install --prefix build/npm @transmute/rfc9162@0.0.5",
)
SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 300]
LARGE = [1_000, 65_536, 65_537, 69_999, 70_000]


def judge(log, inclusion, consistency, entries=()):
    """Ask about (index, size, path) and (old, size, path)."""
    asked = {
        "entries": [entry.hex() for entry in entries],
        "inclusion": [
            {
                "index": index,
                "size": size,
                "leaf": log.tree.node(0, index).hex(),
                "path": [part.hex() for part in path],
                "root": log.tree.root(size).hex(),
            }
            for index, size, path in inclusion
        ],
        "consistency": [
            {
                "old": old,
                "size": size,
                "oldRoot": log.tree.root(old).hex(),
                "path": [part.hex() for part in path],
                "root": log.tree.root(size).hex(),
            }
            for old, size, path in consistency
        ],
    }
    done = subprocess.run(
        ["node", HERE / "check.js"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NODE_PATH": str(MODULES)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_finds_the_same_root(log):
    assert judge(log, [], [], log.entries[:300])["root"] == log.tree.root(300).hex()


def test_it_accepts_our_proofs(log):
    inclusion = [
        (index, size, log.reader.inclusion(index, size))
        for size in SIZES + LARGE
        for index in {0, size // 3, size // 2, size - 1}
    ]
    # It has no rule for equal sizes, whose proof is empty; and where the older tree is perfect it wants its root in front,
    # which RFC 9162 (section 2.1.4.2, step 2) has the checker put there himself.
    consistency = [
        (old, size, [log.tree.root(old)] * (old.bit_count() == 1) + log.reader.consistency(old, size))
        for size in SIZES + LARGE
        for old in SIZES + LARGE
        if old < size
    ]
    found = judge(log, inclusion, consistency)
    assert found["inclusion"] == [True] * len(inclusion)
    assert found["consistency"] == [True] * len(consistency)


def test_it_refuses_what_we_would_refuse(log):
    path, between = log.reader.inclusion(100, 257), log.reader.consistency(100, 257)
    inclusion = [
        (101, 257, path),
        (100, 257, path[:-1]),
        (100, 257, path[::-1]),
        (100, 257, [*path, path[0]]),
    ]
    consistency = [(101, 257, between), (100, 257, between[:-1]), (100, 257, between[::-1]), (100, 257, [])]
    found = judge(log, inclusion, consistency)
    assert found["inclusion"] == [False] * 4
    assert found["consistency"] == [False] * 4
