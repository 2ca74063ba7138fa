"""What clearances and passes have in common: the check in the address, a page of them, and the answer to a change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from clearway_analytics.api.check_bodies import ClearanceView, PassView, VerifiedStretch, VerifiedStretches
from clearway_analytics.api.dependencies import Reader, Time
from clearway_analytics.commands.record_checks import live_route
from clearway_analytics.domain.check import Check, CheckKind
from clearway_analytics.domain.coverage import last_checked_at
from clearway_analytics.domain.errors import NoSuchClearance, NoSuchPass
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger import checks
from clearway_platform.database.engines import Transaction
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.pages import decode_cursor, encode_cursor
from clearway_platform.web.problems import BadCursor
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, WriteRequest

CLEARANCES = "clearances"
PASSES = "passes"
View = type[ClearanceView] | type[PassView]
Withdrawn = Annotated[bool, Query(description="Whether those that were withdrawn are listed too.")]

router = Router(prefix="/v1/routes/{route_id}", tags=["Clearances and passes"])


@router.get(
    "/verified-stretches", operation_id="routes.list_verified_stretches", summary="Read when a route was last verified"
)
async def verified_stretches(route_id: UUID, principal: Reader, connection: Reading, clock: Time) -> VerifiedStretches:
    """Each stretch with the last clearance, or pass on which nothing was seen, that verified it."""
    route, now = await live_route(connection, principal.mission, route_id), clock.now()
    stretches = await checks.verified(connection, route)
    return VerifiedStretches(
        route_id=route_id,
        as_of=now,
        last_checked_at=last_checked_at(stretches),
        stretches=[VerifiedStretch.of(stretch, now) for stretch in stretches],
    )


@dataclass(frozen=True, slots=True)
class CheckReads:
    """The reads of one request about the checks of the route in the address."""

    connection: AsyncConnection
    route: Route

    async def page(
        self, kind: CheckKind, cursor: str | None, limit: int, *, withdrawn: bool
    ) -> tuple[Sequence[Check], str | None]:
        """The next checks, and the cursor of the page after them."""
        found = await checks.page(
            self.connection,
            self.route.mission,
            self.route.route_id,
            kind,
            _before(cursor),
            limit + 1,
            withdrawn=withdrawn,
        )
        last = found[limit - 1] if len(found) > limit else None
        following = None if last is None else encode_cursor(last.at.isoformat(), str(last.check_id))
        return found[:limit], following

    async def revisions(self, kind: CheckKind, check_id: UUID) -> Sequence[Check]:
        """All revisions of a check, the last one first. Raises NoSuchClearance or NoSuchPass."""
        found = await checks.revisions(self.connection, self.route.mission, self.route.route_id, kind, check_id)
        if not found:
            raise NoSuchClearance(check_id) if kind is CheckKind.CLEARANCE else NoSuchPass(check_id)
        return found


async def _check_reads(route_id: UUID, principal: Reader, connection: Reading) -> CheckReads:
    return CheckReads(connection, await live_route(connection, principal.mission, route_id))


Checks = Annotated[CheckReads, Depends(_check_reads)]


async def recorded(write: WriteRequest, view: View, record: Callable[[Transaction], Awaitable[Check]]) -> Response:
    """201 with the address of the new check."""

    async def command(transaction: Transaction) -> Reply:
        check = await record(transaction)
        name = CLEARANCES if check.kind is CheckKind.CLEARANCE else PASSES
        where = f"/v1/routes/{check.route_id}/{name}/{check.check_id}"
        return await _reply(transaction, view, check, 201, {"Location": where})

    return await write(command)


async def revised(
    write: WriteRequest, view: View, expected: int, revise: Callable[[Transaction], Awaitable[Check]]
) -> Response:
    """200 with the check after a change."""

    async def command(transaction: Transaction) -> Reply:
        check = await revise(transaction)
        return await _reply(transaction, view, check, 200, NOTHING_CHANGED if check.revision == expected else {})

    return await write(command)


async def _reply(transaction: Transaction, view: View, check: Check, status: int, headers: dict[str, str]) -> Reply:
    route = await live_route(transaction.connection, check.mission, check.route_id)
    return Reply(status, view.of(check, route), {"ETag": etag(check.revision), **headers})


def _before(cursor: str | None) -> tuple[datetime, UUID] | None:
    sort_key = decode_cursor(cursor, str, str)
    if sort_key is None:
        return None
    try:
        at, check_id = datetime.fromisoformat(sort_key[0]), UUID(sort_key[1])
        if at.tzinfo is None:
            raise BadCursor
        return at.astimezone(UTC), check_id
    except (ValueError, OverflowError) as error:
        raise BadCursor from error
