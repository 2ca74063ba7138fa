"""Traces: the collector's address, the number of spans that arrive, and one log line when they do not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Final
from urllib.parse import urlsplit

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.util.re import parse_env_headers
from prometheus_client import Counter

# The OTLP specification's path for traces over HTTP.
TRACES_PATH: Final = "/v1/traces"
_EXPORTER_LOGGER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"

SPANS = Counter("clearway_trace_spans", "Spans that were sent to the collector, by result", ["result"])
log = structlog.get_logger(__name__)


def traces_address(endpoint: str) -> str:
    """The address to which spans are posted, for a collector at `endpoint`.

    As in the OTLP specification the endpoint is a base, to which the traces' path is added, also when it has a path of
    its own. Only an endpoint that ends in the traces' path is used unchanged.
    """
    base = endpoint.rstrip("/")
    return base if base.endswith(TRACES_PATH) else base + TRACES_PATH


def span_exporter(endpoint: str, headers: str | None = None) -> SpanExporter:
    """An exporter to the collector at `endpoint`, which counts spans and logs once when they are lost.

    `headers` are written as in the standard variable for them. That, and those for certificates, time limit and
    compression, the OTLP library reads by itself. It is loaded by its entry point, only when a collector is set.
    """
    load: Callable[..., SpanExporter] = entry_points(group="opentelemetry_traces_exporter")["otlp_proto_http"].load()
    own = {} if headers is None else {"headers": parse_env_headers(headers, liberal=True)}
    return WatchedExporter(load(endpoint=traces_address(endpoint), **own), _shown(endpoint))


class WatchedExporter(SpanExporter):
    """Counts the spans of another exporter by result. Logs when they begin to be lost, and when they arrive again."""

    def __init__(self, exporter: SpanExporter, collector: str) -> None:
        self._exporter = exporter
        self._collector = collector
        self._said = _FirstMessage()
        self._lost = 0
        logging.getLogger(_EXPORTER_LOGGER).addFilter(self._said)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._said.text = ""
        result = self._exporter.export(spans)
        sent = result is SpanExportResult.SUCCESS
        SPANS.labels("sent" if sent else "lost").inc(len(spans))
        if sent:
            self._note_arrival()
        else:
            self._note_loss(len(spans))
        return result

    def _note_loss(self, spans: int) -> None:
        if not self._lost:
            log.warning("traces_lost", collector=self._collector, reason=self._said.text)
        self._lost += spans

    def _note_arrival(self) -> None:
        if self._lost:
            log.warning("traces_arrive_again", collector=self._collector, spans_lost=self._lost)
        self._lost = 0

    def shutdown(self) -> None:
        self._exporter.shutdown()
        logging.getLogger(_EXPORTER_LOGGER).removeFilter(self._said)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class _FirstMessage(logging.Filter):
    """Stores the library's first message about a batch, which has the reason, and suppresses all of them."""

    text = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.text = self.text or record.getMessage()
        return False


def _shown(endpoint: str) -> str:
    """The endpoint without the user name and password that it may contain."""
    parts = urlsplit(endpoint)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
