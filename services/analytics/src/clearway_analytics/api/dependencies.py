"""What the endpoints are given."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from clearway_analytics import permissions
from clearway_analytics.commands.change_parameters import ChangeParameters
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.conditional import if_match


@dataclass(frozen=True, slots=True)
class Wiring:
    """The commands that the endpoints call."""

    register_route: RegisterRoute
    change_parameters: ChangeParameters


async def _clock(request: Request) -> Clock:
    return platform_of(request).clock


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


async def _seen_revision(
    value: Annotated[
        str | None, Header(alias="If-Match", description='Needed when the route exists: its ETag, as in `"3"`.')
    ] = None,
) -> int | None:
    return None if value is None else await if_match(value)


Reader = Annotated[Principal, Depends(require(permissions.READ))]
Writer = Annotated[Principal, Depends(require(permissions.WRITE))]
ParametersWriter = Annotated[Principal, Depends(require(permissions.CHANGE_PARAMETERS))]
Time = Annotated[Clock, Depends(_clock)]
Wired = Annotated[Wiring, Depends(_wiring)]
SeenRevision = Annotated[int | None, Depends(_seen_revision)]
