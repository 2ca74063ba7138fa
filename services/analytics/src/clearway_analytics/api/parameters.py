"""Risk parameters: propose, compare, activate, discard."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from fastapi import Request, Response, status
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.api.dependencies import Decide, ParametersWriter, Reader, Wired
from clearway_analytics.api.parameter_bodies import (
    ComparisonView,
    ParametersDetail,
    ParametersDiscard,
    ParametersPage,
    ParametersProposal,
    ParametersView,
    RouteComparisonView,
)
from clearway_analytics.domain.errors import (
    AlreadyDecided,
    AlreadyInUse,
    ComparisonOutdated,
    NeverCompared,
    NoSuchParameters,
    NotCompared,
    ProposalOpen,
)
from clearway_analytics.domain.revision import OPEN
from clearway_analytics.ledger import missions, parameters
from clearway_analytics.ledger.parameters import ParametersRevision
from clearway_analytics.queries.parameters import comparison, hint, progress
from clearway_platform.database.engines import Transaction
from clearway_platform.web.access import platform_of
from clearway_platform.web.conditional import etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.pages import Cursor, Limit, decode_cursor, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

PATH: Final = "/v1/risk-parameters"
# The largest integer that every database can compare with a revision.
_LAST_REVISION: Final = 2**31 - 1

router: Final = Router(prefix=PATH, tags=["Risk parameters"])


@router.get("", operation_id="risk_parameters.list", summary="List the revisions of the risk parameters")
async def list_parameters(
    principal: Reader, connection: Reading, request: Request, limit: Limit = 100, cursor: Cursor = None
) -> ParametersPage:
    """The newest first, with the preset that the trailing rate of incidents suggests."""
    mission = await missions.read(connection, principal.mission)
    found = await parameters.page(connection, mission, _before(cursor), limit + 1)
    following = encode_cursor(found[limit - 1].revision) if len(found) > limit else None
    platform = platform_of(request)
    suggestion = await hint(platform.database, mission, platform.clock.now())
    items = [ParametersView.of(revision) for revision in found[:limit]]
    return ParametersPage(items=items, next=following, hint=suggestion)


@router.post(
    "",
    operation_id="risk_parameters.propose",
    summary="Propose risk parameters",
    status_code=status.HTTP_201_CREATED,
    response_model=ParametersView,
    responses=raises(AlreadyInUse, ProposalOpen) | {201: {"headers": header("ETag") | header("Location")}},
)
async def propose_parameters(
    body: ParametersProposal, principal: ParametersWriter, wiring: Wired, write: Write
) -> Response:
    """Their risks are computed now. The parameters in use stay until the proposal is activated."""

    async def command(transaction: Transaction) -> Reply:
        proposed = await wiring.change_parameters.propose(transaction, principal, body.draft())
        headers = {"ETag": etag(proposed.version), "Location": f"{PATH}/{proposed.parameters_id}"}
        return Reply(status.HTTP_201_CREATED, ParametersView.of(proposed), headers)

    return await write(command)


@router.get("/{parameters_id}", operation_id="risk_parameters.get", summary="Read a revision of the risk parameters")
async def get_parameters(
    parameters_id: UUID, principal: Reader, connection: Reading, request: Request, response: Response
) -> ParametersDetail:
    """The parameters, who proposed them and why, their state, and the progress of the rebuild."""
    found = await _found(connection, principal.mission, parameters_id)
    done = await progress(platform_of(request).database, found) if found.state in OPEN else None
    response.headers["ETag"] = etag(found.version)
    return ParametersDetail.detailed(found, done)


@router.get(
    "/{parameters_id}/comparison",
    operation_id="risk_parameters.compare",
    summary="Compare with the parameters in use",
    responses=raises(NotCompared, NeverCompared),
)
async def compare_parameters(
    parameters_id: UUID, principal: Reader, connection: Reading, limit: Limit = 100, cursor: Cursor = None
) -> ComparisonView:
    """Each route with both, the largest change first. It is updated when incidents or routes change, until the proposal
    is decided. 409 until there is one, and where there is none."""
    found = await _found(connection, principal.mission, parameters_id)
    if found.summary is None or found.compared_at is None:
        raise NotCompared if found.state in OPEN else NeverCompared
    rows = await comparison(connection, found, _after(cursor), limit + 1)
    last = rows[limit - 1][1] if len(rows) > limit else None
    return ComparisonView(
        items=[RouteComparisonView.of(name, compared) for name, compared in rows[:limit]],
        next=None if last is None else encode_cursor(last.change.hex(), str(last.route_id)),
        parameters_id=parameters_id,
        compared_at=found.compared_at,
        summary=found.summary,
    )


@router.post(
    "/{parameters_id}/activate",
    operation_id="risk_parameters.activate",
    summary="Activate proposed parameters",
    response_model=ParametersView,
    responses=REVISED | raises(AlreadyDecided, NotCompared, ComparisonOutdated),
)
async def activate_parameters(decide: Decide, wiring: Wired) -> Response:
    """All routes get their new risk in one transaction, and `route.risk_changed` reports each large change. 409 until
    there is a comparison: read it first."""
    return await decide(wiring.change_parameters.activate)


@router.post(
    "/{parameters_id}/discard",
    operation_id="risk_parameters.discard",
    summary="Discard proposed parameters",
    response_model=ParametersView,
    responses=REVISED | raises(AlreadyDecided),
)
async def discard_parameters(decide: Decide, body: ParametersDiscard, wiring: Wired) -> Response:
    """The parameters in use stay. The proposal stays on record, with the reason."""
    return await decide(partial(wiring.change_parameters.discard, reason=body.reason))


async def _found(connection: AsyncConnection, mission: str, parameters_id: UUID) -> ParametersRevision:
    found = await parameters.find(connection, await missions.read(connection, mission), parameters_id)
    if found is None:
        raise NoSuchParameters(parameters_id)
    return found


def _before(cursor: str | None) -> int | None:
    sort_key = decode_cursor(cursor, int)
    if sort_key is not None and not 0 < sort_key[0] <= _LAST_REVISION:
        raise BadCursor
    return None if sort_key is None else int(sort_key[0])


def _after(cursor: str | None) -> tuple[float, UUID] | None:
    sort_key = decode_cursor(cursor, str, str)
    if sort_key is None:
        return None
    try:
        return float.fromhex(sort_key[0]), UUID(sort_key[1])
    except (ValueError, OverflowError) as error:
        raise BadCursor from error
