"""Spans go where the settings say, over HTTP, from a process of its own: its tracer is global."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import MappingProxyType
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from pydantic import ValidationError

from clearway_platform.settings import Settings
from clearway_platform.traces import traces_address

WORK = """
import sys
from opentelemetry import trace
from prometheus_client import REGISTRY
from clearway_platform.settings import Settings
from clearway_platform.telemetry import configure_telemetry

configure_telemetry(Settings(otlp_endpoint=sys.argv[1]), "incidents")
provider = trace.get_tracer_provider()
for number in range(int(sys.argv[2])):
    with trace.get_tracer("test").start_as_current_span(f"report {number}"):
        pass
    provider.force_flush()
provider.shutdown()
for outcome in ("sent", "lost"):
    print(outcome, REGISTRY.get_sample_value("clearway_trace_spans_total", {"result": outcome}) or 0)
"""


@dataclass
class Collector:
    """Takes OTLP over HTTP as a real one does: at one path alone, and only what it can read."""

    url: str = ""
    spans: list[str] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    refusals_left: int = 0

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if path != "/v1/traces":
            self.elsewhere.append(path)
            return 404
        if self.refusals_left:
            self.refusals_left -= 1
            return 400
        self.headers = headers
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {item.value.string_value for item in resource.resource.attributes}
            self.spans += [span.name for scope in resource.scope_spans for span in scope.spans]
        return 200


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(made.take(self.path, dict(self.headers), body))
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def report(
    endpoint: str, environment: Mapping[str, str] = MappingProxyType({}), *, times: int = 1
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Make spans in a process that traces to `endpoint`: what it counted, and what it logged."""
    done = subprocess.run(
        [sys.executable, "-c", WORK, endpoint, str(times)],
        env={**os.environ, **environment},
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    counted = {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}
    return counted, [json.loads(line) for line in done.stderr.splitlines()]


def test_the_traces_path_is_added_to_the_collectors_address() -> None:
    for given, posted_to in {
        "http://collector:4318": "http://collector:4318/v1/traces",
        "http://collector:4318/": "http://collector:4318/v1/traces",
        "https://collector/otlp": "https://collector/otlp/v1/traces",
        "https://collector/otlp/": "https://collector/otlp/v1/traces",
        "http://collector:4318/v1/traces": "http://collector:4318/v1/traces",
    }.items():
        assert traces_address(given) == posted_to


@pytest.mark.parametrize("wrong", ["collector:4318", "grpc://collector:4317", "/v1/traces", "http://"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="as in http://collector:4318"):
        Settings(otlp_endpoint=wrong)


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_HEADERS", "CLEARWAY_OTLP_HEADERS"])
@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_a_span_reaches_the_collector(path: str, variable: str, collector: Collector) -> None:
    counted, logged = report(collector.url + path, {variable: "x-tenant=north"})
    assert (collector.spans, collector.elsewhere) == (["report 0"], [])
    assert "clearway-incidents" in collector.services
    assert collector.headers["x-tenant"] == "north"
    assert counted == {"sent": 1, "lost": 0}
    assert logged == []


def test_lost_spans_are_counted_and_said_once(collector: Collector) -> None:
    collector.refusals_left = 3
    counted, logged = report(collector.url.replace("//", "//name:password@"), times=5)
    assert counted == {"sent": 2, "lost": 3}
    assert collector.spans == ["report 3", "report 4"]
    assert [line["event"] for line in logged] == ["traces_lost", "traces_arrive_again"]
    lost, again = logged
    assert lost["collector"] == collector.url
    assert again["spans_lost"] == 3
    assert "400" in lost["reason"]
    assert "password" not in repr(logged)


def test_a_collector_that_is_away_is_said_once() -> None:
    counted, logged = report("http://127.0.0.1:9", {"OTEL_EXPORTER_OTLP_TIMEOUT": "3"}, times=2)
    assert counted == {"sent": 0, "lost": 2}
    assert [line["event"] for line in logged] == ["traces_lost"]
    assert "Connection refused" in logged[0]["reason"]
