"""What each mission has put on record in a service, in bytes, and that it is not too much."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from clearway_platform.database.engines import Database, on_either
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import StoredBytesRow
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing
from clearway_platform.messaging.retry import retry_until_done

_ROWS: Final = table_of(StoredBytesRow)
_ALL: Final = select(_ROWS.c.mission, _ROWS.c.bytes)
_ADD: Final = on_either(
    lambda new: new.on_conflict_do_update(
        index_elements=[_ROWS.c.mission], set_={"bytes": _ROWS.c.bytes + new.excluded.bytes}
    ),
    _ROWS,
)
KEEP_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 3600


class StoredBytes:
    """Counts in memory, and keeps the sums in a table every few seconds: no write waits for that, and no two wait for
    each other's row. A process that is killed forgets what it counted since: the quota is no account."""

    def __init__(self, database: Database, most: int) -> None:
        """`most` bytes of one mission; 0 is no limit."""
        self._rows = database.of_every_mission("the sums of all missions are kept together")
        self._quota = Quota("mission-bytes", most, "bytes on record", "mission_stored_bytes", unit="content-bytes")
        self._kept: Mapping[str, int] = {}
        self._new: Counter[str] = Counter()

    def check(self, mission: str) -> None:
        """Raises QuotaUsedUp when the mission has as much on record as it may."""
        if self._quota.most and self.of(mission) >= self._quota.most:
            raise QuotaUsedUp(Standing(self._quota, 0), RETRY_SECONDS, "Retracting and acknowledging go on.")

    def add(self, mission: str, size: int) -> None:
        """So many bytes were committed."""
        self._new[mission] += size

    def of(self, mission: str) -> int:
        """What the mission has on record, as far as this process knows: other replicas' part is some seconds old."""
        return self._kept.get(mission, 0) + self._new[mission]

    async def run(self) -> None:
        """A worker: keep the sums until cancelled."""
        while True:
            await retry_until_done(self.keep)
            await asyncio.sleep(KEEP_SECONDS)

    async def keep(self) -> None:
        """Add what is new to the sums, and read those of all processes."""
        new = {mission: size for mission, size in self._new.items() if size}
        if new:
            async with self._rows.write() as transaction:
                connection = transaction.connection
                rows = [{"mission": mission, "bytes": new[mission]} for mission in sorted(new)]
                await connection.execute(_ADD[connection.dialect.name], rows)
            self._new -= Counter(new)
        async with self._rows.read() as connection:
            self._kept = {row.mission: row.bytes for row in await connection.execute(_ALL)}
