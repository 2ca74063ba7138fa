"""Passes of a route: record, list, read, correct, withdraw."""

from typing import Final
from uuid import UUID

from fastapi import Response, status

from clearway_analytics.api.check_bodies import CheckWithdrawal, PassView, RoutePassBody, RoutePassCorrection
from clearway_analytics.api.checks import PASSES, Checks, Withdrawn, recorded, revised
from clearway_analytics.api.dependencies import PassWriter, Wired
from clearway_analytics.domain.check import CheckKind
from clearway_analytics.domain.errors import CheckWithdrawn, RouteRedrawn
from clearway_platform.web.conditional import IfMatch, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Write

KIND: Final = CheckKind.PASS

router: Final = Router(prefix=f"/v1/routes/{{route_id}}/{PASSES}", tags=["Clearances and passes"])


@router.post(
    "",
    operation_id="passes.record",
    summary="Record a pass",
    status_code=status.HTTP_201_CREATED,
    response_model=PassView,
    responses={201: {"headers": header("ETag") | header("Location")}},
)
async def record(route_id: UUID, body: RoutePassBody, principal: PassWriter, wiring: Wired, write: Write) -> Response:
    """A pass on which nothing was seen is evidence that the stretch is quiet. It takes nothing out of the risk."""
    draft = body.draft()
    command = wiring.record_checks.record
    return await recorded(write, PassView, lambda transaction: command(transaction, principal, route_id, draft))


@router.get("", operation_id="passes.list", summary="List the passes of a route")
async def list_passes(
    checks: Checks, limit: Limit = 100, cursor: Cursor = None, withdrawn: Withdrawn = False
) -> Page[PassView]:
    """Those done last first. What was withdrawn is left out unless `withdrawn=true` asks for it."""
    found, following = await checks.page(KIND, cursor, limit, withdrawn=withdrawn)
    return Page(items=[PassView.of(check, checks.route) for check in found], next=following)


@router.get("/{pass_id}", operation_id="passes.get", summary="Read a pass")
async def get_pass(pass_id: UUID, checks: Checks, response: Response) -> PassView:
    """At its present revision."""
    check = (await checks.revisions(KIND, pass_id))[0]
    response.headers["ETag"] = etag(check.revision)
    return PassView.of(check, checks.route)


@router.get("/{pass_id}/revisions", operation_id="passes.list_revisions", summary="List the revisions of a pass")
async def list_revisions(pass_id: UUID, checks: Checks) -> list[PassView]:
    """The last one first: what was recorded, by whom, when, and why it was changed."""
    return [PassView.of(check, checks.route) for check in await checks.revisions(KIND, pass_id)]


@router.put(
    "/{pass_id}",
    operation_id="passes.correct",
    summary="Correct a pass",
    response_model=PassView,
    responses=REVISED | raises(CheckWithdrawn, RouteRedrawn),
)
async def correct(
    route_id: UUID,
    pass_id: UUID,
    body: RoutePassCorrection,
    principal: PassWriter,
    seen: IfMatch,
    wiring: Wired,
    write: Write,
) -> Response:
    """Replaces what was recorded; every earlier revision stays readable."""
    draft, reason, ids = body.draft(), body.reason, (route_id, pass_id)
    command = wiring.record_checks.correct
    return await revised(
        write, PassView, seen, lambda transaction: command(transaction, principal, ids, seen, draft, reason)
    )


@router.post(
    "/{pass_id}/withdraw",
    operation_id="passes.withdraw",
    openapi_extra=NEVER_LIMITED,
    summary="Withdraw a pass",
    response_model=PassView,
    responses=REVISED | raises(CheckWithdrawn),
)
async def withdraw(
    route_id: UUID,
    pass_id: UUID,
    body: CheckWithdrawal,
    principal: PassWriter,
    seen: IfMatch,
    wiring: Wired,
    write: Write,
) -> Response:
    """It was recorded by mistake, and counts for nothing from now on. It stays on record."""
    reason, ids = body.reason, (route_id, pass_id)
    command = wiring.record_checks.withdraw
    return await revised(
        write, PassView, seen, lambda transaction: command(transaction, principal, ids, seen, KIND, reason)
    )
