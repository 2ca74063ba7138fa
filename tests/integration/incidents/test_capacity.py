"""However much is added to an incident, what ends it always fits, and is published."""

from typing import Any

import httpx
import pytest

from clearway_contracts.topics import INCIDENTS
from clearway_incidents.commands.capacity import MAX_BYTES, MAX_MERGED_BYTES

from .conftest import Desk

LINES = (
    "line_1_date_time_group",
    "line_2_reporting_unit_and_location",
    "line_3_contact_method",
    "line_4_type_of_ordnance",
    "line_5_cbrn_contamination",
    "line_6_resources_threatened",
    "line_7_impact_on_mission",
    "line_8_protective_measures",
    "line_9_recommended_priority",
)
# Four bytes a character: as much as a report can hold.
WIDE = "\U0001f6a7"
LONGEST: dict[str, Any] = {
    "organisation": WIDE * 200,
    "role": WIDE * 200,
    "contact_ref": WIDE * 200,
    "nine_line": dict.fromkeys(LINES, WIDE * 500),
}


async def filled(desk: Desk, **changes: Any) -> dict[str, Any]:
    """An incident that takes no more reports."""
    incident = await desk.report(**changes)
    for _ in range(200):
        path = f"/{incident['incident_id']}/reports"
        answer = await desk.ask("POST", path, LONGEST, seen=incident["revision"])
        if answer.status_code != 200:
            refused(answer)
            return await desk.read(incident)
        incident = answer.json()
    raise AssertionError("an incident can be filled without end")


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 409, answer.text
    detail = answer.json()["detail"]
    assert "bytes, and may hold" in detail
    assert "links.related" in detail or "duplicate" in detail


async def all_fit(desk: Desk) -> None:
    assert max(len(value) for _kind, value in await desk.published()) < INCIDENTS.max_message_bytes * 2 / 3


async def test_a_full_incident_takes_every_command_that_does_not_add(desk: Desk) -> None:
    incident = await filled(desk)
    reports = len(incident["reports"])
    incident = await desk.step(incident, "hazard", {"hazard_state": "marked", "reason": WIDE * 500})
    incident = await desk.step(incident, "grade", {"source_reliability": "B", "info_credibility": "2"})
    for _ in range(3):
        incident = await desk.step(incident, "review")
        incident = await desk.step(incident, "dispute", {"reason": WIDE * 500})
    incident = await desk.step(incident, "review")
    incident = await desk.step(incident, "verify", by="unmix:verifier:another")
    incident = await desk.clear(incident)
    incident = await desk.step(incident, "close")
    incident = await desk.step(incident, "reopen", {"reason": WIDE * 500})
    incident = await desk.step(incident, "retract", {"reason": "false_report", "note": WIDE * 500})
    assert (incident["status"], len(incident["reports"])) == ("retracted", reports)
    assert (await desk.published())[-1][0] == "incident.retracted"
    await all_fit(desk)


async def test_a_full_incident_may_be_corrected_where_that_adds_nothing(desk: Desk) -> None:
    incident = await filled(desk, narrative="x" * 4000)
    path = f"/{incident['incident_id']}"
    refused(await desk.ask("PATCH", path, {"narrative": WIDE * 4000}, seen=incident["revision"]))
    shorter = await desk.ask("PATCH", path, {"narrative": "shorter", "outcome": "partial"}, seen=incident["revision"])
    assert shorter.status_code == 200, shorter.text


async def test_a_correction_of_the_same_size_fits_however_large_the_incident_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From revision 2 on: only then has the state two hashes.
    incident = await desk.step(await desk.report(narrative="seen"), "hazard", {"hazard_state": "marked"})
    monkeypatch.setattr("clearway_incidents.commands.capacity.MAX_BYTES", 10)
    path = f"/{incident['incident_id']}"
    refused(await desk.ask("PATCH", path, {"narrative": "seen from the road"}, seen=2))
    assert (await desk.ask("PATCH", path, {"narrative": "gone"}, seen=2)).status_code == 200


async def test_full_incidents_can_be_merged_and_the_survivor_ended(desk: Desk) -> None:
    survivor, loser = await filled(desk), await filled(desk)
    alias = await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    assert alias["status"] == "merged"
    survivor = await desk.read(survivor)
    assert len(survivor["reports"]) > len(loser["reports"])
    third = await filled(desk)
    path = f"/{third['incident_id']}/merge"
    refused(await desk.ask("POST", path, {"survivor_id": survivor["incident_id"]}, seen=third["revision"]))
    assert (await desk.read(third))["status"] == "reported"
    assert (await desk.step(third, "retract", {"reason": "duplicate"}))["status"] == "retracted"
    await desk.step(alias, "unmerge")
    assert (await desk.step(await desk.read(survivor), "retract", {"reason": "false_report"}))["status"] == "retracted"
    await all_fit(desk)


async def test_aliases_add_up_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merges that bring no report still lengthen `merged_from`."""
    survivor = await desk.report()
    monkeypatch.setattr("clearway_incidents.commands.capacity.MAX_MERGED_BYTES", 3000)
    for _ in range(100):
        loser = await desk.report(report={"report_id": survivor["reports"][0]["report_id"]})
        path = f"/{loser['incident_id']}/merge"
        answer = await desk.ask("POST", path, {"survivor_id": survivor["incident_id"]}, seen=1)
        if answer.status_code != 200:
            return refused(answer)
    raise AssertionError("aliases can be added without end")


async def test_the_largest_first_report_is_accepted_and_takes_a_correction(desk: Desk) -> None:
    largest = await desk.report(
        report=LONGEST,
        narrative=WIDE * 4000,
        external_refs=[
            {"system": WIDE * 200, "id": WIDE * 197 + f"{turn:03}", "url": "http://" + WIDE * 193} for turn in range(20)
        ],
        casualties=[{"outcome": "killed", "low": 1_000_000, "best": 1_000_000, "high": 1_000_000}] * 100,
        sharing={"releasable_to": [WIDE * 200] * 50},
        links={"related": [f"01890000-0000-7000-8000-{turn:012}" for turn in range(100)]},
    )
    correction = {"location": {"place_name": WIDE * 200, "admin1": WIDE * 200, "admin2": WIDE * 200}}
    answer = await desk.ask("PATCH", f"/{largest['incident_id']}", correction, seen=1)
    assert answer.status_code == 200, answer.text


async def test_an_item_that_would_fill_an_incident_does_not_stop_the_import(desk: Desk) -> None:
    named = {"external_refs": [{"system": "awsd", "id": "1"}]}
    incident = await filled(desk, **named)
    newer = {**named, "narrative": WIDE * 4000}
    other = {"external_refs": [{"system": "awsd", "id": "2"}]}
    items = [body(incident, newer), body(incident, other)]
    answer = await desk.ask("POST", "/v1/incident-imports", items, by="unmix:operator")
    assert answer.status_code == 200, answer.text
    assert [item["result"] for item in answer.json()["items"]] == ["refused", "created"]
    assert str(MAX_BYTES) in answer.json()["items"][0]["problem"]
    assert MAX_MERGED_BYTES > MAX_BYTES


def body(incident: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": {"occurred_at": "2026-03-01T05:40:00Z", "precision": "minute"},
        "location": {"point": incident["location"]["point"], "precision": "gps"},
        "category": "ied",
        **changes,
    }
