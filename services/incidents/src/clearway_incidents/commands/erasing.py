"""Erases bytes of photos that were removed, and of those that never came on record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from prometheus_client import Counter
from sqlalchemy import Row, bindparam, delete, select, update

from clearway_incidents.photos.stores.store import Store, StoreError, addresses
from clearway_incidents.storage.tables import ERASURES
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.retry import retry_until_done

PAUSE_SECONDS: Final = 20.0
AT_ONCE: Final = 100
FAILED = Counter("clearway_photo_erasures_failed", "Bytes of removed photos that the store did not erase; tried again")

_ONE: Final = (ERASURES.c.mission == bindparam("of"), ERASURES.c.attachment_id == bindparam("id"))
_TAKE: Final = update(ERASURES).where(*_ONE).values(taken_at=bindparam("now"))
_DONE: Final = delete(ERASURES).where(*_ONE)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Erasing:
    """A worker. Several processes may run it: erasing twice is erasing. It looks for nothing in the store: a row names
    what goes, so a store that holds what another database knows loses none of it."""

    clock: Clock
    database: Database
    store: Store

    async def run(self) -> None:
        while True:
            await retry_until_done(self.erase)
            await asyncio.sleep(PAUSE_SECONDS)

    async def erase(self) -> int:
        """Erase what is due. Returns how many photos."""
        count = 0
        for row in await self._due():
            count += await self._erase(row)
        return count

    async def _due(self) -> Sequence[Row[Any]]:
        query = select(ERASURES).where(ERASURES.c.due_at <= self.clock.now()).order_by(ERASURES.c.due_at).limit(AT_ONCE)
        async with self.database.of_every_mission("what is due is looked for in all").read() as connection:
            return (await connection.execute(query)).all()

    async def _erase(self, row: Row[Any]) -> bool:
        """Taken first, in a transaction of its own: from then on the photo cannot come on record any more."""
        named = {"of": row.mission, "id": row.attachment_id}
        own = self.database.of(row.mission)
        async with own.write() as transaction:
            taken = await transaction.connection.execute(_TAKE, named | {"now": self.clock.now()})
        if taken.rowcount == 0:
            return False
        try:
            for address in addresses(row.mission, row.sha256, row.attachment_id):
                await self.store.delete(address)
        except StoreError as error:
            FAILED.inc()
            log.warning("photo_not_erased", error=str(error), again_in_seconds=PAUSE_SECONDS)
            return False
        async with own.write() as transaction:
            await transaction.connection.execute(_DONE, named)
        return True
