"""A gate that is closed, or killed, and opened again: it goes on as if nothing had been, or says what is gone."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from detente.errors import ConflictError, DamageError, GateError, LedgerError, UnavailableError, UnknownError
from detente.gate.commands import PassTime, Propose
from detente.gate.entries import Adopted, Decided
from detente.gate.recent import Recent
from detente.gate.request import ModeOrder, Vote
from detente.gate.runtime import opening, snapshot
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.index import Index
from detente.gate.runtime.restore import Restored
from detente.gate.state import State
from detente.ledger.check.trust import Trust
from detente.ledger.store.auditing import audit_folder
from detente.ledger.store.folder import Folder
from detente.ledger.store.rotation import rotate_key
from tests.gate.runtime.sites import CHARTER, Crowd, block, site, ticking, wipe
from tests.ledger.store.disks import QuickDisk

START = 1_764_000_000_000_000_000


class Clock:
    """Time that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 1000
        return self.now


def reopened(folder: Path, clock: Callable[[], int] | None = None, **more: object) -> Gate:
    return Gate.open(folder, clock=clock or Clock(), disk=QuickDisk(), publish_every=None, **more)  # type: ignore[arg-type]


def crowded(gate: Gate, count: int, seed: int = 1) -> None:
    crowd = Crowd(seed, f"s{seed}")
    for _ in range(count):
        try:
            gate.submit(crowd.next(gate._course.head))
        except GateError:
            continue
    gate.submit(PassTime()).result()


def folded(gate: Gate) -> State:
    """The state, from nothing but what is recorded."""
    restored = Restored()
    for place, entry in gate.entries(0):
        restored = restored.after(place, entry)
    return restored.state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return site(tmp_path / "gate")


def test_a_gate_goes_on_where_it_was_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reopened(folder) as gate:
        crowded(gate, 400)
        before = gate.state
        assert folded(gate) == before
        assert before.holds, "a crowd that leaves nothing open shows little"
    monkeypatch.setattr(Restored, "after", None)  # nothing is folded: the snapshot is enough
    with reopened(folder) as gate:
        assert gate.state == before
        assert gate.propose("shield", block("new")).evaluation == f"e{before.decided + 1}"


def test_a_gate_that_died_goes_on_from_its_ledger(folder: Path, tmp_path: Path) -> None:
    with reopened(folder) as gate:
        crowded(gate, 300)
        before = gate.state
        shutil.copytree(folder, tmp_path / "left", ignore=shutil.ignore_patterns("gate.lock"))
    (tmp_path / "left" / "gate.sqlite").unlink()
    for _ in range(2):  # the second time with what the first has made
        with reopened(tmp_path / "left") as gate:
            assert gate.state == before


def test_every_answer_is_the_same_after_a_restart(folder: Path) -> None:
    with reopened(folder) as gate:
        crowded(gate, 300)
        recorded = [entry for _, entry in gate.entries(0) if isinstance(entry, Decided)]
        last = {entry.action.id: entry for entry in recorded}
    with reopened(folder) as gate:
        for entry in last.values():
            assert gate.explain(entry.action.id) == entry
            if entry.decision.effect in {"allow", "deny"}:
                again = gate.propose(entry.decision.system, entry.action)
                assert (again.repeated, again.evaluation) == (True, entry.decision.evaluation)
        for entry in recorded:
            assert gate.explain(entry.decision.evaluation) == entry


def test_a_hold_keeps_its_deadline_over_a_restart(folder: Path) -> None:
    clock = Clock()
    with reopened(folder, clock) as gate:
        hold = gate.propose("shield", wipe("a1")).hold
        assert hold is not None
        before = gate.state.holds[hold]
        gate.vote("ben", hold, Vote(True, "looked at it", before.digest))
    clock.now = before.deadline - 1_000_000_000
    with reopened(folder, clock) as gate:
        assert gate.state.holds[hold].deadline == before.deadline
        assert [one.person for one in gate.state.holds[hold].ballots] == ["ben"]
        late = Clock()
        late.now = before.deadline
    with reopened(folder, late) as gate:
        _wait_until(lambda: hold not in gate.state.holds)
        assert gate.propose("shield", wipe("a1")).effect == "deny"


def test_what_comes_due_happens_though_nobody_asks(folder: Path) -> None:
    clock = Clock()
    with reopened(folder, clock) as gate:
        hold = gate.propose("shield", wipe("a1")).hold
        assert hold is not None
        clock.now = gate.state.holds[hold].deadline + 1
        _wait_until(lambda: hold not in gate.state.holds)
        closed = gate.state.closed.get(hold)
        assert closed is not None
        assert closed.status == "expired"


def test_a_clock_that_goes_back_takes_nothing_back(folder: Path) -> None:
    clock = Clock()
    with reopened(folder, clock) as gate:
        first = gate.propose("shield", block("a1"))
    clock.now -= 3_600_000_000_000
    with reopened(folder, clock) as gate:
        second = gate.propose("shield", block("a2"))
        assert second.at >= first.at


def test_another_policy_is_adopted(folder: Path) -> None:
    with reopened(folder) as gate:
        hold = gate.propose("shield", wipe("a1")).hold
        assert hold is not None
        first = gate.policy.digest
    site(folder, charter=CHARTER.replace("quorum: 2", "quorum: 3"))
    with reopened(folder) as gate:
        assert gate.policy.digest != first
        assert gate.policy.groups["watch"].quorum == 3
        closed = gate.state.closed.get(hold)
        assert closed is not None
        assert closed.status == "cancelled"
        assert sum(isinstance(entry, Adopted) for _, entry in gate.entries(0)) == 2
    with reopened(folder) as gate:
        assert sum(isinstance(entry, Adopted) for _, entry in gate.entries(0)) == 2


def test_a_policy_too_large_for_one_entry_is_recorded_in_parts(folder: Path) -> None:
    assets = "\n".join(f"  asset-{at}: {{owner: avalon, domain: cyber}}" for at in range(1500))
    site(folder, charter=CHARTER.replace("assets:", f"assets:\n{assets}"))
    with reopened(folder) as gate:
        crowded(gate, 30)
        before, size = gate.state, gate.size
        bodies = list(gate._record.bodies(0, size))
        assert sum(b'"type":"part"' in body[:20] for _, body in bodies) > 2
        assert folded(gate) == before
    for _ in range(2):
        with reopened(folder) as gate:
            assert gate.state == before
            assert "asset-1499" in gate.policy.targets
        (folder / "gate.sqlite").unlink()


def test_an_auditor_of_the_ledger_finds_nothing(folder: Path) -> None:
    for seed in range(2):
        with reopened(folder) as gate:
            crowded(gate, 100, seed)
    report = audit_folder(folder / "ledger", Trust.by_keys(Folder(folder / "ledger").known_keys()))
    assert report.holds
    assert str(report.findings) == "" or not report.findings.accuses
    account = report.accounts["gate"]
    assert (account.sessions, account.ended, account.lost) == (2, True, 0)


def test_a_second_opener_is_told_who_serves(folder: Path) -> None:
    with reopened(folder):
        with pytest.raises(GateError, match="another process serves this gate already, number"):
            reopened(folder)
        script = f"from detente.gate.runtime import Gate; Gate.open({str(folder)!r})"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert "another process serves this gate already, number" in other.stderr
    reopened(folder).close()


@pytest.mark.parametrize("piece", [0, 1, -1])
def test_a_damaged_snapshot_is_thrown_away(folder: Path, piece: int) -> None:
    with reopened(folder) as gate:
        crowded(gate, 200)
        before = gate.state
    with sqlite3.connect(folder / "gate.sqlite") as file:
        places = [row[0] for row in file.execute("SELECT place FROM snapshot ORDER BY place")]
        body = bytearray(
            file.execute("SELECT body FROM snapshot WHERE place = ?", (places[piece],)).fetchone()[0]
        )
        body[len(body) // 2] ^= 1
        file.execute("UPDATE snapshot SET body = ? WHERE place = ?", (bytes(body), places[piece]))
    file.close()
    with reopened(folder) as gate:
        assert gate.state == before


def test_a_snapshot_of_another_version_is_thrown_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reopened(folder) as gate:
        crowded(gate, 100)
        before = gate.state
    monkeypatch.setattr(snapshot, "FORM", "another")
    index = Index(folder / "gate.sqlite")
    assert snapshot.read(index.file.snapshot()) is None
    index.close()
    with reopened(folder) as gate:
        assert gate.state == before


@pytest.mark.parametrize("how", ["gone", "empty", "text", "half", "a page"])
def test_a_damaged_index_is_made_anew(folder: Path, how: str) -> None:
    with reopened(folder) as gate:
        crowded(gate, 300)
        before = gate.state
        recorded = [entry for _, entry in gate.entries(0) if isinstance(entry, Decided)]
    file = folder / "gate.sqlite"
    data = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "half":
        file.write_bytes(data[: len(data) // 2])
    elif how == "a page":
        file.write_bytes(data[:4096] + b"\xff" * 4096 + data[8192:])
    else:
        file.write_bytes(b"" if how == "empty" else b"not a database at all" * 1000)
    with reopened(folder) as gate:
        assert gate.state == before
        for entry in recorded:
            assert gate.explain(entry.decision.evaluation) == entry


def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """States that remember very little, so that everything is looked up."""
    small = Restored(State(answered=Recent(2)))
    monkeypatch.setattr(opening, "Restored", lambda *given: Restored(*given) if given else small)


def test_what_was_answered_long_ago_is_looked_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forgetful(monkeypatch)
    with reopened(folder) as gate:
        first = {at: gate.propose("shield", block(f"a{at}")) for at in range(60)}
    with reopened(folder) as gate:
        assert gate.state.answered.get("a3") is None
        for at, decision in first.items():
            again = gate.propose("shield", block(f"a{at}"))
            assert (again.repeated, again.evaluation, again.reasons) == (
                True,
                decision.evaluation,
                decision.reasons,
            )
        assert gate.state.decided == 60


def test_without_its_index_nothing_old_is_decided_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forgetful(monkeypatch)
    with reopened(folder) as gate:
        for at in range(60):
            gate.propose("shield", block(f"a{at}"))
    with sqlite3.connect(folder / "gate.sqlite") as file:  # a row is gone, and nothing else shows it
        place = file.execute("SELECT MIN(place) FROM ids").fetchone()[0]
        file.execute("DELETE FROM ids WHERE place = ?", (place,))
    file.close()
    with reopened(folder) as gate:
        _wait_until(lambda: bool(gate._past.ids.trouble))  # type: ignore[attr-defined]
        with pytest.raises(UnavailableError, match="not those that were written"):
            gate.propose("shield", block("a0"))
        with pytest.raises(UnavailableError):
            gate.propose("shield", block("new"))
        assert gate.set_mode("ben", ModeOrder("guarded", "quieter")), "what needs no looking up goes on"
    with reopened(folder) as gate:
        assert gate.propose("shield", block("a0")).repeated


@pytest.mark.parametrize(
    "name",
    [
        "e0",
        "e2",
        "e01",
        "e9223372036854775807",
        "e9223372036854775808",
        "e9999999999999999999",
        "e" + "9" * 200,
    ],
)
def test_an_evaluation_that_cannot_be_is_not_known(folder: Path, name: str) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("a1"))
        assert gate.explain("e1").action.id == "a1"
        with pytest.raises(UnknownError, match="found no decision"):
            gate.explain(name)


def test_a_ledger_that_is_shorter_than_it_was_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    with reopened(folder) as gate:
        crowded(gate, 50)
    shutil.copytree(folder / "ledger", tmp_path / "older")
    with reopened(folder) as gate:
        crowded(gate, 50, 2)
    shutil.rmtree(folder / "ledger")
    with pytest.raises(GateError, match="what was acknowledged is gone"):
        reopened(folder)
    shutil.copytree(tmp_path / "older", folder / "ledger")
    with pytest.raises(GateError, match="what was acknowledged is gone"):
        reopened(folder)
    (folder / "gate.sqlite").unlink()
    reopened(folder).close()


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("ledger", r"found no ledger.*what was acknowledged is gone.*gate\.key"),
        ("ledger/head", r"ledger/head: found nothing there.*put it back from a copy"),
    ],
)
@pytest.mark.parametrize("indexed", [True, False])
def test_a_gate_whose_ledger_is_gone_does_not_begin_anew(
    folder: Path, tmp_path: Path, gone: str, told: str, indexed: bool
) -> None:
    left = tmp_path / "left"
    with reopened(folder) as gate:
        gate.propose("shield", block("a1"))
        shutil.copytree(folder, left)  # as it is before any index is written
    if not indexed:
        (left / "gate.sqlite").unlink()
    shutil.rmtree(left / gone) if gone == "ledger" else (left / gone).unlink()
    for _ in range(2):
        with pytest.raises(GateError, match=told):
            reopened(left)
    (left / "gate.key").unlink()
    shutil.rmtree(left / "ledger", ignore_errors=True)
    reopened(left).close()


def test_another_ledger_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("a1"))
    with reopened(site(tmp_path / "other")):
        pass
    (folder / "gate.sqlite").unlink()
    (folder / "ledger").rename(tmp_path / "kept")
    shutil.copytree(tmp_path / "other" / "ledger", folder / "ledger")
    with pytest.raises(GateError, match="it is another ledger"):
        reopened(folder)
    shutil.rmtree(folder / "ledger")
    (tmp_path / "kept").rename(folder / "ledger")
    with reopened(folder) as gate:
        assert gate.propose("shield", block("a1")).repeated


def test_a_ledger_whose_key_was_changed_is_still_the_same(folder: Path) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("a1"))
    rotate_key(folder / "ledger", "it is a year old", disk=QuickDisk())
    with reopened(folder) as gate:
        assert gate.propose("shield", block("a1")).repeated


@pytest.mark.parametrize("kept", [b"", b"no key", b"\xff"])
def test_a_key_that_cannot_be_read_is_told(folder: Path, kept: bytes) -> None:
    reopened(folder).close()
    (folder / "gate.key").write_bytes(kept)
    with pytest.raises(GateError, match=r"gate\.key: "):
        reopened(folder)


def test_a_file_named_kill_stops_everything(folder: Path) -> None:
    with reopened(folder) as gate:
        assert gate.propose("shield", block("a1")).effect == "allow"
        (folder / "KILL").write_text("smoke in the server room\n")
        _wait_until(lambda: "overall" in gate.state.modes)
        mode = gate.state.modes["overall"]
        assert (mode.mode, mode.by) == ("halted", "file:KILL")
        assert "smoke in the server room" in mode.cause
        assert gate.propose("shield", block("a2")).effect == "deny"
    with reopened(folder) as gate:
        assert gate.propose("shield", block("a3")).effect == "deny"


def test_nobody_releases_a_halt_while_the_file_is_there(folder: Path) -> None:
    clock, kill = Clock(), folder / "KILL"
    kill.symlink_to("nothing")
    with reopened(folder, clock) as gate:
        clock.now += 3600 * 10**9
        with pytest.raises(ConflictError, match=r"the file KILL is in the gate's folder.*remove it first"):
            gate.set_mode("olga", ModeOrder("de-escalation", "all clear"))
        assert gate.propose("shield", block("a1")).effect == "deny"
        kill.unlink()
        gate.set_mode("olga", ModeOrder("de-escalation", "all clear"))
        assert gate.state.modes["overall"].mode == "de-escalation"


def test_a_file_named_kill_counts_before_the_first_decision(folder: Path) -> None:
    folder.joinpath("KILL").touch()
    with reopened(folder) as gate:
        assert gate.state.modes["overall"].mode == "halted"


def test_the_switch_is_tested_before_that_is_overdue(folder: Path) -> None:
    clock = Clock()
    with reopened(folder, clock) as gate:
        first = gate.state.kill
        assert first.passed
        assert first.due is not None
        clock.now = first.due - 60_000_000_000
        _wait_until(lambda: gate.state.kill.tested != first.tested)
        assert not gate.state.modes, "it was tested in time"
    clock.now += 7 * 86_400_000_000_000
    with reopened(folder, clock) as gate:
        assert gate.state.kill.passed
        assert not gate.state.modes


def edit(folder: Path, old: bytes, new: bytes) -> Path:
    """Change what stands in the entries of a ledger; gives the latest file in which it stood."""
    files = sorted((folder / "ledger/tile/entries").rglob("*"), key=lambda path: (len(path.name), path.name))
    found = [path for path in files if path.is_file() and old in path.read_bytes()]
    found[-1].write_bytes(found[-1].read_bytes().replace(old, new))
    return found[-1]


def test_an_edited_ledger_is_not_opened_and_nothing_is_made_of_it(folder: Path) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("first"))
    changed = edit(folder, b'"first"', b'"worst"')
    before = {path: path.read_bytes() for path in (folder / "ledger").rglob("*") if path.is_file()}
    for _ in range(2):
        with pytest.raises(
            DamageError, match=f"{changed.name}: holds something else than what was signed; restore"
        ):
            reopened(folder)
    assert {path: path.read_bytes() for path in (folder / "ledger").rglob("*") if path.is_file()} == before
    edit(folder, b'"worst"', b'"first"')
    with reopened(folder) as gate:
        assert gate.explain("first").action.id == "first"


def flipped(path: Path, at: int = 0) -> None:
    """Change a byte of a file."""
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_an_edited_tile_of_hashes_is_named_and_not_its_entries(folder: Path) -> None:
    with reopened(folder) as gate:
        for number in range(300):
            gate.submit(Propose("shield", block(f"a{number}")))
    ledger = folder / "ledger"
    full = ledger / "tile/0/000"
    [last] = (ledger / "tile/0/001.p").iterdir()
    for tile in (full, last):
        (folder / "gate.sqlite").unlink(missing_ok=True)
        flipped(tile, 40)
        with pytest.raises(LedgerError, match=f"^{tile}: holds something else than what was signed"):
            reopened(folder)
        flipped(tile, 40)
    entries = ledger / "tile/entries/000"
    flipped(full, 40)
    edit(folder, b'"a7"', b'"b7"')
    (folder / "gate.sqlite").unlink()
    with pytest.raises(LedgerError, match=f"^{entries} and {full}: holds something else"):
        reopened(folder)


def test_a_damaged_journal_is_named_with_its_path(folder: Path) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("first"))
    (folder / "ledger/journal").write_bytes(b"")
    with pytest.raises(DamageError, match=f"^{folder}/ledger/journal: its beginning is not what was written"):
        reopened(folder)


def test_an_edited_checkpoint_is_told_and_published_anew(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("first"))
    checkpoint = folder / "ledger/checkpoint"
    for edited in (b"", checkpoint.read_bytes().replace(b"\n", b"\n9", 1)):
        checkpoint.write_bytes(edited)
        caplog.clear()
        with reopened(folder):
            assert f"{checkpoint}: is not" in caplog.text
        assert audit_folder(folder / "ledger", Trust.by_keys(Folder(folder / "ledger").known_keys())).holds


def test_a_checkpoint_beyond_the_ledger_is_not_gone_on_from(folder: Path, tmp_path: Path) -> None:
    with reopened(folder) as gate:
        gate.propose("shield", block("first"))
    shutil.copytree(folder / "ledger", tmp_path / "older")
    with reopened(folder) as gate:
        gate.propose("shield", block("second"))
    newest = (folder / "ledger/checkpoint").read_bytes()
    shutil.rmtree(folder / "ledger")
    shutil.copytree(tmp_path / "older", folder / "ledger")
    (folder / "ledger/checkpoint").write_bytes(newest)
    (folder / "gate.sqlite").unlink()
    with pytest.raises(GateError, match=r"ledger/checkpoint: found .* what was published is gone"):
        reopened(folder)


def test_what_was_edited_while_it_serves_is_told_to_nobody(folder: Path) -> None:
    with reopened(folder) as gate:
        for number in range(300):
            gate.submit(Propose("shield", block(f"a{number}")))
        gate.propose("shield", block("last"))
    with reopened(folder) as gate:
        assert gate.explain("a7").action.id == "a7"
        edit(folder, b'"a7"', b'"b7"')
        with pytest.raises(UnavailableError, match="holds something else than what was signed"):
            gate.explain("a7")
        assert gate.explain("last").action.id == "last"


def test_a_site_that_cannot_be_opened_holds_nothing(folder: Path) -> None:
    before = set(threading.enumerate())  # what others left running in this process is theirs
    (folder / "portfolio.yaml").write_text("detente: 2")
    with pytest.raises(Exception, match="detente"):
        reopened(folder)
    site(folder)
    reopened(folder).close()
    assert not [one for one in threading.enumerate() if one not in before and one.name.startswith("gate-")]


def _wait_until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to that")


def test_a_clock_that_was_ahead_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = site(tmp_path / "gate")
    start = 1_764_000_000_000_000_000
    with Gate.open(
        folder, disk=QuickDisk(), publish_every=None, clock=ticking(start + 10 * 86_400_000_000_000).__next__
    ) as gate:
        gate.propose("shield", block("a1"))
    with Gate.open(folder, disk=QuickDisk(), publish_every=None, clock=ticking(start).__next__) as gate:
        assert gate.behind > 9 * 86_400_000_000_000
    assert "10 days, 0:00:00 behind the last entry" in caplog.text
    caplog.clear()
    with Gate.open(
        folder, disk=QuickDisk(), publish_every=None, clock=ticking(start + 11 * 86_400_000_000_000).__next__
    ) as gate:
        assert gate.behind == 0
    assert not caplog.text
