"""Whoever newly looks is told of what stands there: at once, once, and of many in one digest."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter
from sqlalchemy import RowMapping, text

from clearway_alerts.api import messages
from clearway_alerts.commands.routes import keep_route
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.standing import FOUND, FOUND_AGAIN, MOST_SINGLE
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.outbound.worker import DeliveryWorker
from clearway_alerts.queries.explain import explain
from clearway_alerts.storage.tables import ALERT, DELIVERY, DIGEST, IS_STANDING, IS_UNCHECKED, SUBSCRIPTION
from clearway_alerts.warning.issuing import Issuing
from clearway_alerts.warning.standing_hazards import STORED_AT_ONCE
from clearway_contracts.vocabulary import Category, HazardState, Severity, Status, Tlp
from clearway_platform.clock import new_id
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.heavy import HeavyWork

from .conftest import CIRCLE, OWNER, Receiver, Service, revisions

OUTBOX = table_of(OutboxRow)
NewIncident = Callable[..., IncidentView]
ELSEWHERE = {"type": "circle", "center": {"type": "Point", "coordinates": [20.0, 5.0]}, "radius_m": 1000}
MANY = MOST_SINGLE + 1


class Ended(Exception):
    """The process ends here."""


class EndsBeforeTheDigest(Issuing):
    async def issue_digest(self, *_: object) -> None:
        raise Ended


async def look(alerts: Service) -> None:
    """Until there is no subscription left to look for."""
    while await alerts.standing.look_once():
        pass


async def said(alerts: Service) -> list[tuple[str, str, int]]:
    """The kind, the reason and the sequence of each alert, in the order in which they were issued."""
    rows = await alerts.rows(ALERT, "id")
    return [("renewed" if row["renewal"] else row["kind"], row["reason"], row["sequence"]) for row in rows]


async def change(alerts: Service, row: RowMapping, revision: int, **filter_: Any) -> None:
    chosen = FilterForm.model_validate(filter_)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.change(transaction, OWNER, row["id"], revision, Changes(filter=chosen))


async def many(alerts: Service, report: NewIncident, count: int, **changes: Any) -> list[UUID]:
    found = [new_id() for _ in range(count)]
    for incident_id in found:
        await alerts.warn(report(incident_id=incident_id, **changes))
    return found


async def test_a_patrol_that_subscribes_after_the_report_is_told_of_it_once(
    alerts: Service, report: NewIncident, receiver: Receiver, delivering: DeliveryWorker
) -> None:
    await alerts.warn(report())
    row = await alerts.subscribe(receiver.url)
    await look(alerts)
    await receiver.wait_for(1)
    await look(alerts)
    assert await said(alerts) == [("issued", FOUND, 1)]
    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["reason"] == FOUND
    assert [event["type"] for event in await alerts.rows(OUTBOX)] == ["alert.issued"]
    async with alerts.database.of_every_mission("a test").read() as connection:
        found = await explain(connection, row, report().incident_id, 72, HeavyWork("requests"))
    assert found is not None
    assert [(one.decision, one.reason) for one in found.decisions] == [("issued", FOUND)]
    assert [clause.name for clause in found.clauses if not clause.holds] == []


@pytest.mark.parametrize(
    "changes",
    [
        *({"hazard_state": state} for state in (HazardState.CLEARED, HazardState.NONE, HazardState.UNKNOWN)),
        *({"status": status} for status in (Status.RETRACTED, Status.MERGED, Status.CLOSED)),
        {"category": Category.NOT_EXPLOSIVE},
        {"latitude": 18.0},
        {"exercise": True},
        {"mission": "other"},
    ],
    ids=str,
)
async def test_what_does_not_stand_inside_the_filter_is_not_told(
    alerts: Service, report: NewIncident, changes: dict[str, Any]
) -> None:
    await alerts.warn(report())
    await alerts.warn(report(**({"revision": 2} | changes)))
    if "mission" in changes:
        await alerts.warn(report(revision=2, hazard_state=HazardState.CLEARED))
    await alerts.subscribe()
    await look(alerts)
    assert await said(alerts) == []


@pytest.mark.parametrize("state", [HazardState.ACTIVE, HazardState.SUSPECTED, HazardState.MARKED])
async def test_each_hazard_that_stands_is_told_at_its_newest_revision(
    alerts: Service, report: NewIncident, state: HazardState
) -> None:
    await alerts.warn(report(hazard_state=HazardState.UNKNOWN))
    await alerts.warn(report(revision=2, hazard_state=HazardState.MARKED))
    await alerts.warn(report(revision=5, hazard_state=state))
    await alerts.subscribe()
    await look(alerts)
    assert [row["revision"] for row in await alerts.rows(ALERT)] == [5]


async def test_a_filter_that_lets_more_through_or_moves_is_looked_at_anew(alerts: Service, report: NewIncident) -> None:
    await alerts.warn(report())
    row = await alerts.subscribe(area=ELSEWHERE)
    await look(alerts)
    assert await said(alerts) == []
    await change(alerts, row, 1, area=CIRCLE, min_severity="extreme")
    await look(alerts)
    assert await said(alerts) == []
    await change(alerts, row, 2, area=CIRCLE)
    await look(alerts)
    assert await said(alerts) == [("issued", FOUND, 1)]


async def test_what_it_was_told_of_is_not_repeated(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe()
    await alerts.warn(report())
    await look(alerts)
    await change(alerts, row, 1, area={"type": "everything"})
    await look(alerts)
    assert [kind for kind, _, _ in await said(alerts)] == ["issued"]


async def test_what_moved_out_is_told_again_where_the_filter_follows_it(alerts: Service, report: NewIncident) -> None:
    """It was told that the hazard is outside; now that is wrong."""
    row = await alerts.subscribe()
    await alerts.warn(report())
    await alerts.warn(report(revision=2, latitude=17.1))
    await change(alerts, row, 1, area={"type": "everything"})
    await look(alerts)
    assert [(kind, sequence) for kind, _, sequence in await said(alerts)] == [
        ("issued", 1), ("updated", 2), ("renewed", 3)
    ]  # fmt: skip
    assert (await said(alerts))[-1][1] == FOUND_AGAIN
    await alerts.warn(report(revision=3, status=Status.RETRACTED))
    assert [kind for kind, _, _ in await said(alerts)][-1] == "cancelled"


async def test_a_subscription_that_is_resumed_is_looked_at(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe()
    await look(alerts)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.pause(transaction, OWNER, row["id"], 1)
    await look(alerts)
    [before] = await alerts.rows(SUBSCRIPTION)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.resume(transaction, OWNER, row["id"], 2)
    assert await alerts.standing.look_once()
    [after] = await alerts.rows(SUBSCRIPTION)
    assert after["checked_in"] == after["changed_in"] > before["checked_in"]
    assert not await alerts.standing.look_once()


async def test_a_route_that_is_redrawn_looks_at_its_new_line(alerts: Service, report: NewIncident) -> None:
    route_id = uuid4()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        assert await keep_route(transaction, "unmix", route_id, 1, ((-1.5, 30.0), (-0.5, 30.0)))
    await alerts.warn(report())
    await alerts.subscribe(area={"type": "route", "route_id": str(route_id), "width_m": 500})
    await look(alerts)
    assert await said(alerts) == []
    async with alerts.database.of_every_mission("a test").write() as transaction:
        assert await keep_route(transaction, "unmix", route_id, 2, ((-1.5, 17.0), (-0.5, 17.0)))
    await look(alerts)
    assert await said(alerts) == [("issued", FOUND, 1)]
    async with alerts.database.of_every_mission("a test").write() as transaction:
        assert not await keep_route(transaction, "unmix", route_id, 1, ((-1.5, 30.0), (-0.5, 30.0)))
    assert not await alerts.standing.look_once()


async def test_ten_are_told_one_by_one(alerts: Service, report: NewIncident) -> None:
    """What was cleared is not counted."""
    for incident_id in (await many(alerts, report, MOST_SINGLE + 2))[:2]:
        await alerts.warn(report(incident_id=incident_id, revision=2, hazard_state=HazardState.CLEARED))
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await look(alerts)
    assert len(await alerts.rows(DELIVERY)) == MOST_SINGLE
    assert {event["type"] for event in await alerts.rows(OUTBOX)} == {"alert.issued"}
    assert await alerts.rows(DIGEST) == []


@pytest.mark.parametrize("count", [MANY, STORED_AT_ONCE * 2 + 1])
async def test_more_than_ten_are_told_in_one_message_and_each_has_its_cancellation(
    alerts: Service, report: NewIncident, receiver: Receiver, delivering: DeliveryWorker, count: int
) -> None:
    incidents = await many(alerts, report, count, tlp=Tlp.CLEAR)
    await alerts.warn(report(incident_id=incidents[3], revision=2, killed_high=1, tlp=Tlp.CLEAR))
    row = await alerts.subscribe(receiver.url)
    await look(alerts)
    await receiver.wait_for(1)
    [(_, body)] = receiver.got
    message = json.loads(body)
    assert message["type"] == "alert.digest"
    assert message["data"]["count"] == count
    assert message["data"]["headline"] == f"{count} hazards stand inside the area of this subscription"
    listed = message["data"]["alerts"]
    assert listed[0]["incident_id"] == str(incidents[3])
    assert listed[0]["severity"] == Severity.EXTREME
    assert MOST_SINGLE < len(listed) <= count
    [event] = await alerts.rows(OUTBOX)
    assert event["type"] == "alert.digest_issued"
    stored = await alerts.rows(ALERT)
    assert {one["incident_id"] for one in stored} == set(incidents)
    assert {(one["reason"], one["sequence"]) for one in stored} == {(FOUND, 1)}
    await alerts.warn(report(incident_id=incidents[-1], revision=2, status=Status.RETRACTED, tlp=Tlp.CLEAR))
    await receiver.wait_for(2)
    assert json.loads(receiver.got[1][1])["type"] == "alert.cancelled"
    await change(alerts, row, 1, area={"type": "everything"})
    await look(alerts)
    assert len(await alerts.rows(DELIVERY)) == 2


async def test_a_digest_of_exercises_says_so_first(alerts: Service, report: NewIncident) -> None:
    await many(alerts, report, MANY, exercise=True)
    await many(alerts, report, MANY)
    await alerts.subscribe("http://127.0.0.1:9/hook", exercises="only")
    await look(alerts)
    [lease] = await alerts.lease()
    data = json.loads(lease.body)["data"]
    assert next(iter(data)) == "exercise"
    assert (data["exercise"], data["count"]) == (True, MANY)
    assert data["headline"].startswith("EXERCISE: ")


async def test_a_digest_stays_small_and_leaves_out_what_may_not_leave(alerts: Service, report: NewIncident) -> None:
    await many(alerts, report, 120, place_name="\U0001f6a7" * 200, tlp=Tlp.CLEAR)
    await many(alerts, report, 1, tlp=Tlp.RED, killed_high=1)
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await look(alerts)
    [lease] = await alerts.lease()
    assert len(lease.body) < 20_000
    message = TypeAdapter(messages.DigestMessage).validate_json(lease.body)
    data = json.loads(lease.body)["data"]
    assert data.keys() == messages.PostedDigest.model_fields.keys()
    assert all(one.keys() == messages.ListedAlert.model_fields.keys() for one in data["alerts"])
    assert len(message.data.alerts) == len(data["alerts"])
    assert data["count"] == 121
    assert data["links"]["alerts"] == f"/v1/alerts?digest_id={data['digest_id']}"
    restricted, *others = data["alerts"]
    assert (restricted["form"], restricted["point"], restricted["headline"]) == ("thin", None, None)
    assert all(one["form"] == "full" and one["point"] for one in others)
    [event] = await alerts.rows(OUTBOX)
    assert len(event["value"]) < 1_000_000


async def test_a_digest_that_was_interrupted_is_finished_as_one(alerts: Service, report: NewIncident) -> None:
    """A process stored its alerts and ended; meanwhile one of its hazards was cleared, which was said already."""
    incidents = await many(alerts, report, STORED_AT_ONCE + MANY)
    row = await alerts.subscribe("http://127.0.0.1:9/hook")
    with pytest.raises(Ended):
        await alerts.new_standing(EndsBeforeTheDigest).look_once()
    assert await alerts.rows(DIGEST) == []
    first = (await alerts.rows(ALERT, "id"))[0]["incident_id"]
    await alerts.warn(report(incident_id=first, revision=2, hazard_state=HazardState.CLEARED))
    await look(alerts)
    [digest] = await alerts.rows(DIGEST)
    assert digest["count"] == len(incidents) - 1
    assert digest["subscription_id"] == row["id"]
    assert [event["type"] for event in await alerts.rows(OUTBOX, "id")] == ["alert.downgraded", "alert.digest_issued"]


async def test_two_processes_that_look_at_once_tell_each_hazard_once(alerts: Service, report: NewIncident) -> None:
    await many(alerts, report, STORED_AT_ONCE + MANY)
    await alerts.subscribe("http://127.0.0.1:9/hook")
    other = alerts.new_standing()
    await asyncio.gather(alerts.standing.look_once(), other.look_once(), alerts.standing.look_once())
    await look(alerts)
    assert len(await alerts.rows(ALERT)) == STORED_AT_ONCE + MANY
    assert len(await alerts.rows(DIGEST)) == len(await alerts.rows(DELIVERY)) == len(await alerts.rows(OUTBOX)) == 1


async def test_a_report_at_the_moment_of_the_subscription_is_told_once(alerts: Service, report: NewIncident) -> None:
    """Whichever of the two is committed first."""
    pipelines = [alerts.new_pipeline() for _ in range(3)]

    async def warn(number: int) -> None:
        incident = report(incident_id=new_id())
        async with alerts.database.of_every_mission("a test").write() as transaction:
            await pipelines[number % 3].warn(transaction, revisions(incident))

    async def subscribe() -> None:
        await alerts.subscribe("http://127.0.0.1:9/hook")
        await look(alerts)

    await asyncio.gather(*(warn(number) if number % 4 else subscribe() for number in range(40)))
    await look(alerts)
    told = [(row["subscription_id"], row["incident_id"]) for row in await alerts.rows(ALERT)]
    assert len(told) == len(set(told)) == 10 * 30


@pytest.mark.postgres
async def test_a_report_that_is_being_decided_on_is_waited_for(postgres_alerts: Service, report: NewIncident) -> None:
    """It was decided on before the subscription was made, and is committed after it."""
    alerts = postgres_alerts
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.pipeline.warn(transaction, revisions(report()))
        await alerts.subscribe()
        looking = asyncio.create_task(alerts.standing.look_once())
        done, _ = await asyncio.wait([looking], timeout=0.3)
        assert not done
    await looking
    assert await said(alerts) == [("issued", FOUND, 1)]


async def test_what_stands_is_found_by_its_index(alerts: Service, report: NewIncident) -> None:
    """However many incidents the mission has: the index holds those that stand, and no others."""
    await alerts.warn(report())
    plans = []
    async with alerts.database.of_every_mission("a test").read() as connection:
        for table, index, where in (
            (
                "incident_view",
                "ix_incident_view_standing",
                f"mission = 'unmix' AND {IS_STANDING[alerts.database.dialect]}",
            ),
            (
                "incident_view",
                "ix_incident_view_handled",
                (
                    "mission = 'unmix' AND handled_at > '2026-01-01' AND handled_at <= '2026-01-02'"
                    " ORDER BY handled_at DESC"
                ),
            ),
            ("subscription", "ix_subscription_unchecked", str(IS_UNCHECKED)),
            (
                "alert",
                "ix_alert_undecided",
                "mission = 'unmix' AND renewal_decided = false AND expires_at < '2026-01-01'",
            ),
        ):
            if alerts.database.dialect == "postgresql":
                await connection.execute(text("SET LOCAL enable_seqscan = off"))
            explained = "EXPLAIN QUERY PLAN" if alerts.database.dialect == "sqlite" else "EXPLAIN"
            rows = await connection.execute(text(f"{explained} SELECT * FROM {table} WHERE {where}"))
            plans.append((index, "\n".join(map(str, rows.all()))))
    assert [index for index, plan in plans if index not in plan] == []
