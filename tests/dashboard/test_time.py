"""The time of the map: an earlier moment, playback, and what was known then; and that an address says it."""

from datetime import timedelta

import httpx
from playwright.async_api import Page, expect

from clearway_platform.auth.principals import Role

from .people import HERE, Keys, Person, report_of
from .seen import is_live, map_total
from .windows import Windows

DAYS_AGO = timedelta(days=3)


async def test_the_slider_shows_an_earlier_picture_and_its_address_the_same_elsewhere(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    page = await looking(keys, client, window)
    slider = page.get_by_role("slider", name="Moment")
    await slider.focus()
    await page.keyboard.press("Home")
    await expect(page.get_by_text("The map shows what happened until")).to_be_visible()
    await expect(map_total(page)).to_contain_text("No incident")
    await page.keyboard.press("End")
    await expect(map_total(page)).to_contain_text("2 incidents")
    assert "at=" not in page.url

    for _ in range(2):  # the last step may be of this minute
        await page.keyboard.press("ArrowLeft")
    await expect(map_total(page)).to_contain_text("1 incident in")
    other = await window(await keys(Role.ANALYST), page.url.removeprefix(window.origin))
    await expect(map_total(other)).to_contain_text("1 incident in")
    said = await page.get_by_text("The map shows what happened until").inner_text()
    await expect(other.get_by_text(said, exact=True)).to_be_visible()

    # It happened three days ago, and was reported today.
    await page.get_by_label("As known then").check()
    await expect(page.get_by_text("The map shows what was on record at")).to_be_visible()
    await expect(map_total(page)).to_contain_text("No incident")
    third = await window(await keys(Role.ANALYST), page.url.removeprefix(window.origin))
    await expect(map_total(third)).to_contain_text("No incident")
    await expect(third.get_by_label("As known then")).to_be_checked()
    await third.get_by_role("button", name="Back to now").click()
    await expect(map_total(third)).to_contain_text("2 incidents")


async def test_playback_goes_from_the_beginning_to_now(keys: Keys, client: httpx.AsyncClient, window: Windows) -> None:
    page = await looking(keys, client, window)
    slider = page.get_by_role("slider", name="Moment")
    await page.get_by_role("button", name="Play").click()
    await expect(map_total(page)).to_contain_text("No incident")
    begun = await slider.get_attribute("aria-valuetext") or ""
    await expect(slider).not_to_have_attribute("aria-valuetext", begun)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert "at=" in page.url

    # Near the end it ends by itself, with the present.
    await slider.focus()
    await page.keyboard.press("End")
    for _ in range(2):
        await page.keyboard.press("ArrowLeft")
    await expect(map_total(page)).to_contain_text("1 incident in")
    await page.get_by_role("button", name="Play").click()
    await expect(slider).to_have_attribute("aria-valuetext", "Now")
    await expect(map_total(page)).to_contain_text("2 incidents")
    await expect(page.get_by_role("button", name="Play")).to_be_visible()


async def looking(keys: Keys, client: httpx.AsyncClient, window: Windows) -> Page:
    """A window on the last seven days, in which something happened three days ago and something now."""
    reporter = Person(client, await keys(Role.REPORTER))
    await reporter.send("POST", "/v1/incidents", report_of("Earlier", HERE, ago=DAYS_AGO))
    await reporter.report("Today")
    page = await window(await keys(Role.SUBSCRIBER), "/?span=7d")
    await is_live(page)
    await expect(map_total(page)).to_contain_text("2 incidents")
    return page
