"""An incident that nine-line reports have filled can still be retracted, and whoever was warned is told."""

import asyncio
from typing import Any

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.platforms import Platform

from .story import HERE

MISSION = "unmis-full"
# Until the message was too large for ever, and every command about the incident was answered 500: 109.
PROBES = 130
WAIT_SECONDS = 60
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
REPORT = {"organisation": "patrol", "nine_line": dict.fromkeys(LINES, "\U0001f6a7" * 250)}


async def alerts_of(client: httpx.AsyncClient, address: str, incident_id: str, kind: str) -> list[dict[str, Any]]:
    """The alerts of this kind about the incident, as soon as there are any."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            answer = await client.get(f"{address}/v1/alerts", params={"incident_id": incident_id, "kind": kind})
            if found := answer.raise_for_status().json()["items"]:
                return list(found)
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
async def test_an_incident_that_is_full_is_retracted_and_its_alert_cancelled(platform: Platform) -> None:
    headers = {"Authorization": f"Bearer {await platform.key(MISSION, Role.ADMIN)}"}
    incidents, alerts = platform.address("/v1/incidents"), platform.address("/v1/alerts")
    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client:
        area = {"type": "circle", "center": {"type": "Point", "coordinates": HERE}, "radius_m": 1000}
        wanted = {"name": "patrol", "filter": {"area": area}, "channel": {"type": "stream"}}
        (await client.post(f"{alerts}/v1/subscriptions", json=wanted)).raise_for_status()
        made = await client.post(f"{incidents}/v1/incidents", json=first_report())
        incident_id = made.raise_for_status().json()["incident_id"]
        await alerts_of(client, alerts, incident_id, "issued")

        address, etag, taken = f"{incidents}/v1/incidents/{incident_id}", made.headers["etag"], 0
        for _ in range(PROBES):
            answer = await client.post(f"{address}/reports", json=REPORT, headers={"If-Match": etag})
            if answer.status_code != 200:
                break
            taken, etag = taken + 1, answer.headers["etag"]
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), answer.text
        assert "it can still be graded, closed and retracted" in answer.json()["detail"]
        assert taken > 10

        reason = {"reason": "false_report", "note": "\U0001f6a7" * 500}
        retracted = await client.post(f"{address}/retract", json=reason, headers={"If-Match": etag})
        assert retracted.status_code == 200, retracted.text
        [_cancellation] = await alerts_of(client, alerts, incident_id, "cancelled")


def first_report() -> dict[str, Any]:
    return {
        "time": {"occurred_at": "2026-03-01T05:40:00Z", "precision": "minute"},
        "location": {"point": {"type": "Point", "coordinates": HERE}, "precision": "gps"},
        "category": "ied",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
    }
