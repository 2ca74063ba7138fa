"""A command that has asked for too much waits as long as the server says, and repeats the request: it took nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import httpx
import typer

# A command that would wait for longer ends with what the server says.
LONGEST_SECONDS: Final = 120
ATTEMPTS: Final = 10


class Patient(httpx.BaseTransport):
    """Sends by another transport, and repeats what is answered 429."""

    def __init__(self, inner: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._inner = inner or httpx.HTTPTransport(trust_env=False)
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(ATTEMPTS - 1):
            response = self._inner.handle_request(request)
            seconds = seconds_to_wait(response)
            if seconds is None or seconds > LONGEST_SECONDS:
                return response
            response.close()
            _say(seconds)
            self._sleep(seconds)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class PatientAsync(httpx.AsyncBaseTransport):
    """The same, for a client that does other things meanwhile."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(ATTEMPTS - 1):
            response = await self._inner.handle_async_request(request)
            seconds = seconds_to_wait(response)
            if seconds is None or seconds > LONGEST_SECONDS:
                return response
            await response.aclose()
            _say(seconds)
            await self._sleep(seconds)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _say(seconds: int) -> None:
    typer.echo(f"Clearway asks to wait {seconds} s: much was sent in a short time.", err=True)


def seconds_to_wait(response: httpx.Response) -> int | None:
    """How long the server asks to wait; None when it does not."""
    said = response.headers.get("Retry-After", "")
    return int(said) if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and said.isdecimal() else None
