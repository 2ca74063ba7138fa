"""A radio operator pastes a nine-line text: it is read, shown line by line, corrected and sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from clearway_platform.auth.principals import Role

from .people import Keys, Person
from .windows import Windows

READ = "**/v1/incidents:nine-line"
SIZES = ((400, 860), (1280, 800))
# What the browser says of a request that is cut off.
AWAY = "ERR_FAILED"


def text_of(at: datetime) -> str:
    """A report of an IED that an operator wrote down, with a word that says nothing."""
    return "\n".join(
        (
            f"LINE 1: {at:%d%H%MZ}",
            "LINE 2: Convoy 12, 30Q VD 12345 67890, roadside",
            "LINE 3: VHF channel 4",
            "LINE 4: IED found, blorp zanzibar",
            "LINE 6: UN convoy",
            "LINE 7: halted, road closed",
            "LINE 8: cordon, EOD requested",
            "LINE 9: immediate",
        )
    )


async def begun(window: Windows, key: str, size: tuple[int, int] = SIZES[0], errors: str | None = None) -> Page:
    """A new report with the place for the text open."""
    page = await window(key, "/field?report=new", size=size, errors=errors)
    await page.locator("#question-heard > summary").click()
    return page


async def sent_report(page: Page, client: httpx.AsyncClient, key: str) -> dict[str, Any]:
    """Send the form. What is then on record."""
    await page.locator("button.send").click()
    await expect(page.locator("main li.sent")).to_have_count(1)
    [incident] = (await Person(client, key).get("/v1/incidents"))["items"]
    return await Person(client, key).get(f"/v1/incidents/{incident['incident_id']}")


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
async def test_a_text_is_read_looked_at_and_sent(
    size: tuple[int, int], keys: Keys, window: Windows, client: httpx.AsyncClient
) -> None:
    reader = await keys(Role.VERIFIER)
    at = (datetime.now(UTC) - timedelta(hours=2)).replace(second=0, microsecond=0)
    page = await begun(window, await keys(Role.REPORTER), size)
    await page.locator("#heard").fill(text_of(at))
    await expect(page.locator("#heard-state")).to_contain_text("not read yet")
    await page.get_by_role("button", name="Read it").click()

    parse = page.locator("section[aria-labelledby=understood]")
    await expect(parse.locator("ol > li")).to_have_count(9)
    await expect(parse).to_contain_text("One part was not understood")
    await expect(parse.locator(".not")).to_have_text(re.compile(r"Not understood:.*blorp zanzibar"))
    await expect(parse.locator("ol > li").nth(0)).to_contain_text(f"The year was not said. {at:%Y} is assumed.")
    await expect(parse.locator("ol > li").nth(1)).to_contain_text("30Q VD 12345 67890")
    await expect(parse.locator("ol > li").nth(4)).to_contain_text("This line is missing.")
    await expect(page.locator("#heard-state")).not_to_contain_text("not read yet")
    await expect(page.locator("input[value=ied]")).to_be_checked()
    await expect(page.locator("#outcome")).to_have_value("found_not_cleared")
    await expect(page.locator("#question-where .place")).to_contain_text("30Q VD 12345 67890")

    # A word that was heard wrongly is left out, and another one is corrected.
    await parse.get_by_role("button", name="Leave out Effect on the movement").click()
    await page.locator("#outcome").select_option("found_marked")
    incident = await sent_report(page, client, reader)
    assert incident["category"] == "ied"
    assert incident["outcome"] == "found_marked"
    assert incident["location"]["mgrs"].replace(" ", "") == "30QVD1234567890"
    assert incident["location"]["uncertainty_m"] == 25
    assert datetime.fromisoformat(incident["time"]["occurred_at"]) == at
    assert incident["protective_measures"] == ["cordon", "eod_requested"]
    assert incident["impact"]["road_passable"] == "no"
    assert incident["impact"]["mission_impact"] is None
    [report] = incident["reports"]
    assert report["nine_line"]["line_4_type_of_ordnance"] == "IED found, blorp zanzibar"
    assert report["nine_line"]["line_5_cbrn_contamination"] is None


async def test_what_the_text_does_not_say_is_asked_for(keys: Keys, window: Windows) -> None:
    """What would make the hazard less is pointed out, and nothing is made up."""
    page = await begun(window, await keys(Role.REPORTER))
    await page.locator("#heard").fill("EXERCISE EXERCISE\nLINE 4: mortar shell, cleared\nLINE 9: no threat")
    await page.get_by_role("button", name="Read it").click()
    parse = page.locator("section[aria-labelledby=understood]")
    await expect(parse.locator(".problem").first).to_contain_text("This makes the hazard less")
    await expect(parse.locator(".problem li")).to_have_text(
        ["Exercise: Yes", "Outcome: Found and cleared", "Priority: No threat", "Where?", "When?"]
    )
    await expect(parse.locator("a")).to_have_text(["Where?", "When?"])
    await expect(page.get_by_label("This is an exercise")).to_be_checked()
    await expect(page.locator("#narrative")).to_have_value("EXERCISE EXERCISE")


async def test_a_text_is_not_lost_where_the_server_does_not_answer(
    keys: Keys, window: Windows, client: httpx.AsyncClient
) -> None:
    reader = await keys(Role.VERIFIER)
    text = text_of(datetime.now(UTC))
    page = await begun(window, await keys(Role.REPORTER), errors=AWAY)

    async def cut(route: Route) -> None:
        await route.abort()

    await page.route(READ, cut)
    await page.locator("#heard").fill(text)
    await page.get_by_role("button", name="Read it").click()
    await expect(page.locator("#heard-state")).to_contain_text("The server does not answer. The text is kept")
    await page.wait_for_url("**report=0*")
    await page.reload()
    await expect(page.locator("#heard")).to_have_value(text)
    await page.context.set_offline(True)
    await expect(page.locator("#heard-state")).to_contain_text("Reading needs a network")
    await expect(page.get_by_role("button", name="Read it")).to_be_disabled()

    # By hand.
    await page.locator("label:has(input[value=ied])").click()
    await page.locator("#outcome").select_option("found_not_cleared")
    await page.locator("#mgrs").fill("30QVD1234567890")
    await page.locator("#mgrs").blur()
    await page.get_by_role("button", name="Just now").click()
    await page.locator("#question-lines > summary").click()
    await page.locator("#line_4_type_of_ordnance").fill("IED")
    await page.context.set_offline(False)
    incident = await sent_report(page, client, reader)
    assert incident["narrative"] == text
    [report] = incident["reports"]
    assert report["nine_line"]["line_4_type_of_ordnance"] == "IED"
