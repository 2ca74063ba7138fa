"""A subscriber's webhook receiver: a real server that stores the messages in the order of arrival."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came. `at` is monotonic seconds."""

    webhook_id: str
    headers: dict[str, str]
    body: bytes
    payload: dict[str, Any]
    at: float


class Receiver:
    """Listens on a free port of this machine, and answers 204, or a challenge with its token. `host`: the address that
    the senders reach."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self.requests: list[Received] = []
        self._arrived = asyncio.Condition()
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}/alerts"

    @property
    def alerts(self) -> list[Received]:
        """The messages, without repeats of the same webhook id."""
        return list({request.webhook_id: request for request in reversed(self.requests)}.values())[::-1]

    async def wait_for(self, holds: Callable[[list[Received]], bool], seconds: float = 45) -> None:
        """Return once `holds` is true of the alerts so far. Raises TimeoutError with these alerts."""
        async with self._arrived:
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait_for(lambda: holds(self.alerts))
            except TimeoutError as error:
                came = [(one.payload.get("type"), one.payload.get("data")) for one in self.alerts]
                raise TimeoutError(f"after {seconds} s only this had come: {came}") from error

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        payload = await request.json()
        received = Received(request.headers["webhook-id"], dict(request.headers), body, payload, time.monotonic())
        if payload["type"] == "challenge":
            return web.Response(text=payload["data"]["challenge"])
        async with self._arrived:
            self.requests.append(received)
            self._arrived.notify_all()
        return web.Response(status=204)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/alerts", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
