"""`python -m benchmarks.gate`: what a decision costs, beside plain Python and other policy engines, by the same twenty rules.

Before anything is timed, every engine answers every record as the reference does, for the same reasons where it names them. Each
round measures everyone in turn: first many calls at once, in processor time, so that whoever else uses the machine does not count;
then call by call, by the wall clock, whose median says the same. (To read a thread's processor time is a call of the system, after
which the next decision finds its caches cold: that is then measured, too.) What is shown are medians of the rounds, and of ratios
within them. `--quick` looks for a few minutes; `--memory` decides ten million times and watches memory.
"""

import argparse
import gc
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from benchmarks import gate_ours as ours
from benchmarks.__main__ import _machine
from benchmarks.gate_peers import Engine, engines, plain, unsaid
from benchmarks.gate_rules import RULES, Record, records, strictest
from detente.gate.commands import Propose
from detente.gate.decide import decide
from detente.gate.decision import Decision
from detente.gate.handle import handle
from detente.gate.policy import NS, Policy
from detente.gate.state import State

COUNT = 2_000
SEED = 20
ROUNDS = 9
STREAM = 10
"""times that the records are asked in one stream, each time under fresh ids"""
LEAST_S = 0.2
"""seconds of processor time that each engine is measured for in a round, at least"""
REFERENCE = "plain Python"
OURS = "detente, decide with every reason"


class Measured(NamedTuple):
    """One engine in one round."""

    per_s: float
    """decisions per second of processor time"""
    p50: float
    """microseconds, call by call"""
    p99: float


# --- the same answers -----------------------------------------------------------------------------


def agree(engine: Engine, asked: list[Record]) -> None:
    """Stop where an engine answers otherwise than the reference."""
    for record, given in zip(asked, engine.inputs, strict=True):
        expected = [rule.name for rule in engine.rules if rule.python(record)]
        effect, matched = engine.says(engine.judge(given))
        same = effect == strictest(expected) and (not engine.names_all or sorted(matched) == sorted(expected))
        assert same, f"{engine.name}: found {effect} by {matched}, expected {expected} of {record}"


def agree_ours(policy: Policy, base: State, asked: list[Record]) -> None:
    """Stop where a gate answers otherwise than the reference, or for other reasons."""
    state = base
    for number, record in enumerate(asked):
        one = ours.asked(record, number)
        handled = handle(ours.with_surroundings(state, one), one.command, policy, one.now)
        effect, matched = plain(record)
        given, state = handled.answer, handled.state
        assert isinstance(given, Decision), f"found {given}, expected a decision on {record}"
        assert ours.fits(given, effect, matched), f"found {given}, expected {matched} of {record}"


# --- measuring ------------------------------------------------------------------------------------

Passes = Callable[[int], tuple[Callable[[Any], object], list[Any]]]
"""From how many times the records are asked to what is called, and with what."""


def of_engine(engine: Engine) -> Passes:
    return lambda times: (engine.judge, engine.inputs * times)


def of_gate(
    policy: Policy, base: State, asked: list[Record], one_step: Callable[[State, ours.Asked], State]
) -> Passes:
    """One long stream: every state is the one that the decision before it left, with the record's surroundings."""
    first, *stream = (ours.asked(record, number) for number, record in enumerate((asked[0], *asked * STREAM)))

    def passes(times: int) -> tuple[Callable[[Any], object], list[Any]]:
        # To add to a state that others have gone on from copies it; a gate goes on from its last.
        state = one_step(ours.with_surroundings(base, first), first)

        def step(one: ours.Asked) -> None:
            nonlocal state
            state = one_step(ours.with_surroundings(state, one), one)

        return step, stream[: len(asked) * min(times, STREAM)]

    return passes


def measure(passes: Passes, times: int) -> Measured:
    """Measure one engine in one round."""
    call, inputs = passes(times)
    gc.collect()
    start = time.process_time()
    for one in inputs:
        call(one)
    per_s = len(inputs) / (time.process_time() - start)
    call, inputs = passes(min(times, 2))
    nothing = median(_each(lambda _: None, inputs))  # what it takes to read the clock
    cuts = quantiles((took - nothing for took in _each(call, inputs)), n=100)
    return Measured(per_s, cuts[49] / 1e3, cuts[98] / 1e3)


def _each(call: Callable[[Any], object], inputs: list[Any]) -> list[int]:
    """Return the nanoseconds that each call took, the reading of the clock included."""
    took = []
    clock = time.perf_counter_ns
    for one in inputs:
        start = clock()
        call(one)
        took.append(clock() - start)
    return took


def contest(everyone: dict[str, Passes], rounds: int) -> dict[str, list[Measured]]:
    """Measure everyone in every round, taking turns at going first."""
    times = {name: _enough(passes) for name, passes in everyone.items()}
    found: dict[str, list[Measured]] = {name: [] for name in everyone}
    for turn in range(rounds):
        for name in everyone if turn % 2 else reversed(everyone):
            found[name].append(measure(everyone[name], times[name]))
    return found


def _enough(passes: Passes) -> int:
    """Return how many times the records are asked for, so that it can be measured; this warms up as well."""
    per_s = measure(passes, 1).per_s
    return max(1, round(LEAST_S * per_s / COUNT))


def show(found: dict[str, list[Measured]]) -> None:
    """Print a line for each: medians, and the range of the ratio to the reference."""
    print(
        f"{'':<66}{'decisions/s':>12}{'p50 us':>9}{'p99 us':>9}{'x plain':>9}{'range':>18}{'x detente':>11}"
    )
    for name, rows in found.items():
        plainly = [before.per_s / mine.per_s for before, mine in zip(found[REFERENCE], rows, strict=True)]
        beside = [gate.per_s / mine.per_s for gate, mine in zip(found[OURS], rows, strict=True)]
        print(
            f"{name:<66}{median(row.per_s for row in rows):>12,.0f}{median(row.p50 for row in rows):>9.2f}"
            f"{median(row.p99 for row in rows):>9.2f}{median(plainly):>9.2f}"
            f"{f'{min(plainly):.2f} to {max(plainly):.2f}':>18}{median(beside):>11.2f}",
            flush=True,
        )


def compare(rounds: int) -> int:
    """Print the table; 1 when a peer could not take part."""
    asked = records(COUNT, SEED)
    policy = ours.policy()
    base = ours.remembering(policy, asked)
    peers, missing = engines(asked)
    for engine in peers:
        agree(engine, asked)
    agree_ours(policy, base, asked)
    answers = Counter(plain(record)[0] for record in asked)
    mix = ", ".join(f"{effect} {count / COUNT:.0%}" for effect, count in answers.most_common())
    print(
        f"{len(RULES)} rules, {COUNT:,} records of {len(asked[0])} fields ({mix}); all agree on all of them; {rounds} rounds"
    )

    def decided(state: State, one: ours.Asked) -> State:
        return decide(state, one.command.action, policy, one.now, system=one.command.system)[1]

    def handled(state: State, one: ours.Asked) -> State:
        return handle(state, one.command, policy, one.now).state

    everyone = {engine.name: of_engine(engine) for engine in peers}
    everyone[OURS] = of_gate(policy, base, asked, decided)
    everyone["detente, handle: the decision, its entry, the next state"] = of_gate(
        policy, base, asked, handled
    )
    show(contest(everyone, rounds))
    frame = measure(of_gate(policy, base, asked, lambda state, _: state), 1)
    print(
        f"of which {1e6 / frame.per_s:.2f} us put a record's mode, phase and clock into the state of a gate"
    )
    print(f"Microsoft's toolkit cannot be told: {', '.join(unsaid())}")
    print("".join(f"!! MISSING  {line}\n" for line in missing), end="")
    return 1 if missing else 0


# --- memory ---------------------------------------------------------------------------------------

DECISIONS = 10_000_000
CHUNKS = 20


def watch(decisions: int) -> int:
    """Decide so many times in one stream under fresh ids, and print how much memory is in use after each chunk."""
    asked = records(COUNT, SEED)
    policy = ours.policy(deadline="30 s")  # so that holds come and go
    requests = [ours.asked(record, 0).command for record in asked]
    state, now = State(), round(ours.START.timestamp()) * NS
    print(f"{'decisions':>12}{'resident MB':>13}{'us each':>9}{'remembered':>12}", flush=True)
    chunk = decisions // CHUNKS
    for start in range(0, chunk * CHUNKS, chunk):
        began = time.process_time()
        for number in range(start, start + chunk):
            now += NS  # fewer than the throttles let pass, so that every answer is common
            request = requests[number % COUNT]
            fresh = Propose(request.system, ours.renamed(request.action, f"a{number}"))
            state = handle(state, fresh, policy, now).state
        us = 1e6 * (time.process_time() - began) / chunk
        remembered = len(state.answered) + len(state.events) + len(state.closed) + len(state.holds)
        print(f"{start + chunk:>12,}{_resident():>13.1f}{us:>9.1f}{remembered:>12,}", flush=True)
    return 0


def _resident() -> float:
    """Return the resident memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Compare, or watch memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of nine")
    parser.add_argument("--memory", action="store_true", help="ten million decisions, and the memory in use")
    parser.add_argument("--decisions", type=int, default=DECISIONS, help="how many, with --memory")
    chosen = parser.parse_args()
    print(_machine())
    return watch(chosen.decisions) if chosen.memory else compare(2 if chosen.quick else ROUNDS)


if __name__ == "__main__":
    raise SystemExit(main())
