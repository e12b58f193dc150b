"""Spans: one for each request, with what was decided and nothing of what was asked."""

import pytest

from detente.errors import HostingError
from detente.gate.service import telemetry
from tests.gate.service.build import action, calling, token


def test_nothing_is_traced_unless_the_environment_says_where_to():
    assert not telemetry.is_wanted({})
    assert telemetry.is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    assert not telemetry.is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"})


class Span:
    def __init__(self, tracer, name, attributes):
        self.name, self.attributes = name, dict(attributes)
        tracer.spans.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update_name(self, name):
        self.name = name

    def set_attribute(self, name, value):
        self.attributes[name] = value


class Tracer:
    """What OpenTelemetry's tracer does, as far as it is asked to here."""

    def __init__(self):
        self.spans = []

    def start_as_current_span(self, name, *, context, kind, attributes):
        self.context = context
        return Span(self, name, attributes)


def test_a_span_has_what_was_decided_and_not_what_was_asked():
    tracer = Tracer()
    with calling() as ask:
        ask.app = telemetry.Traced(ask.app, tracer, "server", dict)
        ask(
            "avalon-shield",
            "POST",
            "/v1/actions",
            action("a1"),
            traceparent="00-1-2-01",
        )
        ask("avalon-shield", "GET", "/v1/actions/a1")
        ask(None, "GET", "/v1/mode")
    assert tracer.spans[0].name == "POST /v1/actions"
    assert tracer.spans[0].attributes == {
        "http.request.method": "POST", "http.response.status_code": 200, "http.route": "/v1/actions",
        "detente.effect": "allow", "detente.mode": "normal", "detente.evaluation": "e1",
    }  # fmt: skip
    assert tracer.spans[1].name == "GET /v1/actions/{id}"
    assert tracer.spans[2].attributes == {"http.request.method": "GET", "http.response.status_code": 401}
    told = str([vars(span) for span in tracer.spans])
    assert token("avalon-shield") not in told
    assert "avalon-shield" not in told


def test_what_is_missing_is_told(monkeypatch):
    def missing(module):
        raise HostingError(f"this needs {module}")

    monkeypatch.setattr(telemetry, "load", missing)
    with pytest.raises(HostingError, match="otel"):
        telemetry.traced(None)
