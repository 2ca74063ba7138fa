"""The chains of the missions' revisions, as a check reads them: each link, the revision that it names, and the incident
as it is now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, select

from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.domain.life import Kind
from clearway_incidents.domain.linking import link_hash
from clearway_incidents.storage.tables import INCIDENTS, LINK_CURSOR, LINK_HEADS, LINKS, REVISIONS
from clearway_platform.audit.links import Fault, Link, Stray
from clearway_platform.audit.stored_chains import StoredChains
from clearway_platform.database.engines import Database
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import FeedRow, OutboxRow
from clearway_platform.heavy import HeavyWork

_FEED: Final = table_of(FeedRow)
_OUTBOX: Final = table_of(OutboxRow)
_STRAYS_NAMED: Final = 20
# What lists and the map filter by: a column, and where the state has the same.
_INDEXED: Final = {
    "category": ("category",),
    "status": ("status",),
    "hazard_state": ("hazard_state",),
    "outcome": ("outcome",),
    "longitude": ("location", "point", "coordinates", 0),
    "latitude": ("location", "point", "coordinates", 1),
}
_SEALED: Final = ("state", "kind", "by", "person", "reason", "prev_hash", "hash", "reduced_at")


class RevisionChains(StoredChains):
    """The links in the database of this service."""

    name = "incidents"

    def __init__(self) -> None:
        super().__init__(LINKS, LINK_HEADS)
        self._checks = HeavyWork("chain-checks")

    async def links(self, database: Database, mission: str, after: int, limit: int) -> Sequence[Link]:
        query = _links(mission, after, limit)
        rows = await database.of(mission).read_apart(lambda connection: connection.execute(query).all())
        return await self._checks.run(lambda: [_link(row) for row in rows])

    async def strays(self, database: Database, mission: str) -> Sequence[Stray]:
        """Revisions without a link, and incidents without a revision, but for those that will be linked: their event is
        not published, or not linked yet."""
        return await database.of(mission).read_apart(lambda connection: _strays(connection, mission))


def _of_one_incident(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Rows about the same incident, whose id is its mission's."""
    return and_(one.c.mission == other.c.mission, one.c.incident_id == other.c.incident_id)


def _links(mission: str, after: int, limit: int) -> Select[Any]:
    end = REVISIONS.alias("end_of_retention")
    expired = (
        select(end.c.revision).where(_of_one_incident(end, LINKS), end.c.kind == Kind.EXPIRED.value).correlate(LINKS)
    ).exists()
    here = and_(_of_one_incident(REVISIONS, LINKS), REVISIONS.c.revision == LINKS.c.revision)
    now = _of_one_incident(INCIDENTS, LINKS)
    columns = [REVISIONS.c[name].label(f"its_{name}") for name in _SEALED]
    columns += [INCIDENTS.c[name].label(f"now_{name}") for name in ("revision", "state", *_INDEXED)]
    query = select(LINKS, expired.label("expired"), *columns)
    query = query.outerjoin(REVISIONS, here).outerjoin(INCIDENTS, now)
    return query.where(LINKS.c.mission == mission, LINKS.c.sequence > after).order_by(LINKS.c.sequence).limit(limit)


def _link(row: Row[Any]) -> Link:
    computed = link_hash(row.incident_id, row.revision, row.revision_hash, row.previous)
    name = f"revision {row.revision} of incident {row.incident_id}"
    return Link(row.sequence, row.previous, row.hash, computed, name, _fault(row))


def _fault(row: Row[Any]) -> Fault | None:
    """What is wrong with the revision that a link names, or with its incident as it is now."""
    if row.its_hash is None or row.now_revision is None:
        return Fault.REMOVED
    if row.its_hash != row.revision_hash:
        return Fault.CHANGED
    if row.its_reduced_at is not None:
        # Its hash is of what was there before its retention ended, which its incident's history says.
        return None if row.expired else Fault.CHANGED
    return None if _is_sealed(row) and _is_shown(row) else Fault.CHANGED


def _is_sealed(row: Row[Any]) -> bool:
    try:
        part = sealed_part(row.its_state, row.its_kind, row.its_by, row.its_reason, row.its_person)
        return bool(seal(part, row.its_prev_hash) == row.its_hash)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _is_shown(row: Row[Any]) -> bool:
    """Whether the incident as it is now is its last revision."""
    if row.now_revision != row.revision:
        return bool(row.now_revision > row.revision)
    if _plain(row.now_state) != _plain(row.its_state):
        return False
    return all(getattr(row, f"now_{name}") == _at(row.now_state, path) for name, path in _INDEXED.items())


def _plain(state: Any) -> str:
    return json.dumps(state, sort_keys=True)


def _at(state: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        state = state[part]
    return state


def _strays(connection: Connection, mission: str) -> list[Stray]:
    cursor = connection.execute(select(LINK_CURSOR)).one_or_none()
    if cursor is None or cursor.incident_id is not None:
        return []  # what was on record before is being linked
    waiting = _waiting(connection, mission, cursor.position)
    unlinked = connection.execute(_unlinked_revisions(mission)).all()
    named = [row for row in unlinked if str(row.incident_id) not in waiting]
    named += connection.execute(_without_revision(mission)).all()
    return [Stray(f"revision {row.revision} of incident {row.incident_id}") for row in named[:_STRAYS_NAMED]]


def _waiting(connection: Connection, mission: str, position: int) -> set[str]:
    """The incidents of which an event is not published, or not linked yet."""
    outbox = select(_OUTBOX.c.subject).where(_OUTBOX.c.mission == mission)
    feed = select(_FEED.c.subject).where(_FEED.c.mission == mission, _FEED.c.position > position)
    return {subject for query in (outbox, feed) for subject in connection.execute(query).scalars()}


def _unlinked_revisions(mission: str) -> Select[Any]:
    linked = and_(_of_one_incident(LINKS, REVISIONS), LINKS.c.revision == REVISIONS.c.revision)
    query = select(REVISIONS.c.incident_id, REVISIONS.c.revision).outerjoin(LINKS, linked)
    return query.where(REVISIONS.c.mission == mission, LINKS.c.sequence.is_(None)).order_by(REVISIONS.c.recorded_at)


def _without_revision(mission: str) -> Select[Any]:
    here = and_(_of_one_incident(REVISIONS, INCIDENTS), REVISIONS.c.revision == INCIDENTS.c.revision)
    query = select(INCIDENTS.c.incident_id, INCIDENTS.c.revision).outerjoin(REVISIONS, here)
    return query.where(INCIDENTS.c.mission == mission, REVISIONS.c.hash.is_(None)).limit(_STRAYS_NAMED)
