"""Routes: register, read, list, retire."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response, status

from clearway_analytics.api.bodies import RatedRoute, RouteBody, RouteView
from clearway_analytics.api.wiring import Reader, Reading, Register, SeenRevision, Time, Writer
from clearway_analytics.commands.register_route import NoSuchRoute, RouteChanged
from clearway_analytics.queries import risk, routes
from clearway_shared.database import Transaction
from clearway_shared.web.conditional import IfMatch, etag
from clearway_shared.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_shared.web.problems import Problem, invalid, not_found, precondition_failed, precondition_required
from clearway_shared.web.writes import Reply, Write

router: Final = APIRouter(prefix="/v1/routes", tags=["Routes"])


@router.put("/{route_id}", response_model=RouteView, responses={201: {"model": RouteView}})
async def put_route(
    route_id: UUID, body: RouteBody, principal: Writer, seen: SeenRevision, register: Register, write: Write
) -> Response:
    """Register a route under an id that you choose (201), or replace it (200, with If-Match).

    Its risk is made from every incident known so far, and published.
    """
    draft = body.draft()

    async def command(transaction: Transaction) -> Reply:
        try:
            route = await register.put(transaction, principal.mission, route_id, draft, principal.id, seen)
        except (NoSuchRoute, RouteChanged) as error:
            raise _refusal(error, route_id) from error
        code = status.HTTP_201_CREATED if seen is None else status.HTTP_200_OK
        return Reply(code, RouteView.of(route), {"ETag": etag(route.revision)})

    return await write(command)


@router.get("")
async def list_routes(
    principal: Reader, connection: Reading, clock: Time, limit: Limit = 100, cursor: Cursor = None
) -> Page[RatedRoute]:
    """The routes in use, by id, with their risk now."""
    shown, is_last = await routes.page(connection, principal.mission, _after(cursor), limit)
    ids = [route.route_id for route in shown]
    risks = await risk.current(connection, principal.mission, ids, clock.now())
    items = [RatedRoute.rated(route, risks[route.route_id]) for route in shown]
    return Page(items=items, next=None if is_last else encode_cursor(str(ids[-1])))


@router.get("/{route_id}")
async def get_route(route_id: UUID, principal: Reader, connection: Reading, response: Response) -> RouteView:
    """One route as it was last registered."""
    route = await routes.live(connection, principal.mission, route_id)
    if route is None:
        raise not_found("route", route_id)
    response.headers["ETag"] = etag(route.revision)
    return RouteView.of(route)


@router.delete("/{route_id}", status_code=status.HTTP_204_NO_CONTENT)
async def retire_route(route_id: UUID, principal: Writer, seen: IfMatch, register: Register, write: Write) -> Response:
    """Take a route out of use: it is no longer rated, and those who follow it are told."""

    async def command(transaction: Transaction) -> Reply:
        try:
            await register.retire(transaction, principal.mission, route_id, seen)
        except (NoSuchRoute, RouteChanged) as error:
            raise _refusal(error, route_id) from error
        return Reply(status.HTTP_204_NO_CONTENT)

    return await write(command)


def _refusal(error: NoSuchRoute | RouteChanged, route_id: UUID) -> Problem:
    if isinstance(error, NoSuchRoute):
        return not_found("route", route_id)
    return precondition_required() if error.expected is None else precondition_failed(error.current)


def _after(cursor: str | None) -> UUID | None:
    place = decode_cursor(cursor, str)
    if place is None:
        return None
    try:
        return UUID(place[0])
    except ValueError as error:
        raise invalid("query.cursor", "not a cursor of this list", "Send `next` as it was given.") from error
