"""The endpoints that do not get their messages, for the operators of the mission."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from clearway_alerts.api.cursors import cursor_id, next_cursor
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.queries.failing_endpoints import page_of_failing_endpoints
from clearway_platform.web.access import platform_of
from clearway_platform.web.pages import Cursor, Limit, Page
from clearway_platform.web.routing import Router
from clearway_platform.web.status import Operator

router: Final = Router(prefix="/v1/alert-status/failing-endpoints", tags=["Status"])


class FailingEndpointView(BaseModel):
    """A subscription whose messages do not get through."""

    subscription_id: UUID
    name: str
    state: SubscriptionState
    state_reason: str | None
    suspended_at: datetime | None = Field(description="Since when it is suspended: its key was revoked or expired.")
    failing_since: datetime | None = Field(description="Since when every attempt failed; null when the last did not.")
    waiting: int = Field(description="Its deliveries that are still to be made.")
    waiting_since: datetime | None = Field(description="Since when the oldest of them waits.")
    held: str | None = Field(description="Why one waits, whenever it is due; null when nothing holds any.")
    last_error: str | None = Field(description="What was wrong with the newest delivery that failed.")

    @classmethod
    def of(cls, row: Any) -> "FailingEndpointView":
        return cls.model_validate({**row._mapping, "subscription_id": row.id})


@router.get("", operation_id="failing_endpoints.list", summary="List endpoints that fail")
async def list_failing_endpoints(
    request: Request, principal: Operator, limit: Limit = 100, cursor: Cursor = None
) -> Page[FailingEndpointView]:
    """The mission's subscriptions whose deliveries fail, are tried again or are held, or that are suspended, the oldest
    first. The list of its deliveries has every attempt."""
    database = platform_of(request).database
    rows = await page_of_failing_endpoints(database, principal.mission, cursor_id(cursor), limit + 1)
    following = next_cursor([row.id for row in rows], limit)
    return Page(items=[FailingEndpointView.of(row) for row in rows[:limit]], next=following)
