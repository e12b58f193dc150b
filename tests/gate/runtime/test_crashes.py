"""A process that is killed at any moment loses no answer that it gave."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_no_answer_is_lost_to_signal_9(tmp_path: Path) -> None:
    rounds = os.environ.get("DETENTE_CRASHES", "4")
    command = [sys.executable, "-m", "tests.gate.runtime.crashes", str(tmp_path / "gate"), rounds, "20261127"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stdout)
    assert "none lost" in done.stdout
