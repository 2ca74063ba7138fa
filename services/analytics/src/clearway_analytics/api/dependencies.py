"""The dependencies of this service's endpoints."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from starlette.responses import Response

from clearway_analytics import permissions
from clearway_analytics.api.parameter_bodies import ParametersView
from clearway_analytics.commands.change_areas import ChangeAreas
from clearway_analytics.commands.change_parameters import ChangeParameters
from clearway_analytics.commands.record_checks import RecordChecks
from clearway_analytics.commands.register_route import RegisterRoute
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.ledger.routes import RouteIndex
from clearway_platform.auth.principals import Principal
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import HeavyWork
from clearway_platform.web.access import platform_of, require
from clearway_platform.web.conditional import IfMatch, etag, if_match
from clearway_platform.web.writes import Reply, Write, WriteRequest


@dataclass(frozen=True, slots=True)
class Wiring:
    """The commands that the endpoints call."""

    register_route: RegisterRoute
    change_parameters: ChangeParameters
    record_checks: RecordChecks
    change_areas: ChangeAreas
    routes: RouteIndex
    briefing_work: HeavyWork


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
ClearanceWriter = Annotated[Principal, Depends(require(permissions.RECORD_CLEARANCES))]
PassWriter = Annotated[Principal, Depends(require(permissions.RECORD_PASSES))]
AreaWriter = Annotated[Principal, Depends(require(permissions.WRITE_AREAS))]
ParametersWriter = Annotated[Principal, Depends(require(permissions.CHANGE_PARAMETERS))]
Time = Annotated[Clock, Depends(_clock)]
Wired = Annotated[Wiring, Depends(_wiring)]
SeenRevision = Annotated[int | None, Depends(_seen_revision)]

# A command that decides on the parameters in the address, with all but these four given.
Decision = Callable[[Transaction, Principal, UUID, int], Awaitable[ParametersRevision]]


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """One request that decides on the parameters in the address, at the version that the caller has seen."""

    principal: Principal
    parameters_id: UUID
    expected: int
    write: WriteRequest

    async def __call__(self, decision: Decision) -> Response:
        """Run one command, and answer with the revision after it."""
        return await self.write(partial(self._reply, decision))

    async def _reply(self, decision: Decision, transaction: Transaction) -> Reply:
        revision = await decision(transaction, self.principal, self.parameters_id, self.expected)
        return Reply(200, ParametersView.of(revision), {"ETag": etag(revision.version)})


async def _decision_request(
    parameters_id: UUID, expected: IfMatch, principal: ParametersWriter, write: Write
) -> DecisionRequest:
    return DecisionRequest(principal, parameters_id, expected, write)


Decide = Annotated[DecisionRequest, Depends(_decision_request)]
