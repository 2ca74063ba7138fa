"""Child processes of a benchmark: started, awaited until ready, and ended at the end of a block."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from clearway_testing.server import accepts_connections, await_ready

ROOT: Final = Path(__file__).resolve().parents[1]
CLEARWAY: Final = str(Path(sys.executable).with_name("clearway"))
STOP_SECONDS: Final = 20


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no other of Clearway's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLEARWAY_")}
    return {**inherited, **settings}


@contextmanager
def running(
    command: Sequence[str], ready: Callable[[], bool], log: Path, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A server of ours, from the moment when `ready` says so to the end of the block. Raises Unavailable."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=environment(settings)
        )
    try:
        await_ready(ready, seconds=60, process=process, log=log)
        yield process
    finally:
        _end(process)


class Replica:
    """A server that may be killed and started again."""

    def __init__(
        self, command: Sequence[str], ready: Callable[[], bool], log: Path, settings: Mapping[str, str]
    ) -> None:
        self._running = partial(running, command, ready, log, settings)
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it is ready. Raises Unavailable."""
        self._process = self._stack.enter_context(self._running())

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        self._stack.close()


def listening(port: int) -> Callable[[], bool]:
    """Whether a server listens on a port of this machine."""
    return lambda: accepts_connections(port)


def answers(address: str) -> Callable[[], bool]:
    """Whether a GET of the address is answered with 200: `clearway` listens before it is ready."""

    def answered() -> bool:
        with suppress(OSError), urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
        return False

    return answered


def run(command: Sequence[str], settings: Mapping[str, str]) -> None:
    """A command to its end. Raises CalledProcessError."""
    subprocess.run(command, check=True, cwd=ROOT, env=environment(settings), timeout=120, stdout=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
