"""Keys come and go, and a rotation that is cut short anywhere is taken to its end by doing it again."""

import shutil
from pathlib import Path

import pytest

from detente.errors import LedgerError
from detente.ledger.check.keys import Standing
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.store.create import create
from detente.ledger.store.folder import Folder
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.store.rotation import key_history, revoke_key, rotate_key
from tests.ledger.store.disks import FailingDisk, PowerCut


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = create(tmp_path / "ledger", "example.org/tried", ml_dsa=True).path
    with Ledger(path) as ledger:
        ledger.append("alpha", b"before")
    return path


def _check(path: Path, first: object) -> None:
    """Follow the keys from the first one: whatever is published is signed by one that is in force."""
    with Ledger(path) as ledger:
        ledger.append("alpha", b"after")
    history = key_history(path, [first])
    note = Reader(path).note()
    assert history.signers(note, history.origin, parse_checkpoint(note.text).size)


def test_a_new_key_is_followed_from_the_old_one(path: Path) -> None:
    first = Folder(path).known_keys()[0]
    old, new = rotate_key(path, "yearly")
    assert old == first
    assert Folder(path).secrets()[0].public == new
    _check(path, first)
    history = key_history(path, [first])
    assert history.judge(old, 1).standing is Standing.RETIRED_LATER
    assert history.judge(old, 4).standing is Standing.RETIRED_BEFORE
    assert history.judge(new, 4).standing is Standing.VALID
    rotate_key(path, "again")
    _check(path, first)


def test_a_key_is_revoked(path: Path) -> None:
    first = Folder(path).known_keys()[0]
    with pytest.raises(LedgerError, match="is the one in use"):
        revoke_key(path, first, 1, "stolen")
    old, _ = rotate_key(path, "yearly")
    revoke_key(path, old, 3, "found on a stick")
    history = key_history(path, [first])
    assert history.judge(old, 3).standing is Standing.REVOKED_BEFORE
    assert history.judge(old, 2).standing is Standing.REVOKED_LATER
    _check(path, first)


class _CutDisk(FailingDisk):
    def touch(self, what: str) -> None:
        self.touches += 1
        if self.touches == self.at:
            raise PowerCut


@pytest.mark.slow
def test_a_rotation_cut_short_anywhere_is_whole_when_done_again(path: Path, tmp_path: Path) -> None:
    first = Folder(path).known_keys()[0]
    count = FailingDisk()
    shutil.copytree(path, tmp_path / "count")
    rotate_key(tmp_path / "count", "yearly", disk=count)
    for at in range(1, count.touches + 1):
        tried = tmp_path / f"tried-{at}"
        shutil.copytree(path, tried)
        with pytest.raises(PowerCut):
            rotate_key(tried, "yearly", disk=_CutDisk(at))
        _check(tried, first)
        if Folder(tried).next_key.exists():
            rotate_key(tried, "yearly")
        _check(tried, first)
        assert len(key_history(tried, [first]).named("example.org/tried")) <= 2
