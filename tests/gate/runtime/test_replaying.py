"""Replay: what follows holds, what does not is named, and another policy is told apart."""

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from detente.errors import GateError, ProofError
from detente.gate.entries import Decided, encode
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.ledger_record import LedgerRecord
from detente.gate.runtime.replaying import replay
from detente.ledger.formats.checkpoint import parse_checkpoint
from detente.ledger.formats.tiles import bundle_path, encode_bundle, tile_path, width_at
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.create import create
from detente.ledger.store.reader import Reader
from tests.gate.runtime.sites import CHARTER, PORTFOLIO, block, policy, site, wipe
from tests.gate.runtime.test_restart import Clock, crowded, reopened
from tests.ledger.store.disks import QuickDisk


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two sessions, and two policies."""
    folder = site(tmp_path_factory.mktemp("replay") / "gate")
    clock = Clock()
    with reopened(folder, clock) as gate:
        crowded(gate, 300)
    site(folder, charter=CHARTER.replace("quorum: 2", "quorum: 1"))
    with reopened(folder, clock) as gate:
        crowded(gate, 300, 2)
    return folder / "ledger"


def test_every_entry_follows_from_those_before_it(ledger: Path) -> None:
    told: list[tuple[int, int]] = []
    result = replay(ledger, progress=lambda done, of: told.append((done, of)))
    assert result.holds
    assert result.first is None
    assert (result.origin, result.policies, result.diverging) == ("site", 2, 0)
    assert result.decisions > 300
    assert told[-1] == (result.size, result.size)


def test_the_same_policy_answers_the_same(ledger: Path) -> None:
    result = replay(ledger, policy(CHARTER.replace("quorum: 2", "quorum: 1")))
    changed = {cell: found.count for cell, found in result.cells.items() if cell[0] != cell[1]}
    assert sum(found.count for found in result.cells.values()) > 300
    assert sum(changed.values()) < 60, (
        changed
    )  # only where people's votes count for more than they did at the time


def test_a_stricter_policy_is_told_apart_by_rule(ledger: Path) -> None:
    stricter = policy(CHARTER, PORTFOLIO.replace("{from: damage}", "{from: probe}"))
    result = replay(ledger, stricter)
    cell = result.cells["allow", "deny"]
    assert cell.count > 100
    assert set(cell.rules) == {"red-lines"}
    assert len(cell.examples) == 5
    assert ("deny", "allow") not in result.cells
    assert result.holds, "a candidate does not change what was recorded"


def test_what_does_not_follow_is_named(tmp_path: Path) -> None:
    with Gate(policy(), clock=Clock()) as gate:
        for at in range(6):
            gate.propose("shield", block(f"a{at}"))
        entries = list(gate.entries(0))
    with reopened(site(tmp_path / "gate")) as gate:
        for at in range(6):
            gate.propose("shield", block(f"a{at}"))
        bodies = list(gate._record.bodies(0, gate.size))
        entries = list(gate.entries(0))
    create(tmp_path / "other", "site")
    record = LedgerRecord(tmp_path / "other", "test", disk=QuickDisk(), clock=Clock(), publish_every=None)
    forged = 0
    for (index, body), (_, entry) in zip(bodies, entries, strict=True):
        if isinstance(entry, Decided) and entry.action.id == "a3":
            forged = index
            lie = replace(entry, decision=replace(entry.decision, effect="deny"))
            record.append([encode(lie)])
        else:
            record.append([body])
    record.close()
    result = replay(tmp_path / "other")
    assert (result.diverging, result.holds) == (1, False)
    assert result.first is not None
    assert result.first.index == forged - 1, (
        "the other ledger has one entry less before it: the beginning of a session"
    )
    assert isinstance(result.first.recorded, Decided)
    assert isinstance(result.first.derived, Decided)
    assert (result.first.recorded.decision.effect, result.first.derived.decision.effect) == ("deny", "allow")


def test_an_entry_that_was_altered_does_not_lead_to_the_root(ledger: Path, tmp_path: Path) -> None:
    shutil.copytree(ledger, tmp_path / "copy")
    files = [one for one in sorted((tmp_path / "copy" / "tile" / "entries").rglob("*")) if one.is_file()]
    data = files[0].read_bytes()
    assert data.count(b'"effect":"allow"') > 3
    files[0].write_bytes(data.replace(b"10.0.0.1", b"10.0.0.2", 1))
    with pytest.raises(ProofError, match=r"entry [0-9]+ is not what was signed: .* do not lead to the root"):
        replay(tmp_path / "copy")


@pytest.mark.parametrize("is_tile_too", [False, True])
def test_a_policy_that_was_altered_is_told_as_such(ledger: Path, tmp_path: Path, is_tile_too: bool) -> None:
    """Not as one that cannot be read, as though another version had written it."""
    copy = tmp_path / "copy"
    shutil.copytree(ledger, copy)
    reader = Reader(copy)
    size = parse_checkpoint(reader.note().text).size
    entries = reader.bundle(0, width_at(0, 0, size))
    place = next(at for at, entry in enumerate(entries) if b'"portfolio":' in entry)
    entries[place] = entries[place].replace(b"damage", b"probe!", 1)
    (copy / bundle_path(0, len(entries))).write_bytes(encode_bundle(entries))
    if is_tile_too:
        (copy / tile_path(0, 0, len(entries))).write_bytes(b"".join(map(leaf_hash, entries)))
    said = "do not lead to the root" if is_tile_too else f"entry {place} is not what was signed"
    with pytest.raises(ProofError, match=said):
        replay(copy)


def test_a_ledger_of_something_else_is_none_of_a_gate(tmp_path: Path) -> None:
    create(tmp_path / "other", "example.org/other")
    record = LedgerRecord(tmp_path / "other", "test", disk=QuickDisk(), clock=Clock(), publish_every=None)
    record.append([b'{"type":"time","at":1,"changed":[]}'])
    record.close()
    with pytest.raises(GateError, match="no policy has been adopted before it"):
        replay(tmp_path / "other")


def test_held_and_approved_under_a_candidate(tmp_path: Path) -> None:
    folder = site(tmp_path / "gate")
    with reopened(folder) as gate:
        from detente.gate.request import Vote

        hold = gate.propose("shield", wipe("w1")).hold
        assert hold is not None
        digest = gate.state.holds[hold].digest
        for person in ("ben", "cleo"):
            gate.vote(person, hold, Vote(True, "looked at it", digest))
        assert gate.propose("shield", wipe("w1")).effect == "allow"
    same = replay(folder / "ledger", policy())
    assert {cell: found.count for cell, found in same.cells.items()} == {
        ("hold", "hold"): 1,
        ("allow", "allow"): 1,
    }
    more = replay(folder / "ledger", policy(CHARTER.replace("quorum: 2", "quorum: 3")))
    # It would still wait for a third person: asked again, it is told so.
    assert {cell: found.count for cell, found in more.cells.items()} == {
        ("hold", "hold"): 1,
        ("allow", "hold"): 1,
    }
