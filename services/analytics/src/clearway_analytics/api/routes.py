"""Routes: register, read, list, retire."""

from typing import Final
from uuid import UUID

from fastapi import Response, status

from clearway_analytics.api.bodies import RouteBody, RouteView
from clearway_analytics.api.dependencies import Reader, SeenRevision, Time, Wired, Writer
from clearway_analytics.api.risk_bodies import RatedRoute
from clearway_analytics.domain.errors import NoSuchRoute
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import missions
from clearway_analytics.queries import risk, routes
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import of_each
from clearway_platform.web.conditional import NOTHING_CHANGED, IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.representation import weak_etag
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router: Final = Router(prefix="/v1/routes", tags=["Routes"])


@router.put(
    "/{route_id}",
    operation_id="routes.put",
    summary="Register a route, or replace it",
    response_model=RouteView,
    responses={
        **REVISED,
        201: {"model": RouteView, "description": "It was registered.", "headers": header("ETag") | header("Location")},
    },
    openapi_extra={"x-if-match": "optional"},
)
async def put_route(
    route_id: UUID, body: RouteBody, principal: Writer, seen: SeenRevision, wiring: Wired, write: Write
) -> Response:
    """Under an id that you choose (201); an existing one is replaced (200, with If-Match). Its risk is computed from
    all incidents known so far, and published."""
    draft = body.draft()

    async def command(transaction: Transaction) -> Reply:
        return _put_reply(await wiring.register_route.put(transaction, principal, route_id, draft, seen), seen)

    return await write(command)


@router.get("", operation_id="routes.list", summary="List routes")
async def list_routes(
    principal: Reader, connection: Reading, clock: Time, response: Response, limit: Limit = 100, cursor: Cursor = None
) -> Page[RatedRoute]:
    """The live routes, by id, with their present risk. The ETag changes when a route changes, or a risk in its first
    three digits: a risk falls a little every second."""
    shown, is_last = await routes.page(connection, principal.mission, _after(cursor), limit)
    ids = [route.route_id for route in shown]
    mission = await missions.read(connection, principal.mission)
    risks = await risk.current(connection, mission, ids, clock.now())
    items = await of_each(
        lambda route: RatedRoute.rated(route, risks[route.route_id], mission.parameters_revision), shown
    )
    response.headers["ETag"] = weak_etag(repr([_seen(item) for item in items]).encode())
    return Page(items=items, next=None if is_last else encode_cursor(str(ids[-1])))


@router.get("/{route_id}", operation_id="routes.get", summary="Read a route")
async def get_route(route_id: UUID, principal: Reader, connection: Reading, response: Response) -> RouteView:
    """One live route."""
    route = await routes.live(connection, principal.mission, route_id)
    if route is None:
        raise NoSuchRoute(route_id)
    response.headers["ETag"] = etag(route.revision)
    return RouteView.of(route)


@router.delete(
    "/{route_id}",
    operation_id="routes.retire",
    summary="Retire a route",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def retire_route(route_id: UUID, principal: Writer, seen: IfMatch, wiring: Wired, write: Write) -> Response:
    """The route is no longer rated; `route.registered` reports its end."""

    async def command(transaction: Transaction) -> Reply:
        await wiring.register_route.retire(transaction, principal, route_id, seen)
        return Reply(status.HTTP_204_NO_CONTENT)

    return await write(command)


def _put_reply(route: Route, seen: int | None) -> Reply:
    """201 with its address for a new route; 200 for one that is replaced, or was the same already."""
    headers = {"ETag": etag(route.revision)}
    if seen is None:
        headers |= {"Location": f"/v1/routes/{route.route_id}"}
        return Reply(status.HTTP_201_CREATED, RouteView.of(route), headers)
    if route.revision == seen:
        headers |= NOTHING_CHANGED
    return Reply(status.HTTP_200_OK, RouteView.of(route), headers)


def _seen(item: RatedRoute) -> tuple[object, ...]:
    """The parts of an item that a reader compares: not the moment of the risk."""
    risk = item.risk
    return (
        item.route_id,
        item.revision,
        risk.band,
        risk.known_hazards,
        risk.parameters_revision,
        f"{risk.expected_events:.3g}",
        f"{risk.low:.3g}",
        f"{risk.high:.3g}",
    )


def _after(cursor: str | None) -> UUID | None:
    sort_key = decode_cursor(cursor, str)
    if sort_key is None:
        return None
    try:
        return UUID(sort_key[0])
    except ValueError as error:
        raise BadCursor from error
