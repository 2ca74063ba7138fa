"""A source that is quiet for too long raises an alarm, each silence once for each subscription, and its end is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import RowMapping

from clearway_alerts.commands.sources import CONSUMERS, RELAYS, NewSource, Sources
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.source import key_of
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.outbound.recipients import Recipient
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.queries.explain import decisions_on_source
from clearway_alerts.storage.sources import note_heard
from clearway_alerts.storage.tables import ALERT, DELIVERY, WATCHED_SOURCE
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.silences import Silences
from clearway_alerts.warning.writing import Writing
from clearway_contracts.alert import AlertState
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow

from .conftest import OWNER, Receiver, Service

OUTBOX = table_of(OutboxRow)
OPERATOR = Principal(id="key-2", name="cell", mission="unmix", role=Role.OPERATOR)
SIX_HOURS = timedelta(hours=6)
WATCHES = {
    SourceKind.REPORTING_CELL: "Sector West",
    SourceKind.IMPORT: "awsd",
    SourceKind.CONSUMER: "analytics",
    SourceKind.RELAY: "incidents",
}
EVERY_KIND = pytest.mark.parametrize("kind", list(SourceKind))


async def watch(
    alerts: Service, kind: SourceKind = SourceKind.REPORTING_CELL, principal: Principal = OPERATOR
) -> RowMapping:
    async with alerts.database.of_every_mission("a test").write() as transaction:
        wanted = NewSource(f"our {kind.value}", kind, WATCHES[kind], SIX_HOURS)
        return await Sources(alerts.clock, alerts.silences.wake).create(transaction, principal, wanted)


async def hear(alerts: Service, kind: SourceKind = SourceKind.REPORTING_CELL, at: datetime | None = None) -> bool:
    async with alerts.database.of_every_mission("a test").write() as transaction:
        heard = {kind: {key_of(kind, WATCHES[kind]): at or alerts.clock.now()}}
        return await note_heard(transaction, heard, "unmix")


async def after(alerts: Service, time: timedelta) -> None:
    alerts.clock.advance(time)
    await alerts.silences.look()


async def kinds(alerts: Service) -> list[str]:
    return ["renewed" if row["renewal"] else row["kind"] for row in await alerts.rows(ALERT, "id")]


async def row_of(alerts: Service) -> Mapping[str, Any]:
    [row] = await alerts.rows(WATCHED_SOURCE)
    found: Mapping[str, Any] = row
    return found


@EVERY_KIND
async def test_a_silence_is_told_and_its_end_too(
    alerts: Service, receiver: Receiver, delivering: DeliveryWorker, kind: SourceKind
) -> None:
    await alerts.subscribe(receiver.url)
    source = await watch(alerts, kind)
    alerts.clock.advance(timedelta(hours=1))
    assert not await hear(alerts, kind)
    heard = alerts.clock.now()
    await after(alerts, SIX_HOURS - timedelta(seconds=1))
    assert await kinds(alerts) == []
    await after(alerts, timedelta(seconds=1))
    await after(alerts, timedelta(minutes=1))
    assert await kinds(alerts) == ["issued"]
    assert await hear(alerts, kind)
    await alerts.silences.look()
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued", "cancelled"]
    first, second = await alerts.rows(ALERT, "sequence")
    assert f"{heard:%H:%MZ}, longer than 6 h" in first["reason"]
    assert first["reason"].startswith("source_silent: nothing was heard from the ")
    assert second["refs"] == [str(first["id"])]
    await receiver.wait_for(2)
    silent, over = (json.loads(body) for _, body in receiver.got)
    assert (silent["type"], over["type"]) == ("alert.issued", "alert.cancelled")
    assert silent["data"]["source_id"] == str(source["id"])
    assert silent["data"]["source"]["name"] == f"our {kind.value}"
    assert silent["data"]["incident_id"] is None
    assert "is heard again" in over["data"]["reason"]
    events = await alerts.rows(OUTBOX, "id")
    assert [(event["type"], event["subject"]) for event in events] == [
        ("alert.issued", str(source["id"])),
        ("alert.cancelled", str(source["id"])),
    ]


async def test_what_was_never_heard_is_silent_too(alerts: Service) -> None:
    await alerts.subscribe()
    await watch(alerts)
    await after(alerts, SIX_HOURS)
    assert await kinds(alerts) == ["issued"]
    await after(alerts, SIX_HOURS)
    assert await kinds(alerts) == ["issued"]


async def test_each_silence_is_another_one(alerts: Service) -> None:
    await alerts.subscribe()
    await watch(alerts)
    for _ in range(2):
        await after(alerts, SIX_HOURS)
        await hear(alerts)
        await alerts.silences.look()
    rows = await alerts.rows(ALERT, "sequence")
    assert [(row["kind"], row["revision"], row["sequence"]) for row in rows] == [
        ("issued", 1, 1), ("cancelled", 2, 2), ("issued", 3, 3), ("cancelled", 4, 4)
    ]  # fmt: skip


async def test_a_filter_says_whether_it_wants_them(alerts: Service) -> None:
    far = {"type": "circle", "center": {"type": "Point", "coordinates": [20, 5]}, "radius_m": 10}
    told = {
        (await alerts.subscribe(area=far, min_severity="extreme"))["id"],
        (await alerts.subscribe(sources="only"))["id"],
    }
    await alerts.subscribe(sources="exclude")
    await alerts.subscribe(exercises="only")
    await alerts.subscribe(tlp_max="clear")
    await watch(alerts)
    await after(alerts, SIX_HOURS)
    assert {row["subscription_id"] for row in await alerts.rows(ALERT)} == told


async def test_another_mission_hears_nothing(alerts: Service) -> None:
    other = Principal(id="key-3", name="cell", mission="elsewhere", role=Role.OPERATOR)
    await alerts.subscribe()
    await watch(alerts, principal=other)
    await hear(alerts)
    assert (await row_of(alerts))["last_heard_at"] is None
    await after(alerts, SIX_HOURS)
    assert await kinds(alerts) == []


async def test_the_end_reaches_who_no_longer_wants_to_know(alerts: Service) -> None:
    moved, deleted = await alerts.subscribe(), await alerts.subscribe()
    await watch(alerts)
    await after(alerts, SIX_HOURS)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        changes = Changes(filter=FilterForm.model_validate({"area": {"type": "everything"}, "sources": "exclude"}))
        await alerts.subscriptions.change(transaction, OWNER, moved["id"], 1, changes)
        await alerts.subscriptions.delete(transaction, OWNER, deleted["id"], 1)
    await hear(alerts)
    await alerts.silences.look()
    ended = [row["subscription_id"] for row in await alerts.rows(ALERT) if row["kind"] == "cancelled"]
    assert ended == [moved["id"]]


async def test_who_newly_looks_is_told_of_a_silence_that_lasts(alerts: Service) -> None:
    await alerts.subscribe()
    await watch(alerts)
    await after(alerts, SIX_HOURS)
    new = await alerts.subscribe()
    await alerts.silences.look()
    await alerts.silences.look()
    assert [row["subscription_id"] for row in await alerts.rows(ALERT, "id")][1:] == [new["id"]]
    await hear(alerts)
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued", "issued", "cancelled", "cancelled"]


async def test_a_silence_that_lasts_is_said_again_before_its_alert_expires(alerts: Service) -> None:
    await alerts.subscribe()
    await watch(alerts)
    await after(alerts, SIX_HOURS)
    [first] = await alerts.rows(ALERT)
    for _ in range(2):
        await after(alerts, timedelta(days=6, hours=23))
        await alerts.silences.look()
    rows = await alerts.rows(ALERT, "sequence")
    assert await kinds(alerts) == ["issued", "renewed", "renewed"]
    assert rows[1]["issued_at"] < first["expires_at"]
    assert rows[2]["refs"] == [str(rows[1]["id"])]


async def test_what_is_no_longer_watched_is_cancelled(alerts: Service) -> None:
    await alerts.subscribe()
    source = await watch(alerts)
    await after(alerts, SIX_HOURS)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await Sources(alerts.clock, alerts.silences.wake).delete(transaction, OPERATOR, source["id"], 1)
    await alerts.silences.look()
    await alerts.silences.look()
    last = (await alerts.rows(ALERT, "sequence"))[-1]
    assert (last["kind"], last["reason"].endswith("is no longer watched")) == ("cancelled", True)
    assert await kinds(alerts) == ["issued", "cancelled"]


async def test_a_longer_time_ends_a_silence(alerts: Service) -> None:
    await alerts.subscribe()
    source = await watch(alerts)
    await after(alerts, SIX_HOURS)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        sources = Sources(alerts.clock, alerts.silences.wake)
        await sources.change(transaction, OPERATOR, source["id"], 1, quiet_after=timedelta(days=1))
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued", "cancelled"]


@EVERY_KIND
async def test_two_workers_raise_one_alarm(postgres_alerts: Service, kind: SourceKind) -> None:
    await postgres_alerts.subscribe()
    await watch(postgres_alerts, kind)
    workers = [postgres_alerts.new_silences() for _ in range(4)]
    postgres_alerts.clock.advance(SIX_HOURS)
    await asyncio.gather(*(worker.look() for worker in workers))
    assert await kinds(postgres_alerts) == ["issued"]
    await hear(postgres_alerts, kind)
    await asyncio.gather(*(worker.look() for worker in workers))
    assert await kinds(postgres_alerts) == ["issued", "cancelled"]


class Killed(Exception):
    """In place of a kill."""


class KilledWhileTelling(Issuing):
    """Ends after the alerts are stored, and before anyone is told."""

    async def tell(
        self,
        writing: Writing,
        alerts: Sequence[AlertState],
        recipients: Mapping[UUID, Recipient],
        causation: UUID | None = None,
    ) -> None:
        await writing.write()
        raise Killed


async def test_a_kill_between_loses_and_repeats_nothing(alerts: Service) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await watch(alerts)
    killed = alerts.new_silences(KilledWhileTelling)
    alerts.clock.advance(SIX_HOURS)
    with pytest.raises(Killed):
        await killed.look()
    assert (await row_of(alerts))["turn"] == 0
    assert await kinds(alerts) == []
    await alerts.silences.look()
    await alerts.silences.look()
    assert await kinds(alerts) == ["issued"]
    assert len(await alerts.rows(DELIVERY)) == len(await alerts.rows(OUTBOX)) == 1


@EVERY_KIND
async def test_after_a_restart_only_what_is_outside_counts_the_time_before(alerts: Service, kind: SourceKind) -> None:
    """A part of Clearway is not heard while Clearway is stopped; a cell that was quiet before was quiet."""
    await alerts.subscribe()
    await watch(alerts, kind)
    await hear(alerts, kind)
    alerts.clock.advance(2 * SIX_HOURS)
    started: Silences = alerts.new_silences()
    await started.look()
    is_outside = kind in {SourceKind.REPORTING_CELL, SourceKind.IMPORT}
    assert await kinds(alerts) == (["issued"] if is_outside else [])
    alerts.clock.advance(SIX_HOURS)
    await started.look()
    assert await kinds(alerts) == ["issued"]


async def test_what_was_heard_earlier_changes_nothing(alerts: Service) -> None:
    await watch(alerts)
    alerts.clock.advance(SIX_HOURS)
    await hear(alerts)
    last = (await row_of(alerts))["last_heard_at"]
    await hear(alerts, at=last - timedelta(hours=1))
    assert (await row_of(alerts))["last_heard_at"] == last


async def test_it_is_explained(alerts: Service) -> None:
    told, left_out = await alerts.subscribe(), await alerts.subscribe(sources="exclude")
    source = await watch(alerts)
    await after(alerts, SIX_HOURS)
    async with alerts.database.of_every_mission("a test").read() as connection:
        decisions, clauses = await decisions_on_source(connection, told, source["id"])
        none, kept_out = await decisions_on_source(connection, left_out, source["id"])
    assert [one.decision for one in decisions] == ["issued"]
    assert all(clause.holds for clause in clauses)
    assert none == []
    assert [clause.name for clause in kept_out if not clause.holds] == ["sources"]


@pytest.fixture
def new(client: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    client.headers["Authorization"] = "Bearer ann-operator-unmix"

    async def post(**changes: Any) -> httpx.Response:
        whole = {"name": "Sector West", "kind": "reporting_cell", "watches": "Sector West", "quiet_after": "PT6H"}
        return await client.post("/v1/sources", json=whole | changes)

    return post


async def test_a_source_is_made_read_changed_and_deleted(
    client: httpx.AsyncClient, new: Callable[..., Awaitable[httpx.Response]]
) -> None:
    made = await new()
    assert made.status_code == 201
    address = made.headers["Location"]
    assert (made.json()["state"], made.json()["quiet_after"]) == ("never_heard", "PT6H")
    listed = (await client.get("/v1/sources")).json()["items"]
    assert listed == [(await client.get(address)).json()] == [made.json()]
    changed = await client.patch(address, json={"quiet_after": "P2D"}, headers={"If-Match": '"1"'})
    assert (changed.json()["quiet_after"], changed.headers["ETag"]) == ("P2D", '"2"')
    stale = await client.patch(address, json={"name": "x"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await client.delete(address, headers={"If-Match": '"2"'})).status_code == 204
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize("quiet_after", ["PT4M59S", "P91D", "6:00", 21600, "six hours"])
async def test_how_long_it_may_be_quiet_is_bounded(
    new: Callable[..., Awaitable[httpx.Response]], quiet_after: object
) -> None:
    refused = await new(quiet_after=quiet_after)
    assert refused.status_code == 422
    assert "quiet_after" in refused.json()["errors"][0]["field"]


@pytest.mark.parametrize(("kind", "known"), [("consumer", CONSUMERS), ("relay", RELAYS)])
async def test_an_unknown_part_of_clearway_is_refused_with_those_that_exist(
    new: Callable[..., Awaitable[httpx.Response]], kind: str, known: Sequence[str]
) -> None:
    refused = await new(kind=kind, watches="dashboard")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["remedy"] == f"Name one of: {', '.join(known)}."
    assert (await new(kind=kind, watches=known[0])).status_code == 201


async def test_only_operators_watch(client: httpx.AsyncClient) -> None:
    body = {"name": "x", "kind": "import", "watches": "awsd", "quiet_after": "PT6H"}
    assert (await client.post("/v1/sources", json=body)).status_code == 403


async def test_the_list_of_alerts_and_of_deliveries_show_it(alerts: Service, client: httpx.AsyncClient) -> None:
    subscription = await alerts.subscribe("http://127.0.0.1:9/hook")
    source = await watch(alerts)
    await after(alerts, SIX_HOURS)
    [alert] = (await client.get("/v1/alerts", params={"source_id": str(source["id"])})).json()["items"]
    assert (alert["source"]["kind"], alert["incident_id"], alert["point"]) == ("reporting_cell", None, None)
    [delivery] = (await client.get(f"/v1/subscriptions/{subscription['id']}/deliveries")).json()["items"]
    assert (delivery["source_id"], delivery["incident_id"], delivery["form"]) == (str(source["id"]), None, "full")
    client.headers["Authorization"] = "Bearer ann-operator-unmix"
    taken = await client.post(f"/v1/alerts/{alert['alert_id']}/acknowledge", headers={"If-Match": '"1"'})
    assert (taken.status_code, taken.json()["acknowledged_by"]) == (200, "ann")
    explained = await client.get(
        f"/v1/subscriptions/{subscription['id']}/explain-source", params={"source_id": str(source["id"])}
    )
    assert explained.json()["alerted"] is True
