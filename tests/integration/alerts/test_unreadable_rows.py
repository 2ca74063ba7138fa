"""A row that this process cannot read, because a newer version wrote it or it is damaged, never stops the others.

A newer version is played by writing its rows by hand.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import RowMapping, Table, text, update
from structlog.testing import capture_logs
from structlog.types import EventDict

from clearway_alerts.channels.base import AttemptKind, AttemptResult
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.outbound import worker as worker_module
from clearway_alerts.outbound.conduct import PER_ENDPOINT
from clearway_alerts.outbound.passed_over import PASSED_OVER_FOR
from clearway_alerts.storage.tables import ALERT, DECISION, DELIVERY, INCIDENT_VIEW, SUBSCRIPTION
from clearway_contracts.vocabulary import Category, Status, Tlp
from clearway_testing.plumbing import running

from .conftest import Receiver, Service, revisions

NOWHERE = "http://127.0.0.1:9/hook"
OK = AttemptResult(AttemptKind.DELIVERED, 204, None, 1.0)
FAR = {"type": "circle", "center": {"type": "Point", "coordinates": [20.0, 5.0]}, "radius_m": 10}
NewIncident = Callable[..., IncidentView]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


async def the_row(alerts: Service, table: Table, **values: Any) -> RowMapping:
    """The one that has these values."""
    [row] = [row for row in await alerts.rows(table) if all(row[name] == value for name, value in values.items())]
    found: RowMapping = row
    return found


async def store(alerts: Service, table: Table, row: RowMapping, **values: Any) -> None:
    """Write these columns of the row by hand, as another version of the program might have."""
    async with alerts.database.of_every_mission("a test").write() as transaction:
        its_own = [column == row[column.name] for column in table.primary_key]
        await transaction.connection.execute(update(table).where(*its_own).values(values))


def of_newer_version(state: dict[str, Any]) -> dict[str, Any]:
    """Of a version that is newer than any of this program's, and says nothing of being readable for older ones."""
    newer = {name: value for name, value in state.items() if name != "compatible_from"}
    return {**newer, "v": 99, "seen_by_drone": True}


async def view_of_newer_version(alerts: Service, incident: IncidentView) -> RowMapping:
    """The stored view of the incident as a newer version writes it. Returns what it was."""
    row = await the_row(alerts, INCIDENT_VIEW, incident_id=incident.incident_id, revision=incident.revision)
    await store(alerts, INCIDENT_VIEW, row, incident=of_newer_version(row["incident"]))
    return row


async def delivery_of(alerts: Service, incident: IncidentView) -> RowMapping:
    return await the_row(alerts, DELIVERY, incident_id=incident.incident_id)


def unreadable(row: str) -> float:
    return REGISTRY.get_sample_value("clearway_alert_unreadable_rows_total", {"row": row}) or 0.0


def lines(logged: list[EventDict]) -> list[EventDict]:
    return [line for line in logged if line["event"] == "row_not_readable"]


# What is wrong with the first of two deliveries. The worker must send the second.


async def newer_view(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, INCIDENT_VIEW, incident_id=delivery["incident_id"])
    await store(alerts, INCIDENT_VIEW, row, incident=of_newer_version(row["incident"]))


async def another_shape(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, INCIDENT_VIEW, incident_id=delivery["incident_id"])
    await store(alerts, INCIDENT_VIEW, row, incident="no object")


async def impossible_place(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, INCIDENT_VIEW, incident_id=delivery["incident_id"])
    await store(alerts, INCIDENT_VIEW, row, incident=row["incident"] | {"lat": 999.0})


async def no_json(alerts: Service, delivery: RowMapping) -> None:
    """A text that is no JSON; on PostgreSQL, which cannot store one, a number."""
    async with alerts.database.of_every_mission("a test").write() as transaction:
        damage = {"sqlite": """'{"category": '""", "postgresql": "'17'"}[transaction.connection.dialect.name]
        its_own = {"sqlite": delivery["incident_id"].hex, "postgresql": delivery["incident_id"]}
        statement = text(f"UPDATE incident_view SET incident = {damage} WHERE incident_id = :incident")
        await transaction.connection.execute(statement, {"incident": its_own[transaction.connection.dialect.name]})


async def unknown_kind(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, ALERT, id=delivery["alert_id"])
    await store(alerts, ALERT, row, kind="foretold")


async def newer_channel(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, SUBSCRIPTION, id=delivery["subscription_id"])
    await store(alerts, SUBSCRIPTION, row, url=None, channel={"v": 2, "type": "webhook", "address": "x"})


async def unknown_channel(alerts: Service, delivery: RowMapping) -> None:
    row = await the_row(alerts, SUBSCRIPTION, id=delivery["subscription_id"])
    await store(alerts, SUBSCRIPTION, row, url=None, channel={"v": 1, "type": "pigeon"})


@pytest.mark.parametrize(
    ("spoil", "row"),
    [
        (newer_view, "incident_view"),
        (another_shape, "incident_view"),
        (impossible_place, "incident_view"),
        (no_json, "incident_view"),
        (unknown_kind, "alert"),
        (newer_channel, "channel"),
        (unknown_channel, "channel"),
    ],
)
async def test_one_that_cannot_be_read_is_left_to_another_process_and_the_others_are_sent(
    alerts: Service,
    receiver: Receiver,
    report: NewIncident,
    until: Until,
    spoil: Callable[[Service, RowMapping], Awaitable[None]],
    row: str,
) -> None:
    await alerts.subscribe(receiver.url, categories=["ied"])
    await alerts.subscribe(receiver.url, categories=["landmine"])
    spoiled, sound = report(), report(incident_id=uuid4(), category=Category.LANDMINE)
    await alerts.warn(spoiled)
    await spoil(alerts, await delivery_of(alerts, spoiled))
    await alerts.warn(sound)
    before = unreadable(row)
    with capture_logs() as logged:
        async with running(alerts.worker.run):
            await receiver.wait_for(1)

            async def recorded() -> bool:
                return bool((await delivery_of(alerts, sound))["state"] == "delivered")

            await until(recorded)
    assert [json.loads(body)["data"]["incident_id"] for _, body in receiver.got] == [str(sound.incident_id)]
    left = await delivery_of(alerts, spoiled)
    assert (left["state"], left["attempts"], left["lease_until"]) == ("pending", 0, None)
    assert [row["failing_since"] for row in await alerts.rows(SUBSCRIPTION)] == [None, None], (
        "the receiver is not blamed"
    )
    assert unreadable(row) == before + 1
    [line] = lines(logged)
    assert line["row"] == row
    assert "Ansongo" not in str(line), "nothing of what the row holds"


async def test_another_process_may_lease_it_at_once(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    readable = await view_of_newer_version(alerts, report())
    assert await alerts.lease() == []
    await store(alerts, INCIDENT_VIEW, readable, incident=readable["incident"])
    [leased] = await alerts.lease()
    assert leased.attempt == 1


async def test_more_of_them_than_there_are_slots_hide_nothing(
    alerts: Service, receiver: Receiver, report: NewIncident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are found in one look: the looks that follow are told that nothing waits."""

    async def nothing_waits(*_: object) -> set[UUID]:
        return set()

    monkeypatch.setattr("clearway_alerts.outbound.slots.ALL_SLOTS", 4)
    monkeypatch.setattr(worker_module, "waiting_subscriptions", nothing_waits)
    await alerts.subscribe(receiver.url)
    for _ in range(2 * PER_ENDPOINT + 1):
        incident = report(incident_id=uuid4())
        await alerts.warn(incident)
        await view_of_newer_version(alerts, incident)
    await alerts.warn(report())
    async with running(alerts.worker.run):
        await receiver.wait_for(1)
    assert [json.loads(body)["data"]["incident_id"] for _, body in receiver.got] == [str(report().incident_id)]


async def test_it_is_read_again_after_a_while_and_logged_once(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, leasing = Calls(monkeypatch, "waiting_subscriptions"), Calls(monkeypatch, "lease_due")
    await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    readable = await view_of_newer_version(alerts, report())
    before = unreadable("incident_view")

    def counted(times: int) -> Callable[[], Awaitable[bool]]:
        async def condition() -> bool:
            return unreadable("incident_view") == before + times

        return condition

    with capture_logs() as logged:
        async with running(alerts.worker.run):
            await until(counted(1))
            leases, seen = leasing.count, looks.count
            await until(lambda: looks.reached(seen + 3))
            assert leasing.count == leases, "it looks, and does not try again and again"
            alerts.clock.advance(PASSED_OVER_FOR)
            await until(counted(2))
            await store(alerts, INCIDENT_VIEW, readable, incident=readable["incident"])
            assert receiver.got == []
            alerts.clock.advance(PASSED_OVER_FOR)
            await receiver.wait_for(1)
    assert len(lines(logged)) == 1


async def test_a_process_that_passes_over_all_that_it_can_remember_sends_what_is_enqueued_with_a_lease(
    alerts: Service, receiver: Receiver, report: NewIncident, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearway_alerts.outbound.passed_over.MOST_PASSED_OVER", 1)
    looks, leasing = Calls(monkeypatch, "waiting_subscriptions"), Calls(monkeypatch, "lease_due")
    await alerts.subscribe(NOWHERE, categories=["ied"])
    await alerts.subscribe(receiver.url, categories=["landmine"])
    await alerts.warn(report())
    await view_of_newer_version(alerts, report())
    await alerts.warn(report(incident_id=uuid4()))
    async with running(alerts.worker.run):
        await until(lambda: leasing.reached(1))
        seen = looks.count
        await until(lambda: looks.reached(seen + 2))
        await alerts.warn(report(incident_id=uuid4(), category=Category.LANDMINE))
        await receiver.wait_for(1)
    assert leasing.count <= 2


async def test_what_is_said_later_of_the_incident_does_not_wait_for_it(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    """A receiver drops what is older than what it has."""
    await alerts.subscribe(receiver.url)
    await alerts.warn(report())
    await view_of_newer_version(alerts, report())
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    async with running(alerts.worker.run):
        await receiver.wait_for(1)
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["alert.cancelled"]


async def test_a_test_message_is_sent_while_alerts_are_passed_over(
    alerts: Service, receiver: Receiver, report: NewIncident, client: httpx.AsyncClient, until: Until
) -> None:
    row = await alerts.subscribe(receiver.url)
    for incident, spoil in ((report(), newer_view), (report(incident_id=uuid4()), unknown_kind)):
        await alerts.warn(incident)
        await spoil(alerts, await delivery_of(alerts, incident))
    before = unreadable("alert")

    async def passed_over() -> bool:
        return unreadable("alert") > before

    async with running(alerts.worker.run):
        await until(passed_over)
        operator = {"Authorization": "Bearer olga-operator-unmix"}
        await client.post(f"/v1/subscriptions/{row['id']}/test", headers=operator)
        await receiver.wait_for(1)
    assert json.loads(receiver.got[0][1])["type"] == "subscription.test"


async def test_a_subscription_is_paused_and_resumed_with_an_alert_of_an_unknown_kind(
    alerts: Service, report: NewIncident, client: httpx.AsyncClient
) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await unknown_kind(alerts, await delivery_of(alerts, report()))
    operator = {"Authorization": "Bearer olga-operator-unmix"}
    for verb, revision, held in (("pause", 1, "paused by its owner"), ("resume", 2, None)):
        headers = operator | {"If-Match": f'"{revision}"'}
        answer = await client.post(f"/v1/subscriptions/{row['id']}/{verb}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert (await delivery_of(alerts, report()))["held"] == held


# The way of a warning.


async def told(alerts: Service, subscription: RowMapping) -> list[tuple[str, str]]:
    found = [row for row in await alerts.rows(ALERT, "sequence") if row["subscription_id"] == subscription["id"]]
    return [(row["kind"], row["reason"]) for row in found]


@pytest.mark.parametrize("stored", [of_newer_version, lambda _: "no object"], ids=["newer", "another shape"])
async def test_a_filter_that_cannot_be_read_is_taken_to_hold_and_stops_no_other_warning(
    alerts: Service, report: NewIncident, stored: Callable[[Any], Any]
) -> None:
    near, elsewhere = await alerts.subscribe(), await alerts.subscribe(area=FAR)
    await store(alerts, SUBSCRIPTION, elsewhere, filter=stored(elsewhere["filter"]))
    before = unreadable("filter")
    with capture_logs() as logged:
        await alerts.warn(report())
        await alerts.warn(report(incident_id=uuid4()))
    in_doubt = "in doubt, as this version of Clearway cannot read the filter"
    assert await told(alerts, near) == [("issued", "every clause of the filter holds")] * 2
    assert await told(alerts, elsewhere) == [("issued", in_doubt)] * 2
    decided = [row for row in await alerts.rows(DECISION) if row["subscription_id"] == elsewhere["id"]]
    assert [row["reason"] for row in decided] == [in_doubt] * 2
    assert unreadable("filter") == before + 2
    assert [line["key"] for line in lines(logged)] == [str(elsewhere["id"])]


async def test_a_newer_process_then_says_that_the_incident_is_outside(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe(area=FAR)
    await store(alerts, SUBSCRIPTION, row, filter=of_newer_version(row["filter"]))
    await alerts.warn(report())
    await store(alerts, SUBSCRIPTION, row, filter=row["filter"])
    newer = alerts.new_pipeline()
    for revision in (2, 3):
        async with alerts.database.of_every_mission("a test").write() as transaction:
            await newer.warn(transaction, revisions(report(revision=revision)))
    assert [kind for kind, _ in await told(alerts, row)] == ["issued", "updated"]
    assert (await told(alerts, row))[1][1] == "changed: outside the filter now"


@pytest.mark.parametrize(
    ("named", "warned"), [("green", [Tlp.GREEN]), ("violet", [Tlp.GREEN, Tlp.RED]), (None, [Tlp.GREEN, Tlp.RED])]
)
async def test_the_limit_of_sharing_stays_where_it_can_be_read(
    alerts: Service, report: NewIncident, named: str | None, warned: list[Tlp]
) -> None:
    row = await alerts.subscribe()
    await store(alerts, SUBSCRIPTION, row, filter={**of_newer_version(row["filter"]), "tlp_max": named})
    for level in (Tlp.GREEN, Tlp.RED):
        await alerts.warn(report(incident_id=uuid4(), tlp=level))
    assert len(await told(alerts, row)) == len(warned)


async def test_what_was_told_before_and_cannot_be_read_is_told_again(alerts: Service, report: NewIncident) -> None:
    row, other = await alerts.subscribe(), await alerts.subscribe(categories=["landmine"])
    await alerts.warn(report())
    await view_of_newer_version(alerts, report())
    await alerts.warn(report(revision=2, category=Category.LANDMINE))
    await alerts.warn(report(revision=3, category=Category.LANDMINE))
    await alerts.warn(report(revision=4, category=Category.LANDMINE, status=Status.RETRACTED))
    said = await told(alerts, row)
    assert said[1] == ("updated", "in doubt, as this version of Clearway cannot read what was told before")
    assert [kind for kind, _ in said] == ["issued", "updated", "cancelled"]
    assert [kind for kind, _ in await told(alerts, other)] == ["issued", "cancelled"]


async def test_a_cancellation_needs_nothing_of_what_was_told_before(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe(NOWHERE)
    await alerts.warn(report())
    await view_of_newer_version(alerts, report())
    [alert] = await alerts.rows(ALERT)
    await store(alerts, ALERT, alert, kind="foretold")
    await alerts.warn(report(revision=2, status=Status.RETRACTED))
    assert [kind for kind, _ in await told(alerts, row)] == ["foretold", "cancelled"]


async def test_a_list_with_such_a_row_is_refused_and_says_that_another_process_may_answer(
    alerts: Service, report: NewIncident, client: httpx.AsyncClient
) -> None:
    row = await alerts.subscribe()
    await alerts.warn(report())
    await alerts.warn(report(incident_id=uuid4()))
    await view_of_newer_version(alerts, report())
    await store(alerts, SUBSCRIPTION, row, filter=of_newer_version(row["filter"]))
    for address in ("/v1/alerts", "/v1/subscriptions"):
        answer = await client.get(address)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "newer version of Clearway" in answer.json()["detail"]


class Calls:
    """Counts the calls of one of the worker's functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.count = 0
        self._original = getattr(worker_module, name)
        monkeypatch.setattr(worker_module, name, self._call)

    async def reached(self, count: int) -> bool:
        return self.count >= count

    async def _call(self, *arguments: Any, **options: Any) -> object:
        self.count += 1
        return await self._original(*arguments, **options)
