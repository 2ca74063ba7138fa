"""From nothing to ready: `clearway up` beside the start of a bare FastAPI server."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from benchmarks.processes import CLEARWAY, answers, running
from clearway_testing.server import LOOPBACK, free_port

ROUNDS: Final = 5
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from starting a process to its first answer, each the median of `rounds`; resident memory in MiB.

    `first` creates the databases, `again` finds them. `bare` is a FastAPI server with SQLAlchemy loaded: the share of
    the libraries.
    """

    rounds: int
    bare: float
    first: float
    again: float
    resident_mib: float


def measure_start(directory: Path) -> Start:
    """Measure the three kinds in turn, so that a slow moment of the machine affects all of them."""
    bare, first, again, memory = [], [], [], []
    for number in range(ROUNDS):
        bare.append(_bare(directory))
        data = directory / f"start-{number}"
        first.append(_clearway(directory, data)[0])
        seconds, resident = _clearway(directory, data)
        again.append(seconds)
        memory.append(resident)
    return Start(ROUNDS, median(bare), median(first), median(again), median(memory))


def _bare(directory: Path) -> float:
    port = free_port()
    code = f"import uvicorn, sqlalchemy.ext.asyncio; uvicorn.run('benchmarks.bare:app', port={port}, log_level='error')"
    return _timed([sys.executable, "-c", code], port, "/", directory / "bare.log")[0]


def _clearway(directory: Path, data: Path) -> tuple[float, float]:
    port = free_port()
    command = [CLEARWAY, "up", "--port", str(port), "--data", str(data)]
    return _timed(command, port, "/readyz", directory / "start.log")


def _timed(command: Sequence[str], port: int, path: str, log: Path) -> tuple[float, float]:
    begun = time.perf_counter()
    with running(command, answers(f"http://{LOOPBACK}:{port}{path}"), log, {}) as process:
        return time.perf_counter() - begun, psutil.Process(process.pid).memory_info().rss / MIB
