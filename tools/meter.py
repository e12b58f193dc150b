"""Judges the criticality meter on streams of known R, and writes the tables of docs/meter.md.

    python tools/meter.py [--runs 400] [--days 60] [--crises 400] [--page docs/meter.md]

The page holds the prose; what stands between `<!-- NAME -->` and `<!-- end of NAME -->` is written here.
"""

import argparse
import math
import re
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from verification.branching import (
    SECOND,
    Delays,
    Rate,
    Stream,
    constant,
    exponential,
    fixed,
    lognormal,
    mixed,
    poisson,
    step,
    stream,
)

import detente
from detente.engine.compile import compile_tables
from detente.engine.trace import trace
from detente.gate.meter import Estimate, Event, Meter, Settings, crosses, observe, read
from detente.model.library import load

ROOT = Path(__file__).resolve().parent.parent
SEED = 20_240
WHOLE = ("overall",)
LAWS: dict[str, Delays] = {
    "exponential, 1 s": exponential(1.0),
    "fixed, 1 s": fixed(1.0),
    "lognormal, 10 s, spread 2": lognormal(10.0, 2.0),
    "half 5 ms, half 5 min": mixed((0.5, exponential(0.005)), (0.5, exponential(300.0))),
}
HISTORIES = (
    (600.0, 60, 1),
    (600.0, 300, 1),
    (7200.0, 1200, 4),
)  # seconds, events about, streams fewer by a factor
CYCLE_S = 4 * 3600.0
BASELINES: dict[str, Rate] = {
    "constant": constant(1.0),
    "rises tenfold in two hours, and falls": lambda t: (
        10.0 ** (0.5 - 0.5 * math.cos(2 * math.pi * t / CYCLE_S))
    ),
    "jumps tenfold for an hour": lambda t: 10.0 if t % CYCLE_S > CYCLE_S - 3600.0 else 1.0,
}
DELAYS = lognormal(10.0, 1.0)  # of the streams that trips are counted in; 16 s on average
CONFIDENCE = 0.95

Readings = dict[str, tuple[Settings, float]]
"""By name: how the meter is read, and the level of R that trips."""


def main() -> None:
    """Measure, and write the page."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--runs", type=int, default=200, help="streams per row of the first table")
    words.add_argument("--days", type=int, default=10, help="days in which false trips are counted")
    words.add_argument("--crises", type=int, default=150, help="crises of each shipped scenario")
    words.add_argument(
        "--only", choices=("accuracy", "trips", "detection", "lab"), help="one table instead of all four"
    )
    words.add_argument("--page", type=Path, default=ROOT / "docs" / "meter.md")
    told = words.parse_args()
    tables = {
        "accuracy": lambda: accuracy(told.runs),
        "trips": lambda: false_trips(told.days),
        "detection": lambda: detection(told.runs // 5),
        "lab": lambda: lab(told.crises),
    }
    for name, make in tables.items():
        if told.only in (None, name):
            write(told.page, name, make())


def write(page: Path, name: str, lines: Iterable[str]) -> None:
    """Put a table in its place, and show it as it grows."""
    kept = []
    for line in lines:
        print(line, flush=True)
        kept.append(line)
    marks = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
    text = "\n".join(["", *kept, ""])
    page.write_text(
        marks.sub(lambda m: f"{m[1]}{text}{m[2]}", page.read_text(encoding="utf-8")), encoding="utf-8"
    )


def accuracy(runs: int) -> Iterator[str]:
    """Bias of the value and coverage of the interval, for each law, R and length of history."""
    yield "| delays | R | history | events | bias | spread | 95 % intervals that hold R | that lie above | below |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for seconds, about, fewer in HISTORIES:
        for law, delays in LAWS.items():
            for r in (0.5, 0.8, 0.95, 1.1):
                yield accuracy_row(law, delays, r, seconds, about, runs // fewer)


def accuracy_row(law: str, delays: Delays, r: float, seconds: float, about: int, runs: int) -> str:
    """One row; R = 1.1 runs until it has three times as many events, if it does not die out."""
    rng = np.random.default_rng(SEED)
    settings = Settings(half_life_s=seconds if seconds < 3600 else 1800.0)
    rate = about * max(1.0 - r, 0.05) / seconds
    found, events = [], []
    for _ in range(runs):
        born = poisson(rng, constant(rate), rate, seconds)
        one = stream(rng, immigrants_s=born, mean=constant(r), delays=delays, until_s=seconds, most=3 * about)
        found.append(last(one, settings))
        events.append(one.times_s.size)
    values = [estimate.value for estimate in found]
    above = sum(estimate.low > r for estimate in found) / runs
    below = sum(estimate.high < r for estimate in found) / runs
    spread = statistics.stdev(values)
    return (
        f"| {law} | {r:g} | {seconds / 60:g} min | {statistics.mean(events):.0f} "
        f"| {statistics.mean(values) - r:+.3f} ± {2 * spread / runs**0.5:.3f} | {spread:.3f} "
        f"| {100 * (1 - above - below):.1f} % | {100 * above:.1f} % | {100 * below:.1f} % |"
    )


def last(one: Stream, settings: Settings) -> Estimate:
    """What the meter says at the end of a stream."""
    meter = Meter.empty(settings)
    for event in one.events():
        meter = observe(meter, event, settings)
    return read(meter, WHOLE, round(one.until_s * SECOND), settings)


def readings_of(half_life_s: float) -> Readings:
    """Give ways of reading the same meter."""
    links = Settings(half_life_s=half_life_s, method="links")
    counts = Settings(half_life_s=half_life_s, method="window-variance")
    return {
        "links, level 1": (links, 1.0),
        "window-variance, level 1": (counts, 1.0),
        "window-variance, level 0.7": (counts, 0.7),
    }


def false_trips(days: int) -> Iterator[str]:
    """Trips a day where R is 0.8 all along."""
    yield f"| R = 0.8 for {days} days, immigrants | half-life | read by | mean of R | trips a day | share of time tripped |"
    yield "|---|--:|---|--:|--:|--:|"
    for baseline, rate in BASELINES.items():
        for half_life_s in (600.0, 3600.0):
            readings = readings_of(half_life_s)
            trips = dict.fromkeys(readings, 0)
            said: dict[str, list[float]] = {method: [] for method in readings}
            over: dict[str, int] = dict.fromkeys(readings, 0)
            rng = np.random.default_rng(SEED + 1)
            for _ in range(days):
                for method, tripped, value in watched(rng, rate, readings):
                    was = over[method]
                    trips[method] += tripped and not was
                    over[method] = tripped
                    said[method].append(value if not tripped else -value)
                over = dict.fromkeys(readings, 0)
            for method in readings:
                values = np.array(said[method])
                yield (
                    f"| {baseline} | {half_life_s / 60:g} min | {method} | {np.abs(values).mean():.2f} "
                    f"| {trips[method] / days:.2f} | {100 * (values < 0).mean():.2f} % |"
                )


def watched(rng: np.random.Generator, rate: Rate, readings: Readings) -> Iterator[tuple[str, bool, float]]:
    """A day of R = 0.8 with about two to 20 immigrants a minute, read with every event of it."""
    day = 86_400.0
    base = 1.0 / 60.0
    born = poisson(rng, lambda t: base * rate(t), 10.0 * base, day)
    one = stream(rng, immigrants_s=born, mean=constant(0.8), delays=DELAYS, until_s=day)
    yield from read_along(one.events(), readings)


def read_along(events: list[Event], readings: Readings) -> Iterator[tuple[str, bool, float]]:
    """With every event, each method's answer: whether it trips, and its value."""
    kept = next(iter(readings.values()))[0]
    ways = {settings.method: settings for settings, _ in readings.values()}.values()
    meter = Meter.empty(kept)
    for event in events:
        meter = observe(meter, event, kept)
        found = {settings.method: read(meter, WHOLE, event.at, settings) for settings in ways}
        for name, (settings, level) in readings.items():
            estimate = found[settings.method]
            yield name, crosses(estimate, level, CONFIDENCE), estimate.value


def detection(runs: int) -> Iterator[str]:
    """How long until a trip, once R has stepped from 0.5 to 1.2."""
    yield f"| R steps from 0.5 to 1.2, {runs} times | half-life | median delay | 9 in 10 within | events by then, median | tripped before | not within 1 h or 6,000 events |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for half_life_s in (600.0, 3600.0):
        readings = readings_of(half_life_s)
        rng = np.random.default_rng(SEED + 2)
        found = [detected(rng, readings) for _ in range(runs)]
        for method in readings:
            yield detection_row(method, half_life_s, [each[method] for each in found])


def detection_row(method: str, half_life_s: float, found: list[tuple[float, int]]) -> str:
    """One row, from (delay in s, events since the step): 0 s for a trip before it, infinite for none."""
    delays = sorted(delay for delay, _ in found)
    early, never = sum(d == 0.0 for d in delays), sum(d == math.inf for d in delays)
    return (
        f"| {method} | {half_life_s / 60:g} min | {seconds(delays[len(delays) // 2])} "
        f"| {seconds(delays[math.ceil(0.9 * len(delays)) - 1])} | {statistics.median(n for _, n in found):.0f} "
        f"| {early} | {never} |"
    )


def seconds(delay: float) -> str:
    """Word a delay."""
    return "never" if delay == math.inf else f"{delay:.0f} s"


def detected(rng: np.random.Generator, readings: Readings) -> dict[str, tuple[float, int]]:
    """Delay and number of events until the first trip of each method, in one stream."""
    at, end = 7200.0, 10_800.0
    born = poisson(rng, constant(3.0 / 60.0), 3.0 / 60.0, end)
    one = stream(rng, immigrants_s=born, mean=step(0.5, 1.2, at), delays=DELAYS, until_s=end, most=7_000)
    quiet = int(np.searchsorted(one.times_s, at))
    found: dict[str, tuple[float, int]] = {}
    for position, (method, tripped, _) in enumerate(read_along(one.events(), readings)):
        event = position // len(readings)
        if tripped and event >= quiet - 50 and method not in found:
            found[method] = max(0.0, float(one.times_s[event]) - at), max(0, event - quiet)
        if len(found) == len(readings):
            break
    return {method: found.get(method, (math.inf, one.times_s.size - quiet)) for method in readings}


def lab(crises: int) -> Iterator[str]:
    """Shipped scenarios: the solver's R, the mean offspring per incident, and what the meter says."""
    yield "| scenario | R of the solver | mean offspring per incident, counted | meter, overall | 95 % interval |"
    yield "|---|--:|--:|--:|--:|"
    for name in detente.scenarios():
        solution = detente.solve(name)
        events, provoked = lab_events(name, crises)
        settings = Settings(half_life_s=1e9, horizon_s=86_400.0 * 30, max_events=10_000_000)
        meter = Meter.empty(settings)
        for event in events:
            meter = observe(meter, event, settings)
        estimate = read(meter, WHOLE, events[-1].at, settings)
        yield (
            f"| {name} | {solution.escalation_number:.3f} | {provoked / len(events):.3f} "
            f"| {estimate.value:.3f} | {estimate.low:.3f} to {estimate.high:.3f} |"
        )


def lab_events(name: str, crises: int) -> tuple[list[Event], int]:
    """The incidents of many crises, one crisis after another, as a gate would see them; and how many were provoked."""
    scenario = load(name)
    tables = compile_tables(scenario)
    events: list[Event] = []
    start, provoked = 0, 0
    for crisis in range(crises):
        incidents = trace(scenario, tables, seed=SEED, crisis=crisis).incidents
        first = min(
            (one.time_s for one in incidents), default=0.0
        )  # a false alarm may come before the first shock
        for one in incidents:
            at = start + round((one.time_s - first) * SECOND)
            parents = () if one.parent is None else (f"{crisis}/{one.parent}",)
            provoked += one.parent is not None
            events.append(Event(f"{crisis}/{one.index}", at, one.author or "nobody", one.domain, parents))
        start = events[-1].at + 3600 * SECOND if events else start
    return events, provoked


if __name__ == "__main__":
    main()
