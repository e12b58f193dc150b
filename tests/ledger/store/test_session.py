"""A source's session: nothing is lost unsaid."""

import threading
import time
from pathlib import Path

import pytest

from detente.errors import LedgerError
from detente.ledger.check.trust import Trust
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import Entry, Kind, parse_entry
from detente.ledger.formats.keys import signatures_by
from detente.ledger.formats.signed_statements import Gap
from detente.ledger.formats.statements import Begin, End, Heartbeat
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.create import create
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.store.session import Session
from tests.ledger.store.disks import FailingDisk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return create(tmp_path / "ledger", "example.org/tried").path


def _said(path: Path) -> list[Entry]:
    reader = Reader(path)
    return list(map(parse_entry, reader.entries(0, parse_checkpoint(reader.note().text).size)))


def test_begin_records_and_end(path: Path) -> None:
    with Ledger(path) as ledger, Session(ledger, "gate", "gate 1.0") as session:
        assert session.record(b"one").number == 2
        assert session.offer(b"two")
    begin, one, two, end = _said(path)
    assert Begin.parse(begin.body).software == "gate 1.0"
    assert (one.body, two.body) == (b"one", b"two")
    assert (end.kind, End.parse(end.body).last, end.number) == (Kind.END, 3, 4)


def test_what_does_not_fit_is_a_gap_in_its_place(path: Path) -> None:
    with Ledger(path) as ledger, Session(ledger, "gate", "gate 1.0", capacity=3) as session:
        with session._turn:  # the writer waits
            assert [session.offer(b"%d" % at) for at in range(3)] == [True] * 3
            assert [session.offer(b"lost") for _ in range(5)] == [False] * 5
        session.record(b"after")
    rows = [(entry.kind, entry.number) for entry in _said(path)]
    assert rows == [
        (Kind.BEGIN, 1),
        (Kind.RECORD, 2),
        (Kind.RECORD, 3),
        (Kind.RECORD, 4),
        (Kind.GAP, 9),
        (Kind.RECORD, 10),
        (Kind.END, 11),
    ]
    gap, note = Gap.parse(_said(path)[4].body)
    assert (gap.first, gap.count, gap.reason) == (5, 5, "queue full at 3")
    with Ledger(path) as ledger:
        assert signatures_by(note, ledger.folder.known_keys()[0])


def test_a_writer_that_is_woken_for_nothing_does_not_say_that_it_was_silent(path: Path) -> None:
    with Ledger(path) as ledger, Session(ledger, "gate", "gate 1.0") as session:
        for _ in range(50):  # as where `record` wrote what the writer was woken for
            with session._changed:
                session._changed.notify()
            time.sleep(0.002)
    assert [entry.kind for entry in _said(path)] == [Kind.BEGIN, Kind.END]


def test_silence_is_broken_by_heartbeats(path: Path) -> None:
    with Ledger(path) as ledger, Session(ledger, "gate", "gate 1.0", heartbeat_every=0.01):
        deadline = time.monotonic() + 20
        while ledger.size < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    beats = [entry for entry in _said(path) if entry.kind is Kind.HEARTBEAT]
    assert len(beats) >= 3
    assert all(Heartbeat.parse(beat.body).last == beat.number - 1 for beat in beats)


def test_a_full_disk_loses_only_what_does_not_fit_and_says_so(path: Path) -> None:
    disk = FailingDisk(1, on=True)
    disk.armed = False
    with Ledger(path, disk=disk, publish_every=None) as ledger:
        session = Session(ledger, "gate", "gate 1.0", capacity=10)
        disk.armed = True
        accepted = sum(session.offer(b"%d" % at) for at in range(25))
        with pytest.raises(LedgerError, match="the disk does not take it"):
            session.record(b"refused")
        disk.armed = False
        session.close()
    said = _said(path)
    records = [entry for entry in said if entry.kind is Kind.RECORD]
    lost = sum(Gap.parse(entry.body)[0].count for entry in said if entry.kind is Kind.GAP)
    assert [entry.body for entry in records] == [b"%d" % at for at in range(accepted)]
    assert (accepted, lost) == (10, 15)
    assert said[-1].kind is Kind.END
    assert said[-1].number == 1 + 25 + 1


def test_an_end_that_cannot_be_written_is_told(path: Path) -> None:
    disk = FailingDisk(1, on=True)
    disk.armed = False
    ledger = Ledger(path, disk=disk, publish_every=None)
    session = Session(ledger, "gate", "gate 1.0")
    disk.armed = True
    session.offer(b"x")
    with pytest.raises(LedgerError, match="1 entries could not be written"):
        session.close()
    with pytest.raises(LedgerError, match="has ended"):
        session.offer(b"y")
    disk.armed = False
    ledger.close()


def test_many_threads_offer_and_nothing_is_unaccounted_for(path: Path) -> None:
    accepted = []
    with (
        Ledger(path, publish_every=0.01) as ledger,
        Session(ledger, "gate", "gate 1.0", capacity=20) as session,
    ):

        def offer() -> None:
            accepted.append(sum(session.offer(b"x") for _ in range(200)))

        threads = [threading.Thread(target=offer) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    said = _said(path)
    lost = sum(Gap.parse(entry.body)[0].count for entry in said if entry.kind is Kind.GAP)
    assert sum(entry.kind is Kind.RECORD for entry in said) == sum(accepted)
    assert sum(accepted) + lost == 1600
    assert said[-1].number == 1600 + 2


def test_others_who_speak_under_the_name_cost_nothing(path: Path) -> None:
    with Ledger(path) as ledger, Ledger(path) as second, Session(ledger, "gate", "gate 1.0") as session:
        session.record(b"one")
        ledger.append("gate", b"direct")
        assert session.record(b"two").number == 4
        with Session(second, "gate", "gate 2.0") as other:
            other.record(b"three")
            assert session.record(b"four").number > 5
    bodies = [entry.body for entry in _said(path) if entry.kind is Kind.RECORD]
    assert bodies == [b"one", b"direct", b"two", b"three", b"four"]
    assert [entry.number for entry in _said(path)] == list(range(1, len(_said(path)) + 1))


def test_a_gap_names_the_numbers_it_gets_also_when_others_spoke_meanwhile(path: Path) -> None:
    with Ledger(path) as ledger, Session(ledger, "gate", "gate 1.0") as session:
        with session._turn:  # the writer waits
            for _ in range(3):
                session.lost("sensor cable out")
            ledger.append("gate", b"direct")
        session.heartbeat()
    said = _said(path)
    (gap,) = [entry for entry in said if entry.kind is Kind.GAP]
    assert Gap.parse(gap.body)[0].last == gap.number
    assert Heartbeat.parse(said[-2].body).last == said[-2].number - 1
    assert audit_folder(path, Trust.by_keys(Folder(path).known_keys())).holds
