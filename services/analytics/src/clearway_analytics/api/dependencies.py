"""What the endpoints are given."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.commands.register_route import RegisterRoute
from clearway_platform.auth.principals import Permission, Principal
from clearway_platform.clock import Clock
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.conditional import if_match

Reader = Annotated[Principal, Depends(require(Permission.ROUTES_READ))]
Writer = Annotated[Principal, Depends(require(Permission.ROUTES_WRITE))]


async def _reading(request: Request) -> AsyncIterator[AsyncConnection]:
    async with platform_of(request).database.read() as connection:
        yield connection


async def _clock(request: Request) -> Clock:
    return platform_of(request).clock


async def _register(request: Request) -> RegisterRoute:
    register: RegisterRoute = request.app.state.register_route
    return register


async def _seen_revision(
    value: Annotated[
        str | None, Header(alias="If-Match", description='Needed when the route exists: its ETag, as in `"3"`.')
    ] = None,
) -> int | None:
    return None if value is None else await if_match(value)


Reading = Annotated[AsyncConnection, Depends(_reading)]
Time = Annotated[Clock, Depends(_clock)]
Register = Annotated[RegisterRoute, Depends(_register)]
SeenRevision = Annotated[int | None, Depends(_seen_revision)]
