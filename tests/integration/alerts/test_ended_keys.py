"""Nothing is sent on behalf of a key that has ended: its subscriptions are suspended until a person transfers them,
which begins with what waited. One that is replaced leaves its subscriptions to its successor, and no alert is lost."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import RowMapping
from structlog.testing import capture_logs
from structlog.types import EventDict

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound.measuring import Measuring
from clearway_alerts.storage.tables import DELIVERY, SUBSCRIPTION, WATCHED_SOURCE
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import new_id
from clearway_testing.metrics import sample

from .conftest import Keys, Receiver, Service, service

NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
ANN = Principal(id="ann", name="ann", mission="unmix", role=Role.SUBSCRIBER)
CHIEF = {"Authorization": "Bearer chief-admin-unmix"}
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)


async def subscription(alerts: Service) -> Mapping[str, Any]:
    [row] = await alerts.rows(SUBSCRIPTION)
    found: Mapping[str, Any] = row
    return found


async def suspended(alerts: Service) -> bool:
    return (await subscription(alerts))["suspended_at"] is not None


async def said_of(logged: list[EventDict], event: str) -> bool:
    return any(entry["event"] == event for entry in logged)


def changing(row: Mapping[str, Any] | RowMapping) -> dict[str, str]:
    return {"If-Match": f'"{row["revision"]}"', "Idempotency-Key": f"change-{row['revision']}", **CHIEF}


@pytest.mark.usefixtures("delivering")
async def test_nothing_is_sent_on_behalf_of_a_revoked_key(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until
) -> None:
    alerts.clock.set(datetime.now(UTC))
    await alerts.subscribe(receiver.url, owner=ANN)
    await alerts.warn(report())
    await receiver.wait_for(1)
    alerts.endings.revoke("ann")
    with capture_logs() as logged:
        await alerts.warn(report(revision=2, latitude=17.001))
        await until(lambda: said_of(logged, "subscription_suspended"))
    assert len(receiver.got) == 1
    row = await subscription(alerts)
    assert row["state"] == "disabled"
    assert row["state_reason"].startswith("its key ann was revoked at ")
    [said] = [entry for entry in logged if entry["event"] == "subscription_suspended"]
    assert (said["log_level"], said["key"]) == ("error", "ann")
    [_, waiting] = await alerts.rows(DELIVERY, "sequence")
    assert (waiting["state"], waiting["lease_until"], waiting["held"]) == ("pending", None, row["state_reason"])
    assert waiting["attempts"] == 0


async def test_a_key_that_expires_suspends_its_subscriptions_by_itself(alerts: Service, receiver: Receiver) -> None:
    await alerts.subscribe(receiver.url, owner=ANN)
    alerts.endings.expire("ann", alerts.clock.now() + timedelta(hours=1))
    await alerts.endings.look()
    await alerts.owners.follow()
    assert not await suspended(alerts)
    alerts.clock.advance(timedelta(hours=1))
    await alerts.owners.follow()
    row = await subscription(alerts)
    assert (row["suspended_at"], row["revision"]) == (alerts.clock.now(), 2)
    assert "expired at" in row["state_reason"]
    await alerts.owners.follow()
    assert (await subscription(alerts))["revision"] == 2
    await Measuring(alerts.database, alerts.clock).measure()
    assert sample("clearway_alert_suspended_subscriptions") == 1


async def test_only_a_key_in_use_lets_it_send_again_and_first_what_waited(
    alerts: Service, keys: Keys, client: httpx.AsyncClient, receiver: Receiver, report: NewIncident
) -> None:
    made = await alerts.subscribe(receiver.url, owner=ANN)
    alerts.endings.revoke("ann")
    await alerts.endings.look()
    await alerts.owners.follow()
    await alerts.warn(report())
    assert await alerts.lease() == []
    address = f"/v1/subscriptions/{made['id']}"
    seen = (await client.get(address, headers=CHIEF)).json()
    assert (seen["state"], seen["suspended_at"] is not None) == ("disabled", True)

    refused = await client.post(f"{address}/resume", headers=changing(seen))
    assert (refused.status_code, "Transfer it" in refused.json()["detail"]) == (409, True)
    keys.tokens = {"heir": "heir-subscriber-unmix", "reader": "reader-analyst-unmix", "far": "far-admin-unmiss"}
    for nobody in ("reader", "far", "gone"):
        answer = await client.post(f"{address}/transfer", headers=changing(seen), json={"key_id": nobody})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.key_id"), answer.text
        seen["revision"] = (await subscription(alerts))["revision"]
    given = await client.post(
        f"{address}/transfer", headers=changing(seen) | {"Idempotency-Key": "given"}, json={"key_id": "heir"}
    )
    assert given.status_code == 200, given.text
    body = given.json()
    assert (body["owner"], body["state"], body["suspended_at"]) == ("heir", "active", None)
    assert len(await alerts.lease()) == 1


async def test_nobody_gives_it_to_a_key_that_reads_more(
    alerts: Service, keys: Keys, client: httpx.AsyncClient, receiver: Receiver
) -> None:
    made = await alerts.subscribe(receiver.url, owner=ANN)
    keys.tokens = {"chief": "chief-admin-unmix"}
    headers = changing(made) | {"Authorization": "Bearer ann-subscriber-unmix"}
    answer = await client.post(f"/v1/subscriptions/{made['id']}/transfer", headers=headers, json={"key_id": "chief"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert (await subscription(alerts))["owner"] == "ann"


@pytest.mark.usefixtures("delivering")
async def test_a_replaced_key_leaves_its_subscriptions_to_its_successor(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    alerts.clock.set(datetime.now(UTC))
    await alerts.subscribe(receiver.url, owner=ANN)
    alerts.endings.put_in_place("ann", "bea")
    alerts.endings.revoke("ann")
    # Before the subscription has moved, too.
    await alerts.warn(report())
    await receiver.wait_for(1)
    await alerts.owners.follow()
    row = await subscription(alerts)
    assert (row["owner"], row["state"], row["suspended_at"], row["revision"]) == ("bea", "active", None, 2)
    await alerts.warn(report(revision=2, latitude=17.001))
    await receiver.wait_for(2)
    alerts.endings.revoke("bea")
    await alerts.endings.look()
    await alerts.owners.follow()
    assert await suspended(alerts)


async def test_the_replaced_key_may_change_what_its_successor_has(
    alerts: Service, keys: Keys, client: httpx.AsyncClient
) -> None:
    made = await alerts.subscribe(owner=ANN)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        row = await alerts.subscriptions.pause(
            transaction, Principal("old", "old", "unmix", Role.SUBSCRIBER, successor="ann"), made["id"], 1
        )
    assert row.row["state"] == "paused"


async def test_watched_sources_move_too(alerts: Service) -> None:
    async with alerts.database.of_every_mission("a test").write() as transaction:
        now = alerts.clock.now()
        kept = {"id": new_id(), "mission": "unmix", "owner": "ann", "name": "cell", "kind": "cell", "watches": "x"}
        more = {"key": "x", "quiet_seconds": 600, "revision": 1, "watched_since": now, "quiet_until": now, "turn": 0}
        times = {"told_in": 0, "created_at": now, "updated_at": now}
        await transaction.connection.execute(WATCHED_SOURCE.insert().values(kept | more | times))
    alerts.endings.put_in_place("ann", "bea")
    await alerts.endings.look()
    await alerts.owners.follow()
    [row] = await alerts.rows(WATCHED_SOURCE)
    assert row["owner"] == "bea"


async def test_what_was_leased_before_a_transfer_is_not_suspended_with_the_old_key(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    made = await alerts.subscribe(receiver.url, owner=ANN)
    await alerts.warn(report())
    [lease] = await alerts.lease()
    assert lease.owner == "ann"
    async with alerts.database.of_every_mission("a test").write() as transaction:
        heir = Principal("heir", "heir", "unmix", Role.SUBSCRIBER)
        await alerts.subscriptions.transfer(transaction, ANN, made["id"], 1, heir)
    alerts.endings.revoke("ann")
    await alerts.endings.look()
    await alerts.owners.follow()
    assert (await subscription(alerts))["state"] == "active"


@pytest.mark.postgres
async def test_two_processes_suspend_it_once(postgres_url: str, alerts: Service, receiver: Receiver) -> None:
    async with service(str(alerts.database.url.render_as_string(hide_password=False)), alerts.clock) as other:
        await alerts.subscribe(receiver.url, owner=ANN)
        for one in (alerts, other):
            one.endings.revoke("ann")
            await one.endings.look()
            await one.owners.follow()
        assert (await subscription(alerts))["revision"] == 2
