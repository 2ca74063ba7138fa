"""The sheet of a briefing in a real browser: one page of A4, however much there is to say."""

from typing import Any

import pytest

from clearway_analytics.api.briefing_page import briefing_page
from clearway_testing.browser import chromium
from clearway_testing.plugin import skipped_when_unavailable

LONG = "Mine Action Coordination Centre of the Northern Region and its partners"
MOMENT = "2026-02-25T06:00:00Z"


def incident(number: int) -> dict[str, Any]:
    return {
        "km": 12.3 + number,
        "distance_m": 120,
        "uncertainty_m": 250,
        "category": "ammunition_storage",
        "hazard_state": "suspected",
        "outcome": "found_not_cleared",
        "grade": "B2",
        "age_days": 9.4,
        "occurred_at": MOMENT,
        "changed_at": None,
    }


def check(kind: str) -> dict[str, Any]:
    done = {"check": kind, "from_km": 0, "to_km": 14, "at": MOMENT, "organisation": LONG}
    return done | {"result": "found_and_cleared"}


def risk(band: str) -> dict[str, Any]:
    figures = {"expected_events": 0.0123, "low": 0.001, "high": 0.05, "n_eff": 4.2, "horizon_days": 7}
    return figures | {"at": MOMENT, "band": band}


def area(number: int) -> dict[str, Any]:
    stretches = [{"from_km": 3.0 + number, "to_km": 4.5 + number}] * 20
    return {"name": LONG, "status": "confirmed", "category": "ammunition_storage", "stretches": stretches}


def receipt(number: int) -> dict[str, Any]:
    """So many of everything."""
    content = {
        "as_of": MOMENT,
        "route": {"name": LONG, "revision": 3, "length_km": 46.912},
        "known_hazards": [incident(i) for i in range(number)],
        "contaminated_areas": [area(i) for i in range(number)],
        "changed_later": [incident(i) for i in range(number)],
        "changes": {
            "since": MOMENT,
            "last_pass": check("pass"),
            "incidents": [incident(i) for i in range(number)],
            "checks": [check("clearance")] * number,
            "risks": [risk("high"), risk("elevated")] * number,
        },
        "verified": [{"text": f"km {i}.0–{i + 1}.0 verified 9 days ago by {LONG}"} for i in range(max(1, number))],
        "risk": risk("high"),
        "risk_recorded": risk("elevated"),
        "alternatives": {"text": "None are known."},
    }
    return {"briefing_id": "01890000-0000-7000-8000-000000000001", "sha256": "a" * 64, "content": content}


@pytest.mark.parametrize("number", [0, 1, 12, 200])
async def test_it_is_one_page(number: int) -> None:
    with skipped_when_unavailable():
        async with chromium() as browser:
            page = await browser.new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            await page.set_content(briefing_page(receipt(number)))
            sheet = await page.pdf(prefer_css_page_size=True)
    assert sheet.count(b"/Type /Page\n") + sheet.count(b"/Type /Page ") == 1
    assert asked == []


def test_no_hazard_is_left_out_without_its_kilometre() -> None:
    page = briefing_page(receipt(30))
    assert all(f"{12.3 + number:.1f}" in page for number in range(30))
    assert "KNOWN HAZARD: 30 and 30 contaminated areas on this route" in page
    assert "print the JSON" in briefing_page(receipt(200))
