"""What a person sees on a page, found as a person finds it: by its words."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

LIVE = "Live"


def link_state(page: Page) -> Locator:
    """What the header says of the link to the server, and how old the picture is."""
    return page.locator("p.state")


async def is_live(page: Page) -> None:
    await expect(link_state(page)).to_contain_text(LIVE)


def listed(page: Page, place: str) -> Locator:
    """The entry of an incident in the list of changes."""
    return page.locator("section.changes li").filter(has_text=place)


def map_total(page: Page) -> Locator:
    """How many incidents the map shows, in words."""
    return page.locator("p.total")


def alert_card(page: Page, text: str) -> Locator:
    """The entry of an alert in the list of alerts."""
    return page.locator("main li").filter(has_text=text)


def status_of(page: Page) -> Locator:
    """The status of the incident on its page."""
    return page.locator("article > header p strong").first
