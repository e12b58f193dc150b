"""Spans of OpenTelemetry, one for each request: only where it is installed and the environment names where they go.

`OTEL_EXPORTER_OTLP_ENDPOINT` and its like are read by OpenTelemetry itself. A span has the operation, the status, and of a decision its
effect, mode and evaluation; never an argument, a token, or who asked.
"""

import os
from collections.abc import Mapping
from typing import Any

from detente.errors import HostingError, install
from detente.hosting.optional import load
from detente.hosting.server import CYCLE

__all__ = ["Traced", "is_wanted", "traced"]

_NAMES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the environment says where spans go."""
    return any(environment.get(name) for name in _NAMES) and environment.get("OTEL_SDK_DISABLED") != "true"


def traced(app: Any, provider: Any = None) -> "Traced":
    """Return the application with a span around each request.

    Parameters
    ----------
    provider
        Of tracers; by default one that exports over OTLP, as the environment says.

    Raises
    ------
    HostingError
        OpenTelemetry is not installed.
    """
    try:
        api = load("opentelemetry.trace")
        propagate = load("opentelemetry.propagate")
        provider = provider or _provider()
    except HostingError as error:
        raise HostingError(f"spans are asked for by the environment: {error}: {install('otel')}") from None
    return Traced(app, provider.get_tracer("detente.gate"), api.SpanKind.SERVER, propagate.extract)


def _provider() -> Any:
    sdk, export = load("opentelemetry.sdk.trace"), load("opentelemetry.sdk.trace.export")
    exporter = load("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter()
    resource = load("opentelemetry.sdk.resources").Resource.create({"service.name": "detente-gate"})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    return provider


class Traced:
    """The application inside, with a span around each request."""

    def __init__(self, app: Any, tracer: Any, kind: Any, extract: Any) -> None:
        self._app, self._tracer, self._kind, self._extract = app, tracer, kind, extract

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        method = scope["method"]
        scope.pop(CYCLE, None)  # answers are to be seen on their way
        with self._tracer.start_as_current_span(
            method,
            context=self._extract(carrier),
            kind=self._kind,
            attributes={"http.request.method": method},
        ) as span:

            async def seen(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, seen)
            self._describe(span, scope)

    @staticmethod
    def _describe(span: Any, scope: Any) -> None:
        route = scope.get("detente.operation")
        if route is not None:
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.route", route)
        decision = scope.get("detente.decision")
        if decision is not None:
            span.set_attribute("detente.effect", decision.effect)
            span.set_attribute("detente.mode", decision.mode)
            span.set_attribute("detente.evaluation", decision.evaluation)
