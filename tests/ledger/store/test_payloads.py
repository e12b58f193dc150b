"""Payloads on the disk: durable before their entry, gone after their erasure, and the proofs stay."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.check.payloads import Presence
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.formats.statements import Erased, Sealed
from detente.ledger.formats.tree import leaf_hash, verify_inclusion
from detente.ledger.store.create import create
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.payloads import Payloads
from detente.ledger.store.reader import Reader
from tests.ledger.store.disks import FailingDisk, PowerCut, PowerDisk

SECRET = b"a name and an address" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return create(tmp_path / "ledger", "example.org/tried").path


def _entry(path: Path, index: int) -> bytes:
    (entry,) = Reader(path).entries(index, index + 1)
    return entry


def _room(path: Path) -> int:
    return sum(file.stat().st_blocks for file in (path / "payloads").rglob("*") if file.is_file())


def test_sealed_read_and_erased(path: Path) -> None:
    payloads = Payloads(path)
    with Ledger(path, publish_every=None) as ledger:
        receipt = payloads.seal(ledger, "gate-1", SECRET, "text/plain")
        ledger.publish()
        entry = _entry(path, receipt.index)
        sealed = Sealed.parse(parse_entry(entry).body)
        assert payloads.get(sealed) == SECRET
        assert payloads.look(sealed.commitment, sealed) is Presence.PRESENT
        assert SECRET[:20] not in b"".join(x.read_bytes() for x in path.rglob("tile/**/*") if x.is_file())
        assert _room(path) > 0
        erased = payloads.erase(ledger, receipt.index, entry, "asked for", "the operator")
        ledger.publish()
    assert _room(path) == 0
    assert payloads.look(sealed.commitment, sealed) is Presence.ABSENT
    with pytest.raises(LedgerError, match="erased, or withheld"):
        payloads.get(sealed)
    said = Erased.parse(parse_entry(_entry(path, erased.index)).body)
    assert said == Erased(receipt.index, sealed.commitment, "asked for", "the operator")
    head = parse_checkpoint(Reader(path).note().text)
    proof = Reader(path).inclusion(receipt.index, head.size)
    verify_inclusion(leaf_hash(entry), receipt.index, head.size, proof, head.root)


def test_the_same_payload_twice_shows_nothing_in_common(path: Path) -> None:
    payloads = Payloads(path)
    assert payloads.put(b"yes", "text/plain").commitment != payloads.put(b"yes", "text/plain").commitment


def test_a_changed_payload_is_told(path: Path) -> None:
    payloads = Payloads(path)
    sealed = payloads.put(SECRET, "text/plain")
    (file,) = (x for x in (path / "payloads").rglob("*") if x.is_file())
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert payloads.look(sealed.commitment, sealed) is Presence.FALSE
    with pytest.raises(ProofError, match=r"payloads.*not the one"):
        payloads.get(sealed)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_payloads_are_for_the_owner_alone(path: Path) -> None:
    Payloads(path).put(b"yes", "text/plain")
    assert (path / "payloads").stat().st_mode & 0o777 == 0o700


def test_what_can_be_erased(path: Path) -> None:
    payloads = Payloads(path)
    with Ledger(path, publish_every=None) as ledger:
        ledger.append("gate-1", b"yes")
        ledger.publish()
        with pytest.raises(LedgerError, match="only payloads"):
            payloads.erase(ledger, 0, _entry(path, 0), "asked for", "the operator")
        with pytest.raises(FormatError, match="media type"):
            payloads.seal(ledger, "gate-1", b"yes", "Text")
        with pytest.raises(LedgerError, match="does not take it"):
            Payloads(path, FailingDisk(1, code=errno.ENOSPC)).put(b"yes", "text/plain")
    assert not list((path / "payloads").rglob("*.new"))


def test_erasing_clears_what_a_crash_left_of_writing(path: Path) -> None:
    payloads = Payloads(path)
    sealed = payloads.put(SECRET, "text/plain")
    (file,) = (x for x in (path / "payloads").rglob("*") if x.is_file())
    file.rename(file.with_name(f".{file.name}.new"))
    payloads.remove(sealed.commitment)
    assert _room(path) == 0
    payloads.remove(sealed.commitment)


def test_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detente.ledger.store.payloads.LARGEST_PAYLOAD", 10)
    with pytest.raises(LedgerError, match="at most 10"):
        Payloads(path).put(b"a" * 11, "text/plain")


def _live(path: Path, disk: PowerDisk, said: dict[str, bytes]) -> None:
    """Seal two payloads and erase the first; note what was acknowledged."""
    payloads = Payloads(path, disk)
    with Ledger(path, disk=disk, publish_every=None) as ledger:
        first = payloads.seal(ledger, "gate-1", b"first", "text/plain")
        said["first"] = first.leaf
        payloads.seal(ledger, "gate-1", b"second", "text/plain")
        said["second"] = b""
        ledger.publish()
        payloads.erase(ledger, first.index, _entry(path, first.index), "asked for", "the operator")
        said["erased"] = b""


@pytest.mark.slow
def test_a_power_cut_at_every_touch(tmp_path: Path) -> None:
    new = create(tmp_path / "new", "example.org/tried").path
    counting = PowerDisk(new)
    with Ledger(new, disk=counting, publish_every=None):
        at, tried = counting.touches, 0  # what opening does, test_faults has tried
    while True:
        at += 1
        live = tmp_path / "live"
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(new, live)
        disk, said = PowerDisk(live, at), {}
        try:
            _live(live, disk, said)
        except PowerCut:
            pass
        else:
            break
        seen = set()
        for word, files in disk.leftovers():
            state = hash(tuple(sorted(files.items())))
            if state in seen:
                continue
            seen.add(state)
            left = tmp_path / "left"
            shutil.rmtree(left, ignore_errors=True)
            for name, data in files.items():
                file = left / name.relative_to(live)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            (left / "keys").chmod(0o700)
            (left / "keys" / "log.key").chmod(0o600)
            with Ledger(left, publish_every=None) as ledger:
                ledger.append("afterwards", b"still here")
            _check(left, said, f"power cut at touch {at}, then: {word}")
            tried += 1
    assert tried > at - counting.touches > 20


def _check(left: Path, said: dict[str, bytes], why: str) -> None:
    size = parse_checkpoint(Reader(left).note().text).size
    entries = [parse_entry(data) for data in Reader(left).entries(0, size)]
    sealed = [Sealed.parse(entry.body) for entry in entries if entry.kind is Kind.SEALED]
    erasing = any(entry.kind is Kind.ERASED for entry in entries)
    payloads = Payloads(left)
    assert len(sealed) >= ("first" in said) + ("second" in said), why
    if len(sealed) > 1:
        assert payloads.get(sealed[1]) == b"second", why
    if sealed and not erasing:
        assert payloads.get(sealed[0]) == b"first", why
    if "erased" in said:
        assert payloads.look(sealed[0].commitment) is Presence.ABSENT, why
