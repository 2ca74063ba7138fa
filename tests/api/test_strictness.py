"""Nothing that was asked for is ignored: parameters, formats and types that do not exist are refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clearway_platform.clock import new_id

from .mission import Mission, made, report, route, subscription
from .operations import Operation, operations

STREAMS = [operation for operation in operations() if operation.streams]


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert problem["type"] == f"/problems/{code}"
    return problem


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_unknown_query_parameter_is_refused(operation: Operation, north: Mission) -> None:
    request = operation.request(north.ids)
    with north.client() as client:
        answer = client.request(**{**request, "params": {**request["params"], "colour": "red"}})
    problem = refused(answer, 400, "unknown_parameter")
    assert [error["field"] for error in problem["errors"]] == ["query.colour"]
    assert all(name in problem["detail"] for name in operation.parameters("query"))


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_a_format_that_is_not_given_is_refused(operation: Operation, north: Mission) -> None:
    with north.client() as client:
        headers = {"Accept": "image/png", "If-Match": '"1"'}
        answer = client.request(**operation.request(north.ids) | {"headers": headers})
    problem = refused(answer, 406, "not_acceptable")
    given = (operation.answer(200) or {}).get("content") or {"application/json": {}}
    assert next(iter(given)) in problem["detail"]


def test_a_misspelt_parameter_is_recognised(north: Mission) -> None:
    with north.client() as client:
        problem = refused(client.get("/v1/incidents?hazardstate=active"), 400, "unknown_parameter")
        assert problem["errors"][0]["remedy"] == "Did you mean 'hazard_state'?"
        assert "application/json" in refused(client.get("/v1/incidents?format=csv"), 400, "unknown_parameter")["detail"]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "text/html;q=0.9, application/json;q=0.1", "TEXT/html, */*", ""]
)
def test_a_format_that_is_given_is_given(accept: str, north: Mission) -> None:
    with north.client() as client:
        answer = client.get("/v1/incidents?limit=1", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("application/merge-patch+json", 201),
        ("application/jsonp", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_a_body_says_that_it_is_json(kind: str, status: int, north: Mission) -> None:
    with north.client() as client:
        content = json.dumps(report(north.mark)).encode()
        answer = client.post("/v1/incidents", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == status, answer.text
    if status == 415:
        assert "Content-Type: application/json" in refused(answer, 415, "not_json")["detail"]


@pytest.mark.parametrize("operation", STREAMS, ids=str)
def test_a_stream_refuses_types_that_do_not_exist(operation: Operation, north: Mission) -> None:
    with north.client() as client:
        problem = refused(client.get(operation.path, params={"types": "bogus"}), 400, "unknown_choice")
    [error] = problem["errors"]
    assert error["field"] == "query.types"
    assert "incident.reported" in error["remedy"] or "alert.issued" in error["remedy"] or "route." in error["remedy"]


def test_a_date_is_a_whole_day(north: Mission) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    occurred = datetime.combine(yesterday, datetime.min.time(), UTC) + timedelta(hours=23, minutes=59)
    with north.client() as client:
        known = made(client.post("/v1/incidents", json=report(north.mark, time={"occurred_at": occurred.isoformat()})))[
            "incident_id"
        ]

        def listed(**query: Any) -> bool:
            found = made(client.get("/v1/incidents", params={"limit": 500, **query}))
            return known in {item["incident_id"] for item in found["items"]}

        assert listed(**{"from": str(yesterday), "to": str(yesterday)})
        assert not listed(to=str(yesterday - timedelta(days=1)))
        assert not listed(**{"from": str(yesterday + timedelta(days=2))})
        # What was on record on that day, and by the end of today.
        assert not listed(as_of=str(yesterday))
        assert listed(as_of=str(datetime.now(UTC).date()))
        refused(client.get("/v1/incidents?from=2026-02-30"), 422, "invalid")
        assert made(client.get("/v1/alerts", params={"from": str(yesterday)}))["items"]
        then = {"as_of": str(yesterday)}
        risk = made(client.get(f"/v1/routes/{north.ids['route_id']}/risk", params=then))
        assert risk["as_of"].startswith(f"{yesterday}T23:59:59")


def unchanged(answer: httpx.Response) -> bool:
    assert answer.is_success, answer.text
    return bool(answer.headers.get("nothing-changed") == "true")


def test_a_change_that_changes_nothing_says_so(north: Mission) -> None:
    with north.client() as client:
        incident = f"/v1/incidents/{made(client.post('/v1/incidents', json=report(north.mark)))['incident_id']}"
        first = {"If-Match": '"1"'}
        for again in (
            client.patch(incident, json={"category": "ied"}, headers=first),
            client.post(f"{incident}/hazard", json={"hazard_state": "active"}, headers=first),
        ):
            assert unchanged(again)
            assert again.headers["etag"] == '"1"'
        changed = client.patch(incident, json={"narrative": "Cleared."}, headers=first)
        assert not unchanged(changed)
        assert len(client.get(f"{incident}/revisions").json()) == 2

        path = f"/v1/routes/{new_id()}"
        made(client.put(path, json=route(north.mark)))
        assert unchanged(client.put(path, json=route(north.mark), headers=first))
        assert not unchanged(client.put(path, json=route(north.mark, half_width_m=600), headers=first))
        assert client.get(path).headers["etag"] == '"2"'

        # Far from every report: once a message waits for its endpoint, the worker notes when that began to fail.
        circle = {"type": "circle", "center": {"type": "Point", "coordinates": [100.0, -40.0]}, "radius_m": 5000}
        far = subscription(north.mark, filter={"area": circle})
        subscribed = made(client.post("/v1/subscriptions", json=far))
        one = f"/v1/subscriptions/{subscribed['subscription_id']}"
        assert unchanged(client.patch(one, json={"name": far["name"]}, headers=first))
        assert unchanged(client.patch(one, json={"filter": client.get(one).json()["filter"]}, headers=first))
        second, third = ({"If-Match": f'"{revision}"'} for revision in (2, 3))
        assert not unchanged(client.post(f"{one}/pause", headers=first))
        assert unchanged(client.post(f"{one}/pause", headers=second))
        assert not unchanged(client.post(f"{one}/resume", headers=second))
        assert unchanged(client.post(f"{one}/resume", headers=third))
        assert client.get(one).headers["etag"].startswith('"3.')

        acknowledge = f"/v1/alerts/{north.ids['alert_id']}/acknowledge"
        assert not unchanged(client.post(acknowledge, headers=first))
        assert unchanged(client.post(acknowledge, headers=second))


def test_the_list_says_what_it_hides() -> None:
    [listing] = [operation for operation in operations() if str(operation) == "GET /v1/incidents"]
    assert "Retracted and merged incidents are left out" in listing.document["description"]


def test_a_place_is_given_as_a_json_pointer(north: Mission) -> None:
    area = {"type": "circle", "center": {"type": "Point", "coordinates": [0, 0]}, "radius_m": "wide"}
    with north.client() as client:
        circle = client.post("/v1/subscriptions", json=subscription(north.mark, filter={"area": area}))
        missing = client.post("/v1/incidents", json=report(north.mark, category=None))
        query = client.get("/v1/incidents?limit=0")
        patched = client.patch(
            f"/v1/incidents/{north.ids['incident_id']}",
            json={"location": {"uncertainty_m": -1}},
            headers={"If-Match": '"1"'},
        )
        imported = made(client.post("/v1/incident-imports", json=[report(north.mark, **{"a/b": 1})]))
    assert refused(circle, 422, "invalid")["errors"][0]["pointer"] == "/filter/area/radius_m"
    assert refused(missing, 422, "invalid")["errors"][0]["pointer"] == "/category"
    assert "pointer" not in refused(query, 422, "invalid")["errors"][0]
    assert refused(patched, 422, "invalid")["errors"][0]["pointer"] == "/location/uncertainty_m"
    assert imported["items"][0]["errors"][0]["pointer"] == "/a~1b"
