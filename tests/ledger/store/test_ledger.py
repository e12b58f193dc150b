"""The writer: order, numbers, receipts, threads, processes, and what it refuses."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from detente.errors import FormatError, LedgerError
from detente.ledger.check.trust import Trust
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import LARGEST_BODY, Kind, parse_entry
from detente.ledger.formats.keys import signatures_by
from detente.ledger.formats.note import Note
from detente.ledger.formats.proof import parse_proof
from detente.ledger.formats.tree import verify_inclusion
from detente.ledger.store import tiling
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader

ORIGIN = "example.org/tried"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return create(tmp_path / "ledger", ORIGIN).path


def _entries(path: Path) -> list[bytes]:
    reader = Reader(path)
    return list(reader.entries(0, parse_checkpoint(reader.note().text).size))


def test_receipts_prove_entries_alone(path: Path) -> None:
    with Ledger(path) as ledger:
        receipts = ledger.append_many([Draft("alpha", b"%d" % at) for at in range(300)])
        receipts += [ledger.append("beta", b"last")]
    key = Folder(path).known_keys()[0]
    for receipt in receipts:
        proof = parse_proof(bytes(receipt.proof()))
        assert len(signatures_by(proof.checkpoint, key)) == 1
        signed = parse_checkpoint(proof.checkpoint.text)
        verify_inclusion(receipt.leaf, receipt.index, signed.size, proof.path, signed.root)
    assert [receipt.index for receipt in receipts] == list(range(301))


def test_order_and_numbers_are_kept(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append_many([Draft("alpha", b"1"), Draft("beta", b"1"), Draft("alpha", b"2")])
        ledger.append("alpha", b"4", number=3)
    with Ledger(path) as ledger:
        assert ledger.last_number("alpha") == 3
        assert ledger.last_number("nobody") == 0
        ledger.append("alpha", b"5")
    rows = [(entry.source, entry.number, entry.body) for entry in map(parse_entry, _entries(path))]
    assert rows == [
        ("alpha", 1, b"1"),
        ("beta", 1, b"1"),
        ("alpha", 2, b"2"),
        ("alpha", 3, b"4"),
        ("alpha", 4, b"5"),
    ]


def test_numbers_leave_no_hole_and_come_once(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append("alpha", b"", number=1)
        with pytest.raises(LedgerError, match="number 1 is taken already"):
            ledger.append("alpha", b"", number=1)
        with pytest.raises(LedgerError, match="found number 3, expected 2"):
            ledger.append("alpha", b"", number=3)
        ledger.append_many([Draft("alpha", b"lost", Kind.GAP, lost=5)])
        assert ledger.last_number("alpha") == 6
        assert ledger.size == 2


def test_a_bad_number_does_not_take_others_down(path: Path) -> None:
    with Ledger(path, publish_every=None) as ledger:
        ledger._mutex.acquire()  # so that all three wait for one group
        outcomes: dict[str, object] = {}

        def write(source: str, number: int | None) -> None:
            try:
                outcomes[source] = ledger.append(source, b"", number=number).index
            except LedgerError as error:
                outcomes[source] = error

        threads = [threading.Thread(target=write, args=row) for row in (("a", None), ("b", 7), ("c", 1))]
        for thread in threads:
            thread.start()
        while len(ledger._queue) < 3:
            time.sleep(0.001)
        ledger._mutex.release()
        for thread in threads:
            thread.join()
    assert isinstance(outcomes["b"], LedgerError)
    assert {outcomes["a"], outcomes["c"]} == {0, 1}


def test_time_never_goes_back(path: Path) -> None:
    times = iter([50, 40, 60, 55, 70] + [80] * 20)
    with Ledger(path, clock=lambda: next(times) * 10**9, publish_every=None) as ledger:
        for _ in range(3):
            ledger.append("alpha", b"")
    found = [parse_entry(entry).time for entry in _entries(path)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("source", "body", "message"),
    [
        ("", b"", "source"),
        ("a b", b"", "source"),
        ("x" * 129, b"", "source"),
        ("ä", b"", "source"),
        ("a", "text", "expected bytes"),
        ("a", bytes(LARGEST_BODY + 1), "expected at most"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(path: Path, source: str, body: bytes, message: str) -> None:
    with Ledger(path) as ledger:
        with pytest.raises(LedgerError, match=message):
            ledger.append(source, body)
        assert ledger.append("a", bytes(LARGEST_BODY)).index == 0


def test_places_that_are_no_new_ledger_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="found something there"):
        create(path, ORIGIN)
    (tmp_path / "file").write_text("x")
    with pytest.raises(LedgerError, match="found something there"):
        create(tmp_path / "file", ORIGIN)
    with pytest.raises(FormatError, match="origin"):
        create(tmp_path / "other", "with space")
    with pytest.raises(LedgerError, match="found no ledger there"):
        Ledger(tmp_path / "none")


def test_a_key_that_others_can_read_is_refused(path: Path) -> None:
    (path / "keys" / "log.key").chmod(0o644)
    with pytest.raises(LedgerError, match="chmod 600"):
        Ledger(path)


def test_both_algorithms_sign(tmp_path: Path) -> None:
    path = create(tmp_path / "two", ORIGIN, ml_dsa=True).path
    with Ledger(path) as ledger:
        ledger.append("alpha", b"x")
    note = Reader(path).note()
    assert [len(signatures_by(note, key)) for key in Folder(path).known_keys()] == [1, 1]


def test_a_checkpoint_is_withheld_until_the_policy_is_met(path: Path) -> None:
    met = False

    def cosign(note: Note, _: object) -> Note:
        if not met:
            raise LedgerError("quorum: not met")
        return note

    with Ledger(path, cosign=cosign, publish_every=None) as ledger:
        receipt = ledger.append("alpha", b"x")
        assert receipt.index == 0
        with pytest.raises(LedgerError, match="not met"):
            ledger.publish()
        assert not (path / "checkpoint").exists()
        met = True
        ledger.publish()
    assert _entries(path)


def test_many_threads_share_groups(path: Path) -> None:
    with Ledger(path, publish_every=0.01) as ledger:

        def write(source: str) -> None:
            for at in range(30):
                ledger.append(source, b"%d" % at)

        threads = [threading.Thread(target=write, args=(f"s{at}",)) for at in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    said: dict[str, list[bytes]] = {}
    for entry in map(parse_entry, _entries(path)):
        said.setdefault(entry.source, []).append(entry.body)
        assert entry.number == len(said[entry.source])
    assert all(bodies == [b"%d" % at for at in range(30)] for bodies in said.values())
    assert len(said) == 12


def _write_some(path: Path, source: str, count: int) -> None:
    with Ledger(path, publish_every=0.02) as ledger:
        for at in range(count):
            ledger.append(source, b"%d" % at)


def test_several_processes_write_one_ledger(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_some, args=(path, f"p{at}", 40)) for at in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    said: dict[str, list[int]] = {}
    for entry in map(parse_entry, _entries(path)):
        said.setdefault(entry.source, []).append(entry.number)
    assert said == {f"p{at}": list(range(1, 41)) for at in range(3)}


_WRITER = """
import sys
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
ledger = Ledger(sys.argv[1], publish_every=0.005)
while True:
    for receipt in ledger.append_many([Draft("victim", b"x" * 50)] * 7):
        print(receipt.index, receipt.leaf.hex(), flush=True)
"""


@pytest.mark.slow
def test_killed_again_and_again_nothing_acknowledged_is_lost(path: Path) -> None:
    acknowledged: dict[int, str] = {}
    for round_ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(1 + 37 * round_ % 150)]
        os.killpg(writer.pid, signal.SIGKILL)
        lines += writer.stdout.read().splitlines()
        writer.wait()
        writer.stdout.close()
        for line in lines:
            index, _, leaf = line.strip().partition(" ")
            if len(leaf) == 64:  # the last line may be torn anywhere
                assert acknowledged.setdefault(int(index), leaf) == leaf, "one index, two entries"
    with Ledger(path) as ledger:
        size = ledger.size
    reader = Reader(path)
    assert size > max(acknowledged)
    for index, leaf in acknowledged.items():
        assert reader.node(0, index, size).hex() == leaf
    assert len(acknowledged) > 200


def test_entries_within_a_bundle_are_read_wherever_it_ends(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append_many([Draft("alpha", b"%d" % at) for at in range(700)])
    reader = Reader(path)
    for start, end in ((0, 1), (255, 257), (300, 300), (511, 600), (699, 700)):
        found = [parse_entry(entry).body for entry in reader.entries(start, end, 700)]
        assert found == [b"%d" % at for at in range(start, end)]


def _copies(path: Path) -> list[int]:
    return sorted(int(one.name) for one in (path / "tile" / "entries" / "000.p").iterdir())


def test_copies_of_a_bundle_take_bounded_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "_ROOM", 10_000)
    with Ledger(path, publish_every=None) as ledger:
        for _ in range(30):
            ledger.append("alpha", b"x" * 100)
            ledger.publish()
        copies = _copies(path)
    weights = [(path / "tile/entries/000.p" / str(one)).stat().st_size for one in copies]
    assert copies == list(range(copies[0], 31)), "the widest stay"
    next_narrower = weights[-1] * (copies[0] - 1) // 30  # entries are of one length
    assert sum(weights) <= 10_000 < sum(weights) + next_narrower, "as many as there is room for, and no more"
    reader = Reader(path)
    for size in range(1, 31):  # a wider copy serves for one that is gone
        assert len(list(reader.entries(0, size))) == size
    assert audit_folder(path, Trust.by_keys(Folder(path).known_keys())).holds


def test_the_published_copy_stays_while_witnesses_are_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiling, "_ROOM", 1)
    with Ledger(path, publish_every=None) as ledger:
        for _ in range(3):
            ledger.append("alpha", b"x")
            ledger.publish()
        for _ in range(3):
            ledger.append("alpha", b"x")
            ledger.settle()
        assert _copies(path) == [3, 4, 5, 6]
        ledger.append("alpha", b"x")
        ledger.publish()
        ledger.append("alpha", b"x")
        ledger.settle()
        assert _copies(path) == [7, 8]
