"""Logs, metrics and traces of a process. The entry point configures them once."""

import logging
import sys
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from prometheus_client import Histogram
from structlog.typing import Processor

from clearway_platform.settings import Settings
from clearway_platform.traces import span_exporter

REQUEST_SECONDS: Final = Histogram(
    "clearway_http_request_seconds",
    "Time from a request's first byte to its answer's last, or to a stream's first",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

STREAM_SECONDS: Final = Histogram(
    "clearway_http_stream_seconds",
    "Time for which a stream was open",
    ["route"],
    buckets=(1, 10, 60, 300, 600, 900),
)


def configure_telemetry(settings: Settings, services: str) -> None:
    """Send logs to standard error, and traces to the collector in the settings.

    Spans exist without a collector too: their ids connect requests and events. Without one they record nothing, unless
    the caller is tracing.
    """
    configure_logs(settings)
    sampler = ParentBased(ALWAYS_ON if settings.otlp_endpoint else ALWAYS_OFF)
    provider = TracerProvider(sampler, Resource.create({"service.name": f"clearway-{services}"}))
    if settings.otlp_endpoint:
        provider.add_span_processor(BatchSpanProcessor(span_exporter(settings.otlp_endpoint, settings.otlp_headers)))
    trace.set_tracer_provider(provider)


def configure_logs(settings: Settings) -> None:
    """One line for each record, of Clearway's loggers and those of libraries: JSON, or readable text on a console."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = settings.log_format == "console"
    last = _console() if console else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if console else [structlog.processors.format_exc_info]),
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # The envelope logs each request; the lines of these libraries would only hide that one.
    for name in ("uvicorn.access", "uvicorn.error", "alembic", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # While a broker or a database does not answer, these log each attempt: hundreds a minute. `Outage` logs it once.
    for name in ("aiokafka", "stamina"):
        logging.getLogger(name).setLevel(logging.CRITICAL if root.level > logging.DEBUG else logging.WARNING)


def _console() -> Processor:
    """Tracebacks are plain. By default the renderer prints the values of all variables beside them, such as keys and
    reports, and takes seconds of the event loop for it."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
