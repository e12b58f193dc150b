"""Compiles whatever kernel is not compiled yet, two at a time, so that nothing that runs side by side compiles the same twice.

python tools/kernels.py
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from detente.engine._jit import is_compiled

NAME = "attribution-error"
# The kernel that is compiled last, and a command that needs it. What comes later uses what came before.
STAGES = (
    {
        "run_block": ("run", NAME, "--runs", "1", "--no-exact"),
        "flow": ("solve", NAME),
    },
    {
        "run_given": ("trace", NAME, "--given", "catastrophe", "--crisis", "0"),
        "split_block": ("rare", NAME, "--max-crises", "10"),
    },
)


def compiled(words: tuple[str, ...]) -> int:
    """Run a command for the sake of what it compiles; gives its exit code."""
    done = subprocess.run(  # noqa: S603 -- our own commands
        [sys.executable, "-m", "detente", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
    return done.returncode


def main() -> int:
    codes = []
    with ThreadPoolExecutor(2) as threads:  # each waits for a process of its own
        for stage in STAGES:
            missing = [words for kernel, words in stage.items() if not is_compiled(kernel)]
            if missing:
                print("compiling kernels (once) ...", flush=True)
            codes += threads.map(compiled, missing)
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
