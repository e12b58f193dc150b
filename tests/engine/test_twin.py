"""The compiled kernel against the same source, interpreted: identical to the last bit."""

import os
import subprocess
import sys
from pathlib import Path

from tests.engine.twin_dump import digests

SCENARIOS = 25


def test_compiled_and_interpreted_crises_are_identical() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    interpreted = subprocess.run(
        [sys.executable, "-m", "tests.engine.twin_dump", str(SCENARIOS)],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert interpreted.returncode == 0, interpreted.stderr
    assert interpreted.stdout.splitlines() == digests(range(SCENARIOS))
