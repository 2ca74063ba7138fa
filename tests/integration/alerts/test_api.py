"""Subscriptions and alerts over HTTP: what bad input gets, and who may see and change what."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clearway_alerts.domain.incident_view import IncidentView
from clearway_platform.database.models import table_of
from clearway_platform.database.tables import IdempotencyRow

from .conftest import Service

IDEMPOTENCY = table_of(IdempotencyRow)
CIRCLE = {"type": "circle", "center": {"type": "Point", "coordinates": [-1.0, 17.0]}, "radius_m": 1000}
BODY = {"name": "convoy", "filter": {"area": CIRCLE}, "channel": {"type": "webhook", "url": "http://127.0.0.1:9/hook"}}


async def create(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/v1/subscriptions", json=BODY | changes)
    assert answer.status_code == 201, answer.text
    subscription: dict[str, Any] = answer.json()
    return subscription


def seen(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'}


@pytest.mark.parametrize("command", ["pause", "resume", "rotate-secret", "delete"])
async def test_a_change_needs_what_its_sender_has_seen(client: httpx.AsyncClient, command: str) -> None:
    where = f"/v1/subscriptions/{(await create(client))['subscription_id']}"
    method, path = ("DELETE", where) if command == "delete" else ("POST", f"{where}/{command}")
    assert (await client.request(method, path)).status_code == 428
    stale = await client.request(method, path, headers=seen(7))
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    assert (await client.get(where)).headers["ETag"].startswith('"1.')
    assert (await client.request(method, path, headers=seen(1))).status_code in (200, 204)


async def test_the_life_of_a_subscription(client: httpx.AsyncClient) -> None:
    made = await create(client)
    where = f"/v1/subscriptions/{made['subscription_id']}"
    assert made["secret"].startswith("whsec_")
    read = await client.get(where)
    assert read.headers["ETag"].startswith('"1.')
    assert "secret" not in read.json()
    assert read.json()["channel"]["public_key"].startswith("whpk_")
    assert (await client.patch(where, json={"name": "other"})).status_code == 428
    changed = await client.patch(where, json={"name": "other"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["name"]) == (200, "other")
    assert (await client.patch(where, json={"name": "x"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.post(f"{where}/pause", headers=seen(2))).json()["state"] == "paused"
    assert (await client.post(f"{where}/test")).status_code == 409
    assert (await client.post(f"{where}/resume", headers=seen(3))).json()["state"] == "active"
    assert (await client.post(f"{where}/test")).status_code == 202
    assert (await client.post(f"{where}/rotate-secret", headers=seen(4))).json()["secret"] != made["secret"]
    assert len((await client.get(f"{where}/deliveries")).json()["items"]) == 1
    assert len((await client.get("/v1/subscriptions")).json()["items"]) == 1
    assert (await client.delete(where, headers=seen(5))).status_code == 204
    assert (await client.get(where)).status_code == 404


async def test_a_repeat_gets_the_first_answer_without_the_secret_which_is_kept_nowhere_else(
    client: httpx.AsyncClient, alerts: Service
) -> None:
    repeated = {"Idempotency-Key": "one"}
    made, again = [await client.post("/v1/subscriptions", json=BODY, headers=repeated) for _ in range(2)]
    assert made.json()["secret"].startswith("whsec_")
    assert again.json() == made.json() | {"secret": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    (kept,) = await alerts.rows(IDEMPOTENCY)
    assert made.json()["secret"].encode() not in kept["body"]
    rotate = f"/v1/subscriptions/{made.json()['subscription_id']}/rotate-secret"
    rotated, lost = [await client.post(rotate, headers=seen(1) | {"Idempotency-Key": "two"}) for _ in range(2)]
    assert rotated.json()["secret"] not in (None, made.json()["secret"])
    assert lost.json() == rotated.json() | {"secret": None}


@pytest.mark.parametrize("key", ["eve-subscriber-unmix", "eve-admin-other", "eve-reporter-unmix"])
async def test_others_cannot_change_it(client: httpx.AsyncClient, key: str) -> None:
    where = f"/v1/subscriptions/{(await create(client))['subscription_id']}"
    other = {"Authorization": f"Bearer {key}"} | seen(1)
    expected = 404 if key.endswith("other") else 403
    for path in ("pause", "resume", "rotate-secret", "test"):
        assert (await client.post(f"{where}/{path}", headers=other)).status_code == expected
    assert (await client.delete(where, headers=other)).status_code == expected
    read = await client.get(where, headers=other)
    assert read.status_code == (404 if expected == 404 else 200)
    assert "/hook" not in read.text
    assert (await client.get(where)).json()["revision"] == 1


def corridor(*positions: Any, width_m: object = 500) -> dict[str, Any]:
    return {"type": "corridor", "line": {"type": "LineString", "coordinates": positions}, "width_m": width_m}


def polygon(*positions: Any) -> dict[str, Any]:
    return {"type": "polygon", "polygon": {"type": "Polygon", "coordinates": [positions]}}


@pytest.mark.parametrize(
    ("area", "field"),
    [
        (corridor([0, 0], [0, 0]), "line.coordinates"),
        (corridor([0, 0]), "line.coordinates"),
        (corridor([17.0, 120.0], [17.0, 121.0]), "line.coordinates.0"),
        (corridor([179, 0], [-179, 0]), "line.coordinates"),
        (corridor([0, 0], [1, 1], width_m=0), "width_m"),
        (corridor([0, 0], [1, 1], width_m=1e9), "width_m"),
        (corridor(*[[0.0001 * n, 0] for n in range(10_001)]), "line.coordinates"),
        (polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]), "polygon.coordinates"),
        (polygon([0, 0], [1, 1], [1, 0], [0, 1]), "polygon.coordinates.0"),
        ({"type": "route", "route_id": str(uuid4()), "width_m": 100}, "route_id"),
        (CIRCLE | {"center": {"type": "Point", "coordinates": [0, 91]}}, "center.coordinates.0"),
    ],
)
async def test_an_impossible_area_names_its_field(client: httpx.AsyncClient, area: object, field: str) -> None:
    answer = await client.post("/v1/subscriptions", json=BODY | {"filter": {"area": area}})
    assert answer.status_code == 422
    assert any(error["field"].endswith(field) for error in answer.json()["errors"]), answer.text
    assert (await client.get("/v1/subscriptions")).json()["items"] == []


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://10.0.0.1/", "https://a:b@example.org/", "x", "https://h/#f"]
)
async def test_a_forbidden_url_is_refused(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.post("/v1/subscriptions", json=BODY | {"channel": {"type": "webhook", "url": url}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.channel.url"


async def test_alerts_are_listed_explained_and_acknowledged(
    client: httpx.AsyncClient, alerts: Service, report: Callable[..., IncidentView]
) -> None:
    made = await create(client, channel={"type": "stream"})
    far = report(incident_id=uuid4(), latitude=20.0)
    for incident in (report(), report(revision=2, latitude=17.027), far):
        await alerts.warn(incident)
    first_page = (await client.get("/v1/alerts", params={"limit": 1})).json()
    assert [item["kind"] for item in first_page["items"]] == ["updated"]
    rest = (await client.get("/v1/alerts", params={"limit": 1, "cursor": first_page["next"]})).json()
    assert ([item["kind"] for item in rest["items"]], rest["next"]) == (["issued"], None)
    assert (await client.get("/v1/alerts", params={"cursor": "nonsense"})).status_code == 400
    where = f"/v1/alerts/{rest['items'][0]['alert_id']}"
    assert (await client.get(where)).headers["ETag"] == '"1"'
    assert (await client.post(f"{where}/acknowledge")).status_code == 428
    done = await client.post(f"{where}/acknowledge", headers=seen(1))
    assert (done.json()["acknowledged_by"], done.headers["ETag"]) == ("ann", '"2"')
    operator = {"Authorization": "Bearer op-operator-unmix"}
    late = await client.post(f"{where}/acknowledge", headers=operator | seen(1))
    assert (late.status_code, late.headers["ETag"]) == (412, '"2"')
    again = await client.post(f"{where}/acknowledge", headers=operator | seen(2))
    assert again.headers["Nothing-Changed"] == "true"
    assert again.json() == (await client.get(where)).json() == done.json()
    foreign = {"Authorization": "Bearer eve-admin-other"}
    assert (await client.get(where, headers=foreign)).status_code == 404
    explain = f"/v1/subscriptions/{made['subscription_id']}/explain"
    why = (await client.get(explain, params={"incident_id": str(report().incident_id)})).json()
    assert ([decided["decision"] for decided in why["decisions"]], why["alerted"]) == (["issued", "updated"], True)
    why_not = (await client.get(explain, params={"incident_id": str(far.incident_id)})).json()
    assert [clause["name"] for clause in why_not["clauses"] if not clause["holds"]] == ["area"]
    assert (await client.get(explain, params={"incident_id": str(uuid4())})).status_code == 404
