"""Every matching subscription is warned; above the ceiling of its key the alert is thin, in every way that it goes."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from clearway_alerts.alert_shape import ABOVE_THE_KEY, KEPT, shown_event
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.sharing import ABOVE_THE_OWNER
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_contracts.vocabulary import Classification, Tlp
from clearway_platform.auth.ceilings import UNLIMITED
from clearway_platform.auth.principals import CEILINGS, Principal, Role
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import OutboxRow

from .conftest import Receiver, Service

OUTBOX = table_of(OutboxRow)
NewIncident = Callable[..., IncidentView]
SECRET = "behind the third culvert"
SUBSCRIBER = CEILINGS[Role.SUBSCRIBER]
BOSS = {"Authorization": "Bearer boss-admin-unmix"}
ABOVE: list[dict[str, Any]] = [
    {"tlp": Tlp.RED},
    {"tlp": Tlp.AMBER_STRICT},
    {"tlp": Tlp.CLEAR, "classification": Classification.CONFIDENTIAL},
    {"tlp": Tlp.CLEAR, "releasable_to": ("Halo",)},
    # What an earlier program stored says nothing of the classification.
    {"tlp": Tlp.CLEAR, "classification": None},
]


def is_thin(alert: dict[str, Any]) -> bool:
    """Whether it says all that a thin alert says, and nothing of what it leaves out."""
    said = {name for name in KEPT if alert[name] is not None}
    left_out = set(alert["left_out"])
    return (
        SECRET not in json.dumps(alert)
        and said == KEPT - {"source_id"}
        and {"point", "headline", "category"} <= left_out
        and all(alert[name] is None for name in left_out)
    )


@pytest.mark.parametrize("marks", ABOVE, ids=str)
async def test_a_list_and_an_alert_are_thin(
    marks: dict[str, Any], alerts: Service, client: httpx.AsyncClient, report: NewIncident
) -> None:
    await alerts.subscribe()
    await alerts.warn(report(place_name=SECRET, **marks))
    [listed] = (await client.get("/v1/alerts")).json()["items"]
    read = (await client.get(f"/v1/alerts/{listed['alert_id']}")).json()
    assert listed == read
    assert is_thin(read)
    assert (read["form"], read["severity"], read["why_thin"]) == ("thin", "severe", ABOVE_THE_KEY)
    whole = (await client.get(f"/v1/alerts/{listed['alert_id']}", headers=BOSS)).json()
    assert (whole["form"], whole["left_out"], SECRET in whole["headline"]) == ("full", [], True)


async def test_within_the_ceiling_it_is_whole(alerts: Service, client: httpx.AsyncClient, report: NewIncident) -> None:
    await alerts.subscribe()
    await alerts.warn(report(place_name=SECRET, tlp=Tlp.AMBER))
    [listed] = (await client.get("/v1/alerts")).json()["items"]
    assert (listed["form"], SECRET in listed["headline"]) == ("full", True)


@pytest.mark.parametrize("marks", ABOVE, ids=str)
async def test_what_the_stream_sends_is_thin(marks: dict[str, Any], alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe()
    await alerts.warn(report(place_name=SECRET, **marks))
    [row] = await alerts.rows(OUTBOX)
    data = json.loads(row["value"])
    assert is_thin(shown_event(data, SUBSCRIBER)["alert"])
    # An administrator reads what is marked, also where the classification is not known.
    assert shown_event(data, UNLIMITED) is data


@pytest.mark.usefixtures("delivering")
@pytest.mark.parametrize("marks", ABOVE, ids=str)
async def test_a_webhook_is_thin_above_its_owners_ceiling(
    marks: dict[str, Any], alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    await alerts.subscribe(receiver.url)
    await alerts.warn(report(place_name=SECRET, **marks))
    await receiver.wait_for(1)
    data = json.loads(receiver.got[0][1])["data"]
    assert is_thin(data)
    assert data["why_thin"] == ABOVE_THE_OWNER


@pytest.mark.usefixtures("delivering")
async def test_a_webhook_says_what_its_owner_may_read(alerts: Service, receiver: Receiver, report: NewIncident) -> None:
    operator = Principal(id="key-9", name="desk", mission="unmix", role=Role.OPERATOR)
    await alerts.subscribe(receiver.url, owner=operator)
    await alerts.warn(report(place_name=SECRET, tlp=Tlp.GREEN, classification=Classification.CONFIDENTIAL))
    await receiver.wait_for(1)
    assert SECRET in json.loads(receiver.got[0][1])["data"]["headline"]
    [row] = await alerts.rows(SUBSCRIPTION)
    owner = (row["owner_tlp"], row["owner_classification"], row["owner_organisation"])
    assert owner == ("amber_strict", "confidential", "*")


@pytest.mark.usefixtures("delivering")
async def test_a_digest_lists_each_alert_as_it_may_be_said(
    alerts: Service, receiver: Receiver, report: NewIncident
) -> None:
    for number in range(12):
        marks = {"classification": Classification.CONFIDENTIAL} if number % 2 else {}
        incident_id = UUID(f"01890000-0000-7000-8000-0000000001{number:02}")
        await alerts.warn(report(incident_id=incident_id, place_name=f"{SECRET} {number}", tlp=Tlp.CLEAR, **marks))
    await alerts.subscribe(receiver.url)
    while await alerts.standing.look_once():
        pass
    await receiver.wait_for(1)
    listed = json.loads(receiver.got[0][1])["data"]["alerts"]
    half = ["full"] * 6 + ["thin"] * 6
    assert sorted(alert["form"] for alert in listed) == half
    assert all((SECRET in str(alert["headline"])) == (alert["form"] == "full") for alert in listed)
    [row] = await alerts.rows(OUTBOX)
    seen = shown_event(json.loads(row["value"]), SUBSCRIBER)["digest"]["alerts"]
    assert sorted(alert["form"] for alert in seen) == half
    assert all((SECRET in str(alert["headline"])) == (alert["form"] == "full") for alert in seen)


async def test_an_explanation_tells_no_distance_above_the_ceiling(
    alerts: Service, client: httpx.AsyncClient, report: NewIncident
) -> None:
    subscription = await alerts.subscribe()
    incident = report(tlp=Tlp.RED)
    await alerts.warn(incident)
    path, query = f"/v1/subscriptions/{subscription['id']}/explain", {"incident_id": str(incident.incident_id)}
    thin = (await client.get(path, params=query)).json()
    whole = (await client.get(path, params=query, headers=BOSS)).json()
    assert [clause["holds"] for clause in thin["clauses"]] == [clause["holds"] for clause in whole["clauses"]]
    assert {clause["says"] for clause in thin["clauses"]} == {ABOVE_THE_KEY}
    assert any("m away" in clause["says"] for clause in whole["clauses"])
    assert {decided["reason"] for decided in thin["decisions"]} == {ABOVE_THE_KEY}
    assert [decided["decision"] for decided in thin["decisions"]] == ["issued"]


async def test_what_the_incident_is_marked_now_holds_for_earlier_alerts(
    alerts: Service, client: httpx.AsyncClient, report: NewIncident
) -> None:
    await alerts.subscribe()
    await alerts.warn(report(place_name=SECRET, tlp=Tlp.GREEN))
    [before] = (await client.get("/v1/alerts")).json()["items"]
    assert before["form"] == "full"
    await alerts.warn(report(revision=2, place_name=SECRET, tlp=Tlp.RED))
    assert is_thin((await client.get(f"/v1/alerts/{before['alert_id']}")).json())
    await alerts.warn(report(revision=3, place_name=SECRET, tlp=Tlp.GREEN))
    assert (await client.get(f"/v1/alerts/{before['alert_id']}")).json()["form"] == "full"


async def test_a_message_that_waits_is_thin_by_the_marks_of_now(alerts: Service, report: NewIncident) -> None:
    await alerts.subscribe("http://127.0.0.1:9/hook")
    await alerts.warn(report(place_name=SECRET, tlp=Tlp.GREEN))
    await alerts.warn(report(revision=2, place_name=SECRET, tlp=Tlp.RED))
    [lease] = await alerts.lease()
    assert is_thin(json.loads(lease.body)["data"])
