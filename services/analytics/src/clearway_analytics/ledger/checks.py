"""Clearances and passes of routes, as rows: every revision, the last of which is the present one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_analytics.domain.check import Check, CheckKind, digest_of
from clearway_analytics.domain.coverage import Verified, coverage, last_checked_at
from clearway_analytics.domain.line import Position
from clearway_analytics.domain.route import Route
from clearway_analytics.risk.clearing import Clearing
from clearway_analytics.storage.tables import CHECKS, ROUTE_SUMS
from clearway_platform.heavy import of_each

# The newest checks by which a route is shown; before them it counts as not verified.
SHOWN_CHECKS: Final = 2_000
# Of more routes than this, all clearances of the mission are read.
_NAMED_ROUTES: Final = 500
_COLUMNS: Final = tuple(column.name for column in CHECKS.columns if column.name != "present")


async def add(connection: AsyncConnection, check: Check) -> None:
    """Store a revision as the present one; the mission is locked."""
    its_rows = (CHECKS.c.mission == check.mission, CHECKS.c.check_id == check.check_id, CHECKS.c.present.is_(True))
    if check.revision > 1:
        await connection.execute(update(CHECKS).where(*its_rows).values(present=False))
    await connection.execute(insert(CHECKS), asdict(check) | {"kind": check.kind.value, "present": True})


async def find(
    connection: AsyncConnection, mission: str, route_id: UUID, kind: CheckKind, check_id: UUID
) -> Check | None:
    """The present revision of a check of the route; None when the route has no such check."""
    query = _of_route(mission, route_id, kind).where(CHECKS.c.check_id == check_id, CHECKS.c.present.is_(True))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _check(row)


async def revisions(
    connection: AsyncConnection, mission: str, route_id: UUID, kind: CheckKind, check_id: UUID
) -> list[Check]:
    """All revisions of a check, the last one first; none when the route has no such check."""
    query = _of_route(mission, route_id, kind).where(CHECKS.c.check_id == check_id)
    rows = await connection.execute(query.order_by(CHECKS.c.revision.desc()))
    return [_check(row) for row in rows]


async def page(
    connection: AsyncConnection,
    mission: str,
    route_id: UUID,
    kind: CheckKind,
    before: tuple[datetime, UUID] | None,
    limit: int,
    *,
    withdrawn: bool,
) -> list[Check]:
    """The next checks of a route, those done last first; with those that were withdrawn only where `withdrawn`."""
    query = _of_route(mission, route_id, kind).where(CHECKS.c.present.is_(True))
    if not withdrawn:
        query = query.where(CHECKS.c.withdrawn.is_(False))
    if before is not None:
        at, check_id = before
        query = query.where(or_(CHECKS.c.at < at, and_(CHECKS.c.at == at, CHECKS.c.check_id < check_id)))
    rows = await connection.execute(query.order_by(CHECKS.c.at.desc(), CHECKS.c.check_id.desc()).limit(limit))
    return [_check(row) for row in rows]


async def of_line(
    connection: AsyncConnection, route: Route, *, until: datetime | None = None, limit: int = SHOWN_CHECKS
) -> list[Check]:
    """The checks that count for the route's present line, those done last first; `until`: as they were recorded at
    that moment, and done until then."""
    known = select(CHECKS) if until is None else _recorded_until(route, until)
    rows = known.subquery() if until is not None else CHECKS
    query = select(rows).where(
        rows.c.mission == route.mission,
        rows.c.route_id == route.route_id,
        rows.c.line_digest == digest_of(route.line),
        rows.c.withdrawn.is_(False),
    )
    query = query.where(rows.c.present.is_(True)) if until is None else query.where(rows.c.at <= until)
    found = await connection.execute(query.order_by(rows.c.at.desc(), rows.c.check_id.desc()).limit(limit))
    return await of_each(_check, found)


async def verified(connection: AsyncConnection, route: Route, *, until: datetime | None = None) -> list[Verified]:
    """The route by the last check that verified each stretch of it; see `coverage`."""
    return coverage(await of_line(connection, route, until=until), route.length_m)


async def last_checked(connection: AsyncConnection, route: Route, *, until: datetime | None = None) -> datetime | None:
    """Since when the whole route is verified; None when a stretch of it never was."""
    return last_checked_at(await verified(connection, route, until=until))


async def note_last_checked(connection: AsyncConnection, route: Route) -> None:
    """Store since when the whole route is verified beside its sums, which are read far more often than it changes."""
    at = await last_checked(connection, route)
    its_row = (ROUTE_SUMS.c.mission == route.mission, ROUTE_SUMS.c.route_id == route.route_id)
    await connection.execute(update(ROUTE_SUMS).where(*its_row).values(last_checked_at=at))


async def clearances(connection: AsyncConnection, mission: str, routes: Sequence[UUID]) -> dict[UUID, list[Check]]:
    """The clearances that left nothing on a stretch, of these routes or of more, by route id."""
    query = select(CHECKS).where(
        CHECKS.c.mission == mission,
        CHECKS.c.kind == CheckKind.CLEARANCE.value,
        CHECKS.c.present.is_(True),
        CHECKS.c.withdrawn.is_(False),
    )
    if len(routes) <= _NAMED_ROUTES:
        query = query.where(CHECKS.c.route_id.in_(bindparam("routes", list(routes), expanding=True)))
    found: dict[UUID, list[Check]] = defaultdict(list)
    for check in map(_check, await connection.execute(query)):
        if check.clears:
            found[check.route_id].append(check)
    return found


def clearings(known: Sequence[Check], line: tuple[Position, ...]) -> list[Clearing]:
    """What the clearances of a route took out of its line: those of an earlier line took out nothing of it."""
    digest = digest_of(line) if known else ""
    return [Clearing(check.start_m, check.end_m, check.at) for check in known if check.line_digest == digest]


async def clearings_of(connection: AsyncConnection, route: Route) -> list[Clearing]:
    """What the clearances took out of one route."""
    found = await clearances(connection, route.mission, [route.route_id])
    return clearings(found.get(route.route_id, ()), route.line)


def _of_route(mission: str, route_id: UUID, kind: CheckKind) -> Select[Any]:
    return select(CHECKS).where(CHECKS.c.mission == mission, CHECKS.c.route_id == route_id, CHECKS.c.kind == kind.value)


def _recorded_until(route: Route, moment: datetime) -> Select[Any]:
    """The last revision that each check of a route had at a moment."""
    its_own = (CHECKS.c.mission == route.mission, CHECKS.c.route_id == route.route_id)
    last = (
        select(CHECKS.c.check_id, func.max(CHECKS.c.revision).label("revision"))
        .where(*its_own, CHECKS.c.recorded_at <= moment)
        .group_by(CHECKS.c.check_id)
        .subquery()
    )
    same = and_(CHECKS.c.check_id == last.c.check_id, CHECKS.c.revision == last.c.revision)
    return select(CHECKS).join(last, same).where(*its_own)


def _check(row: Row[Any]) -> Check:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Check(**{**values, "kind": CheckKind(row.kind)})
