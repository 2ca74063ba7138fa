"""Spans go where the settings say, over HTTP, from a process of its own: its tracer is global."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import pytest

WORK = """
import sys
from opentelemetry import trace
from clearway_shared.settings import Settings
from clearway_shared.telemetry import configure_telemetry

configure_telemetry(Settings(otlp_endpoint=sys.argv[1]), "incidents")
with trace.get_tracer("test").start_as_current_span("a report"):
    pass
trace.get_tracer_provider().shutdown()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, Queue[tuple[str, bytes]]]]:
    """The address of a server that takes whatever is posted to it, and what it took: path and body."""
    taken: Queue[tuple[str, bytes]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", taken
        server.shutdown()
        thread.join()


def test_a_span_reaches_the_collector(collector: tuple[str, Queue[tuple[str, bytes]]]) -> None:
    address, taken = collector
    subprocess.run([sys.executable, "-c", WORK, address], check=True, timeout=60)
    path, body = taken.get(timeout=1)
    assert path == "/v1/traces"
    assert b"clearway-incidents" in body
    assert b"a report" in body
