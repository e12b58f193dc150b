"""Auditing a folder: a real ledger, what is done to it, and what the audit says."""

from pathlib import Path

import pytest

from detente.errors import FormatError, LedgerError
from detente.ledger.check.audit import Report
from detente.ledger.check.claims import Claims
from detente.ledger.check.findings import Verdict
from detente.ledger.check.trust import Trust
from detente.ledger.check.verify import verify_checkpoint, verify_proof
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.payloads import Payloads
from detente.ledger.store.reader import Reader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a ledger of 600 entries and two sealed payloads."""
    path = create(tmp_path / "ledger", "example.org/tried").path
    with Ledger(path, publish_every=None) as ledger:
        ledger.append_many([Draft(f"gate-{at % 3}", b"%d" % at) for at in range(600)])
        for secret in (b"first", b"second"):
            Payloads(path).seal(ledger, "gate-0", secret, "text/plain")
    return path


def _trust(path: Path) -> Trust:
    return Trust.by_keys(Folder(path).known_keys())


def _audit(path: Path, **options: object) -> Report:
    return audit_folder(path, _trust(path), **options)  # type: ignore[arg-type]


def _verdicts(report: Report) -> set[Verdict]:
    return set(report.findings.counts)


def test_an_honest_ledger_holds(path: Path) -> None:
    report = _audit(path)
    assert (report.holds, report.checkpoint.size, _verdicts(report)) == (True, 602, set())
    assert report.accounts["gate-1"].records == 200


def test_it_goes_on_where_it_ended(path: Path, tmp_path: Path) -> None:
    state, seen = tmp_path / "state", []
    _audit(path, state=state, progress=seen.append)
    with Ledger(path, publish_every=None) as ledger:
        ledger.append_many([Draft("gate-1", b"more")] * 300)
    assert sum(seen) == 602
    seen.clear()
    report = _audit(path, state=state, progress=seen.append)
    assert report.holds
    assert (seen[0], sum(seen), report.accounts["gate-1"].last) == (602, 902, 500)
    state.write_bytes(state.read_bytes()[:-1])
    with pytest.raises(FormatError, match="begin anew"):
        _audit(path, state=state)


def test_an_interrupt_leaves_what_was_kept_before(path: Path, tmp_path: Path) -> None:
    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    state = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        _audit(path, state=state, progress=interrupt)
    assert _audit(path, state=state).holds


def test_a_payload_that_is_gone(path: Path) -> None:
    (first, *_) = sorted(file for file in (path / "payloads").rglob("*") if file.is_file())
    first.unlink()
    report = _audit(path)
    assert not report.holds
    assert _verdicts(report) == {Verdict.WITHHELD}


def test_a_changed_bundle_is_found_and_the_entry_named(path: Path) -> None:
    bundle = path / "tile" / "entries" / "001"
    data = bundle.read_bytes()
    bundle.write_bytes(data.replace(b"\n300", b"\n301", 1))
    report = _audit(path)
    assert not report.holds
    assert any(
        x.verdict is Verdict.WITHHELD and x.sentence.startswith("entry 300:") for x in report.findings
    ), list(report.findings)


def test_a_bundle_that_is_withheld(path: Path) -> None:
    (path / "tile" / "entries" / "001").unlink()
    report = _audit(path)
    assert _verdicts(report) == {Verdict.WITHHELD}
    assert report.findings.numbers[Verdict.WITHHELD] == 256


def test_a_tail_that_was_cut_off(path: Path) -> None:
    older = Reader(path).note()
    with Ledger(path, publish_every=None) as ledger:
        receipt = ledger.append("gate-1", b"last")
        entry_head = bytes(ledger.publish())
    (entry,) = Reader(path).entries(602, 603, 603)
    found = verify_proof(entry, bytes(receipt.proof()), _trust(path))
    head = verify_checkpoint(entry_head, _trust(path)).held_by("witness east")
    Folder(path).checkpoint.write_bytes(bytes(older))
    with pytest.raises(LedgerError, match="has not published what it took in last"):
        _audit(path, claims=Claims([head]))  # the writer still has it: nothing is lost
    Folder(path).head.unlink()
    Folder(path).journal.unlink()
    assert _audit(path).holds, "nothing in what is left tells of it"
    report = _audit(path, claims=Claims([head], [found.receipt("gate-1")]))
    assert _verdicts(report) == {Verdict.TRUNCATED}
    assert any((x.source, x.first) == ("gate-1", 201) for x in report.findings)


def test_a_log_that_nobody_gave_a_key_of(path: Path, tmp_path: Path) -> None:
    other = create(tmp_path / "other", "example.org/other").path
    with pytest.raises(LedgerError, match="no key of it was given"):
        audit_folder(path, _trust(other))
