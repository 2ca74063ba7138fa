"""The relay's worker: publishes the outbox after each commit and at intervals, and retries when the log refuses."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from typing import Final, Protocol

from prometheus_client import Counter

from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.log.base import Broker, BrokerError
from clearway_platform.messaging.feed import Feed
from clearway_platform.messaging.outbox import Outbox
from clearway_platform.messaging.precedence import Turn
from clearway_platform.messaging.relay.batch import BATCH, BatchLimit, BatchResult, Publisher
from clearway_platform.messaging.relay.postgresql import PostgresqlRelay
from clearway_platform.messaging.relay.sqlite import SqliteRelay
from clearway_platform.messaging.retry import is_temporary, retry_until_done

# A relay that is not the leader checks again this soon: the leader's batch may not have contained its own row.
_NOT_LEADING_SECONDS: Final = 0.05

FAILURES = Counter(
    "clearway_outbox_failures", "Batches that could not be published and stay in the outbox", ["service"]
)


class Algorithm(Protocol):
    """Publishes the next batch of one database's outbox."""

    async def publish_batch(self) -> BatchResult: ...


class Relay:
    """Publishes one database's outbox, in the order of its numbers, and gives each event its position in the feed.

    A row leaves the outbox only in the transaction that follows the log's acknowledgement: a crash between the
    two repeats messages and loses none. Reading "all numbers above the last" instead would lose the rows of
    transactions that commit later than their numbers were drawn.
    """

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        broker: Broker,
        outbox: Outbox,
        feed: Feed,
        clock: Clock,
        poll_seconds: float = 0.5,
        batch: BatchLimit = BATCH,
        turn: Turn = nullcontext,
    ) -> None:
        publisher = Publisher(service, broker, feed, clock)
        self._algorithm: Algorithm
        if database.dialect == "postgresql":
            self._algorithm = PostgresqlRelay(database, publisher, batch)
        else:
            self._algorithm = SqliteRelay(database, publisher, batch, turn)
        self._service = service
        self._outbox = outbox
        self._poll_seconds = poll_seconds

    async def run(self) -> None:
        """A worker: woken by each commit of this process, and at intervals for those of other processes.

        While the log does not answer or refuses, the outbox grows, and the service continues to accept reports.
        """
        while True:
            self._outbox.wake.clear()
            leading = await retry_until_done(self.drain, on=self._retries)
            with suppress(TimeoutError):
                wait = self._poll_seconds if leading else min(self._poll_seconds, _NOT_LEADING_SECONDS)
                async with asyncio.timeout(wait):
                    await self._outbox.wake.wait()

    async def drain(self) -> bool:
        """Publish until the outbox is empty. False when another relay is the leader."""
        result = BatchResult.MORE
        while result is BatchResult.MORE:
            result = await self._algorithm.publish_batch()
        return result is BatchResult.EMPTY

    def _retries(self, error: Exception) -> bool:
        """Whether to retry. A refusal is retried too: committed messages must be published, and a person must act."""
        FAILURES.labels(self._service).inc()
        return isinstance(error, BrokerError) or is_temporary(error)
