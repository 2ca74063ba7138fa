"""Keeps a process's workers running: one that fails is started again, and the process is not ready meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from prometheus_client import Counter

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0

RESTARTS = Counter("clearway_worker_restarts", "Workers that ended and were started again", ["worker"])


class Supervisor:
    """Runs workers by name, each until it is cancelled."""

    def __init__(self, workers: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._workers = workers
        self.failed: dict[str, str] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, worker in self._workers.items():
                group.create_task(self._keep_running(name, worker), name=name)

    async def _keep_running(self, name: str, worker: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await worker()
                reason = "it ended"
            except Exception as error:
                log.exception("worker failed", worker=name)
                reason = type(error).__name__
            if loop.time() - begun > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self.failed[name] = reason
            RESTARTS.labels(name).inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            self.failed.pop(name, None)
