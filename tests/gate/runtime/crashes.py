"""`python -m tests.gate.runtime.crashes FOLDER ROUNDS SEED`: a process that serves a crowd is killed with signal 9, again and again.

Each time a child opens the gate, asks it as a crowd does from several threads, and writes down every answer it was given before it asks
on. The parent kills it at a random moment, opens the gate itself, and looks: every answer that was given is in the ledger, the
state is what the ledger comes to, and whoever asks again gets the same answer. In the end everything is derived anew from the ledger.
"""

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

from detente.errors import GateError
from detente.gate.commands import Propose
from detente.gate.decision import Decision
from detente.gate.entries import Decided
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.replaying import replay
from tests.gate.runtime.sites import Crowd, site
from tests.gate.runtime.test_restart import folded

THREADS = 3


def serve(folder: Path, seed: int, out: int) -> None:
    """Ask until killed."""
    gate = Gate.open(folder, snapshot_every=200)

    def ask(number: int) -> None:
        crowd = Crowd(seed * THREADS + number, f"{seed}-{number}")
        while True:
            command = crowd.next(gate.state)
            try:
                answer = gate.ask(command)
            except GateError:
                continue
            if isinstance(command, Propose) and isinstance(answer, Decision):
                kind = "again" if answer.repeated else "first"
                line = f"{command.action.id} {command.system} {answer.evaluation} {answer.effect} {kind}\n"
                os.write(out, line.encode())

    for number in range(THREADS):
        threading.Thread(target=ask, args=(number,), daemon=True).start()
    os.write(out, b"ready\n")
    time.sleep(600)


def one_round(folder: Path, seed: int, chance: random.Random) -> int:
    """Let a child live for a while, kill it, and look; return how many answers it was given."""
    acknowledged = folder.parent / f"told-{seed}"
    out = os.open(acknowledged, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    child = os.fork()
    if child == 0:
        try:
            serve(folder, seed, out)
        finally:
            os._exit(1)
    os.close(out)
    if chance.random() < 0.8:  # else it dies while it opens
        while b"ready" not in acknowledged.read_bytes():
            time.sleep(0.005)
    time.sleep(chance.uniform(0.0, 1.5))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines = [line.split(" ") for line in acknowledged.read_text().splitlines() if line != "ready"]
    look(folder, [line for line in lines if len(line) == 5])
    return len(lines)


def look(folder: Path, told: list[list[str]]) -> None:
    """See that every answer is kept."""
    with Gate.open(folder) as gate:
        assert folded(gate) == gate.state, "the state is not what the ledger comes to"
        recorded = {
            entry.decision.evaluation: entry for _, entry in gate.entries(0) if isinstance(entry, Decided)
        }
        for name, system, evaluation, effect, kind in told:
            entry = recorded.get(evaluation)
            if kind == "first":
                assert entry is not None, f"{name}: answered as {evaluation}, and it is not recorded"
                assert (entry.action.id, entry.decision.effect) == (name, effect)
            if entry is None or entry.action.id != name or effect not in {"allow", "deny"}:
                continue  # a repeat that told of something else: another action under a taken id, or a hold that waits
            if effect == entry.decision.effect:
                again = gate.propose(system, entry.action)
                assert (again.evaluation, again.effect) == (evaluation, effect), f"{name}: another answer now"


def main() -> None:
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    site(folder)
    chance = random.Random(seed)
    answers = sum(one_round(folder, seed + number, chance) for number in range(rounds))
    result = replay(folder / "ledger")
    assert result.holds, f"entry {result.first} does not follow from those before it"
    print(
        f"killed {rounds} times, {answers} answers given, none lost; {result.decisions} decisions derived anew, all the same"
    )


if __name__ == "__main__":
    main()
