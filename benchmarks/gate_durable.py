"""`python -m benchmarks.gate_durable`: what a decision costs that leaves only when it is on the disk, and what a gate remembers after millions.

    python -m benchmarks.gate_durable [CALLERS ...]        decisions per second for so many callers at once, beside what the ledger alone takes
    python -m benchmarks.gate_durable --memory MILLIONS    resident memory as millions of decisions pass, without waiting for the disk

Callers are coroutines in one process, each asking again when it has its answer; there is no HTTP in it. Each round measures everyone in
turn on the same machine; read the ratios. The ledger alone is given bodies of the same size in groups of as many as there are callers.
"""

import asyncio
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from detente._version import __version__
from detente.gate.chance import Drawn
from detente.gate.commands import Propose
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.entries import Decided, encode
from detente.gate.folder import copy_example
from detente.gate.policy import Policy
from detente.gate.request import Action, Premise
from detente.gate.runtime.gate import Gate
from detente.gate.state import State
from detente.ledger.store.create import create
from detente.ledger.store.disk import Disk
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger

ROUNDS = 3
CALLERS = (1, 32, 128, 512)
SECONDS = 4.0
DISK = Path("build", "bench-gate")  # on the disk of the checkout, and ignored by git


def action(name: str) -> Action:
    """An action that every rule looks at and none stops."""
    return Action(
        name,
        "avalon-laptop-17",
        "isolate-host",
        arguments={"reason": "malware"},
        premise=Premise("borduria", 0.93),
    )


def house(folder: Path) -> Path:
    """Make the example's folder, with a throttle that does not bind: what is measured is the gate, not its rate."""
    copy_example(folder)
    portfolio = folder / "portfolio.yaml"
    text = portfolio.read_text()
    unbound = text.replace("rate: {value: 6 /h,", "rate: {value: 1000000 /s,")
    unbound = unbound.replace("burst: {value: 4,", "burst: {value: 1000000,")
    assert unbound.count("1000000") == 2, "the example's throttle is another than expected"
    portfolio.write_text(unbound)
    return folder


async def asked(gate: Gate, callers: int, seconds: float, tag: str) -> tuple[int, list[float]]:
    """Let so many callers ask for so long; return how many answers they got, and after how many seconds each."""
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def ask(number: int) -> None:
        at = 0
        while (start := time.perf_counter()) < end:
            answer = await gate.asked(Propose("avalon-shield", action(f"{tag}-{number}-{at}")))
            assert isinstance(answer, Decision)
            waits.append(time.perf_counter() - start)
            at += 1

    await asyncio.gather(*(ask(number) for number in range(callers)))
    return len(waits), waits


def through_the_gate(callers: int, tag: str) -> tuple[float, float, float, float]:
    """Return decisions per second, median and 99th percentile of the wait in ms, and processor time of a decision in us."""
    folder = Path(tempfile.mkdtemp(dir=DISK))
    with Gate.open(house(folder / "gate")) as gate:
        start, spent = time.perf_counter(), time.process_time()
        count, waits = asyncio.run(asked(gate, callers, SECONDS, tag))
        rate = count / (time.perf_counter() - start)
        spent = time.process_time() - spent
    shutil.rmtree(folder)
    cuts = quantiles(waits, n=100)
    return rate, 1e3 * median(waits), 1e3 * cuts[98], 1e6 * spent / count


def ledger_alone(callers: int, body: bytes) -> float:
    """Return entries per second of the ledger alone, in groups of as many as there are callers."""
    folder = Path(tempfile.mkdtemp(dir=DISK))
    create(folder / "ledger", "bench")
    with Ledger(folder / "ledger") as ledger:
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS:
            ledger.append_many([Draft("gate", body) for _ in range(callers)])
            count += callers
        rate = count / (time.perf_counter() - start)
    shutil.rmtree(folder)
    return rate


def pure(policy: Policy, count: int = 20_000) -> tuple[float, bytes]:
    """Return microseconds of processor time of one pure decision with its entry encoded, and such an entry."""
    state, now, body = State(policy=policy.digest), time.time_ns(), b""
    actions = [action(f"p-{at}") for at in range(count)]
    start = time.process_time()
    for at, one in enumerate(actions, 1):
        decision, state = decide(state, one, policy, now + at, system="avalon-shield", chance=Drawn(at))
        body = encode(Decided(decision.at, one, decision))
    return (time.process_time() - start) / count * 1e6, body


class NoWait(Disk):
    """A disk that is not waited for."""

    def sync(self, fd: int) -> None:
        pass

    def sync_folder(self, path: Path) -> None:
        pass


def memory(millions: float) -> None:
    """Print resident memory as decisions pass, by 512 callers; then how long opening takes."""
    folder = Path(tempfile.mkdtemp(dir=DISK))
    target, done = int(millions * 1e6), 0
    house(folder / "gate")
    with Gate.open(folder / "gate", disk=NoWait(), publish_every=None) as gate:
        while done < target:
            count, _ = asyncio.run(asked(gate, 512, 10.0, f"m{done}"))
            done += count
            print(
                f"{done:>12,} decisions  {_resident():8.1f} MB  {count / 10.0:10,.0f} /s  {_sizes(gate)}",
                flush=True,
            )
        start = time.perf_counter()
    print(
        f"closed in {time.perf_counter() - start:.1f} s, highest {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    start = time.perf_counter()
    with Gate.open(folder / "gate", publish_every=None) as gate:
        print(f"opened in {time.perf_counter() - start:.1f} s with {gate.state.decided:,} decisions")
    shutil.rmtree(folder)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _sizes(gate: Gate) -> str:
    state = gate.state
    return f"answered {len(state.answered):,}, events {len(state.events):,}, holds {len(state.holds):,}"


def main() -> None:
    DISK.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:2] == ["--memory"]:
        memory(float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
        return
    callers = [int(one) for one in sys.argv[1:]] or list(CALLERS)
    folder = house(Path(tempfile.mkdtemp(dir=DISK)) / "gate")
    with Gate.open(folder) as gate:
        policy = gate.policy
    cost, body = pure(policy)
    print(
        f"detente {__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; an entry has {len(body)} bytes"
    )
    print(f"one decision and its entry, pure: {cost:.1f} us of processor time, {1e6 / cost:,.0f} /s")
    for many in callers:
        rounds = [(through_the_gate(many, f"{many}-{at}"), ledger_alone(many, body)) for at in range(ROUNDS)]
        rate, wait, late, spent = (median(one[0][place] for one in rounds) for place in range(4))
        share = median(one[0][0] / one[1] for one in rounds)
        print(
            f"{many:>4} callers  {rate:>9,.0f} /s   p50 {wait:6.2f} ms  p99 {late:6.2f} ms  {spent:6.1f} us of processor time   "
            f"ledger alone {median(one[1] for one in rounds):>9,.0f} /s   ratio {share:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
