"""Clearances of a route: record, list, read, correct, withdraw."""

from typing import Final
from uuid import UUID

from fastapi import Response, status

from clearway_analytics.api.check_bodies import (
    CheckWithdrawal,
    ClearanceView,
    RouteClearanceBody,
    RouteClearanceCorrection,
)
from clearway_analytics.api.checks import CLEARANCES, Checks, Withdrawn, recorded, revised
from clearway_analytics.api.dependencies import ClearanceWriter, Wired
from clearway_analytics.domain.check import CheckKind
from clearway_analytics.domain.errors import CheckWithdrawn, RouteRedrawn
from clearway_platform.web.conditional import IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Write

KIND: Final = CheckKind.CLEARANCE

router: Final = Router(prefix=f"/v1/routes/{{route_id}}/{CLEARANCES}", tags=["Clearances and passes"])


@router.post(
    "",
    operation_id="clearances.record",
    summary="Record a clearance",
    status_code=status.HTTP_201_CREATED,
    response_model=ClearanceView,
    responses={201: {"headers": header("ETag") | header("Location")}},
)
async def record(
    route_id: UUID, body: RouteClearanceBody, principal: ClearanceWriter, wiring: Wired, write: Write
) -> Response:
    """Where it left nothing, what was on the stretch before it no longer counts; what is reported of a later time
    does."""
    draft = body.draft()
    command = wiring.record_checks.record
    return await recorded(write, ClearanceView, lambda transaction: command(transaction, principal, route_id, draft))


@router.get("", operation_id="clearances.list", summary="List the clearances of a route")
async def list_clearances(
    checks: Checks, limit: Limit = 100, cursor: Cursor = None, withdrawn: Withdrawn = False
) -> Page[ClearanceView]:
    """Those done last first. What was withdrawn is left out unless `withdrawn=true` asks for it."""
    found, following = await checks.page(KIND, cursor, limit, withdrawn=withdrawn)
    return Page(items=[ClearanceView.of(check, checks.route) for check in found], next=following)


@router.get("/{clearance_id}", operation_id="clearances.get", summary="Read a clearance")
async def get_clearance(clearance_id: UUID, checks: Checks, response: Response) -> ClearanceView:
    """At its present revision."""
    check = (await checks.revisions(KIND, clearance_id))[0]
    response.headers["ETag"] = etag(check.revision)
    return ClearanceView.of(check, checks.route)


@router.get(
    "/{clearance_id}/revisions", operation_id="clearances.list_revisions", summary="List the revisions of a clearance"
)
async def list_revisions(clearance_id: UUID, checks: Checks) -> list[ClearanceView]:
    """The last one first: what was recorded, by whom, when, and why it was changed."""
    return [ClearanceView.of(check, checks.route) for check in await checks.revisions(KIND, clearance_id)]


@router.put(
    "/{clearance_id}",
    operation_id="clearances.correct",
    summary="Correct a clearance",
    response_model=ClearanceView,
    responses=REVISED | raises(CheckWithdrawn, RouteRedrawn),
)
async def correct(
    route_id: UUID,
    clearance_id: UUID,
    body: RouteClearanceCorrection,
    principal: ClearanceWriter,
    seen: IfMatch,
    wiring: Wired,
    write: Write,
) -> Response:
    """Replaces what was recorded; every earlier revision stays readable."""
    draft, reason, ids = body.draft(), body.reason, (route_id, clearance_id)
    command = wiring.record_checks.correct
    return await revised(
        write, ClearanceView, seen, lambda transaction: command(transaction, principal, ids, seen, draft, reason)
    )


@router.post(
    "/{clearance_id}/withdraw",
    operation_id="clearances.withdraw",
    openapi_extra=NEVER_LIMITED,
    summary="Withdraw a clearance",
    response_model=ClearanceView,
    responses=REVISED | raises(CheckWithdrawn),
)
async def withdraw(
    route_id: UUID,
    clearance_id: UUID,
    body: CheckWithdrawal,
    principal: ClearanceWriter,
    seen: IfMatch,
    wiring: Wired,
    write: Write,
) -> Response:
    """It was recorded by mistake, and counts for nothing from now on. It stays on record."""
    reason, ids = body.reason, (route_id, clearance_id)
    command = wiring.record_checks.withdraw
    return await revised(
        write, ClearanceView, seen, lambda transaction: command(transaction, principal, ids, seen, KIND, reason)
    )
