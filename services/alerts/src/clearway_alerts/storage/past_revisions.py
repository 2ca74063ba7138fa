"""The revisions that were processed in a time that has passed, and what stood when it began: so many at most, read in
parts of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, select, tuple_

from clearway_alerts.domain.replay import Handled
from clearway_alerts.storage.states import read_incident
from clearway_alerts.storage.tables import INCIDENT_VIEW, IS_STANDING
from clearway_alerts.storage.unreadable import RowKind, UnreadableRows, why_unreadable

# So many revisions, and so many rows of hazards that stand, are looked at.
MOST_ROWS: Final = 5_000
# Of so many rows at most a part is made: where they are read on the loop, each holds it for a few milliseconds.
ROWS_AT_ONCE: Final = 200
_COLUMNS: Final = (
    INCIDENT_VIEW.c.incident_id,
    INCIDENT_VIEW.c.revision,
    INCIDENT_VIEW.c.handled_at,
    INCIDENT_VIEW.c.incident,
)
_OF_MISSION: Final = INCIDENT_VIEW.c.mission == bindparam("mission")
_NEWER: Final = INCIDENT_VIEW.alias("newer")
_STOOD_THEN: Final = and_(
    INCIDENT_VIEW.c.handled_at <= bindparam("since"),
    ~exists().where(
        _NEWER.c.mission == INCIDENT_VIEW.c.mission,
        _NEWER.c.incident_id == INCIDENT_VIEW.c.incident_id,
        _NEWER.c.revision > INCIDENT_VIEW.c.revision,
        _NEWER.c.handled_at <= bindparam("since"),
    ),
)


def _part(*key: str) -> Select[Any]:
    """The next rows below the last one, by the columns of the key."""
    columns = [INCIDENT_VIEW.c[name] for name in key]
    below = tuple_(*(bindparam(f"last_{column.name}", type_=column.type) for column in columns))
    ordered = (column.desc() for column in columns)
    return select(*_COLUMNS).where(_OF_MISSION, tuple_(*columns) < below).order_by(*ordered).limit(bindparam("rows"))


_HANDLED: Final = _part("handled_at", "incident_id", "revision").where(
    INCIDENT_VIEW.c.handled_at > bindparam("since"), INCIDENT_VIEW.c.handled_at <= bindparam("last_handled_at")
)
_HAZARDS: Final = {
    dialect: _part("incident_id", "revision").add_columns(_STOOD_THEN.label("stood_then")).where(is_standing)
    for dialect, is_standing in IS_STANDING.items()
}
_LAST_ID: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Past:
    """Each incident's history, the oldest revision first. `is_whole`: all that there is was looked at."""

    histories: list[list[Handled]]
    is_whole: bool


def past_of(connection: Connection, mission: str, since: datetime, until: datetime, unreadable: UnreadableRows) -> Past:
    """The newest of it where there is more. What cannot be read is noted and left out."""
    histories: dict[UUID, list[Handled]] = {}
    asked = {"mission": mission, "since": since, "rows": ROWS_AT_ONCE}
    hazards, handled, is_whole = _HAZARDS[connection.dialect.name], _HANDLED, True
    for query, first in ((hazards, _below_all()), (handled, _below_all() | {"last_handled_at": until})):
        rows = 0
        for part in _parts(connection, query, asked | first):
            rows += len(part)
            is_whole = is_whole and rows <= MOST_ROWS
            if rows > MOST_ROWS:
                break
            _read([row for row in part if query is handled or row.stood_then], histories, unreadable)
    for history in histories.values():
        history.sort(key=lambda one: one.incident.revision)
    return Past(list(histories.values()), is_whole)


def _below_all() -> dict[str, object]:
    return {"last_incident_id": _LAST_ID, "last_revision": 0}


def _parts(
    connection: Connection, query: Select[Any], asked: Mapping[str, object]
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    while rows := connection.execute(query, asked).all():
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        asked = {
            **asked,
            **{f"last_{name}": rows[-1]._mapping[name] for name in ("handled_at", "incident_id", "revision")},
        }


def _read(
    rows: Sequence[Row[*tuple[Any, ...]]], histories: dict[UUID, list[Handled]], unreadable: UnreadableRows
) -> None:
    for row in rows:
        try:
            found = Handled(read_incident(row.incident), row.handled_at)
        except Exception as error:  # whatever it is, it is about this revision alone
            unreadable.note(RowKind.INCIDENT_VIEW, (row.incident_id, row.revision), why_unreadable(error))
        else:
            histories.setdefault(row.incident_id, []).append(found)
