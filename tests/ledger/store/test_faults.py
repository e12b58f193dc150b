"""A fault at every touch of the disk in turn: nothing acknowledged is lost, and nothing damaged is signed."""

import errno
import shutil
from pathlib import Path

import pytest

from detente.errors import DamageError, LedgerError
from detente.ledger.store.create import create
from detente.ledger.store.ledger import Ledger
from tests.ledger.store.disks import FailingDisk, ForgetfulDisk, PowerCut, PowerDisk
from tests.ledger.store.workload import Promises, live

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("new") / "ledger"
    create(path, "example.org/tried")
    return path


def _copy(new: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(new, to)
    return to


def _touches(new: Path, tmp_path: Path) -> int:
    disk = FailingDisk()
    live(_copy(new, tmp_path / "count"), disk, Promises())
    return disk.touches


def _lay_out(files: dict[Path, bytes], path: Path, left: Path) -> None:
    """Make the folder that a model of the disk says is left."""
    shutil.rmtree(left, ignore_errors=True)
    for name, data in files.items():
        file = left / name.relative_to(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (left / "keys").chmod(0o700)
    (left / "keys" / "log.key").chmod(0o600)


def test_power_cut_at_every_touch(new: Path, tmp_path: Path) -> None:
    tried, touches = 0, _touches(new, tmp_path)
    for at in range(1, touches + 1):
        path = _copy(new, tmp_path / "live")
        disk, promises = PowerDisk(path, at), Promises()
        with pytest.raises(PowerCut):
            live(path, disk, promises)
        seen = set()
        for word, files in disk.leftovers():
            state = hash(tuple(sorted(files.items())))
            if state in seen:
                continue
            seen.add(state)
            left = tmp_path / "left"
            _lay_out(files, path, left)
            try:
                promises.check(left)
            except BaseException as error:
                error.add_note(f"power cut at touch {at} of {touches}, then: {word}")
                raise
            tried += 1
    print(f"power cuts: {touches} touches, {tried} different disks afterwards, losses: none")
    assert touches > 60
    assert tried > 2 * touches


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_one_failure_at_every_touch(new: Path, tmp_path: Path, code: int) -> None:
    touches = _touches(new, tmp_path)
    for at in range(1, touches + 1):
        path = _copy(new, tmp_path / "live")
        disk, promises = FailingDisk(at, code=code), Promises()
        try:
            live(path, disk, promises, again=lambda: None)
        except LedgerError:
            assert disk.touches <= 12, "only opening may fail for good"
        assert disk.touches >= at
        try:
            promises.check(path)
        except BaseException as error:
            error.add_note(f"failure {code} at touch {at} of {touches}")
            raise


def test_a_file_whose_sync_failed_is_never_trusted_again(new: Path, tmp_path: Path) -> None:
    count = ForgetfulDisk(_copy(new, tmp_path / "live"))
    live(tmp_path / "live", count, Promises())
    for at in range(1, count.syncs + 1):
        path = _copy(new, tmp_path / "live")
        disk, promises = ForgetfulDisk(path, at), Promises()
        looks: list[str] = []

        def look(path: Path = path, disk: ForgetfulDisk = disk, promises: Promises = promises) -> None:
            if disk.syncs >= disk.fails_at and len(looks) < 2:  # noqa: B023 -- of this round
                word, files = next(disk.leftovers())  # the power is cut here: what was synced is all there is
                looks.append(word)  # noqa: B023
                _lay_out(files, path, tmp_path / "left")
                promises.check(tmp_path / "left")

        try:
            live(path, disk, promises, again=lambda: None, after=look)
        except BaseException as error:
            error.add_note(f"sync {at} of {count.syncs} failed")
            raise


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_disk_that_fails_from_some_touch_on(new: Path, tmp_path: Path, code: int) -> None:
    touches = _touches(new, tmp_path)
    for at in range(1, touches + 1, 3):
        path = _copy(new, tmp_path / "live")
        promises = Promises()
        with pytest.raises(LedgerError, match="the disk does not take it"):
            live(path, FailingDisk(at, code=code, on=True), promises)
        promises.check(path)


def test_every_flipped_byte_is_noticed_or_harmless(new: Path, tmp_path: Path) -> None:
    path = _copy(new, tmp_path / "live")
    promises = Promises()
    ledger = Ledger(path, publish_every=None)
    promises.append(ledger, "alpha", 5)
    promises.publish(ledger)
    promises.append(ledger, "alpha", 2)
    promises.append(ledger, "beta", 1)  # left in the journal, as by kill -9: the ledger is not closed
    last = (
        (path / "journal").read_bytes().rindex(b"C\0\0")
    )  # whether it holds or was torn, nothing hangs on it
    noticed = harmless = 0
    for name in ("journal", "head", "log.vkey", "tile/0/000.p/5", "tile/entries/000.p/5"):
        for at in range((path / name).stat().st_size):
            left = _copy(path, tmp_path / "left")
            data = bytearray((left / name).read_bytes())
            data[at] ^= 0x40
            (left / name).write_bytes(data)
            try:
                promises.check(left)
                assert name == "journal", f"byte {at} of {name}"
                assert at >= last, f"byte {at} of the journal"
                harmless += 1
            except LedgerError:
                noticed += 1
                assert (left / "head").read_bytes() == (path / "head").read_bytes() or name == "head"
    print(f"flipped bytes: noticed {noticed}, harmless {harmless}")
    assert harmless <= (path / "journal").stat().st_size - last


def test_a_journal_that_is_gone_is_damage(new: Path, tmp_path: Path) -> None:
    path = _copy(new, tmp_path / "live")
    (path / "journal").unlink()
    with pytest.raises(DamageError, match="journal: is gone"):
        Ledger(path)


def test_an_older_head_than_the_journal_is_damage(new: Path, tmp_path: Path) -> None:
    path = _copy(new, tmp_path / "live")
    old = (path / "head").read_bytes()
    with Ledger(path) as ledger:
        ledger.append("alpha", b"x")
    (path / "head").write_bytes(old)
    with pytest.raises(DamageError, match="one of the two is older"):
        Ledger(path)
