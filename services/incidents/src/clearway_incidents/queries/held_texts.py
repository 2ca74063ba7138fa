"""Reading held texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_incidents import permissions
from clearway_incidents.domain.held_texts import HeldTextState
from clearway_incidents.domain.withholding import CONTACTS
from clearway_incidents.queries.readable import is_readable, is_whole, marks_of
from clearway_incidents.storage.tables import HELD_TEXTS, INCIDENTS
from clearway_platform.auth.principals import Principal

_TABLE = HELD_TEXTS.c
_LATER: ColumnElement[int] = case((_TABLE.state == HeldTextState.OPEN.value, 0), else_=1)

Place = tuple[bool, UUID]
"""Where a page ended: whether it had come to those that are decided, and the last one."""


async def held_texts(
    connection: AsyncConnection,
    reader: Principal,
    states: Sequence[HeldTextState],
    incident_id: UUID | None,
    after: Place | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Up to `limit` held texts without the texts, of one incident or of all: those that are open first, and of each the
    newest first."""
    query = _seen_by(reader, *(column for column in _TABLE if column.key not in ("text", "redacted")))
    query = query.where(_TABLE.state.in_([state.value for state in states]))
    if incident_id is not None:
        query = query.where(_TABLE.incident_id == incident_id)
    if after is not None:
        is_decided, last = after
        place: ColumnElement[int] = literal(int(is_decided))
        query = query.where(or_(place < _LATER, and_(place == _LATER, _TABLE.held_id < last)))
    query = query.order_by(_LATER, _TABLE.held_id.desc()).limit(limit)
    found: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return found


async def held_text(connection: AsyncConnection, reader: Principal, held_id: UUID) -> Row[Any] | None:
    query = _seen_by(reader, HELD_TEXTS).where(_TABLE.held_id == held_id)
    found: Row[Any] | None = (await connection.execute(query)).one_or_none()
    return found


def _seen_by(reader: Principal, *what: Any) -> Select[Any]:
    """The held texts of incidents that the reader may see whole; those of contacts are for those who assess."""
    marks = marks_of(INCIDENTS.c)
    whole = is_readable(marks, reader.ceiling) & is_whole(marks, reader.ceiling)
    about = (INCIDENTS.c.incident_id == _TABLE.incident_id) & (INCIDENTS.c.mission == _TABLE.mission)
    query = select(*what).join_from(HELD_TEXTS, INCIDENTS, about).where(_TABLE.mission == reader.mission, whole)
    if reader.may(permissions.ASSESS):
        return query
    return query.where(*(~_TABLE.field.endswith(end, autoescape=True) for end in CONTACTS))
