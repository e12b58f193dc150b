"""`python -m benchmarks`: every contest, one table, ratios from pairs measured side by side in this run."""

import os
import platform
import sys
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.contest import REPEATS, Contest, Measured, Missing, measure

PEERS = ("reference_loop", "simpy_peer", "mesa_peer", "tick_peer", "swarm_peer")
_HEADINGS = (
    "detente runs",
    "peer",
    "unit",
    "detente/s",
    "peer/s",
    "ratio",
    "min–max",
    "the peer's unit includes",
)


def main() -> int:
    """Print the table; 1 when a peer could not take part."""
    started = time.perf_counter()
    rows: list[tuple[str, ...]] = []
    missing: list[str] = []
    for peer in PEERS:
        try:
            for contest in import_module(f"benchmarks.{peer}").contests():
                print(f"  {contest.peer.name} ...", file=sys.stderr, flush=True)
                rows.append(_row(contest, measure(contest)))
        except Missing as reason:
            missing.append(f"{peer}: {reason}")
        except AssertionError:
            raise  # a C loop with other outcomes is another program: there is nothing to compare
        except Exception as error:  # noqa: BLE001 one broken peer must not hide the others
            missing.append(f"{peer}: failed with {type(error).__name__}: {error}")
    print(_machine())
    print(
        f"one thread each, per second of processor time; medians of {REPEATS} alternating repeats; ratio = detente / peer, pair by pair\n"
    )
    print(_table(rows))
    print("\n".join(["", *(f"!! MISSING  {line}" for line in missing)]))
    print(f"{len(rows)} contests in {time.perf_counter() - started:.0f} s")
    return 1 if missing else 0


def _row(contest: Contest, measured: Measured) -> tuple[str, ...]:
    ours, peer, ratio = measured.medians
    low, high = min(measured.ratios), max(measured.ratios)
    return (
        contest.ours.name, contest.peer.name, contest.unit, f"{ours:,.0f}", f"{peer:,.0f}",
        _short(ratio), f"{_short(low)}–{_short(high)}", contest.includes,
    )  # fmt: skip


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in [_HEADINGS, *rows]) for i in range(len(_HEADINGS))]
    numbers = range(3, 7)

    def line(row: tuple[str, ...]) -> str:
        cells = (
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    return "\n".join([line(_HEADINGS), "  ".join("-" * width for width in widths), *map(line, rows)])


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else ())
        if line.startswith("model name")
    ]
    processor = models[0] if models else platform.processor() or platform.machine()
    return (
        f"detente {version('detente')}, Python {platform.python_version()}, numba {version('numba')}, "
        f"{processor}, {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    sys.exit(main())
