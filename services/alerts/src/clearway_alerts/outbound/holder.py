"""This process as a holder of leases, and the end of the leases of holders that are gone."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Final

import structlog
from prometheus_client import Counter
from sqlalchemy import BindParameter, bindparam, delete, update

from clearway_alerts.outbound.presence import LOOK_SECONDS, presence_of
from clearway_alerts.storage.tables import DELIVERY, LEASE_HOLDER, is_pending
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database, on_either
from clearway_platform.messaging.retry import Outage, is_temporary
from clearway_platform.outages import brief

_FIRST_LOOK_SECONDS: Final = 1.0
_NUMBER_BITS: Final = 62

TAKEN_OVER = Counter(
    "clearway_alert_leases_taken_over", "Leases that were ended because the process that had them is gone"
)
_log = structlog.get_logger(__name__)

_REGISTER: Final = on_either(lambda insert: insert.on_conflict_do_nothing(), LEASE_HOLDER)
_GONE: Final[BindParameter[Any]] = bindparam("gone", expanding=True)
# A program that knows no holders leases a row without naming itself: then the epoch is not the holder's.
_VOID: Final = (
    update(DELIVERY)
    .where(
        is_pending(DELIVERY),
        DELIVERY.c.lease_until.is_not(None),
        DELIVERY.c.lease_holder.in_(_GONE),
        DELIVERY.c.lease_holder_epoch == DELIVERY.c.lease_epoch,
    )
    .values(lease_until=None)
)
_FORGET: Final = delete(LEASE_HOLDER).where(LEASE_HOLDER.c.number.in_(_GONE))


class Holder:
    """Its number is in the leases of this process for as long as its lock is held. Without the lock leases have no
    holder, and run out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._dialect = database.dialect
        self._leases = database.of_every_mission("a holder has leases of all missions")
        self._clock = clock
        self._own_number = secrets.randbits(_NUMBER_BITS)
        self._presence = presence_of(database, self._own_number)
        self._outage = Outage("Holder.look")
        self._is_logged = False
        self.number: int | None = None

    def of_lease(self, epoch: int) -> dict[str, Any]:
        """The columns of a lease that say who has it."""
        return {"lease_holder": self.number, "lease_holder_epoch": epoch}

    async def begin(self) -> None:
        """Look once before anything is leased. A database that does not answer does not hold up the deliveries."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_LOOK_SECONDS):
                await self._look_again()

    async def run(self, taken_over: Callable[[], None]) -> None:
        """Hold the lock, and look for holders that are gone, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await self._look_again():
                taken_over()

    async def look(self) -> int:
        """Returns how many leases of others it ended."""
        if not await self._presence.hold():
            self.number = None
            return 0
        if self.number is None:
            await self._register()
        gone = await self._presence.gone()
        return await self._take_over(gone) if gone else 0

    async def end(self) -> None:
        """The row stays: whoever comes next ends the leases that could not be given back."""
        self.number = None
        await self._presence.end()

    async def _look_again(self) -> int:
        """Whatever goes wrong here must not stop the deliveries."""
        try:
            found = await self.look()
        except Exception as error:
            self.number = None
            self._outage.note(error)
            if not is_temporary(error) and not self._is_logged:
                self._is_logged = True
                _log.error("leases_have_no_holder", error=brief(error))
            return 0
        self._outage.end()
        self._is_logged = False
        return found

    async def _register(self) -> None:
        row = {"number": self._own_number, "since": self._clock.now()}
        async with self._leases.write() as transaction:
            await transaction.connection.execute(_REGISTER[self._dialect], row)
        self.number = self._own_number

    async def _take_over(self, gone: Collection[int]) -> int:
        numbers = {"gone": list(gone)}
        async with self._leases.write() as transaction:
            ended = (await transaction.connection.execute(_VOID, numbers)).rowcount
            await transaction.connection.execute(_FORGET, numbers)
        TAKEN_OVER.inc(ended)
        _log.warning("leases_taken_over", holders=len(gone), deliveries=ended)
        return ended
