"""The audit of one process: what its requests leave, and, where the records are, the checkpoints and their check."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from clearway_platform.audit.chain import append
from clearway_platform.audit.records import Entry
from clearway_platform.audit.source import AuditChains
from clearway_platform.audit.trail import Trail
from clearway_platform.checkpoints.checking import Check
from clearway_platform.checkpoints.making import Checkpoints
from clearway_platform.checkpoints.nightly import REST, Checks
from clearway_platform.checkpoints.places.opening import places_of
from clearway_platform.checkpoints.signing import BadKey, signing_key
from clearway_platform.checkpoints.states import Chains
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.messaging.retry import is_temporary, retry_until_done
from clearway_platform.service import Worker
from clearway_platform.settings import Settings

PAUSE_SECONDS: Final = 1.0
# The windows of repeats end also where nothing new is refused.
_LOOK_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class Auditing:
    """`chains`: those of the services in this process. A process without any makes no checkpoints: another one does."""

    def __init__(self, settings: Settings, clock: Clock, database: Database, chains: Sequence[Chains]) -> None:
        """`database`: that of the keys."""
        self.trail: Final = Trail(clock)
        self._settings = settings
        self._clock = clock
        self._database = database
        self._chains = [Chains(AuditChains(), database), *chains] if chains else []
        self._taken: list[Entry] = []

    def workers(self) -> Mapping[str, Worker]:
        workers: dict[str, Worker] = {"entries": self.run}
        if self._chains:
            places = places_of(self._settings)
            making = Checkpoints(self._settings, self._clock, self._database, self._chains, places)
            workers |= {"checkpoints": making.run, "checks": Checks(self.check, self._clock).run}
        return workers

    def check(self) -> Check:
        """The check of everything that this process has, with the keys of the settings."""
        try:
            key = signing_key(self._settings, make=False)
        except BadKey:
            key = None
        keys = [key.public] if key is not None else []
        return Check(self._database, self._chains, places_of(self._settings), keys, rest=REST)

    async def run(self) -> None:
        """A worker: write what requests left, beside them."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self.trail.has_entries.wait()
            await retry_until_done(self.write)
            await asyncio.sleep(PAUSE_SECONDS)

    async def write(self) -> None:
        """Write everything that waits."""
        while self._taken or (entries := self.trail.take()):
            self._taken = self._taken or entries
            async with self._database.of_every_mission("what requests of every mission left").write() as transaction:
                await append(transaction, self._taken)
            self._taken = []

    async def close(self) -> None:
        """Write what is left, for as long as a stop may take."""
        self.trail.end()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.write()
        except Exception as error:
            if not is_temporary(error):
                raise
            log.warning("audit_entries_lost", error=type(error).__name__)
