"""One alert object for each revision that matters, whatever is repeated, late or out of order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from clearway_alerts.commands.routes import keep_route
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.queries.explain import explain
from clearway_alerts.storage.tables import ALERT, DECISION, DELIVERY, INCIDENT_VIEW
from clearway_alerts.warning.alert_history import MOST_REFERENCES
from clearway_contracts.vocabulary import HazardState, Status, Tlp
from clearway_platform.auth.principals import Principal, Role
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow
from clearway_platform.heavy import HeavyWork

from .conftest import Service, revisions

OWNER = Principal(id="key-1", name="convoy", mission="unmix", role=Role.SUBSCRIBER)
OUTBOX = table_of(OutboxRow)
NewIncident = Callable[..., IncidentView]


async def kinds(alerts: Service) -> list[str]:
    return [row["kind"] for row in await alerts.rows(ALERT, "subscription_id", "sequence")]


async def test_the_story_report_move_retract(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe()
    await alerts.warn(report())
    await alerts.warn(report(revision=2, status=Status.VERIFIED))
    await alerts.warn(report(revision=3, latitude=17.027))
    await alerts.warn(report(revision=4, latitude=17.027, status=Status.RETRACTED))
    rows = await alerts.rows(ALERT, "sequence")
    assert [(row["kind"], row["revision"], row["sequence"]) for row in rows] == [
        ("issued", 1, 1), ("updated", 3, 2), ("cancelled", 4, 3)
    ]  # fmt: skip
    assert rows[2]["refs"] == [str(rows[0]["id"]), str(rows[1]["id"])]
    assert "outside the filter now" in rows[1]["reason"]
    decided = [row["decision"] for row in await alerts.rows(DECISION, "revision")]
    assert decided == ["issued", "no_matter", "updated", "cancelled"]
    types = [row["type"] for row in await alerts.rows(OUTBOX, "id")]
    assert types == ["alert.issued", "alert.updated", "alert.cancelled"]


async def test_what_is_repeated_or_late_changes_nothing(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe()
    await alerts.warn(report(revision=2))
    await alerts.warn(report(revision=2))
    await alerts.warn(report(revision=1, latitude=17.001))
    assert await kinds(alerts) == ["issued"]
    assert [row["revision"] for row in await alerts.rows(INCIDENT_VIEW)] == [2]


async def test_two_at_once_make_one_alert(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await asyncio.gather(*(alerts.warn(report()) for _ in range(8)), return_exceptions=True)
    assert await kinds(alerts) == ["issued"]
    assert len(await alerts.rows(DELIVERY)) == 1
    assert len(await alerts.rows(OUTBOX)) == 1


async def test_a_cancellation_reaches_a_warned_subscription_though_its_filter_changed(
    alerts: Service, report: NewIncident
) -> None:
    row = await alerts.subscribe()
    await alerts.warn(report())
    elsewhere = FilterForm.model_validate(
        {"area": {"type": "circle", "center": {"type": "Point", "coordinates": [20, 5]}, "radius_m": 10}}
    )
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.change(transaction, OWNER, row["id"], 1, Changes(filter=elsewhere))
    await alerts.warn(report(revision=2, status=Status.MERGED, merged_into=uuid4()))
    assert await kinds(alerts) == ["issued", "cancelled"]


async def test_a_change_of_the_filter_holds_at_once(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe()
    await alerts.warn(report(incident_id=uuid4(), latitude=30.0))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        everything = FilterForm.model_validate({"area": {"type": "everything"}})
        await alerts.subscriptions.change(transaction, OWNER, row["id"], 1, Changes(filter=everything))
    await alerts.warn(report(incident_id=uuid4(), latitude=30.0))
    assert await kinds(alerts) == ["issued"]
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await alerts.subscriptions.delete(transaction, OWNER, row["id"], 2)
    await alerts.warn(report(incident_id=uuid4(), latitude=30.0))
    assert await kinds(alerts) == ["issued"]


async def test_an_alert_stays_small_however_often_the_incident_changes(alerts: Service, report: NewIncident) -> None:
    """Else its cancellation could grow too large to be sent."""
    await alerts.subscribe("http://127.0.0.1:9/hook")
    states = (HazardState.MARKED, HazardState.ACTIVE)
    place = "\U0001f6a7" * 200
    for revision in range(1, MOST_REFERENCES + 10):
        await alerts.warn(report(revision=revision, hazard_state=states[revision % 2], place_name=place, tlp=Tlp.CLEAR))
    await alerts.warn(report(revision=1000, status=Status.RETRACTED, place_name=place, tlp=Tlp.CLEAR))
    rows = await alerts.rows(ALERT, "sequence")
    assert rows[-1]["kind"] == "cancelled"
    assert [len(row["refs"]) for row in rows[-3:]] == [MOST_REFERENCES] * 3
    assert rows[-1]["refs"][-1] == str(rows[-2]["id"])
    published = [row["value"] for row in await alerts.rows(OUTBOX, "id")]
    assert max(map(len, published)) < 20_000


async def test_another_process_sees_a_new_subscription_too(alerts: Service, report: NewIncident) -> None:
    other = alerts.new_pipeline()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await other.warn(transaction, revisions(report(incident_id=uuid4())))
    await alerts.subscribe()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await other.warn(transaction, revisions(report()))
    assert await kinds(alerts) == ["issued"]


async def test_a_redrawn_route_moves_its_corridor(alerts: Service, report: NewIncident) -> None:
    route_id = uuid4()
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 1, ((-1.5, 30.0), (-0.5, 30.0)))
    await alerts.subscribe(area={"type": "route", "route_id": str(route_id), "width_m": 500})
    await alerts.warn(report(incident_id=uuid4()))
    assert await kinds(alerts) == []
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 2, ((-1.5, 17.0), (-0.5, 17.0)))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 1, ((-1.5, 30.0), (-0.5, 30.0)))
    await alerts.warn(report(incident_id=uuid4()))
    assert await kinds(alerts) == ["issued"]


async def test_the_past_warns_no_one_and_another_mission_hears_nothing(alerts: Service, report: NewIncident) -> None:
    row = await alerts.subscribe(area={"type": "everything"})
    old = report(latest=alerts.clock.now() - timedelta(days=400), hazard_state=HazardState.NONE, is_imported=True)
    await alerts.warn(old)
    await alerts.warn(replace(report(incident_id=uuid4()), mission="other"))
    assert await kinds(alerts) == []
    async with alerts.database.of_every_mission("a test").read() as connection:
        found = await explain(connection, row, old.incident_id, 72, HeavyWork("requests"))
    assert found is not None
    assert [clause.name for clause in found.clauses if not clause.holds] == ["news"]
