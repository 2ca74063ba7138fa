"""Contaminated areas: register, list, read, correct, release, and the routes that they touch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response, status
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.api.area_bodies import (
    AreaBody,
    AreaCorrection,
    AreaOnRoute,
    AreaRelease,
    AreaView,
    RouteInArea,
)
from clearway_analytics.api.dependencies import AreaWriter, Reader, Wired
from clearway_analytics.commands.record_checks import live_route
from clearway_analytics.domain.area import Area
from clearway_analytics.domain.errors import AreaIsReleased, NoSuchArea
from clearway_analytics.ledger import areas
from clearway_analytics.queries.areas import of_area, page
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import NOTHING_CHANGED, IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write, WriteRequest

router: Final = Router(prefix="/v1", tags=["Contaminated areas"])

Released = Annotated[bool, Query(description="Whether those that were released are listed too.")]


@router.post(
    "/areas",
    operation_id="areas.register",
    summary="Register a contaminated area",
    status_code=status.HTTP_201_CREATED,
    response_model=AreaView,
    responses={201: {"headers": header("ETag") | header("Location")}},
)
async def register(body: AreaBody, principal: AreaWriter, wiring: Wired, write: Write) -> Response:
    """A polygon that is suspected or confirmed to be hazardous. It stands until it is released: nothing decays."""
    draft = body.draft()

    async def command(transaction: Transaction) -> Reply:
        area = await wiring.change_areas.register(transaction, principal, draft)
        headers = {"ETag": etag(area.revision), "Location": f"/v1/areas/{area.area_id}"}
        return Reply(status.HTTP_201_CREATED, AreaView.of(area), headers)

    return await write(command)


@router.get("/areas", operation_id="areas.list", summary="List contaminated areas")
async def list_areas(
    principal: Reader,
    connection: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    released: Released = False,
) -> Page[AreaView]:
    """Those that stand, by id. What was released is left out unless `released=true` asks for it."""
    found, is_last = await page(connection, principal.mission, _after(cursor), limit, released=released)
    following = None if is_last else encode_cursor(str(found[-1].area_id))
    return Page(items=[AreaView.of(area) for area in found], next=following)


@router.get("/areas/{area_id}", operation_id="areas.get", summary="Read a contaminated area")
async def get_area(area_id: UUID, principal: Reader, connection: Reading, response: Response) -> AreaView:
    """At its present revision, also when it was released."""
    area = await _found(connection, principal.mission, area_id)
    response.headers["ETag"] = etag(area.revision)
    return AreaView.of(area)


@router.get("/areas/{area_id}/revisions", operation_id="areas.list_revisions", summary="List the revisions of an area")
async def list_revisions(area_id: UUID, principal: Reader, connection: Reading) -> list[AreaView]:
    """The last one first: what was recorded, by whom, when, and why it was changed."""
    found = await areas.revisions(connection, principal.mission, area_id)
    if not found:
        raise NoSuchArea(area_id)
    return [AreaView.of(area) for area in found]


@router.get("/areas/{area_id}/routes", operation_id="areas.list_routes", summary="List the routes that an area touches")
async def list_routes(area_id: UUID, principal: Reader, connection: Reading, wiring: Wired) -> list[RouteInArea]:
    """The live routes whose corridors it touches, with the kilometres; none when it was released."""
    area = await _found(connection, principal.mission, area_id)
    if area.released:
        return []
    found = await of_area(connection, area, wiring.routes, wiring.briefing_work)
    return [RouteInArea.of(touched) for touched in found]


@router.get("/routes/{route_id}/areas", operation_id="routes.list_areas", summary="List the areas on a route")
async def list_areas_of_route(
    route_id: UUID, principal: Reader, connection: Reading, wiring: Wired
) -> list[AreaOnRoute]:
    """The contaminated areas that stand and touch the route's corridor, by kilometre."""
    route = await live_route(connection, principal.mission, route_id)
    return [AreaOnRoute.of(touched) for touched in await areas.on_route(connection, route, wiring.briefing_work)]


@router.put(
    "/areas/{area_id}",
    operation_id="areas.correct",
    summary="Correct a contaminated area",
    response_model=AreaView,
    responses=REVISED | raises(AreaIsReleased),
)
async def correct(
    area_id: UUID, body: AreaCorrection, principal: AreaWriter, seen: IfMatch, wiring: Wired, write: Write
) -> Response:
    """Replaces what is recorded; every earlier revision stays readable."""
    draft, command = body.draft(), wiring.change_areas.correct
    return await _revised(
        write, seen, lambda transaction: command(transaction, principal, area_id, seen, draft, body.reason)
    )


@router.post(
    "/areas/{area_id}/release",
    operation_id="areas.release",
    openapi_extra=NEVER_LIMITED,
    summary="Release a contaminated area",
    response_model=AreaView,
    responses=REVISED | raises(AreaIsReleased),
)
async def release(
    area_id: UUID, body: AreaRelease, principal: AreaWriter, seen: IfMatch, wiring: Wired, write: Write
) -> Response:
    """It stands no longer. It stays on record, with the reason."""
    command = wiring.change_areas.release
    return await _revised(write, seen, lambda transaction: command(transaction, principal, area_id, seen, body.reason))


async def _revised(write: WriteRequest, seen: int, revise: Callable[[Transaction], Awaitable[Area]]) -> Response:
    async def command(transaction: Transaction) -> Reply:
        area = await revise(transaction)
        headers = {"ETag": etag(area.revision)} | (NOTHING_CHANGED if area.revision == seen else {})
        return Reply(status.HTTP_200_OK, AreaView.of(area), headers)

    return await write(command)


async def _found(connection: AsyncConnection, mission: str, area_id: UUID) -> Area:
    area = await areas.find(connection, mission, area_id)
    if area is None:
        raise NoSuchArea(area_id)
    return area


def _after(cursor: str | None) -> UUID | None:
    sort_key = decode_cursor(cursor, str)
    if sort_key is None:
        return None
    try:
        return UUID(sort_key[0])
    except ValueError as error:
        raise BadCursor from error
