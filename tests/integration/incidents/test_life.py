"""The life of an incident over HTTP: every step, its condition, and its event."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clearway_incidents.domain.chain import seal, sealed_part
from clearway_incidents.storage.tables import REVISIONS

from .conftest import Desk


async def verified(desk: Desk, **changes: Any) -> dict[str, Any]:
    incident = await desk.step(await desk.report(**changes), "review")
    incident = await desk.step(
        incident, "grade", {"info_credibility": 2, "source_reliability": "B"}, by="unmix:verifier:grader"
    )
    return await desk.step(incident, "verify")


async def refused(desk: Desk, incident: dict[str, Any], command: str, body: object = None, **options: Any) -> int:
    path = f"/{incident['incident_id']}/{command}"
    answer = await desk.ask("POST", path, body or {}, seen=incident["revision"], **options)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


async def test_the_whole_life_is_told(desk: Desk) -> None:
    incident = await verified(desk)
    incident = await desk.clear(incident)
    incident = await desk.step(incident, "close")
    incident = await desk.step(incident, "reopen", {"reason": "a second device"})
    incident = await desk.step(incident, "dispute", {"reason": "the place is not plausible"})
    incident = await desk.step(incident, "review")
    incident = await desk.step(incident, "retract", {"reason": "false_report"})
    assert incident["retraction"]["reason"] == "false_report"
    assert [kind.removeprefix("incident.") for kind, _value in await desk.published()] == [
        "reported",
        "review_started",
        "graded",
        "verified",
        "clearance_claimed",
        "hazard_changed",
        "closed",
        "reopened",
        "disputed",
        "review_started",
        "retracted",
    ]
    [last] = [json.loads(value) for kind, value in await desk.published() if kind == "incident.retracted"]
    assert last["changed"] == ["retraction", "status"]
    assert last["revision"] == 11


async def test_a_change_names_the_revision_that_it_is_made_to(desk: Desk) -> None:
    incident = await desk.report()
    path = f"/{incident['incident_id']}"
    assert (await desk.ask("POST", f"{path}/review", {})).status_code == 428
    assert (await desk.ask("POST", f"{path}/review", {}, headers={"If-Match": "three"})).status_code == 400
    stale = await desk.ask("POST", f"{path}/review", {}, seen=7)
    assert stale.status_code == 412
    assert stale.headers["etag"] == '"1"'


async def test_a_report_is_not_verified_by_who_gave_it(desk: Desk) -> None:
    incident = await desk.step(await desk.report(by="unmix:verifier:ann"), "review")
    incident = await desk.step(incident, "grade", {"info_credibility": 1})
    assert await refused(desk, incident, "verify", by="unmix:verifier:ann") == 403
    assert (await desk.step(incident, "verify", by="unmix:verifier:ben"))["status"] == "verified"


async def test_verifying_needs_credibility_or_two_independent_reports(desk: Desk) -> None:
    incident = await desk.step(await desk.report(), "review")
    assert await refused(desk, incident, "verify") == 409
    incident = await desk.step(incident, "reports", {"organisation": " convoy 12 "}, by="unmix:reporter")
    assert await refused(desk, incident, "verify") == 409
    incident = await desk.step(incident, "reports", {"organisation": "Clinic"}, by="unmix:verifier:ben")
    assert await refused(desk, incident, "verify", by="unmix:verifier:ben") == 403
    assert (await desk.step(incident, "verify"))["status"] == "verified"


async def test_closing_needs_the_hazard_gone_or_a_reason(desk: Desk) -> None:
    incident = await verified(desk)
    assert await refused(desk, incident, "close") == 409
    closed = await desk.step(incident, "close", {"override_reason": "handed to the national authority"})
    assert closed["status"] == "closed"
    assert await refused(desk, closed, "hazard", {"hazard_state": "active"}) == 409


async def test_a_retracted_incident_stays_retracted_and_is_listed(desk: Desk) -> None:
    incident = await desk.step(await desk.report(), "retract", {"reason": "privacy"})
    for command, body in (("review", {}), ("reopen", {"reason": "why not"}), ("hazard", {"hazard_state": "active"})):
        assert await refused(desk, incident, command, body) == 409
    listed = (await desk.ask("GET", "/v1/retracted-incidents?from=2026-03-01T00:00:00Z")).json()["items"]
    assert [(item["incident_id"], item["reason"]) for item in listed] == [(incident["incident_id"], "privacy")]
    assert (await desk.ask("GET", "/v1/retracted-incidents?from=2026-03-02T00:00:00Z")).json()["items"] == []
    assert (await desk.ask("GET", "/v1/retracted-incidents", by="other:analyst")).json()["items"] == []


async def test_a_correction_is_a_revision_and_says_what_changed(desk: Desk) -> None:
    incident = await desk.report()
    patch = {"outcome": "detonated", "location": {"place_name": "km 12"}, "time": {"precision": "day"}}
    answer = await desk.ask("PATCH", f"/{incident['incident_id']}", patch, seen=1, reason="seen on site")
    corrected = answer.json()
    assert (answer.status_code, corrected["revision"]) == (200, 2)
    assert corrected["location"]["point"] == incident["location"]["point"]
    assert corrected["time"]["earliest"] == "2026-03-01T00:00:00Z"
    history = (await desk.ask("GET", f"/{incident['incident_id']}/revisions", with_incident=True)).json()["items"][::-1]
    assert history[1]["changed"] == [
        "location.place_name",
        "outcome",
        "time.earliest",
        "time.latest",
        "time.precision",
    ]
    assert history[1]["reason"] == "seen on site"
    assert history[0]["incident"]["outcome"] == "found_not_cleared"
    assert (await desk.ask("GET", f"/{incident['incident_id']}/revisions/1")).json() == history[0]


async def test_a_correction_that_changes_nothing_makes_no_revision(desk: Desk) -> None:
    incident = await desk.report()
    answer = await desk.ask("PATCH", f"/{incident['incident_id']}", {"category": "ied"}, seen=1)
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)
    assert len(await desk.published()) == 1


@pytest.mark.parametrize(
    "patch",
    [
        {"hazard_state": "none"},
        {"status": "verified"},
        {"category": None},
        {"location": {"point": None}},
        {"location": 7},
        {"links": {"merged_into": None, "merged_from": []}},
        {"narrative": "\x00"},
        {"revision": 9},
        {"time": {"occurred_at": "2027-01-01T00:00:00Z"}},
    ],
)
async def test_a_correction_cannot_break_the_record(desk: Desk, patch: dict[str, Any]) -> None:
    incident = await desk.report()
    answer = await desk.ask("PATCH", f"/{incident['incident_id']}", patch, seen=1)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert (await desk.read(incident))["revision"] == 1


async def test_of_two_who_correct_at_once_one_is_told_to_read_again(desk: Desk) -> None:
    incident = await desk.report()
    patches = [{"narrative": "first"}, {"narrative": "second"}]
    answers = await asyncio.gather(
        *(desk.ask("PATCH", f"/{incident['incident_id']}", patch, seen=1) for patch in patches)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await desk.published()) == 2


async def test_the_hash_chain_holds_over_what_is_stored(desk: Desk) -> None:
    incident = await verified(desk, narrative="Ça va ☂")
    history = (await desk.ask("GET", f"/{incident['incident_id']}/revisions", with_incident=True)).json()["items"][::-1]
    rows = await desk.rows(select(REVISIONS).order_by(REVISIONS.c.revision))
    previous = None
    for row, shown in zip(rows, history, strict=True):
        assert row.prev_hash == shown["prev_hash"] == previous
        previous = seal(sealed_part(row.state, row.kind, row.by, row.reason), previous)
        assert previous == row.hash == shown["hash"] == shown["incident"]["audit"]["hash"]


async def test_a_clock_that_jumps_back_does_not_turn_the_history(desk: Desk) -> None:
    incident = await desk.report()
    desk.clock.advance(timedelta(hours=-1))
    incident = await desk.step(incident, "review")
    assert incident["audit"]["updated_at"] == incident["audit"]["created_at"]
