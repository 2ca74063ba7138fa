"""The subscriber's end: it verifies nothing, answers challenges, and notes when each incident's alert arrived."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

from aiohttp import web

from clearway_testing.server import LOOPBACK, free_port


class Receiver:
    """Arrival times, in seconds since 1970, by incident: of the first message, and how many came after it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.arrived: dict[UUID, float] = {}
        self.repeats = 0
        self._news = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        now = time.time()
        message = json.loads(await request.read())
        if message["type"] == "challenge":
            return web.Response(text=message["data"]["challenge"])
        incident = UUID(message["data"]["incident_id"])
        if incident in self.arrived:
            self.repeats += 1
        self.arrived.setdefault(incident, now)
        self._news.set()
        return web.Response(status=204)

    async def await_all(self, incidents: Collection[UUID], *, seconds: float) -> bool:
        """Whether an alert of every one of them has arrived within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.arrived.keys() >= set(incidents):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    port = free_port()
    receiver = Receiver(f"http://{LOOPBACK}:{port}/alerts")
    app = web.Application()
    app.router.add_post("/alerts", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield receiver
    finally:
        await runner.cleanup()
