"""Digests: one message for many alerts, each of which is stored as an alert of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, case, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clearway_alerts.domain.severity import EXERCISE
from clearway_alerts.domain.standing import FOUND
from clearway_alerts.outgoing import state_of
from clearway_alerts.storage.alert_rows import alerts_of, read_stored
from clearway_alerts.storage.tables import ALERT, DIGEST
from clearway_contracts.alert import MOST_LISTED, AlertState, DigestState
from clearway_contracts.vocabulary import Severity
from clearway_platform.database.engines import Transaction

_LATER: Final = ALERT.alias("later")
_IS_OUTDATED: Final = exists().where(
    _LATER.c.subscription_id == ALERT.c.subscription_id,
    _LATER.c.incident_id == ALERT.c.incident_id,
    _LATER.c.sequence > ALERT.c.sequence,
)
_GRAVEST_FIRST: Final = case({word.value: place for place, word in enumerate(Severity)}, value=ALERT.c.severity)


async def count_of(connection: AsyncConnection, digest_id: UUID) -> int:
    """How many alerts it has until now."""
    query = select(func.count()).where(ALERT.c.digest_id == digest_id)
    return int((await connection.execute(query)).scalar_one())


async def close_digest(
    transaction: Transaction, digest_id: UUID, subscription: RowMapping, now: datetime, *, exercise: bool
) -> DigestState | None:
    """The digest of the alerts that were stored for it; None when each of them was followed by another alert, which
    says more, before it could be sent."""
    outdated = update(ALERT).where(ALERT.c.digest_id == digest_id, _IS_OUTDATED).values(digest_id=None)
    await transaction.connection.execute(outdated)
    count = await count_of(transaction.connection, digest_id)
    if not count:
        return None
    row = {
        "id": digest_id,
        "mission": subscription["mission"],
        "subscription_id": subscription["id"],
        "exercise": exercise,
        "count": count,
        "issued_at": now,
    }
    await transaction.connection.execute(insert(DIGEST).values(row))
    return await _digest(transaction.connection, row)


async def digests_of(
    connection: AsyncConnection, digest_ids: Iterable[UUID | None]
) -> dict[UUID, DigestState | Exception]:
    """The digests, by their ids; in place of one that this process cannot read, why."""
    wanted = {one for one in digest_ids if one is not None}
    if not wanted:
        return {}
    rows = (await connection.execute(select(DIGEST).where(DIGEST.c.id.in_(wanted)))).mappings().all()
    found: dict[UUID, DigestState | Exception] = {}
    for row in rows:
        try:
            found[row["id"]] = await _digest(connection, row)
        except Exception as error:  # whatever it is, it is about this digest alone
            found[row["id"]] = error
    return found


async def _digest(connection: AsyncConnection, row: RowMapping | dict[str, Any]) -> DigestState:
    what = "hazard stands" if row["count"] == 1 else "hazards stand"
    said = f"{row['count']} {what} inside the area of this subscription"
    return DigestState(
        digest_id=row["id"],
        mission=row["mission"],
        subscription_id=row["subscription_id"],
        exercise=row["exercise"],
        count=row["count"],
        headline=f"{EXERCISE}: {said}" if row["exercise"] else said,
        issued_at=row["issued_at"],
        reason=FOUND,
        alerts=await _listed(connection, row["mission"], row["id"]),
    )


async def _listed(connection: AsyncConnection, mission: str, digest_id: UUID) -> tuple[AlertState, ...]:
    query = alerts_of(mission).where(ALERT.c.digest_id == digest_id)
    gravest = query.order_by(_GRAVEST_FIRST, ALERT.c.id.desc()).limit(MOST_LISTED)
    found = [read_stored(row) for row in (await connection.execute(gravest)).mappings()]
    return tuple(state_of(stored.alert, stored.incident) for stored in found)
