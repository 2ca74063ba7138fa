"""What waits to be delivered, and how long a delivery takes, as the metrics show it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.measuring import Measuring
from clearway_alerts.storage.tables import DELIVERY
from clearway_platform.auth.principals import Principal, Role

from .conftest import Receiver, Service

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
NOBODY = "http://127.0.0.1:9/hook"
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(f"clearway_alert_{name}", labels)
    assert found is not None, name
    return found


async def postpone(alerts: Service, subscription_id: UUID, sequence: int = 1) -> None:
    """As if an attempt had failed: the delivery is tried again in an hour."""
    its_own = (DELIVERY.c.subscription_id == subscription_id) & (DELIVERY.c.sequence == sequence)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await transaction.connection.execute(
            DELIVERY.update().where(its_own).values(due_at=alerts.clock.now() + timedelta(hours=1))
        )


async def test_what_waits_is_measured_by_the_state_of_its_subscription(alerts: Service, report: NewIncident) -> None:
    rows = [await alerts.subscribe(NOBODY) for _ in range(4)]
    trying, waiting, paused, deleted = (row["id"] for row in rows)
    measuring = Measuring(alerts.database, alerts.clock)
    await measuring.measure()
    assert value("deliveries_pending", state="active") == 0
    assert value("deliveries_oldest_age_seconds", state="active") == 0
    assert value("deliveries_overdue_seconds") == 0

    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, paused, 1)
        await alerts.subscriptions.delete(transaction, OWNER, deleted, 1)
    alerts.clock.advance(timedelta(seconds=90))
    await postpone(alerts, trying)
    await measuring.measure()
    assert value("deliveries_pending", state="active") == 2
    assert value("deliveries_pending", state="paused") == 1
    assert value("deliveries_pending", state="disabled") == 0
    assert value("deliveries_oldest_age_seconds", state="active") == 90
    assert value("deliveries_overdue_seconds") == 90

    await postpone(alerts, waiting)
    await measuring.measure()
    assert value("deliveries_oldest_age_seconds", state="active") == 90
    assert value("deliveries_overdue_seconds") == 0, "what is tried again later is not overdue"

    await alerts.warn(report(revision=2, latitude=17.001))
    await postpone(alerts, trying, sequence=1)
    await postpone(alerts, waiting, sequence=1)
    alerts.clock.advance(timedelta(seconds=90))
    await measuring.measure()
    assert value("deliveries_pending", state="active") == 4
    assert value("deliveries_overdue_seconds") == 0, "nor is what may not overtake it"


@pytest.mark.usefixtures("delivering")
async def test_the_time_from_alert_to_receiver_is_measured(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    """Of alerts alone: a test message warns nobody."""
    alerts.clock.set(datetime.now(UTC))
    before = REGISTRY.get_sample_value("clearway_alert_delivery_latency_seconds_count") or 0
    row = await alerts.subscribe(receiver.url)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.send_test(transaction, OWNER, row["id"])
    await alerts.warn(report())
    await receiver.wait_for(2)

    async def all_recorded() -> bool:
        return [row["state"] for row in await alerts.rows(DELIVERY)] == ["delivered"] * 2

    await until(all_recorded)

    async def measured() -> bool:
        return value("delivery_latency_seconds_count") == before + 1

    await until(measured)
