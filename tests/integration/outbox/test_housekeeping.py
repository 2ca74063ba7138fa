"""Housekeeping removes what is past its time and nothing else."""

from datetime import timedelta
from uuid import uuid4

from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select

from clearway_platform.database.tables import IdempotencyRow, InboxRow
from clearway_platform.messaging.housekeeping import INBOX_DAYS, Housekeeping
from clearway_platform.messaging.inbox import Inbox
from clearway_testing.manual_clock import ManualClock
from clearway_testing.plumbing import Plumbing, message_of, plumb, record_of


async def count(plumbing: Plumbing, table: type) -> int:
    async with plumbing.database.of_every_mission("a test").read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_old_answers_and_old_arrivals_go(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    event = plumbing.event(1, route=uuid4())
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        arrivals = [(event.envelope.id, record_of(message_of(event), offset=1))]
        assert await Inbox("reader", clock).take(transaction, arrivals) == {event.envelope.id}
        assert await Inbox("reader", clock).take(transaction, arrivals) == set()
        assert await Inbox("another", clock).take(transaction, arrivals) == {event.envelope.id}
        answer = {"mission": "unmas", "principal": "p", "key": "k", "fingerprint": "f", "created_at": clock.now()}
        await transaction.connection.execute(insert(IdempotencyRow).values(answer))
    clock.advance(timedelta(hours=71))
    await keeping.sweep()
    assert (await count(plumbing, IdempotencyRow), await count(plumbing, InboxRow)) == (1, 2)
    clock.advance(timedelta(hours=2))
    await keeping.sweep()
    assert (await count(plumbing, IdempotencyRow), await count(plumbing, InboxRow)) == (0, 2)
    clock.advance(timedelta(days=INBOX_DAYS))
    await keeping.sweep()
    assert await count(plumbing, InboxRow) == 0
    await plumbing.database.close()


async def test_the_outbox_is_measured(database_url: str, clock: ManualClock) -> None:
    plumbing = await plumb(database_url, clock)
    keeping = Housekeeping(service="test", database=plumbing.database, clock=clock, feed_days=30, idempotency_hours=72)
    await plumbing.publish(1, 2, route=uuid4())
    clock.advance(timedelta(seconds=90))
    await keeping.measure()
    assert REGISTRY.get_sample_value("clearway_outbox_depth", {"service": "test"}) == 2
    assert REGISTRY.get_sample_value("clearway_outbox_age_seconds", {"service": "test"}) == 90
    await plumbing.database.close()
