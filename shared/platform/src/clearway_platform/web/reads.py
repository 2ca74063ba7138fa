"""The database connection of an endpoint that reads, bound to the mission of its caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_platform.web.access import Authenticated, platform_of


async def _reading(request: Request, principal: Authenticated) -> AsyncIterator[AsyncConnection]:
    async with platform_of(request).database.of(principal.mission).read() as connection:
        yield connection


# Returned to the pool before the answer is sent: a client that reads slowly must not keep it.
Reading: TypeAlias = Annotated[AsyncConnection, Depends(_reading, scope="function")]
