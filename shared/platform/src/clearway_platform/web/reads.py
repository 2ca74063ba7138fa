"""The connection that an endpoint reads by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_platform.web.access import platform_of


async def _reading(request: Request) -> AsyncIterator[AsyncConnection]:
    async with platform_of(request).database.read() as connection:
        yield connection


# Given back before the answer is sent: a client that reads slowly must not keep a connection.
Reading: TypeAlias = Annotated[AsyncConnection, Depends(_reading, scope="function")]
