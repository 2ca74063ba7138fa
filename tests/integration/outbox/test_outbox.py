"""The outbox says what was committed, and nothing else."""

from uuid import uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import select

from clearway_contracts.topics import DEAD_LETTERS, ROUTE_RISK
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.log.base import Message, MessageTooLarge
from clearway_testing.plumbing import Plumbing, message_of


async def test_a_commit_keeps_the_message_and_wakes_the_relay(plumbing: Plumbing) -> None:
    (event,) = await plumbing.publish(1, route=uuid4())
    assert plumbing.outbox.wake.is_set()
    async with plumbing.database.of_every_mission("a test").read() as connection:
        row = (await connection.execute(select(table_of(OutboxRow)))).one()
    assert Message(row.topic, row.key, row.value, row.headers) == message_of(event)
    assert (row.event_id, row.mission, row.type) == (event.envelope.id, "unmas", "route.risk_changed")


async def test_a_rollback_leaves_nothing_and_wakes_nobody(plumbing: Plumbing) -> None:
    async def fail() -> None:
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            await plumbing.outbox.add(transaction, [plumbing.event(1, route=uuid4())])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await plumbing.waiting() == 0
    assert not plumbing.outbox.wake.is_set()


async def test_adding_no_event_does_nothing(plumbing: Plumbing) -> None:
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.outbox.add(transaction, [])
    assert not plumbing.outbox.wake.is_set()


async def test_a_message_that_no_log_would_take_is_refused_with_its_change(plumbing: Plumbing) -> None:
    huge = Message(ROUTE_RISK.name, b"key", b"x" * ROUTE_RISK.max_message_bytes)
    with pytest.raises(MessageTooLarge):
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            await plumbing.outbox.add_messages(transaction, [huge])
    assert await plumbing.waiting() == 0


async def test_headers_keep_every_byte(plumbing: Plumbing) -> None:
    headers = (("raw", bytes(range(256))), ("raw", b""), ("name", "Mīna".encode()))
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        await plumbing.outbox.add_messages(transaction, [Message(DEAD_LETTERS.name, None, None, headers)])
    async with plumbing.database.of_every_mission("a test").read() as connection:
        kept = (await connection.execute(select(table_of(OutboxRow).c.headers))).scalar_one()
    assert kept == headers


async def test_an_event_carries_the_trace_in_which_it_was_made(plumbing: Plumbing) -> None:
    span = TracerProvider().get_tracer("test").start_span("request")
    with trace.use_span(span, end_on_exit=True):
        event = plumbing.event(1, route=uuid4())
    assert event.envelope.traceparent is not None
    assert format(span.get_span_context().trace_id, "032x") in event.envelope.traceparent
