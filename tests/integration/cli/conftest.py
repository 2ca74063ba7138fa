"""`clearway` as a process of its own, as a person or a shell starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from clearway_platform.clock import new_id
from clearway_testing.server import await_ready, free_port

SECONDS = 60.0
PROGRAM = [sys.executable, "-c", "from clearway_platform.cli.program import run; run()"]
WITHOUT = """
from importlib import metadata

installed = metadata.entry_points

def entry_points(**selected):
    return metadata.EntryPoints(e for e in installed(**selected) if e.module.split(".")[0] not in {packages!r})

metadata.entry_points = entry_points
from clearway_platform.cli.program import run
run()
"""


@dataclass
class Started:
    """A command that runs. Its output goes to files, which can be read while it does."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def said(self, words: str) -> None:
        """Return once the command has written the words, on either output. Fails when it ends without."""
        await_ready(lambda: words in self.written, seconds=SECONDS, process=self.process, log=self.err)

    @property
    def written(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def stopped_by(self, number: signal.Signals) -> int:
        """The exit code after one signal. Coverage forgets one in fifty: a measured command gets another then."""
        self.process.send_signal(number)
        if "COVERAGE_PROCESS_CONFIG" in os.environ:
            with suppress(subprocess.TimeoutExpired):
                return self.process.wait(SECONDS / 4)
            self.process.send_signal(number)
        return self.process.wait(SECONDS)


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer of a server that is made for a test."""

    status: int
    body: str
    media_type: str = "application/problem+json"


NOTHING = Canned(404, "<h1>Nothing here</h1>", "text/html")
Serve = Callable[..., str]
Up = Callable[..., tuple[Started, str]]
Partial = Callable[..., "Program"]


class Program:
    """Runs commands in a folder, with nothing of this machine's own settings."""

    def __init__(self, folder: Path, command: list[str] = PROGRAM) -> None:
        self.folder = folder
        self._command = command
        self._started: list[Started] = []
        kept = {name: text for name, text in os.environ.items() if not name.startswith("CLEARWAY_")}
        self.environment = kept | {"COLUMNS": "80"}

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self, *arguments: str, **variables: str) -> Started:
        name = new_id()
        out, err = self.folder / f"{name}.out", self.folder / f"{name}.err"
        with out.open("wb") as output, err.open("wb") as errors:
            process = subprocess.Popen(
                [*self._command, *arguments],
                cwd=self.folder,
                env=self.environment | variables,
                stdout=output,
                stderr=errors,
            )
        self._started.append(Started(process, out, err))
        return self._started[-1]

    def close(self) -> None:
        for started in self._started:
            if started.process.poll() is None:
                started.process.kill()
                started.process.wait(SECONDS)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    yield made
    made.close()


@pytest.fixture
def partial(tmp_path: Path) -> Iterator[Partial]:
    """Gives the program as it is where the named services are not installed, in the same folder."""
    with ExitStack() as stack:

        def make(*services: str) -> Program:
            packages = tuple(f"clearway_{service}" for service in services)
            made = Program(tmp_path, [sys.executable, "-c", WITHOUT.format(packages=packages)])
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def up(program: Program) -> Up:
    """Starts the platform on a free port, and gives it with its address once it is ready."""

    def start(*arguments: str, port: int | None = None) -> tuple[Started, str]:
        port = port or free_port()
        started = program.start("up", "--port", str(port), *arguments)
        started.said("stop it")
        return started, f"http://127.0.0.1:{port}"

    return start


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server with these answers, by path, and gives its address. The answers may be changed later; the paths
    that were asked for are added to `asked`."""
    with ExitStack() as stack:

        def start(answers: Mapping[str, Canned], asked: list[str] | None = None) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    answer = answers.get(self.path.partition("?")[0], NOTHING)
                    if asked is not None:
                        asked.append(self.path)
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.media_type)
                    self.end_headers()
                    self.wfile.write(answer.body.encode())

                def log_message(self, *_: object) -> None:
                    return

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


def report(address: str, key: str, reference: str) -> str:
    """Report an incident; its id."""
    body = {
        "time": {"earliest": "2026-11-25T06:00:00Z", "latest": "2026-11-25T07:00:00Z", "precision": "hour"},
        "location": {
            "point": {"type": "Point", "coordinates": [-30.1, 10.025]},
            "precision": "gps",
            "place_name": "Route Alder, km 9",
        },
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
    }
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": reference}
    answer = httpx.post(f"{address}/v1/incidents", json=body, headers=headers, trust_env=False)
    answer.raise_for_status()
    found: str = answer.json()["incident_id"]
    return found
