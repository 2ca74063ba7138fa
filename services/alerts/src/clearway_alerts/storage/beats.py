"""How far each process has said that its consumers are. A consumer is as far as the slowest of its processes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select

from clearway_alerts.storage.tables import CONSUMER_BEAT
from clearway_platform.database.engines import Transaction, on_either

# A process that has said nothing for so long has ended: the others have its part of what is consumed.
ENDED_AFTER: Final = timedelta(minutes=5)


def _keeping(insert: Any) -> Any:
    changes = {name: insert.excluded[name] for name in ("at", "handled_until")}
    newer = CONSUMER_BEAT.c.at < insert.excluded.at
    return insert.on_conflict_do_update(index_elements=["consumer", "instance"], set_=changes, where=newer)


_KEEP: Final = on_either(_keeping, CONSUMER_BEAT)


async def keep_beat(
    transaction: Transaction, instance: UUID, at: datetime, until: Mapping[str, datetime]
) -> dict[str, datetime]:
    """Until when everything is handled by each of these consumers, by all of their processes."""
    if not until:
        return {}
    rows = [
        {"consumer": consumer, "instance": instance, "at": at, "handled_until": handled}
        for consumer, handled in until.items()
    ]
    await transaction.connection.execute(_KEEP[transaction.connection.dialect.name], rows)
    await transaction.connection.execute(delete(CONSUMER_BEAT).where(CONSUMER_BEAT.c.at < at - ENDED_AFTER))
    slowest = (
        select(CONSUMER_BEAT.c.consumer, func.min(CONSUMER_BEAT.c.handled_until))
        .where(CONSUMER_BEAT.c.consumer.in_(list(until)))
        .group_by(CONSUMER_BEAT.c.consumer)
    )
    return {row[0]: row[1] for row in await transaction.connection.execute(slowest)}
