"""Operations whose bodies may be larger than those of all others, such as files.

The caller of one is known, and counted, before any of its body is read. Of a mission a few are received at a time, and
of the process as many as its memory holds: what finds no place is not read, so it waits in the network and not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import Scope

from clearway_platform.places import Places
from clearway_platform.service import LargeBody
from clearway_platform.web.problems import Problem

OF_A_MISSION: Final = 2
OF_THE_PROCESS: Final = 12
# So long a body waits for its place. A client that uploads over a slow link is patient; one that gave up is not kept.
WAIT_SECONDS: Final = 20.0
_RETRY_SECONDS: Final = 10


class LargeBodies:
    """The operations of a process that take them."""

    def __init__(self, bodies: Iterable[LargeBody] = ()) -> None:
        self._bodies = [(one, compile_path(one.path)[0]) for one in bodies]

    def of(self, scope: Scope) -> LargeBody | None:
        """What this request may have as its body; None where it has the same limit as all others."""
        for one, path in self._bodies:
            if scope["method"] == one.method and path.match(scope["path"]):
                return one
        return None


class Receiving:
    """The places of a process in which large bodies are received, and held in memory until they are kept."""

    def __init__(self) -> None:
        self._own = Places(OF_A_MISSION)
        self._all = asyncio.Semaphore(OF_THE_PROCESS)

    @asynccontextmanager
    async def of(self, mission: str) -> AsyncIterator[None]:
        """Surrounds what has a body of this mission in memory. Raises a 503 problem when no place is free in time."""
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await held.enter_async_context(self._own.of(mission))
                    await held.enter_async_context(self._all)
            except TimeoutError:
                raise Problem(
                    503,
                    "Too many large bodies arrive at once. Nothing was kept. Send it again in a moment.",
                    headers={"Retry-After": str(_RETRY_SECONDS)},
                ) from None
            yield


async def received(request: Request) -> bytes:
    """The whole body. Raises a 400 problem when the client left before its end."""
    try:
        return b"".join([part async for part in request.stream()])
    except ClientDisconnect:
        raise Problem(400, "The connection ended before the whole body was here. Send it again.") from None
