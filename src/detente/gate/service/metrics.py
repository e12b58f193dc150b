"""What Prometheus asks for, in its text format 0.0.4: a dozen numbers, so written here rather than by a library.

Names of identities are not labels: whoever reads metrics need not learn who proposes what.
"""

import bisect
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from detente.gate.decision import MODES, Decision
from detente.gate.modes import LEVEL
from detente.gate.policy import Policy
from detente.gate.service.port import Gate
from detente.gate.state import State

__all__ = ["MEDIA", "Metrics", "exposition"]

MEDIA = b"text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds."""


class Metrics:
    """Counts since this service began. For one event loop."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.objections: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.repeated = 0
        self._slower = [0] * (len(_BUCKETS) + 1)
        self._seconds = 0.0

    def decided(self, decision: Decision, seconds: float) -> None:
        """Count a decision, and how long it took from the request's body to its durable record."""
        self.effects[decision.effect] += 1
        self.repeated += decision.repeated
        for reason in decision.reasons:
            if reason.effect != "allow":
                self.objections[reason.rule] += 1
        self._slower[bisect.bisect_left(_BUCKETS, seconds)] += 1
        self._seconds += seconds

    def latency(self) -> Iterator[str]:
        """Yield the lines of the histogram."""
        total = 0
        for bound, count in zip(_BUCKETS, self._slower, strict=False):
            total += count
            yield f'detente_gate_decision_seconds_bucket{{le="{bound:g}"}} {total}'
        total += self._slower[-1]
        yield f'detente_gate_decision_seconds_bucket{{le="+Inf"}} {total}'
        yield f"detente_gate_decision_seconds_sum {self._seconds:.6f}"
        yield f"detente_gate_decision_seconds_count {total}"


def exposition(metrics: Metrics, gate: Gate, streams: int) -> bytes:
    """Return everything, as Prometheus reads it."""
    lines = [
        *_family("decisions_total", "counter", "Decisions answered.", "effect", metrics.effects),
        *_family("objections_total", "counter", "Rules that spoke against.", "rule", metrics.objections),
        *_single("repeats_total", "counter", "Answers that were given before.", metrics.repeated),
        *_family("responses_total", "counter", "HTTP responses.", "status", metrics.statuses),
        *_head("decision_seconds", "histogram", "From the request to its durable record."),
        *metrics.latency(),
        *_of_state(gate.standing, gate.policy),
        *_single("ledger_entries", "gauge", "Entries in the ledger.", gate.size),
        *_single("recording", "gauge", "1 while decisions can be recorded.", int(not gate.trouble)),
        *_single(
            "clock_behind_seconds",
            "gauge",
            "By how much the clock is behind the last entry.",
            gate.behind / 1e9,
        ),
        *_single("event_streams", "gauge", "Streams of events that are open.", streams),
    ]
    return ("\n".join(lines) + "\n").encode()


def _of_state(state: State, policy: Policy) -> Iterator[str]:
    pending = Counter(dict.fromkeys(policy.groups, 0))  # what has no sample cannot be watched
    pending.update(hold.group for hold in state.holds.values() if hold.status == "pending")
    yield from _family("holds_pending", "gauge", "Holds that wait for people.", "group", pending)
    levels = {scope: LEVEL[mode.mode] for scope, mode in sorted(state.modes.items())}
    levels.setdefault("overall", 0)
    help_text = f"Mode of a scope: {', '.join(f'{place} {mode}' for place, mode in enumerate(MODES))}."
    yield from _family("mode", "gauge", help_text, "scope", levels)
    tested = 0.0 if state.kill.tested is None else state.kill.tested / 1e9
    yield from _single("kill_tested_seconds", "gauge", "When the switch was last tested.", tested)
    yield from _single(
        "kill_passed", "gauge", "1 where the switch passed its last test.", int(state.kill.passed)
    )
    yield from _single("evaluations_total", "counter", "Evaluations there have ever been.", state.decided)


def _head(name: str, kind: str, help_text: str) -> Iterator[str]:
    yield f"# HELP detente_gate_{name} {help_text}"
    yield f"# TYPE detente_gate_{name} {kind}"


def _single(name: str, kind: str, help_text: str, value: float) -> Iterator[str]:
    yield from _head(name, kind, help_text)
    yield f"detente_gate_{name} {value}"


def _family(name: str, kind: str, help_text: str, label: str, values: Mapping[Any, int]) -> Iterator[str]:
    yield from _head(name, kind, help_text)
    for key, value in sorted(values.items(), key=lambda item: str(item[0])):
        yield f'detente_gate_{name}{{{label}="{_escaped(str(key))}"}} {value}'


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
