"""Keeps the workers of a process running: a failed worker is restarted, and the process is not ready meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from typing import Final

import structlog
from prometheus_client import Counter

from clearway_platform.messaging.retry import is_temporary, part_of
from clearway_platform.outages import OUTAGES, brief
from clearway_platform.service import Worker

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0

RESTARTS = Counter("clearway_worker_restarts", "Workers that ended and were started again", ["worker"])


class Supervisor:
    """Runs the workers of one service by name, each until it is cancelled. `problems` has why each does not run; None
    while it does."""

    def __init__(self, service: str, workers: Mapping[str, Worker], problems: MutableMapping[str, str | None]) -> None:
        self.service = service
        self.problems = problems
        self._workers = workers

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, worker in self._workers.items():
                group.create_task(self._keep_running(name, worker), name=f"{self.service} {name}")

    async def _keep_running(self, name: str, worker: Worker) -> None:
        pause, outage, whole_name = FIRST_PAUSE_SECONDS, "", f"{self.service} {name}"
        loop = asyncio.get_running_loop()
        while True:
            self.problems[name] = None
            begun, error = loop.time(), await _end_of(worker)
            if loop.time() - begun > STEADY_SECONDS:
                pause, outage = FIRST_PAUSE_SECONDS, ""
            outage = _logged(whole_name, error, outage)
            self.problems[name] = type(error).__name__ if error is not None else "it ended"
            RESTARTS.labels(whole_name).inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _end_of(worker: Worker) -> Exception | None:
    try:
        await worker()
    except Exception as error:
        return error
    return None


def _logged(name: str, error: Exception | None, outage: str) -> str:
    """Log why a worker ended, and return the outage. `outage` is the one that is logged already.

    A database that is away, or starting, is not a defect: it is logged once, without a traceback, and not at all where
    the outage is.
    """
    if error is None or not is_temporary(error):
        log.error("worker_failed", worker=name, exc_info=error)
        return ""
    if outage != type(error).__name__ and not OUTAGES.lasts(part_of(error)):
        log.warning("worker_waits", worker=name, error=brief(error))
    return type(error).__name__
