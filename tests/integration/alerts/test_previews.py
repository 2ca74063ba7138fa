"""What a filter would have sent lately is what a subscription with it does send."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from clearway_alerts.commands.routes import keep_route
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.storage import past_revisions
from clearway_alerts.storage.tables import ALERT, INCIDENT_VIEW, SUBSCRIPTION
from clearway_contracts.vocabulary import HazardState, Severity, Status, Tlp

from .conftest import CIRCLE, Service

NewIncident = Callable[..., IncidentView]
PREVIEWS = "/v1/subscription-previews"
DAY = timedelta(days=1)


async def preview(client: httpx.AsyncClient, area: object = CIRCLE, **changes: Any) -> dict[str, Any]:
    answer = await client.post(PREVIEWS, json={"filter": {"area": area}} | changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {one["decision"]: one["count"] for one in found["decisions"]}


async def test_it_counts_what_a_subscription_is_sent(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    """The same reports with the subscription there: some stand before, others come, change, end and leave."""
    standing = report(incident_id=uuid4())
    await alerts.warn(standing)
    await alerts.subscribe()
    await alerts.standing.look_once()
    told_at_once = {alert["id"] for alert in await alerts.rows(ALERT)}
    assert len(told_at_once) == 1
    start = alerts.clock.now()
    ended, left, far = (
        report(incident_id=uuid4()),
        report(incident_id=uuid4()),
        report(incident_id=uuid4(), latitude=20),
    )
    for incident in (ended, left, far):
        alerts.clock.advance(DAY)
        await alerts.warn(incident)
    alerts.clock.advance(DAY)
    await alerts.warn(report(incident_id=ended.incident_id, revision=2, hazard_state=HazardState.MARKED))
    alerts.clock.advance(DAY)
    await alerts.warn(report(incident_id=ended.incident_id, revision=3, status=Status.RETRACTED))
    await alerts.warn(report(incident_id=left.incident_id, revision=2, latitude=20.0))
    for _ in range(20):
        alerts.clock.advance(DAY / 2)
        while await alerts.renewals.renew_some():
            pass
    found = await preview(client, **{"from": start.isoformat()})
    sent = [alert for alert in await alerts.rows(ALERT) if alert["id"] not in told_at_once]
    kinds = Counter("renewed" if alert["renewal"] else alert["kind"] for alert in sent)
    assert counts(found) == kinds
    assert kinds["renewed"] > 0
    assert (found["alerts"], found["standing"], found["complete"]) == (len(sent), 1, True)
    newest = {one["incident_id"]: one["kind"] for one in found["newest"]}
    assert newest == {
        str(standing.incident_id): "renewed",
        str(ended.incident_id): "cancelled",
        str(left.incident_id): "updated",
    }


async def test_it_stores_nothing_and_sends_nothing(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    await alerts.warn(report())
    assert (await preview(client))["alerts"] == 1
    assert [*await alerts.rows(SUBSCRIPTION), *await alerts.rows(ALERT)] == []


async def test_the_time_is_bounded(client: httpx.AsyncClient, alerts: Service, report: NewIncident) -> None:
    await alerts.warn(report())
    alerts.clock.advance(40 * DAY)
    now = alerts.clock.now()
    assert counts(await preview(client)).keys() == {"renewed"}
    earlier = {"from": (now - 41 * DAY).isoformat(), "to": (now - 39 * DAY).isoformat()}
    assert counts(await preview(client, **earlier)) == {"issued": 1}
    for span in ({"from": (now + DAY).isoformat()}, {"from": (now - 93 * DAY).isoformat()}, {"to": "0001-01-02"}):
        answer = await client.post(PREVIEWS, json={"filter": {"area": CIRCLE}} | span)
        if "to" in span:
            assert answer.json()["alerts"] == 0
        else:
            assert answer.json()["errors"][0]["field"] == "body.from", answer.text


async def test_the_whole_filter_counts(client: httpx.AsyncClient, alerts: Service, report: NewIncident) -> None:
    await alerts.warn(report())
    wanted = {"area": CIRCLE, "min_severity": Severity.EXTREME}
    assert (await preview(client, filter=wanted))["alerts"] == 0
    assert (await preview(client, filter={"area": {"type": "everything"}}))["alerts"] == 1


async def test_a_route_is_watched_along_its_line(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    route_id = uuid4()
    area = {"type": "route", "route_id": str(route_id), "width_m": 500}
    unknown = await client.post(PREVIEWS, json={"filter": {"area": area}})
    assert unknown.json()["errors"][0]["field"].endswith("filter.area.route_id")
    async with alerts.database.of_every_mission("a test").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 1, ((-1.1, 17.0), (-0.9, 17.0)))
    await alerts.warn(report())
    await alerts.warn(report(incident_id=uuid4(), latitude=17.1))
    alerts.clock.advance(2 * DAY)
    assert counts(await preview(client, area)) == {"issued": 1, "renewed": 2}


async def test_an_impossible_area_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        PREVIEWS, json={"filter": {"area": CIRCLE | {"center": {"type": "Point", "coordinates": [0, 91]}}}}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.filter.area.center.coordinates.0")


async def test_what_the_key_may_not_read_is_not_found_by_drawing(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    boss = {"Authorization": "Bearer boss-admin-unmix"}
    raised, red = report(incident_id=uuid4()), report(incident_id=uuid4(), tlp=Tlp.RED)
    for incident in (report(), red, raised, report(incident_id=raised.incident_id, revision=2, tlp=Tlp.RED)):
        await alerts.warn(incident)
    found = await preview(client)
    assert (found["alerts"], found["standing"]) == (1, 1)
    assert [one["incident_id"] for one in found["newest"]] == [str(report().incident_id)]
    whole = (await client.post(PREVIEWS, json={"filter": {"area": CIRCLE}}, headers=boss)).json()
    assert (whole["alerts"], whole["standing"]) == (3, 3)


async def test_marks_that_were_raised_later_hold_for_an_earlier_time(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    await alerts.warn(report())
    until = alerts.clock.now()
    assert (await preview(client, to=until.isoformat()))["alerts"] == 1
    alerts.clock.advance(DAY)
    await alerts.warn(report(revision=2, tlp=Tlp.RED))
    assert (await preview(client, to=until.isoformat()))["alerts"] == 0


@pytest.mark.parametrize("key", ["ann-reporter-unmix", "ann-analyst-unmix"])
async def test_it_is_for_those_who_may_subscribe(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post(PREVIEWS, json={"filter": {"area": CIRCLE}}, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403


async def test_another_mission_has_its_own(client: httpx.AsyncClient, alerts: Service, report: NewIncident) -> None:
    await alerts.warn(report(mission="other"))
    assert (await preview(client))["alerts"] == 0


async def test_more_than_is_looked_at_is_said(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read in several parts, and only the newest of them."""
    ids = [UUID(int=n) for n in range(1, 6)]
    for incident_id in ids:
        alerts.clock.advance(timedelta(minutes=1))
        await alerts.warn(report(incident_id=incident_id))
    monkeypatch.setattr(past_revisions, "ROWS_AT_ONCE", 2)
    found = await preview(client)
    assert (found["alerts"], found["complete"]) == (5, True)
    monkeypatch.setattr(past_revisions, "MOST_ROWS", 4)
    found = await preview(client)
    assert (found["alerts"], found["complete"]) == (4, False)
    assert {one["incident_id"] for one in found["newest"]} == {str(one) for one in ids[1:]}


async def test_a_row_that_cannot_be_read_is_left_out(
    client: httpx.AsyncClient, alerts: Service, report: NewIncident
) -> None:
    await alerts.warn(report())
    await alerts.warn(report(incident_id=uuid4()))
    async with alerts.database.of_every_mission("a test").write() as transaction:
        damage = update(INCIDENT_VIEW).where(INCIDENT_VIEW.c.incident_id == report().incident_id)
        await transaction.connection.execute(damage.values(incident={"v": 999}))
    assert (await preview(client))["alerts"] == 1
