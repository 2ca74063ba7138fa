"""Reports come in once, whole, and only when they can be true."""

import json
from datetime import timedelta
from typing import Any

import pytest

from clearway_incidents.storage.tables import EXTERNAL_REFS, INCIDENTS, REVISIONS
from clearway_platform.clock import new_id
from clearway_platform.database.tables import IdempotencyRow

from .conftest import Desk, a_report


async def test_a_report_is_answered_with_its_place_in_the_history(desk: Desk) -> None:
    answer = await desk.ask("POST", body=a_report(), by="unmix:reporter")
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/incidents/{made['incident_id']}"
    assert answer.headers["etag"] == '"1"'
    assert made["revision"] == 1
    assert made["history"] == f"/v1/incidents/{made['incident_id']}/revisions"
    assert made["status"] == "reported"
    assert made["mission"] == "unmix"
    assert made["location"]["uncertainty_m"] == 25
    assert made["location"]["mgrs"].startswith("30Q")
    assert made["time"]["earliest"] <= made["time"]["occurred_at"] <= made["time"]["latest"]
    assert await desk.read(made, by="unmix:reporter") == made


async def test_one_report_is_one_event_with_the_whole_state_and_no_contact(desk: Desk) -> None:
    made = await desk.report()
    [(kind, value)] = await desk.published()
    data = json.loads(value)
    assert kind == "incident.reported"
    assert data["incident"]["incident_id"] == made["incident_id"]
    assert data["incident"]["audit"]["hash"] == made["audit"]["hash"]
    assert "location" in data["changed"]
    assert b"book-7" not in value


async def test_contacts_are_for_those_who_assess(desk: Desk) -> None:
    made = await desk.report()
    assert made["reports"][0]["contact_ref"] is None
    assert (await desk.read(made, by="unmix:analyst"))["reports"][0]["contact_ref"] is None
    assert (await desk.read(made, by="unmix:verifier"))["reports"][0]["contact_ref"] == "book-7"


async def test_the_same_id_and_content_gives_the_first_answer_again(desk: Desk) -> None:
    body = a_report(incident_id=str(new_id()))
    first = await desk.ask("POST", body=body)
    await desk.ask("PATCH", f"/{body['incident_id']}", {"narrative": "seen again"}, seen=1)
    desk.clock.advance(timedelta(minutes=9))
    again = await desk.ask("POST", body=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert await desk.count(REVISIONS) == 2
    other = await desk.ask("POST", body=body | {"outcome": "detonated"})
    assert other.status_code == 409


async def test_the_same_external_name_and_content_is_the_same_incident(desk: Desk) -> None:
    body = a_report(external_refs=[{"system": "sigacts", "id": "77"}])
    first = await desk.ask("POST", body=body)
    again = await desk.ask("POST", body=body)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert (await desk.ask("POST", body=body | {"outcome": "detonated"})).status_code == 409
    assert (await desk.ask("POST", body=body, by="other:verifier")).status_code == 201
    assert await desk.count(INCIDENTS) == 2


async def test_an_idempotency_key_replays_the_first_answer(desk: Desk) -> None:
    key = {"Idempotency-Key": "report-1"}
    first = await desk.ask("POST", body=a_report(), headers=key)
    again = await desk.ask("POST", body=a_report(), headers=key)
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert await desk.count(INCIDENTS) == 1


LOCATION = a_report()["location"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"location": LOCATION | {"point": {"type": "Point", "coordinates": [17.0, -120.0]}}}, "coordinates"),
        ({"location": LOCATION | {"point": {"type": "Point", "coordinates": [200.0, 17.0]}}}, "coordinates"),
        ({"location": LOCATION | {"uncertainty_m": 0}}, "uncertainty_m"),
        ({"location": LOCATION | {"admin0": "Mali"}}, "admin0"),
        ({"time": {"occurred_at": "2026-03-01T07:00:00Z"}}, "time.occurred_at"),
        ({"time": {"occurred_at": "1899-03-01T07:00:00Z"}}, "time.occurred_at"),
        ({"time": {"earliest": "2026-02-02T00:00:00Z", "latest": "2026-02-01T00:00:00Z"}}, "time.earliest"),
        ({"time": {"occurred_at": "2026-03-01T05:00:00"}}, "time.occurred_at"),
        ({"casualties": [{"outcome": "killed", "low": 3, "best": 2, "high": 4}]}, "casualties.0"),
        ({"narrative": "x" * 4001}, "narrative"),
        ({"narrative": "nul \x00"}, "narrative"),
        ({"report": {"organisation": "bell \x07"}}, "organisation"),
        ({"main_charge": "none of ours"}, "main_charge"),
        ({"category": "bomb"}, "category"),
        ({"incident_id": "00000000-0000-4000-8000-000000000000"}, "incident_id"),
    ],
)
async def test_what_cannot_be_is_refused_by_name_and_leaves_no_trace(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    answer = await desk.ask("POST", body=a_report(**changes), headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422, answer.text
    assert any(field in error["field"] for error in answer.json()["errors"]), answer.text
    for table in (INCIDENTS, REVISIONS, EXTERNAL_REFS, IdempotencyRow):
        assert await desk.count(table) == 0
    assert await desk.published() == []


@pytest.mark.parametrize(
    "content",
    [
        b'{"narrative": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"location": {"uncertainty_m": NaN}}',
        b'{"location": {"uncertainty_m": 1e999}}',
        b"\xff\xfe",
        b"[" * 5000,
        b"null",
        b"[]",
        b"",
    ],
)
async def test_bytes_that_are_no_report_are_the_senders_problem(desk: Desk, content: bytes) -> None:
    headers = {"Authorization": "Bearer unmix:admin", "Content-Type": "application/json", "If-Match": '"1"'}
    known = (await desk.report())["incident_id"]
    one = f"/v1/incidents/{known}"
    for method, path in (
        ("POST", "/v1/incidents"),
        ("PATCH", one),
        ("POST", "/v1/incident-imports"),
        ("POST", f"{one}/grade"),
    ):
        answer = await desk.http.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500, (path, answer.text)
        assert answer.status_code >= 400 or path == "/v1/incident-imports" or content == b"[]", (path, answer.text)


async def test_a_swapped_point_is_told_so(desk: Desk) -> None:
    swapped = LOCATION | {"point": {"type": "Point", "coordinates": [17.0, -120.0]}}
    answer = await desk.ask("POST", body=a_report(location=swapped))
    assert "looks swapped" in answer.text


async def test_a_reporter_does_not_grade_itself(desk: Desk) -> None:
    graded = a_report(grading={"info_credibility": 1})
    assert (await desk.ask("POST", body=graded, by="unmix:reporter")).status_code == 422
    assert (await desk.ask("POST", body=graded, by="unmix:verifier")).status_code == 201


async def test_roles_do_what_is_theirs(desk: Desk) -> None:
    made = await desk.report()
    path = f"/{made['incident_id']}"
    assert (await desk.ask("POST", body=a_report(), by="unmix:subscriber")).status_code == 403
    assert (await desk.ask("POST", f"{path}/review", {}, seen=1, by="unmix:reporter")).status_code == 403
    assert (await desk.ask("POST", "/v1/incident-imports", [], by="unmix:reporter")).status_code == 403


@pytest.mark.parametrize("precision", ["gps", "surveyed_point", "near_locality", "locality", "admin2", "country"])
async def test_the_uncertainty_follows_from_the_precision(desk: Desk, precision: str) -> None:
    made = await desk.report(location=LOCATION | {"precision": precision})
    assert 10 <= made["location"]["uncertainty_m"] <= 500_000


@pytest.mark.parametrize("point", [[0.0, 90.0], [0.0, -90.0], [180.0, 0.0], [-180.0, 84.5], [-0.0, -0.0]])
async def test_every_place_on_the_globe_can_be_reported(desk: Desk, point: list[float]) -> None:
    made = await desk.report(location=LOCATION | {"point": {"type": "Point", "coordinates": point}})
    assert made["location"]["mgrs"]
    assert made["location"]["point"]["coordinates"] == point
