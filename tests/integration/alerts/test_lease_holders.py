"""A lease ends with the process that has it, and with no other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text, update

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.holder import Holder
from clearway_alerts.outbound.leases import Lease, Room, lease_due
from clearway_alerts.outbound.presence import GONE_SECONDS
from clearway_alerts.storage.tables import DELIVERY, LEASE_HOLDER
from clearway_contracts.vocabulary import Status
from clearway_testing.plumbing import running

from .conftest import Receiver, Service

NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
LONG = timedelta(hours=1)
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)


async def leased_by(alerts: Service, holder: Holder, report: NewIncident) -> Lease:
    """The lease of a warning, for an hour, with its cancellation behind it."""
    await alerts.warn(report())
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        room = Room(10, LONG, holder.number)
        (lease,) = (await lease_due(transaction, alerts.channels, room, alerts.clock.now())).leases
    return lease


async def look_until_taken_over(holder: Holder, until: Until) -> None:
    async def took_over() -> bool:
        return await holder.look() > 0

    await until(took_over)


async def look_for_long(holder: Holder) -> int:
    """How many leases it ends, though it looks for twice as long as a holder must be gone."""
    ended = 0
    for _ in range(8):
        ended += await holder.look()
        await asyncio.sleep(GONE_SECONDS / 4)
    return ended


async def is_leased(alerts: Service) -> bool:
    return any(row["lease_until"] is not None for row in await alerts.rows(DELIVERY))


async def test_a_warning_and_its_cancellation_need_not_wait_for_a_lease_that_ended_with_its_holder(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url)
    dead = Holder(alerts.database, alerts.clock)
    await dead.begin()
    await leased_by(alerts, dead, report)
    await dead.end()
    async with running(alerts.worker.run):
        await receiver.wait_for(2)
    bodies = [body for _, body in receiver.got]
    assert [b"alert.issued" in body for body in bodies] == [True, False]
    assert b"alert.cancelled" in bodies[1]
    assert [row["number"] for row in await alerts.rows(LEASE_HOLDER)] != [dead.number]


async def test_the_leases_of_a_holder_that_lives_stay(alerts: Service, receiver: Receiver, report: NewIncident) -> None:
    await alerts.subscribe(receiver.url)
    living, other = Holder(alerts.database, alerts.clock), Holder(alerts.database, alerts.clock)
    await living.begin()
    await leased_by(alerts, living, report)
    assert await look_for_long(other) == 0
    assert await is_leased(alerts)
    await living.end()
    await other.end()


async def test_the_lease_of_a_program_that_names_no_holder_runs_out(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    """It leased a row that a holder which is gone had before: its lease has another epoch."""
    await alerts.subscribe(receiver.url)
    dead, next_one = Holder(alerts.database, alerts.clock), Holder(alerts.database, alerts.clock)
    await dead.begin()
    await leased_by(alerts, dead, report)
    await dead.end()
    anew = update(DELIVERY).where(DELIVERY.c.lease_until.is_not(None)).values(lease_epoch=DELIVERY.c.lease_epoch + 1)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(anew)
    await next_one.begin()
    assert await look_for_long(next_one) == 0
    assert await is_leased(alerts)
    await next_one.end()


async def test_a_paused_process_that_wakes_changes_nothing_of_what_was_taken_over(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    await alerts.subscribe(receiver.url)
    paused, next_one = Holder(alerts.database, alerts.clock), Holder(alerts.database, alerts.clock)
    await paused.begin()
    lease = await leased_by(alerts, paused, report)
    await paused.end()
    await look_until_taken_over(next_one, until)
    (taken_over,) = await alerts.lease()
    assert (taken_over.delivery_id, taken_over.epoch) == (lease.delivery_id, lease.epoch + 1)
    assert (await alerts.record([lease], OK)).deliveries == set()
    assert (await alerts.record([taken_over], OK)).deliveries == {lease.delivery_id}
    await next_one.end()


async def test_a_holder_whose_connection_ended_has_its_lock_back_before_it_counts_as_gone(
    postgres_alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    alerts = postgres_alerts
    await alerts.subscribe(receiver.url)
    cut_off, other = Holder(alerts.database, alerts.clock), Holder(alerts.database, alerts.clock)
    await cut_off.begin()
    await leased_by(alerts, cut_off, report)
    number = cut_off.number
    assert number is not None
    ended = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :low")
    async with running(lambda: cut_off.run(lambda: None)):
        async with alerts.database.of_every_mission("a test").write() as transaction:
            await transaction.connection.execute(
                ended.bindparams(bindparam("low", number & 0xFFFFFFFF)),
            )
        assert await look_for_long(other) == 0

        async def holds_again() -> bool:
            return cut_off.number == number

        await until(holds_again)
    assert await is_leased(alerts)
    await cut_off.end()
    await other.end()


@pytest.mark.usefixtures("delivering")
async def test_what_is_sent_is_leased_by_a_holder_from_the_beginning(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    async def holds() -> bool:
        return bool(await alerts.rows(LEASE_HOLDER))

    await until(holds)
    (holder,) = await alerts.rows(LEASE_HOLDER)
    await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    await receiver.wait_for(1)
    (row,) = await alerts.rows(DELIVERY)
    assert (row["lease_holder"], row["lease_holder_epoch"]) == (holder["number"], row["lease_epoch"])
