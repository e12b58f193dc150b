"""A disk that fails at every touch in turn: no answer without a record, no record changed, and on it goes when the disk is back."""

import errno
import os
import threading
from pathlib import Path

import pytest

from detente.errors import LedgerError, UnavailableError
from detente.gate.commands import CastVote, Command, Propose, SetModeTo, Stop
from detente.gate.decision import Decision
from detente.gate.entries import Decided
from detente.gate.request import KillOrder, ModeOrder, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.runtime.sites import block, site, wipe
from tests.gate.runtime.test_restart import Clock, folded
from tests.ledger.store.disks import FailingDisk, QuickDisk

pytestmark = pytest.mark.slow

EVERY = 1 if os.environ.get("DETENTE_LONG") else 5
"""Each fifth touch in an ordinary run, all of them with DETENTE_LONG=1."""


class Life:
    """A short life of a gate, the same every time, and what it was told."""

    def __init__(self, folder: Path, disk: FailingDisk) -> None:
        self.folder, self.disk = folder, disk
        self.told: list[tuple[str, Decision]] = []
        self.failures = 0

    def live(self) -> None:
        gate = self._opened()
        for at in range(4):
            self._ask(gate, Propose("shield", block(f"a{at}")))
        held = self._ask(gate, Propose("shield", wipe("w1")))
        assert isinstance(held, Decision)
        assert held.hold is not None
        for person in ("ben", "cleo"):
            self._ask(gate, CastVote(person, held.hold, Vote(True, "looked at it", held.digest)))
        self._ask(gate, Propose("shield", wipe("w1")))
        self._ask(gate, Stop("ana", KillOrder("enough", "actor:borduria")))
        self._ask(gate, SetModeTo("ben", ModeOrder("guarded", "quieter")))
        self._ask(gate, Propose("rival", block("r1")))
        try:
            gate.close()
        except LedgerError:
            self.failures += 1

    def _opened(self) -> Gate:
        while True:
            try:
                return Gate.open(self.folder, clock=Clock(), disk=self.disk, publish_every=None)
            except (LedgerError, UnavailableError):
                self.failures += 1
                self.disk.armed = not self.disk.on

    def _ask(self, gate: Gate, command: Command) -> object:
        for _ in range(50):
            try:
                answer = gate.ask(command)
            except UnavailableError as error:
                said = (
                    "could not be recorded"
                    if isinstance(command, Stop)
                    else "no durable record, so no action"
                )
                assert said in str(error)  # noqa: PT017 -- and then it is asked again
                self.failures += 1
                self._mended(gate)
                continue
            if isinstance(command, Propose) and isinstance(answer, Decision):
                self.told.append((command.system, answer))
            return answer
        raise AssertionError("it never went on")

    def _mended(self, gate: Gate) -> None:
        """A disk that fails for good is replaced after a while; meanwhile nothing goes ahead."""
        if self.disk.on:
            with pytest.raises(UnavailableError, match="no durable record, so no action"):
                gate.propose("shield", block("meanwhile"))
            self.disk.armed = False
        pause = threading.Event()
        for _ in range(1000):
            if not gate.trouble:
                return
            pause.wait(0.01)
        raise AssertionError(f"it never went on: {gate.trouble}")

    def check(self) -> None:
        """What was answered is recorded, is what the state came from, and stays answered so."""
        with Gate.open(self.folder, clock=Clock(), disk=QuickDisk(), publish_every=None) as gate:
            assert folded(gate) == gate.state
            recorded = {
                entry.decision.evaluation: entry for _, entry in gate.entries(0) if isinstance(entry, Decided)
            }
            for system, answer in self.told:
                entry = recorded[answer.evaluation]
                assert entry.decision.effect == answer.effect
                if answer.effect in {"allow", "deny"}:
                    again = gate.propose(system, entry.action)
                    assert (again.repeated, again.evaluation, again.effect) == (
                        True,
                        answer.evaluation,
                        answer.effect,
                    )
            assert "meanwhile" not in {entry.action.id for entry in recorded.values()}


def _touches(folder: Path) -> int:
    disk = FailingDisk()
    life = Life(site(folder), disk)
    life.live()
    assert life.failures == 0
    assert [answer.effect for _, answer in life.told] == ["allow"] * 4 + ["hold", "allow", "deny"]
    life.check()
    return disk.touches


@pytest.mark.parametrize(("code", "on"), [(errno.ENOSPC, True), (errno.EIO, False)], ids=["full", "once"])
def test_a_disk_that_fails_at_any_touch(tmp_path: Path, code: int, on: bool) -> None:
    touches = _touches(tmp_path / "count")
    failures = 0
    for at in range(1 + code % EVERY, touches + 1, EVERY):
        disk = FailingDisk(at, code=code, on=on)
        life = Life(site(tmp_path / str(at)), disk)
        try:
            life.live()
            disk.armed = False
            life.check()
        except BaseException as error:
            error.add_note(f"failure {code} at touch {at} of {touches}")
            raise
        failures += life.failures
    print(f"{touches} touches, failures met and told: {failures}")
    assert touches > 60
    assert failures >= touches // EVERY // 2
