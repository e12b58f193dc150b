"""A span per decision for OpenTelemetry, made from what is durable, by a thread of its own: deciding does not know of it.

The span begins at the decision's own time and ends when the decision was durable. Where the request bore a `traceparent` (W3C Trace
Context), the span is its child. Spans are not kept for anybody who is away: the ledger has every decision anyhow.
"""

import logging
import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from detente._version import __version__
from detente.gate.decision import ALLOW
from detente.gate.entries import Decided, Entry
from detente.gate.outward.feed import Followed
from detente.hosting.optional import load

__all__ = ["ENDPOINTS", "Traces", "attributes_of", "exporting", "is_asked_for", "tracing"]

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of the environment: one of them says where spans go."""
SPAN = "gate.decide"

log = logging.getLogger("detente.gate.outward")

_MOST = 8192
"""Decisions that wait to become spans, and requests that may become parents."""
_EVERY_S = 0.1
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def is_asked_for() -> bool:
    """Tell whether the environment says where spans go, and does not say that there are none."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not off and any(os.environ.get(name) for name in ENDPOINTS)


def attributes_of(index: int, entry: Decided) -> dict[str, Any]:
    """Return what a span says of a decision: never an argument."""
    action, decision = entry.action, entry.decision
    found: dict[str, Any] = {
        "detente.effect": decision.effect,
        "detente.rules": [reason.rule for reason in decision.reasons if reason.effect != ALLOW],
        "detente.system": decision.system,
        "detente.kind": action.action or f"{action.domain}/{action.rung}",
        "detente.action": decision.action,
        "detente.evaluation": decision.evaluation,
        "detente.mode": decision.mode,
        "detente.phase": decision.phase,
        "detente.policy": decision.policy,
        "detente.entry": index,
    }
    if decision.hold is not None:
        found["detente.hold"] = decision.hold
    if decision.would is not None:
        found["detente.would"] = decision.would
    return found


class Traces:
    """Makes spans until it is closed.

    Parameters
    ----------
    provider
        An OpenTelemetry TracerProvider, which is shut down at the end.

    Raises
    ------
    HostingError
        OpenTelemetry is not installed.
    """

    def __init__(self, gate: Followed, provider: Any) -> None:
        self._trace = load("opentelemetry.trace", "otel")
        self._propagator = load(
            "opentelemetry.trace.propagation.tracecontext", "otel"
        ).TraceContextTextMapPropagator()
        self._empty = load("opentelemetry.context", "otel").Context()
        self._provider = provider
        self._tracer = provider.get_tracer("detente.gate", __version__)
        self._gate = gate
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, Sequence[tuple[int, Entry]]]] = deque()
        self._size = 0
        self._parents: dict[tuple[str, str], str] = {}
        self.lost = 0
        """Decisions that became no span, because there were too many at once."""
        self._closing = threading.Event()
        self._leave = gate.follow(self._told)
        self._thread = threading.Thread(target=self._work, name="gate-traces", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parent(self, system: str, action: str, traceparent: str) -> None:
        """Note where the request belongs in which a system proposes an action, before it is decided; what is no `traceparent` is not."""
        if _TRACEPARENT.fullmatch(traceparent) is None or len(traceparent) > 256:
            return
        with self._lock:
            self._parents.pop((system, action), None)
            self._parents[system, action] = traceparent
            if len(self._parents) > _MOST:
                del self._parents[next(iter(self._parents))]

    def close(self) -> None:
        """Make spans of what waits, and send what there is."""
        self._leave()
        self._closing.set()
        self._thread.join()
        self._provider.shutdown()

    def _told(self, group: Sequence[tuple[int, Entry]]) -> None:
        # Under the gate's lock: kept, and nothing else.
        with self._lock:
            if self._size + len(group) > _MOST:
                self.lost += len(group)
                return
            self._size += len(group)
            self._waiting.append((self._gate.now(), group))

    def _work(self) -> None:
        is_closing = False
        while not is_closing:
            is_closing = self._closing.wait(_EVERY_S)
            with self._lock:
                groups, self._waiting, self._size = self._waiting, deque(), 0
            for durable, group in groups:
                for index, entry in group:
                    if isinstance(entry, Decided):
                        self._span_or_not(index, entry, durable)

    def _span_or_not(self, index: int, entry: Decided, durable: int) -> None:
        try:
            self._span(index, entry, durable)
        except Exception:  # whatever is wrong with a tracer, the gate goes on
            self.lost += 1
            if self.lost == 1:
                log.exception("entry %d became no span; further ones are counted", index)

    def _span(self, index: int, entry: Decided, durable: int) -> None:
        decision = entry.decision
        with self._lock:
            traceparent = self._parents.pop((decision.system, decision.action), None)
        # An empty context, so that nothing that is current here by chance becomes the parent.
        context = self._empty
        if traceparent is not None:
            context = self._propagator.extract({"traceparent": traceparent}, context=context)
        span = self._tracer.start_span(
            SPAN, context=context, kind=self._trace.SpanKind.INTERNAL, start_time=decision.at,
            attributes=attributes_of(index, entry),
        )  # fmt: skip
        span.end(end_time=max(decision.at, durable))


def exporting(charter: str) -> Any:
    """Return a provider that sends spans by OTLP over HTTP, as the OTEL_... variables of the environment say.

    Raises
    ------
    HostingError
        OpenTelemetry or its exporter is not installed.
    """
    sdk = load("opentelemetry.sdk.trace", "otel")
    export = load("opentelemetry.sdk.trace.export", "otel")
    exporter = load("opentelemetry.exporter.otlp.proto.http.trace_exporter", "otel").OTLPSpanExporter()
    resources = load("opentelemetry.sdk.resources", "otel")
    # What is given here would win over the environment, so the name is given only where that says none.
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    stated = {"detente.charter": charter} | ({} if named else {"service.name": "detente-gate"})
    provider = sdk.TracerProvider(resource=resources.Resource.create(stated), shutdown_on_exit=False)
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    return provider


@contextmanager
def tracing(gate: Followed, *, is_on: bool) -> Iterator[Traces | None]:
    """Trace decisions as long as the context lasts, where that is asked for. Raises as `exporting`."""
    if not is_on:
        yield None
        return
    with Traces(gate, exporting(gate.policy.charter.name)) as traces:
        yield traces
