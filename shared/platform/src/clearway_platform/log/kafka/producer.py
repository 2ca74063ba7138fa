"""A producer that is replaced when it breaks.

An idempotent aiokafka producer never drops a batch, and stays broken after OutOfOrderSequenceNumber or a batch
that was refused. After any failure the producer is discarded, and the caller publishes again what was not acknowledged.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from clearway_platform.log.kafka.errors import within

logger = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10.0
STOP_SECONDS: Final = 2.0
# Above the limit of every topic, which is checked before: a refused batch breaks the sequence of the next one.
MAX_REQUEST_BYTES: Final = 16 * 1024 * 1024
# Well under the limit of any topic, which Kafka applies to the whole batch.
BATCH_BYTES: Final = 128 * 1024


class SupervisedProducer:
    """Holds the current producer; connects at first use."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._current: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._abandoned: set[asyncio.Task[None]] = set()

    async def get(self) -> AIOKafkaProducer:
        """The working producer. Raises BrokerUnavailable."""
        async with self._connecting:
            if self._current is None:
                self._current = await self._connect()
            return self._current

    def discard(self, producer: AIOKafkaProducer) -> None:
        """Never use this one again. The next `get` makes another."""
        if self._current is producer:
            self._current = None
            task = asyncio.create_task(_abandon(producer))
            self._abandoned.add(task)
            task.add_done_callback(self._abandoned.discard)

    async def close(self) -> None:
        if self._current is not None:
            self.discard(self._current)
        await asyncio.gather(*self._abandoned)

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=int(CONNECT_SECONDS * 1000),
            **self._options,
        )
        try:
            async with within(CONNECT_SECONDS, "connecting a producer"):
                await producer.start()
        except BaseException:
            await _abandon(producer)
            raise
        return producer


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop a producer. It flushes its messages, but does not wait for a broker that does not answer."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
    except TimeoutError:
        logger.warning("a Kafka producer was abandoned with messages that were not acknowledged")
        await _end_without_flush(producer)


async def _end_without_flush(producer: AIOKafkaProducer) -> None:
    # There is no public way to end a producer without its flush.
    sender: asyncio.Task[None] | None = producer._sender.sender_task  # noqa: SLF001
    await producer.client.close()
    if sender is not None:
        sender.cancel()
        with suppress(asyncio.CancelledError, Exception):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.shield(sender)
