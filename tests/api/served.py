"""The whole platform in one process on the embedded default, served on a free port from a thread of its own.

It runs on the event loop of `clearway up`. asyncio's own sets no TCP_NODELAY on the connections of a listener that is
given to it (their `proto` is 0), and each answer that has a body then takes 40 ms.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from clearway_alerts.settings import AlertsSettings
from clearway_platform.process.runtime import Member, Process, migrate, open_process
from clearway_platform.service import installed_services
from clearway_platform.settings import Settings
from clearway_platform.web.connection import BoundedConnection
from clearway_testing.server import LOOPBACK

Result = TypeVar("Result")
# One test sends more in a minute than a mission does.
PLENTY = dict.fromkeys(
    (
        "key_requests_per_minute",
        "mission_requests_per_minute",
        "key_writes_per_minute",
        "mission_writes_per_minute",
        "failed_authentications_per_minute",
        "public_requests_per_minute",
    ),
    1_000_000,
)
START_SECONDS = 60


class Served:
    """A platform that answers at `url`. `run` reaches into it: its parts belong to its own event loop."""

    def __init__(self, url: str, process: Process, server: uvicorn.Server, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self.process = process
        self._server = server
        self._loop = loop

    @property
    def stored(self) -> list[Member]:
        """The services that have a database."""
        return [member for member in self.process.members if member.platform.plumbing is not None]

    def run(self, work: Coroutine[Any, Any, Result], seconds: float = 30) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for member in self.process.members:
            for close in member.parts.on_shutdown:
                close()
        self._server.should_exit = True


@contextmanager
def served(folder: Path, *names: str, workers: bool = True, **chosen: Any) -> Iterator[Served]:
    """Start the platform, or the named services of it, on the files in `folder`, and stop it when the block ends.
    Without `workers` it answers, and does nothing by itself. `chosen` are further settings."""
    started: Future[Served] = Future()
    thread = threading.Thread(target=_run, args=(_serve(folder, names, started, chosen, workers),), name="platform")
    thread.start()
    try:
        platform = started.result(START_SECONDS)
        try:
            yield platform
        finally:
            platform.stop()
    finally:
        thread.join(START_SECONDS)


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


async def _serve(
    folder: Path, names: tuple[str, ...], started: Future[Served], chosen: dict[str, Any], work: bool
) -> None:
    try:
        # A receiver on this machine that nobody listens at: deliveries are queued and fail, nothing leaves it.
        own = {"alerts": AlertsSettings(webhook_allowed_subnets=(f"{LOOPBACK}/32",))}
        settings = Settings(data_dir=folder, port=0, **(PLENTY | chosen))
        services = [service for name, service in installed_services().items() if not names or name in names]
        await migrate(services, settings)
        async with open_process(services, settings, own) as process:
            await _answer(process, started, work)
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


async def _answer(process: Process, started: Future[Served], work: bool) -> None:
    config = uvicorn.Config(
        process.app,
        host=LOOPBACK,
        port=0,
        lifespan="off",
        log_config=None,
        http=BoundedConnection,
        access_log=False,
        ws="none",
    )
    listening = config.bind_socket()
    server = uvicorn.Server(config)
    url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    workers = asyncio.create_task(process.run_workers() if work else asyncio.sleep(0))
    started.set_result(Served(url, process, server, asyncio.get_running_loop()))
    await server.serve(sockets=[listening])
    workers.cancel()
    await asyncio.gather(workers, return_exceptions=True)
