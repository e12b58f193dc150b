"""`python -m benchmarks.ledger`: what a ledger costs, beside the hashing that no ledger can do without and beside other programs.

In memory, everything is per second of processor time in one thread; on the disk, per second on the clock, since waiting for the
disk is the point. Each round measures everyone once, in turn; what is shown are medians of the rounds, and ratios within them.
"""

import gc
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.__main__ import _machine
from detente.ledger.check.trust import Trust
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.note import Note
from detente.ledger.formats.proof import LogProof
from detente.ledger.formats.tree import leaf_hash, verify_consistency, verify_inclusion
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader

ROUNDS = 7
COUNT = 100_000
SIZE = 256  # bytes of an entry
GROUPS = (256, 1024, 4096)
ASKED = 2_000  # proofs a round
_CHANCE = random.Random(10)
ENTRIES = [_CHANCE.randbytes(SIZE) for _ in range(COUNT)]
INDICES = [_CHANCE.randrange(1, COUNT) for _ in range(ASKED)]
DISK = Path("build", "bench-ledger")  # on the disk of the checkout, and ignored by git
KEY = SecretKey("bench.example/log", Algorithm.ED25519, bytes(32))


@dataclass(frozen=True)
class Task:
    """Something to be timed."""

    name: str
    run: Callable[[], int]
    """does it, and returns how many units it was"""


def each(items: Iterable[Any], do: Callable[[Any], object]) -> int:
    """Do it to each, and return how many there were."""
    count = 0
    for item in items:
        do(item)
        count += 1
    return count


# --- in memory ------------------------------------------------------------------------------------


def hash_limit() -> int:
    """A leaf and a node for each entry, the least there is to compute, in one plain loop."""
    digest = sha256
    for entry in ENTRIES:
        leaf = digest(b"\x00" + entry).digest()
        digest(b"\x01" + leaf + leaf).digest()
    return COUNT


def one_by_one() -> int:
    tree = Tree()
    for entry in ENTRIES:
        tree.append(leaf_hash(entry))
    return len(tree)


def in_groups(group: int) -> int:
    tree = Tree()
    for start in range(0, COUNT, group):
        tree.extend([leaf_hash(entry) for entry in ENTRIES[start : start + group]])
    return len(tree)


def pymerkle_append(pymerkle: Any) -> int:
    tree = pymerkle.InmemoryTree()
    for entry in ENTRIES:
        tree.append_entry(entry)
    return COUNT


# --- on a disk ------------------------------------------------------------------------------------


def fresh() -> Path:
    """Return a new folder on the disk. It is not removed while anything is measured: removing takes as long as writing."""
    return Path(tempfile.mkdtemp(dir=DISK))


def disk_limit(group: int) -> int:
    """Append the bare entries to one file and wait for the disk after each group, the least there is to do."""
    with (fresh() / "file").open("wb", buffering=0) as file:
        for start in range(0, COUNT, group):
            file.write(b"".join(ENTRIES[start : start + group]))
            os.fdatasync(file.fileno())
    return COUNT


def durable(group: int) -> int:
    """Every group on the disk and signed before the next one comes; then tiles, and a published checkpoint."""
    path = fresh() / "log"
    create(path, KEY.public.name)
    with Ledger(path, publish_every=None) as ledger:
        for start in range(0, COUNT, group):
            ledger.append_many([Draft("bench", entry) for entry in ENTRIES[start : start + group]])
        ledger.publish()
    return COUNT


def audited() -> Path:
    """Return the folder of a ledger of all entries, as sources write them: a time for every group of 256."""
    path = fresh() / "log"
    create(path, KEY.public.name)
    with Ledger(path, publish_every=None) as ledger:
        for start in range(0, COUNT, 256):
            ledger.append_many([Draft("bench", entry) for entry in ENTRIES[start : start + 256]])
    return path


def audit(path: Path) -> int:
    """Everything: entries hashed, signatures, numbers, sessions and statements checked."""
    assert audit_folder(path, Trust.by_keys(Folder(path).known_keys())).holds
    return COUNT


def our_proofs_from_tiles(path: Path) -> tuple[list[Task], str]:
    reader = Reader(path)
    each(INDICES, lambda index: reader.inclusion(index, COUNT))  # the tiles are in memory from here on
    tasks = [
        Task("inclusion, prove", lambda: each(INDICES, lambda index: reader.inclusion(index, COUNT))),
        Task("consistency, prove", lambda: each(INDICES, lambda old: reader.consistency(old, COUNT))),
    ]
    return tasks, "once the tiles are in memory"


def tlog_scales_durable(writer: Any, signing: Any, group: int) -> int:
    signer = signing.PlainEd25519Signer(KEY.public.name, bytes(32))
    count = COUNT // 10  # it takes its time, and its cost per group stays about the same
    log = writer.TilesWriter.create(fresh() / "log", KEY.public.name)
    for start in range(0, count, group):
        for entry in ENTRIES[start : start + group]:
            log.add_leaf(entry)
        log.commit([signer])
    return count


# --- proofs ---------------------------------------------------------------------------------------


def our_proofs() -> tuple[list[Task], str]:
    tree = Tree(map(leaf_hash, ENTRIES))
    root = tree.root()
    paths = [(index, tree.inclusion(index)) for index in INDICES]
    between = [(old, tree.root(old), tree.consistency(old)) for old in INDICES]
    text = Checkpoint(KEY.public.name, COUNT, root).text
    proof = bytes(LogProof(0, tuple(tree.inclusion(0)), Note(text, (KEY.sign(text),))))

    def verify() -> int:
        for index, path in paths:
            verify_inclusion(leaf_hash(ENTRIES[index]), index, COUNT, path, root)
        return len(paths)

    def verify_between() -> int:
        for old, head, path in between:
            verify_consistency(old, head, COUNT, root, path)
        return len(between)

    tasks = [
        Task("inclusion, prove", lambda: each(INDICES, tree.inclusion)),
        Task("inclusion, verify", verify),
        Task("consistency, prove", lambda: each(INDICES, tree.consistency)),
        Task("consistency, verify", verify_between),
    ]
    hashes = len(tree.inclusion(0))
    return (
        tasks,
        f"{hashes} hashes, {32 * hashes} B; as a tlog-proof with its signed checkpoint {len(proof)} B",
    )


def pymerkle_proofs(pymerkle: Any) -> tuple[list[Task], str]:
    tree = pymerkle.InmemoryTree()
    for entry in ENTRIES:
        tree.append_entry(entry)
    root = tree.get_root()
    paths = [(i, tree.prove_inclusion(i + 1, COUNT)) for i in INDICES]  # it counts from 1
    between = [(old, tree.get_root(old), tree.prove_consistency(old, COUNT)) for old in INDICES]

    def verify() -> int:
        for index, path in paths:
            pymerkle.verify_inclusion(leaf_hash(ENTRIES[index]), root, path, index + 1, COUNT)
        return len(paths)

    def verify_between() -> int:
        for old, head, path in between:
            pymerkle.verify_consistency(head, root, path, old, COUNT)
        return len(between)

    tasks = [
        Task(
            "inclusion, prove",
            lambda: each(INDICES, lambda index: tree.prove_inclusion(index + 1, COUNT)),
        ),
        Task("inclusion, verify", verify),
        Task("consistency, prove", lambda: each(INDICES, lambda old: tree.prove_consistency(old, COUNT))),
        Task("consistency, verify", verify_between),
    ]
    return tasks, f"{len(json.dumps(paths[0][1].serialize()))} B as its JSON"


def tlog_scales_proofs(folder: Path) -> tuple[list[Task], str]:
    """Its reader makes proofs from tiles on a disk, of which it keeps 32: a fair comparison for a reader, not for a tree in memory."""
    from tlog_scales import backend, reader, signing, writer

    log = writer.TilesWriter.create(folder / "log", KEY.public.name)
    for entry in ENTRIES:
        log.add_leaf(entry)
    log.commit([signing.PlainEd25519Signer(KEY.public.name, bytes(32))])
    tiles = reader.TilesReader(backend.LocalBackend(folder / "log"))
    root = tiles.get_checkpoint().root_hash
    few = INDICES[:200]
    paths = [(index, tiles.get_inclusion_proof(index, COUNT)) for index in few]
    between = [(tiles.mth(0, old), tiles.get_consistency_proof(old, COUNT)) for old in few]

    def verify() -> int:
        for index, path in paths:
            path.check(leaf_hash(ENTRIES[index]), root)
        return len(paths)

    def verify_between() -> int:
        for head, path in between:
            path.check(head, root)
        return len(between)

    tasks = [
        Task("inclusion, prove", lambda: each(few, lambda index: tiles.get_inclusion_proof(index, COUNT))),
        Task("inclusion, verify", verify),
        Task("consistency, prove", lambda: each(few, lambda old: tiles.get_consistency_proof(old, COUNT))),
        Task("consistency, verify", verify_between),
    ]
    return tasks, "the same hashes"


# --- measuring ------------------------------------------------------------------------------------


def rates(tasks: list[Task], clock: Callable[[], float], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Units per second of each, round by round, taking turns at going first."""
    found: dict[str, list[float]] = {task.name: [] for task in tasks}
    for turn in range(rounds + 1):
        for task in tasks if turn % 2 else reversed(tasks):
            gc.collect()
            start = clock()
            units = task.run()
            if turn:  # the first one warms up
                found[task.name].append(units / (clock() - start))
    return found


def table(found: dict[str, list[float]], against: str) -> None:
    for name, measured in found.items():
        ratios = [mine / limit for mine, limit in zip(measured, found[against], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"  {name:<58}{median(measured):>12,.0f}/s{median(ratios):>9.3f}   {spread}", flush=True)


def peers() -> dict[str, Any]:
    """Import the peers that are installed, by name."""
    found: dict[str, Any] = {}
    for name in ("pymerkle", "tlog_scales"):
        try:
            module = __import__(name)
        except ImportError:
            print(f"!! MISSING  {name}: install the pinned one in benchmarks/requirements.txt")
        else:
            found[name] = module
    return found


def main() -> int:
    """Print the tables; 1 when a peer could not take part."""
    print(_machine())
    there = peers()
    named = {name: f"{name} {version(name.replace('_', '-'))}" for name in there}
    print(f"{COUNT:,} entries of {SIZE} bytes, medians of {ROUNDS} rounds")

    memory = [
        Task("hash limit", hash_limit),
        Task("detente, one at a time", one_by_one),
        Task("detente, groups of 256", lambda: in_groups(256)),
    ]
    if "pymerkle" in there:
        memory.append(Task(f"{named['pymerkle']}, in memory", lambda: pymerkle_append(there["pymerkle"])))
    print("\nappend in memory: entries per second of processor time, ratio to the hash limit")
    table(rates(memory, time.process_time), "hash limit")

    disk = [Task(f"disk limit in groups of {n}", lambda n=n: disk_limit(n)) for n in GROUPS]
    disk += [Task(f"detente, durable and signed in groups of {n}", lambda n=n: durable(n)) for n in GROUPS]
    if "tlog_scales" in there:
        from tlog_scales import signing, writer

        disk += [
            Task(
                f"{named['tlog_scales']}, durable and signed in groups of {n}",
                lambda n=n: tlog_scales_durable(writer, signing, n),
            )
            for n in GROUPS
        ]
    DISK.mkdir(parents=True, exist_ok=True)
    print("\nappend to a disk: entries per second on the clock, ratio to the first row ")
    table(rates(disk, time.perf_counter, rounds=3), disk[0].name)

    path = audited()
    checks = [Task("hash limit", hash_limit), Task("detente, audit of a folder", lambda: audit(path))]
    print("\naudit: entries per second of processor time, ratio to the hash limit")
    table(rates(checks, time.process_time), "hash limit")

    print(f"\nproofs at {COUNT:,} entries: microseconds of processor time")
    makers: list[tuple[str, Callable[[], tuple[list[Task], str]]]] = [
        ("detente", our_proofs),
        ("detente, tiles", lambda: our_proofs_from_tiles(path)),
    ]
    if "pymerkle" in there:
        makers.append((named["pymerkle"], lambda: pymerkle_proofs(there["pymerkle"])))
    if "tlog_scales" in there:
        makers.append((named["tlog_scales"], lambda: tlog_scales_proofs(fresh())))
    for name, make in makers:
        tasks, size = make()
        shown = ", ".join(
            f"{task} {1e6 / median(speed):.1f}" for task, speed in rates(tasks, time.process_time).items()
        )
        print(f"  {name:<20}{shown}; {size}", flush=True)
    shutil.rmtree(DISK)
    return 0 if len(there) == 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
