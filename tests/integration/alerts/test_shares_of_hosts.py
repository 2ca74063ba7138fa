"""A mission sends a host so many messages in a minute; the others wait, and none is lost."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage.tables import DELIVERY
from clearway_platform.clock import new_id

from .conftest import Receiver, Service

NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

ATTEMPTS = 2


@pytest.fixture
def host_attempts() -> int:
    return ATTEMPTS


@pytest.mark.usefixtures("delivering")
async def test_what_is_over_the_share_of_a_host_waits_and_is_sent_later(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    await alerts.subscribe(receiver.url)
    for _ in range(ATTEMPTS + 1):
        await alerts.warn(report(incident_id=new_id()))

    async def postponed() -> bool:
        return sorted(row["attempts"] for row in await alerts.rows(DELIVERY)) == [0, 1, 1] and all(
            row["lease_until"] is None for row in await alerts.rows(DELIVERY)
        )

    await until(postponed)
    [waiting] = [row for row in await alerts.rows(DELIVERY) if row["state"] == "pending"]
    # It was not attempted: nothing counts against the receiver.
    assert (waiting["attempts"], waiting["last_error"]) == (0, None)
    assert alerts.clock.now() < waiting["due_at"] <= alerts.clock.now() + timedelta(minutes=1)
    assert len(receiver.got) == ATTEMPTS

    alerts.clock.advance(timedelta(minutes=1))
    await receiver.wait_for(ATTEMPTS + 1)
