"""What changed for the public between two editions: of each incident that was revised, what is known at the moment of
the edition, if it may be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, func, select

from clearway_incidents.domain.public.counting import Contribution, Known, Rule, contribution, is_public
from clearway_incidents.domain.public.editions import HELD_BACK
from clearway_incidents.domain.public.publication import Between
from clearway_incidents.domain.sight import handling_of
from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.database.engines import BoundDatabase
from clearway_platform.heavy import of_each

_AT_ONCE: Final = 500
_EARLIEST: Final = UUID(int=0)


async def changes(database: BoundDatabase, between: Between, rule: Rule) -> dict[UUID, Contribution | None]:
    """Of each incident that was revised, what it adds; read in parts, so that others have their turn."""
    found: dict[UUID, Contribution | None] = {}
    last = _EARLIEST
    while revised := await database.read_apart(partial(_revised, between=between, after=last)):
        then, now = await database.read_apart(partial(_then_and_now, between=between, incident_ids=revised))
        public = {row.incident_id for row in then if is_public(_known(row))}
        told = [row for row in now if row.incident_id in public]
        added = await of_each(lambda row: contribution(_known(row), rule), told)
        found |= dict.fromkeys(revised)
        found |= {row.incident_id: one for row, one in zip(told, added, strict=True)}
        last = revised[-1]
    return found


def _revised(connection: Connection, *, between: Between, after: UUID) -> Sequence[UUID]:
    """The next incidents with a revision that may matter to this edition, and did not to the one before."""
    columns = REVISIONS.c
    query = select(columns.incident_id).distinct()
    query = query.where(
        columns.mission == between.mission, columns.incident_id > after, columns.recorded_at <= between.until
    )
    if between.after is not None:
        query = query.where(columns.recorded_at > between.after - HELD_BACK)
    return connection.execute(query.order_by(columns.incident_id).limit(_AT_ONCE)).scalars().all()


def _then_and_now(
    connection: Connection, *, between: Between, incident_ids: Sequence[UUID]
) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """The incidents as they were HELD_BACK before the edition, and at its moment."""
    then, now = between.until - HELD_BACK, between.until
    return (
        _as_of(connection, between.mission, incident_ids, then),
        _as_of(connection, between.mission, incident_ids, now),
    )


def _as_of(connection: Connection, mission: str, incident_ids: Sequence[UUID], moment: datetime) -> Sequence[Row[Any]]:
    """The incidents as they were on record at a moment; those that were."""
    columns, state = REVISIONS.c, REVISIONS.c.state
    latest = (
        select(columns.incident_id, func.max(columns.revision).label("revision"))
        .where(columns.mission == mission, columns.incident_id.in_(incident_ids), columns.recorded_at <= moment)
        .group_by(columns.incident_id)
        .subquery()
    )
    is_latest = and_(columns.incident_id == latest.c.incident_id, columns.revision == latest.c.revision)
    query: Select[Any] = select(
        *(columns[name] for name in ("incident_id", "longitude", "latitude", "earliest", "latest")),
        *(columns[name] for name in ("category", "status", "hazard_state", "outcome")),
        state["location"]["uncertainty_m"].as_float().label("uncertainty_m"),
        state["exercise"].as_boolean().label("exercise"),
        state["sharing"].label("sharing"),
    )
    return connection.execute(query.join(latest, is_latest).where(columns.mission == mission)).all()


def _known(row: Row[Any]) -> Known:
    return Known(
        row.longitude,
        row.latitude,
        row.uncertainty_m,
        row.earliest,
        row.latest,
        row.category,
        row.status,
        row.hazard_state,
        row.outcome,
        bool(row.exercise),
        handling_of({"sharing": row.sharing}),
    )
