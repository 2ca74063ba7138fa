"""No alert of a hazard that still stands expires in silence, and each renewal is said once."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from clearway_alerts.commands.routes import keep_route
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.renewal import RENEWED_BEFORE
from clearway_alerts.domain.standing import LAPSED, STILL_THERE
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.queries.alerts import AlertFilter, page_of_alerts
from clearway_alerts.queries.explain import explain
from clearway_alerts.storage.tables import ALERT, DELIVERY
from clearway_alerts.warning.renewals import DECIDED_AT_ONCE
from clearway_contracts.vocabulary import AlertKind, Category, HazardState, Status
from clearway_platform.clock import new_id
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.heavy import HeavyWork

from .conftest import OWNER, Receiver, Service

OUTBOX = table_of(OutboxRow)
NewIncident = Callable[..., IncidentView]
WEEK, DAY = timedelta(days=7), timedelta(hours=24)


async def renew(alerts: Service) -> None:
    while await alerts.renewals.renew_some():
        pass


async def after(alerts: Service, time: timedelta) -> None:
    alerts.clock.advance(time)
    await renew(alerts)


async def kinds(alerts: Service) -> list[str]:
    return ["renewed" if row["renewal"] else row["kind"] for row in await alerts.rows(ALERT, "id")]


async def test_an_alert_is_renewed_before_it_expires_for_as_long_as_the_hazard_stands(
    alerts: Service, report: NewIncident, receiver: Receiver, delivering: DeliveryWorker
) -> None:
    row = await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    await after(alerts, WEEK - RENEWED_BEFORE - timedelta(seconds=1))
    assert await kinds(alerts) == ["issued"]
    await after(alerts, timedelta(seconds=1))
    await after(alerts, WEEK - RENEWED_BEFORE)
    first, second, third = await alerts.rows(ALERT, "sequence")
    assert await kinds(alerts) == ["issued", "renewed", "renewed"]
    assert [(one["revision"], one["sequence"], one["renewal"]) for one in (first, second, third)] == [
        (1, 1, 0), (1, 2, 1), (1, 3, 2)
    ]  # fmt: skip
    assert second["issued_at"] < first["expires_at"]
    assert third["issued_at"] < second["expires_at"]
    assert second["refs"] == [str(first["id"])]
    assert second["reason"] == STILL_THERE
    await receiver.wait_for(3)
    assert json.loads(receiver.got[1][1])["type"] == "alert.renewed"
    assert [event["type"] for event in await alerts.rows(OUTBOX, "id")][1:] == ["alert.renewed", "alert.renewed"]
    async with alerts.database.of_every_mission("a test").read() as connection:
        listed = (await page_of_alerts(connection, "unmix", AlertFilter(kind=AlertKind.RENEWED), None, 10)).alerts
        updates = (await page_of_alerts(connection, "unmix", AlertFilter(kind=AlertKind.UPDATED), None, 10)).alerts
        found = await explain(connection, row, report().incident_id, 72, HeavyWork("requests"))
    assert [one.alert.kind for one in listed] == [AlertKind.RENEWED] * 2
    assert updates == []
    assert found is not None
    assert [one.decision for one in found.decisions] == ["issued", "renewed", "renewed"]
    assert found.decisions[-1].reason == STILL_THERE


async def test_on_its_own_route_a_subscriber_is_told_every_day(alerts: Service, report: NewIncident) -> None:
    route_id, line = uuid4(), ((-1.5, 17.0), (-0.5, 17.0))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 1, line)
    await alerts.subscribe(area={"type": "route", "route_id": str(route_id), "width_m": 500})
    await alerts.subscribe(
        area={"type": "corridor", "line": {"type": "LineString", "coordinates": line}, "width_m": 500}
    )
    await alerts.subscribe()
    await alerts.warn(report())
    await after(alerts, DAY - RENEWED_BEFORE)
    assert sorted(await kinds(alerts)) == ["issued"] * 3 + ["renewed"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"hazard_state": HazardState.CLEARED},
        {"hazard_state": HazardState.NONE},
        {"status": Status.RETRACTED},
        {"status": Status.MERGED},
        {"status": Status.CLOSED},
        {"category": Category.NOT_EXPLOSIVE},
        {"latitude": 18.0},
    ],
    ids=str,
)
async def test_what_does_not_stand_inside_any_more_is_not_renewed(
    alerts: Service, report: NewIncident, change: dict[str, Any]
) -> None:
    await alerts.subscribe()
    await alerts.warn(report())
    await alerts.warn(report(**({"revision": 2} | change)))
    before = await kinds(alerts)
    await after(alerts, 2 * WEEK)
    assert await kinds(alerts) == before
    assert not await alerts.renewals.renew_some()


async def test_a_revision_that_nobody_was_told_of_is_renewed_as_it_is_now(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe()
    await alerts.warn(report())
    await alerts.warn(report(revision=2, status=Status.VERIFIED))
    await after(alerts, WEEK)
    assert [(row["revision"], row["renewal"]) for row in await alerts.rows(ALERT, "sequence")] == [(1, 0), (2, 1)]
    await alerts.warn(report(revision=3, hazard_state=HazardState.CLEARED))
    last = (await alerts.rows(ALERT, "sequence"))[-1]
    assert (last["kind"], last["sequence"]) == ("downgraded", 3)


async def test_who_left_is_not_told_again(alerts: Service, report: NewIncident) -> None:
    moved, deleted = await alerts.subscribe(), await alerts.subscribe()
    await alerts.warn(report())
    elsewhere = {"type": "circle", "center": {"type": "Point", "coordinates": [20, 5]}, "radius_m": 10}
    async with alerts.database.of_every_mission("a test").write() as transaction:
        changes = Changes(filter=FilterForm.model_validate({"area": elsewhere}))
        await alerts.subscriptions.change(transaction, OWNER, moved["id"], 1, changes)
        await alerts.subscriptions.delete(transaction, OWNER, deleted["id"], 1)
    await after(alerts, WEEK)
    assert await kinds(alerts) == ["issued"] * 2


async def test_a_paused_subscription_is_told_of_what_still_stands_when_it_is_resumed(
    alerts: Service, report: NewIncident
) -> None:
    row = await alerts.subscribe()
    await alerts.warn(report())
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await after(alerts, 5 * WEEK)
    while await alerts.standing.look_once():
        pass
    assert await kinds(alerts) == ["issued"]
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], 2)
    while await alerts.standing.look_once():
        pass
    assert await kinds(alerts) == ["issued", "renewed"]
    assert (await alerts.rows(ALERT, "sequence"))[-1]["reason"] == LAPSED


async def test_each_renewal_is_said_once_whatever_is_due_and_whoever_is_first(
    alerts: Service, report: NewIncident
) -> None:
    subscriptions = [await alerts.subscribe("http://127.0.0.1:9/hook") for _ in range(4)]
    incidents = [new_id() for _ in range(DECIDED_AT_ONCE // 2)]
    for incident_id in incidents:
        await alerts.warn(report(incident_id=incident_id))
    alerts.clock.advance(WEEK)
    workers = [alerts.renewals, alerts.new_renewals(), alerts.new_renewals()]
    await asyncio.gather(*(worker.renew_some() for worker in workers for _ in range(3)))
    await renew(alerts)
    rows = [row for row in await alerts.rows(ALERT) if row["renewal"]]
    pairs = {(row["subscription_id"], row["incident_id"]) for row in rows}
    assert len(rows) == len(pairs) == len(subscriptions) * len(incidents)
    assert len(await alerts.rows(DELIVERY)) == len(await alerts.rows(OUTBOX)) == 2 * len(rows)


async def test_a_renewal_and_the_end_at_the_same_moment_leave_the_end_last(
    alerts: Service, report: NewIncident
) -> None:
    await alerts.subscribe()
    incidents = [new_id() for _ in range(20)]
    for incident_id in incidents:
        await alerts.warn(report(incident_id=incident_id))
    alerts.clock.advance(WEEK)
    ends = (alerts.warn(report(incident_id=one, revision=2, status=Status.RETRACTED)) for one in incidents)
    await asyncio.gather(alerts.renewals.renew_some(), *ends, alerts.new_renewals().renew_some())
    await renew(alerts)
    last = {row["incident_id"]: row["kind"] for row in await alerts.rows(ALERT, "sequence")}
    assert set(last.values()) == {"cancelled"}
