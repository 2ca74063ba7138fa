"""The start of a stream: after a cursor, at a time, or a number of events before now."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query
from sqlalchemy import func, select

from clearway_platform.auth.principals import Permission, Principal
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedHead, FeedRow
from clearway_platform.messaging.cursors import is_cursor
from clearway_platform.refusals import RequestPart
from clearway_platform.service import Platform
from clearway_platform.web.access import require
from clearway_platform.web.moments import A_DATE, FromTime
from clearway_platform.web.problems import BadCursor

MOST: Final = 1000
_FEED = table_of(FeedRow)
_HEAD = table_of(FeedHead)


def starting_cursor(platform: Platform, permission: Permission) -> Callable[..., Any]:
    """A dependency that returns the cursor after which a stream begins; None for its present end."""

    async def cursor(
        principal: Annotated[Principal, Depends(require(permission))],
        last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=64)] = None,
        since: Annotated[str | None, Query(max_length=64, description="An event id: later events are sent.")] = None,
        published_from: Annotated[
            FromTime | None,
            Query(alias="from", description=f"Events published at this time or later are sent first. {A_DATE}"),
        ] = None,
        last: Annotated[
            int | None, Query(ge=0, le=MOST, description="Begin with this many of the last stored events.")
        ] = None,
    ) -> str | None:
        if last_event_id:
            return _checked(last_event_id, "Last-Event-ID", "header")
        if since:
            return _checked(since, "since", "query")
        if published_from is not None:
            return await place(principal.mission, await _before(platform, principal.mission, published_from))
        return await place(principal.mission, await _before_last(platform, principal.mission, last)) if last else None

    async def place(mission: str, position: int) -> str:
        return (await platform.feed.cursors()).place(mission, position)

    return cursor


def _checked(cursor: str, place: str, part: RequestPart) -> str:
    """The cursor, also one of another database, which the stream answers with `resync`. Raises BadCursor."""
    if not is_cursor(cursor):
        raise BadCursor(place, part)
    return cursor


async def _before_last(platform: Platform, mission: str, count: int) -> int:
    """The position before the mission's last `count` events."""
    held = select(_FEED.c.position).where(_FEED.c.mission == mission).order_by(_FEED.c.position.desc()).limit(count)
    return await _before_first_of(platform, mission, select(func.min(held.subquery().c.position)))


async def _before(platform: Platform, mission: str, moment: datetime) -> int:
    """The position before the mission's first event that was published at `moment` or later."""
    later = (_FEED.c.mission == mission) & (_FEED.c.published_at >= moment)
    return await _before_first_of(platform, mission, select(func.min(_FEED.c.position)).where(later))


async def _before_first_of(platform: Platform, mission: str, query: Any) -> int:
    """The position before the one that the query finds; the feed's last position when it finds none."""
    async with platform.database.of(mission).read() as connection:
        # Both reads see one state: events that are published meanwhile are after either position.
        last: int = (await connection.execute(select(_HEAD.c.last_position))).scalar_one()
        first: int | None = (await connection.execute(query)).scalar_one()
    return last if first is None else first - 1
