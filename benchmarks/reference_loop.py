"""Peer: the same event loop hand-written in C, on the same tables with the same draws.

Its event is one incident with everything detente does for one: queue, books, outages, contagion, sensing,
blame, rules, human command. Only the trace is left out. Before anything is timed, every column of
its outcomes must equal detente's bit for bit.

Compiled with full optimisation for this machine; contraction of a*b+c is off, because it rounds
differently and outcomes would part.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import Contest, Missing, Workload
from benchmarks.ours import CRISES, attribution_error, kernel_alone, reference, simulate
from detente.engine import tables as t
from detente.engine.run import MAX_INCIDENTS, blank
from detente.engine.tables import Outcomes, Tables

_SOURCE = Path(__file__).with_name("reference_loop.c")
_FLAGS = ("-std=c17", "-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
_RECORDS = (t.ACTOR, t.SYSTEM, t.WATCH, t.RULE, t.COUPLED, t.ROOT, t.SUSPECT, t.LAW)
_COUNTS = (
    "critical", "catastrophe", "domain_count", "rung_count",
    "actor_count", "system_count", "root_count", "ring_size", "max_pending",
)  # fmt: skip
_ARRAYS = (
    "actors", "systems", "harm", "watches", "rules", "outages", "contagion", "infections", "members",
    "suspects", "targets", "groups", "laws", "cumulative", "roots",
)  # fmt: skip


class _Tables(ctypes.Structure):
    """`Tables` of the C source."""

    _fields_ = [
        ("horizon", ctypes.c_double),
        *((name, ctypes.c_int32) for name in _COUNTS),
        *((name, ctypes.c_void_p) for name in _ARRAYS),
    ]


_COLUMNS = Outcomes._fields[: Outcomes._fields.index("reviewed")]


class _Outcomes(ctypes.Structure):
    """`Outcomes` of the C source: one pointer per column, in the same order; what safeguards do is not in it."""

    _fields_ = [(name, ctypes.c_void_p) for name in _COLUMNS]


def contests() -> list[Contest]:
    """The C loop on the shipped scenario and on the small subcritical one, in incidents and in crises."""
    library = _build()
    return [
        contest
        for label, tables in (("attribution-error", attribution_error()), ("reference", reference()))
        for contest in _on(library, tables, label)
    ]


def _on(library: ctypes.CDLL, tables: Tables, label: str) -> list[Contest]:
    _require_equal_outcomes(library, tables, label)

    def incidents(run: Callable[[], Outcomes]) -> Callable[[], int]:
        return lambda: int(run().incidents.sum())

    def crises(run: Callable[[], Outcomes]) -> Callable[[], int]:
        return lambda: len(run().ended)

    by_c = partial(run_c, library, tables, CRISES[label])
    by_us, by_kernel = partial(simulate, tables, label), partial(kernel_alone, tables, label)
    peer, same = f"C loop, {label}", "all of ours, same draws; no trace"
    return [
        Contest("incidents", Workload(label, incidents(by_us)), Workload(peer, incidents(by_c)), same),
        Contest("crises", Workload(label, crises(by_us)), Workload(peer, crises(by_c)), same),
        Contest(
            "incidents",
            Workload(f"{label}, kernel in one call", incidents(by_kernel)),
            Workload(peer, incidents(by_c)),
            same,
        ),
    ]


def _build() -> ctypes.CDLL:
    compiler = os.environ.get("CC", "cc")
    if not shutil.which(compiler):
        raise Missing(f"no C compiler called '{compiler}'; install one or name it in CC")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "reference_loop.so"
        command = [compiler, *_FLAGS, "-o", str(target), str(_SOURCE), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"the C loop does not compile: {done.stderr.strip()}")
        library = ctypes.CDLL(str(target))
    library.run_block.argtypes = [
        ctypes.POINTER(_Tables), ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int64, ctypes.c_int64,
        ctypes.POINTER(_Outcomes),
    ]  # fmt: skip
    library.run_block.restype = ctypes.c_int64
    sizes = list((ctypes.c_int32 * (len(_RECORDS) + 1)).in_dll(library, "struct_sizes"))
    expected = [*(record.itemsize for record in _RECORDS), ctypes.sizeof(_Tables)]
    if sizes != expected:
        raise Missing(
            f"the structs of reference_loop.c do not match the tables: {sizes}, expected {expected}"
        )
    return library


def run_c(library: ctypes.CDLL, tables: Tables, crises: int) -> Outcomes:
    """Crises 0 to `crises - 1` of the ensemble 0, by the C loop."""
    out = blank(crises, len(tables.actors))
    told = _Outcomes(*(getattr(out, name).ctypes.data for name in _COLUMNS))
    finished = library.run_block(ctypes.byref(_told(tables)), 0, 0, crises, MAX_INCIDENTS, ctypes.byref(told))
    if finished != crises:
        raise MemoryError(f"the C loop ran out of memory after {finished} crises")
    return out


def _told(tables: Tables) -> _Tables:
    arrays: dict[str, Any] = {name: getattr(tables, name) for name in _ARRAYS}
    assert all(array.flags.c_contiguous for array in arrays.values())  # INVARIANT: compile_tables
    return _Tables(
        horizon=tables.horizon,
        critical=tables.critical,
        catastrophe=tables.catastrophe,
        domain_count=tables.domain_count,
        rung_count=tables.harm.shape[1],
        actor_count=len(tables.actors),
        system_count=len(tables.systems),
        root_count=len(tables.roots),
        ring_size=int(tables.actors["trips_at"].sum()),
        max_pending=t.MAX_PENDING,
        **{name: array.ctypes.data for name, array in arrays.items()},
    )


def _require_equal_outcomes(library: ctypes.CDLL, tables: Tables, label: str) -> None:
    """Stop the whole benchmark when the two loops are not the same program."""
    mine = simulate(tables, label)
    theirs = run_c(library, tables, CRISES[label])
    for name, ours, peer in zip(Outcomes._fields, mine, theirs, strict=True):
        if not np.array_equal(ours, peer, equal_nan=True):
            same = (ours == peer) | (np.isnan(ours) & np.isnan(peer))
            first = int(np.argmin(same.reshape(len(same), -1).all(axis=1)))
            raise AssertionError(
                f"{label}: the C loop and detente differ in '{name}', first in crisis {first}"
            )
