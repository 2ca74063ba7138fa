"""The message processor: handles a consumed record once, in one transaction, retries it, or dead-letters it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby

import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from prometheus_client import Counter, Gauge

from clearway_contracts.codec import InvalidEvent, decode
from clearway_contracts.envelope import Event, EventData
from clearway_contracts.topics import HEARTBEATS
from clearway_platform.clock import Clock
from clearway_platform.database.engines import BoundDatabase, Database, Transaction
from clearway_platform.log.base import Record
from clearway_platform.messaging.dead_letters import DeadLetter, DeadLetters
from clearway_platform.messaging.handlers import BatchHandler, Handler, Taken
from clearway_platform.messaging.inbox import Inbox
from clearway_platform.messaging.retry import is_temporary, retry_until_done
from clearway_platform.outages import brief

MESSAGES = Counter("clearway_consumer_messages", "Messages settled, by result", ["consumer", "topic", "result"])
RETRIES = Counter("clearway_consumer_retries", "Messages that were retried", ["consumer", "topic"])
DELAY = Gauge(
    "clearway_consumer_delay_seconds",
    "Age of the last processed message",
    ["consumer", "topic", "partition"],
)

_log = structlog.get_logger(__name__)
_tracer = trace.get_tracer(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    record: Record
    event: Event
    handler: Handler | BatchHandler

    @property
    def mission(self) -> str:
        return self.event.data.mission


class Unhandled(Exception):
    """A dead letter was replayed, and the consumer has no handler for its event."""


class MessageProcessor:
    """Settles records: when `take` returns, each one was handled or skipped, is a duplicate, or is a dead letter.

    A handler writes only through its transaction, because it is called again after a failure.
    """

    def __init__(
        self,
        *,
        consumer: str,
        handlers: Mapping[type[EventData], Handler | BatchHandler],
        database: Database,
        dead_letters: DeadLetters,
        clock: Clock,
        attempts: int,
    ) -> None:
        self._consumer = consumer
        self._handlers = handlers
        # An event without a handler is skipped by its type, and not decoded.
        self._events = {event.event_type: event for event in handlers}
        self._database = database
        self._dead_letters = dead_letters
        self._clock = clock
        self._attempts = attempts
        self._inbox = Inbox(consumer, clock)

    async def take(self, records: Sequence[Record]) -> None:
        """Settle the records of one partition, in order: in one transaction, or one by one if any of them fails."""
        if len(records) > 1:
            try:
                return await self._handle(records)
            except Exception as error:
                _log.info("batch_divided", consumer=self._consumer, records=len(records), error=brief(error))
        for record in records:
            await self._settle(record)
        return None

    async def replay(self, letter: DeadLetter) -> None:
        """Handle a dead letter again, although the inbox has its event. After a failure it is a dead letter again."""
        try:
            async with self._of_any(letter.record).write() as transaction:
                if await self._dead_letters.replayed(transaction, letter):
                    await self._handle_again(transaction, letter.record)
        except Exception as error:
            if is_temporary(error):
                raise
            await self._dead_letters.failed_again(letter, error)

    async def _settle(self, record: Record) -> None:
        failures = 0

        async def settle() -> None:
            nonlocal failures
            try:
                await self._handle([record])
            except InvalidEvent as error:
                await self._dead_letter(record, error, 1)
            except Exception as error:
                failures += not is_temporary(error)
                if is_temporary(error) or failures < self._attempts:
                    raise
                await self._dead_letter(record, error, failures)

        await retry_until_done(settle, on=self._count_retry(record))

    async def _handle(self, records: Sequence[Record]) -> None:
        """Handle all in one transaction. The results are counted once it is committed."""
        results: list[tuple[Record, str]] = []
        arrivals: list[_Arrival] = []
        for record in records:
            self._note_delay(record)
            arrival = self._open(record)
            if arrival is None:
                results.append((record, "skipped"))
            else:
                arrivals.append(arrival)
        if arrivals:
            first = min(arrivals, key=lambda one: one.mission)
            async with self._of(first.event).write() as transaction:
                results += await self._handle_new(transaction, arrivals)
        for record, result in results:
            MESSAGES.labels(self._consumer, record.topic, result).inc()

    async def _handle_new(self, transaction: Transaction, arrivals: Sequence[_Arrival]) -> list[tuple[Record, str]]:
        new = await self._inbox.take(transaction, [(arrival.event.envelope.id, arrival.record) for arrival in arrivals])
        results, taken = [], []
        for arrival in arrivals:
            if arrival.event.envelope.id in new:
                new.discard(arrival.event.envelope.id)
                taken.append(arrival)
                results.append((arrival.record, "handled"))
            else:
                results.append((arrival.record, "duplicate"))
        await self._call(transaction, taken)
        return results

    async def _handle_again(self, transaction: Transaction, record: Record) -> None:
        arrival = self._open(record)
        if arrival is None:
            raise Unhandled("the consumer has no handler for events of this type")
        await self._inbox.take(transaction, [(arrival.event.envelope.id, record)])
        await self._call(transaction, [arrival])

    async def _call(self, transaction: Transaction, arrivals: Sequence[_Arrival]) -> None:
        """Call the handlers, each with the rows of its events' mission alone: mission by mission, in the order of the
        log within each. The order of the missions is that of their names: two transactions that lock the rows of some
        of them in different orders would wait for each other."""
        for mission, of_mission in groupby(sorted(arrivals, key=lambda one: one.mission), lambda one: one.mission):
            for handler, together in groupby(of_mission, lambda one: one.handler):
                first, *others = together
                if first.event.data.topic != HEARTBEATS.name:
                    await transaction.turn_to(mission)
                if isinstance(handler, BatchHandler):
                    await self._handle_together(transaction, handler, [first, *others])
                else:
                    for arrival in (first, *others):
                        with self._span(arrival.event):
                            await handler(transaction, arrival.event)

    async def _handle_together(
        self, transaction: Transaction, handler: BatchHandler, arrivals: Sequence[_Arrival]
    ) -> None:
        with ExitStack() as spans:
            taken = [Taken(one.event, spans.enter_context(self._span(one.event))) for one in arrivals]
            await handler(transaction, taken)

    @contextmanager
    def _span(self, event: Event) -> Iterator[trace.Span]:
        """A span in the trace in which the event was made."""
        traceparent = event.envelope.traceparent
        origin = propagate.extract({"traceparent": traceparent}) if traceparent else Context()
        name = f"{self._consumer} {event.data.event_type}"
        span = _tracer.start_span(name, context=origin, kind=trace.SpanKind.CONSUMER)
        with trace.use_span(span, end_on_exit=True):
            yield span

    def _of(self, event: Event) -> BoundDatabase:
        """As that of the event's mission, from the first statement: to turn to it later takes one more."""
        if event.data.topic == HEARTBEATS.name:
            return self._database.of_every_mission("a heartbeat is of the service, which serves all missions")
        return self._database.of(event.data.mission)

    def _of_any(self, record: Record) -> BoundDatabase:
        return self._database.of_every_mission(f"a record of {record.topic} that cannot be read is of no mission")

    def _open(self, record: Record) -> _Arrival | None:
        """The event and its handler; None when there is no handler. Raises InvalidEvent."""
        event = decode(record.key, record.value, record.headers, events=self._events)
        return None if event is None else _Arrival(record, event, self._handlers[type(event.data)])

    async def _dead_letter(self, record: Record, error: Exception, attempts: int) -> None:
        """Dead-letter the record and mark its event as taken, in one transaction."""
        async with self._of_any(record).write() as transaction:
            if await self._is_new(transaction, record):
                await self._dead_letters.add(transaction, self._consumer, record, error, attempts)
        MESSAGES.labels(self._consumer, record.topic, "dead").inc()
        source = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        _log.error("dead_letter", consumer=self._consumer, attempts=attempts, error=type(error).__name__, **source)

    async def _is_new(self, transaction: Transaction, record: Record) -> bool:
        try:
            arrival = self._open(record)
        except InvalidEvent:
            return True
        if arrival is None:
            return True
        return bool(await self._inbox.take(transaction, [(arrival.event.envelope.id, record)]))

    def _note_delay(self, record: Record) -> None:
        age = (self._clock.now() - record.timestamp).total_seconds()
        DELAY.labels(self._consumer, record.topic, record.partition).set(max(age, 0.0))

    def _count_retry(self, record: Record) -> Callable[[Exception], bool]:
        def on(_error: Exception) -> bool:
            RETRIES.labels(self._consumer, record.topic).inc()
            return True

        return on
