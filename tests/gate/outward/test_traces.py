"""Spans: one per decision, from what is durable, in the trace of whoever asked."""

import pytest

from detente.gate.outward.traces import Traces, attributes_of, is_asked_for
from detente.gate.request import Action, Premise
from detente.gate.runtime.gate import Gate
from tests.gate.build import START, policy
from tests.gate.outward.receiving import soon
from tests.gate.service.build import REVIEWED, action, calling

trace_sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
AUTHZEN = {
    "subject": {"type": "system", "id": "avalon-shield"},
    "action": {"name": "release-host"},
    "resource": {"type": "asset", "id": "avalon-laptop"},
}
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def kept():
    return memory.InMemorySpanExporter()


def provider(kept):
    made = trace_sdk.TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(export.SimpleSpanProcessor(kept))
    return made


def wipe(name):
    return Action(name, "avalon-laptop", "wipe-host", premise=Premise("borduria", 0.9))


def test_a_span_says_what_was_decided_and_why(kept):
    with Gate(policy(REVIEWED), clock=lambda: START) as gate, Traces(gate, provider(kept)):
        decision = gate.propose("avalon-shield", wipe("w1"))
        gate.cancel("avalon-shield", decision.hold, "not needed")
        gate.propose("avalon-shield", Action("d1", "nowhere", "release-host", arguments={"key": "s3cret"}))
        soon(lambda: len(kept.get_finished_spans()) >= 2)
    held, denied = kept.get_finished_spans()
    assert held.name == "gate.decide"
    assert held.parent is None
    assert held.start_time == START
    assert held.end_time >= START
    found = dict(held.attributes)
    assert found["detente.effect"] == "hold"
    assert found["detente.rules"] == ("human-on-the-loop",)
    assert (found["detente.evaluation"], found["detente.policy"]) == (decision.evaluation, decision.policy)
    assert (found["detente.mode"], found["detente.phase"]) == ("normal", "autonomous")
    assert (found["detente.kind"], found["detente.hold"], found["detente.entry"]) == (
        "wipe-host",
        decision.hold,
        0,
    )
    assert denied.attributes["detente.effect"] == "deny"
    assert "s3cret" not in denied.to_json()


def test_a_request_that_is_traced_is_the_parent(kept):
    with calling() as ask, Traces(ask.desk.gate, provider(kept)) as traces:
        ask.desk.trace = traces.parent
        ask("avalon-shield", "POST", "/v1/actions", action("a1"), traceparent=TRACEPARENT)
        ask("avalon-shield", "POST", "/v1/actions", action("a2"))
        ask("avalon-shield", "POST", "/v1/actions", action("a3"), traceparent="00-hello")
        ask("avalon-shield", "POST", "/access/v1/evaluation", AUTHZEN, traceparent=TRACEPARENT)
        soon(lambda: len(kept.get_finished_spans()) >= 4)
    spans = {one.attributes["detente.action"]: one for one in kept.get_finished_spans()}
    assert f"{spans['a1'].context.trace_id:032x}" == TRACE
    assert f"{spans['a1'].parent.span_id:016x}" == PARENT
    assert sum(one.parent is not None for one in kept.get_finished_spans()) == 2
    assert spans["a2"].parent is None
    assert spans["a3"].parent is None


def test_what_waits_is_bounded_and_what_is_lost_is_counted(kept, monkeypatch):
    monkeypatch.setattr("detente.gate.outward.traces._MOST", 3)
    monkeypatch.setattr("detente.gate.outward.traces._EVERY_S", 3600.0)
    with Gate(policy(), clock=lambda: START) as gate, Traces(gate, provider(kept)) as traces:
        for number in range(8):
            gate.propose("avalon-shield", Action(f"a{number}", "avalon-laptop", "release-host"))
            traces.parent("avalon-shield", f"a{number}", TRACEPARENT)
        assert len(traces._parents) == 3
        assert traces.lost == 5
    assert len(kept.get_finished_spans()) == 3


def test_a_tracer_that_errs_stops_nobody(kept, caplog):
    with Gate(policy(), clock=lambda: START) as gate, Traces(gate, provider(kept)) as traces:
        traces._tracer = None
        for number in range(4):
            assert gate.propose("avalon-shield", Action(f"a{number}", "avalon-laptop", "release-host")).effect
        soon(lambda: traces.lost == 4)
    assert "entry 0 became no span" in caplog.text


def test_only_the_environment_or_an_option_asks_for_spans(monkeypatch):
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    assert not is_asked_for()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert is_asked_for()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not is_asked_for()


def test_attributes_hold_no_argument():
    with Gate(policy(), clock=lambda: START) as gate:
        gate.propose(
            "avalon-shield", Action("a1", "avalon-laptop", "release-host", arguments={"k": "s3cret"})
        )
        ((index, entry),) = gate.entries(0)
    assert "s3cret" not in str(attributes_of(index, entry))
