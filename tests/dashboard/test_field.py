"""The page for a phone: a report without a network is kept, and is sent once; a refused one is not lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from mgrs import MGRS
from playwright.async_api import Locator, Page, expect

from clearway_platform.auth.principals import Role

from .people import Keys, Person
from .windows import Windows

PHONE = (390, 844)
GRID = "26PPS1234506789"
# What a browser says of a link that is away, and of a refusal.
AWAY = r"ERR_INTERNET_DISCONNECTED|status of 422"
RESTARTS = 3
IS_KEPT = """async (narrative) => {
  const opening = indexedDB.open('clearway.field')
  await new Promise((done) => (opening.onsuccess = done))
  const reading = opening.result.transaction('reports').objectStore('reports').getAll()
  await new Promise((done) => (reading.onsuccess = done))
  opening.result.close()
  return reading.result.some(({ draft }) => draft.narrative === narrative)
}"""


async def signed_in(window: Windows, key: str) -> Page:
    """The field page on a phone that keeps the key, with its worker ready to give it without a network."""
    page = await window(None, "/field", size=PHONE, service_worker=True, errors=AWAY)
    await page.get_by_label("API key").fill(key)
    await page.get_by_label("Keep it on this device").check()
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return page


async def answer(page: Page, narrative: str) -> None:
    """All that must be answered but the time."""
    await page.get_by_role("button", name="New report").click()
    await page.locator("label:has(input[value=ied])").click()
    await page.locator("#outcome").select_option("found_not_cleared")
    await page.locator("#mgrs").fill(GRID)
    await page.locator("#mgrs").blur()
    await expect(page.get_by_text("26P PS 12345 06789")).to_be_visible()
    await page.locator("#narrative").fill(narrative)


async def send(page: Page) -> None:
    await page.locator("button.send").click()
    await expect(page.locator("button.send")).to_have_count(0)


def queued(page: Page, state: str) -> Locator:
    """The reports of the queue in this state."""
    return page.locator(f"main li.{state}")


async def accepted(client: httpx.AsyncClient) -> float:
    """How many reports the server has taken, as it counts its requests."""
    text = (await client.get("/metrics")).text
    lines = re.findall(r"^clearway_http_request_seconds_count\{([^}]*)\} (\S+)", text, re.MULTILINE)
    assert lines
    return sum(
        float(count)
        for labels, count in lines
        if 'method="POST"' in labels and 'route="/v1/incidents"' in labels and 'status="2' in labels
    )


async def incidents(client: httpx.AsyncClient, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await Person(client, key).get("/v1/incidents"))["items"]
    return found


async def test_a_report_without_a_network_is_sent_once(keys: Keys, window: Windows, client: httpx.AsyncClient) -> None:
    key = await keys(Role.REPORTER)
    reader = await keys(Role.VERIFIER)
    page = await signed_in(window, key)
    before = await accepted(client)
    await page.context.set_offline(True)
    await expect(page.get_by_text("No network").first).to_be_visible()
    await answer(page, "Beside the bridge")
    await page.get_by_role("button", name="Just now").click()
    made = page.url.partition("?report=")[2]
    await send(page)
    for _ in range(RESTARTS):
        page = await window.again(page, errors=AWAY)
        await expect(queued(page, "waiting")).to_contain_text("Beside the bridge")
        assert await incidents(client, reader) == []
    await page.context.set_offline(False)
    await expect(queued(page, "sent")).to_have_count(1)
    page = await window.again(page, errors=AWAY)
    await expect(queued(page, "sent")).to_contain_text("Sent")
    await expect(queued(page, "sent")).to_contain_text(made)
    # The device made the id with the first letter, long before the server heard of the report.
    assert [one["incident_id"] for one in await incidents(client, reader)] == [made]
    assert await accepted(client) == before + 1


async def test_what_was_typed_is_kept_with_each_letter(keys: Keys, window: Windows) -> None:
    """A browser writes it a moment after the letter, and the report is neither finished nor given."""
    key = await keys(Role.REPORTER)
    page = await signed_in(window, key)
    await page.context.set_offline(True)
    await answer(page, "Half a report")
    await page.wait_for_function(IS_KEPT, arg="Half a report")
    page = await window.again(page, errors=AWAY)
    await expect(page.locator("#narrative")).to_have_value("Half a report")
    await expect(page.get_by_text("26P PS 12345 06789")).to_be_visible()
    await expect(page.locator("input[value=ied]")).to_be_checked()


async def test_a_refused_report_says_why_and_is_not_lost(
    keys: Keys, window: Windows, client: httpx.AsyncClient
) -> None:
    key = await keys(Role.REPORTER)
    reader = await keys(Role.VERIFIER)
    page = await signed_in(window, key)
    await answer(page, "Beside the well")
    await page.locator("#at").fill(f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}")
    await send(page)
    page = await window.again(page, errors=AWAY)
    refused = queued(page, "refused")
    await expect(refused).to_contain_text("Beside the well")
    await expect(refused.locator(".problem")).to_contain_text(re.compile(r"When.*time.*future", re.DOTALL))
    assert await incidents(client, reader) == []
    await refused.get_by_role("button", name="Correct it").click()
    await expect(page.locator("#narrative")).to_have_value("Beside the well")
    await page.get_by_role("button", name="Just now").click()
    await send(page)
    await expect(queued(page, "sent")).to_have_count(1)
    [incident] = await incidents(client, reader)
    assert incident["narrative"] == "Beside the well"


@pytest.mark.parametrize(("typed", "exact"), [("26P PS 12345 06789", 25), ("26pps123067", 71)])
async def test_a_grid_reference_gives_its_point(
    typed: str, exact: int, keys: Keys, window: Windows, client: httpx.AsyncClient
) -> None:
    page = await signed_in(window, await keys(Role.REPORTER))
    await answer(page, "By its square")
    await page.get_by_role("button", name="Another place").click()
    await page.locator("#mgrs").fill(typed)
    await page.locator("#mgrs").blur()
    await page.get_by_role("button", name="Just now").click()
    await send(page)
    await expect(queued(page, "sent")).to_have_count(1)
    [incident] = await incidents(client, await keys(Role.VERIFIER))
    longitude, latitude = incident["location"]["point"]["coordinates"]
    square = MGRS().toMGRS(latitude, longitude, MGRSPrecision=5)
    easting, northing = int(square[5:10]), int(square[10:])
    assert abs(easting - 12345) <= exact
    assert abs(northing - 6789) <= exact
    assert incident["location"]["uncertainty_m"] == exact
