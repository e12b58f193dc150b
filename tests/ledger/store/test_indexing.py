"""Indices in a log, and complete answers from it."""

from pathlib import Path

import pytest

from detente.errors import LedgerError, ProofError
from detente.ledger.check.answer import parse_answer, verify_answer
from detente.ledger.check.lookup import Query, Tail, verify_lookup
from detente.ledger.check.trust import Trust
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.folder import Folder
from detente.ledger.store.indexing import answer, write_indices
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader

_ALL = 2**63 - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = create(tmp_path / "ledger", "example.org/tried").path
    now = iter(range(10**6))
    with Ledger(path, clock=lambda: next(now) * 10**9, publish_every=None) as ledger:
        for at in range(50):
            ledger.append_many(
                [Draft("alpha" if at % 3 else "beta", b"%d" % (100 * at + place)) for place in range(100)]
            )
        assert len(write_indices(ledger)) == 2
        assert write_indices(ledger) == []
        ledger.append("beta", b"late")
    return path


def _head(path: Path) -> Checkpoint:
    return parse_checkpoint(Reader(path).note().text)


def test_an_answer_is_all_there_is(path: Path) -> None:
    head, note = _head(path), Reader(path).note()
    entries = list(map(parse_entry, Reader(path).entries(0, head.size)))
    times = sorted({entry.time for entry in entries})
    for source, since, until in (("beta", 0, _ALL), ("alpha", times[10], times[20]), ("nobody", 0, _ALL)):
        query = Query(source, since, until)
        found = verify_answer(
            parse_answer(bytes(answer(path, query, note))), Trust.by_keys(Folder(path).known_keys())
        )
        expected = [
            at for at, entry in enumerate(entries) if entry.source == source and since <= entry.time <= until
        ]
        assert sorted(row.entry for row in found.rows) == expected
        assert found.uncovered == ()


def test_nothing_can_be_left_out(path: Path) -> None:
    head, query = _head(path), Query("beta", 0, _ALL)
    given = answer(path, query, Reader(path).note())
    parts, tail = list(given.parts), given.tail
    with pytest.raises(ProofError):
        verify_lookup(query, parts, head, Tail(tail.entries[:-1], tail.path))
    with pytest.raises(ProofError):
        verify_lookup(query, [parts[0], *parts[2:]], head, tail)
    # a stretch at the beginning may be left out, but then it is said
    assert verify_lookup(query, parts[1:], head, tail).uncovered == ((0, 4096),)


def test_the_audit_makes_every_index_anew(path: Path) -> None:
    trust = Trust.by_keys(Folder(path).known_keys())
    report = audit_folder(path, trust)
    assert report.holds
    assert report.indexed is not None
    assert report.indexed == 5000


def test_only_the_ledger_writes_keys_and_indices(path: Path) -> None:
    with Ledger(path) as ledger:
        for kind in (Kind.KEY, Kind.INDEX):
            with pytest.raises(LedgerError, match="only the ledger itself"):
                ledger.append("alpha", b"x", kind)


def test_every_changed_byte_of_an_answer_is_noticed(path: Path) -> None:
    trust = Trust.by_keys(Folder(path).known_keys())
    query = Query("beta", 0, 4 * 10**9)
    right = bytes(answer(path, query, Reader(path).note()))
    expected = verify_answer(parse_answer(right), trust)
    assert expected.rows
    for at in range(0, len(right), 7):
        changed = right[:at] + bytes((right[at] ^ 1,)) + right[at + 1 :]
        try:
            given = parse_answer(changed)
            found = verify_answer(given, trust)
        except LedgerError:
            continue
        assert given.query != query, (
            f"byte {at}: {right[max(0, at - 20) : at + 20]!r}"
        )  # another question, truly answered
        assert found.uncovered == ()
