"""A server that a test may stop, kill and start again."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

LOOPBACK: Final = "127.0.0.1"
Result = TypeVar("Result")


class Unavailable(Exception):
    """A part that a test needs is missing on this machine; the message has the remedy."""


class Server(Protocol):
    """A server with its data. `restart` and `start` keep the data and the address."""

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """End in good order. Safe to repeat."""
        ...

    def kill(self) -> None:
        """End at once, as a power cut would (SIGKILL)."""
        ...

    def restart(self) -> None: ...


class DatabaseServer(Server, Protocol):
    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or a copy of the one called `template`, which nobody uses, and return its URL."""
        ...

    def drop_database(self, name: str) -> None: ...


class External:
    """A server that somebody else runs: it can be used, and not stopped."""

    def __init__(self, url: str) -> None:
        self.url = url

    def start(self) -> None:
        return

    def stop(self) -> None:
        return

    def kill(self) -> None:
        raise Unavailable(f"{self.url} is not ours to kill: unset its CLEARWAY_TEST_… variable to start one here")

    def restart(self) -> None:
        self.kill()


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def await_ready(
    answers: Callable[[], bool],
    *,
    seconds: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
    every: float = 0.01,
) -> None:
    """Poll, `every` so many seconds, until the server answers.

    Raises Unavailable with the end of its log when it ended or was too slow.
    """
    deadline = time.monotonic() + seconds
    while not answers():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            detail = log.read_text(errors="replace")[-2000:] if log is not None and log.exists() else ""
            raise Unavailable(f"the server {'ended' if ended else f'was not ready in {seconds:g} s'}\n{detail}")
        time.sleep(every)


def accepts_connections(port: int, host: str = LOOPBACK) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def run_apart(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a thread of its own, so that the caller's event loop is left alone."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
