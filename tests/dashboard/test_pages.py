"""What every page has: a title of its own, and links that lead to a page."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import expect

from .every_page import EVERY_PAGE, routes
from .scene import Scene
from .windows import Windows

# Pages that are not the router's: the phone's, and those of the API.
OTHERS: Final = ("/field", "/about", "/docs")
LINKS: Final = """links => links.map(({ href }) => new URL(href))
  .filter((to) => to.origin === origin && to.pathname !== location.pathname)
  .map(({ pathname }) => pathname)"""


def leads_somewhere(path: str) -> bool:
    known = (re.sub(r":\w+", "[^/]+", route) for route in routes() - {"*"})
    return path in OTHERS or any(re.fullmatch(pattern, path) for pattern in known)


async def test_every_page_says_which_it_is_and_leads_to_others(scene: Scene, window: Windows) -> None:
    titles: dict[str, str] = {}
    # One window, one page after the other: each map that is open is drawn by the processor.
    signed_in, signed_out = await window(scene.key, "/field"), await window(None)
    for page in EVERY_PAGE:
        opened = signed_in if page.signed_in else signed_out
        await opened.goto(f"{window.origin}{scene.address(page.path)}")
        await page.wait(opened)
        await expect(opened).to_have_title(re.compile("Clearway"))
        titles[page.name] = await opened.title()
        links = await opened.locator("a[href]").evaluate_all(LINKS)
        assert [link for link in links if not leads_somewhere(link)] == [], page.name
    alike = {
        "now-selected": "now",
        "now-duplicates": "now",
        "now-texts": "now",
        "incident-action": "incident",
        "incident-merge": "incident",
        "incident-photo": "incident",
        "field-report": "field",
    }
    assert all(titles.pop(other) == titles[name] for other, name in alike.items())
    assert len(set(titles.values())) == len(titles), titles
