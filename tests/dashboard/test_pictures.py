"""Every page is pictured as people see it, for them to look at, and paper is white whatever the device likes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from .every_page import EVERY_PAGE, Page
from .pictures import (
    LANGUAGES,
    LOOKS,
    MOST_BYTES,
    SHOWN,
    SHOWN_PAGES,
    TAKEN,
    illustrations,
    named,
    photograph,
    take,
)
from .scene import Scene
from .windows import Windows

PAGES = {page.name: page for page in EVERY_PAGE}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
WIDTH_OF_PNG = slice(16, 20)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
async def test_a_page_is_seen_in_every_look(page: Page, browser: Browser, origin: str, scene: Scene) -> None:
    """The pictures are kept, as those of `make pictures`."""
    taken = await take(browser, origin, scene, page)
    TAKEN.mkdir(parents=True, exist_ok=True)
    for look, png in taken.items():
        (TAKEN / named(page, look, LANGUAGES[0])).write_bytes(png)
    assert {name: int.from_bytes(png[WIDTH_OF_PNG]) for name, png in taken.items()} == {
        look.name: look.size[0] for look in LOOKS
    }
    assert len(set(taken.values())) == len(LOOKS)


@pytest.mark.parametrize("page", [PAGES["incident"], PAGES["route"], PAGES["alerts"]], ids=lambda page: page.name)
async def test_paper_is_white_and_has_nothing_to_click_on(page: Page, scene: Scene, window: Windows) -> None:
    opened = await window(scene.key, scene.address(page.path))
    await page.wait(opened)
    by_name = {look.name: look for look in LOOKS}
    await photograph(opened, by_name["dark"])
    assert await opened.evaluate(BACKGROUND) != "rgb(255, 255, 255)"
    await photograph(opened, by_name["print"])
    assert await opened.evaluate(BACKGROUND) == "rgb(255, 255, 255)"
    for what in ("button", "nav a", "a.button"):
        assert await opened.locator(what).filter(visible=True).count() == 0


async def test_the_pictures_of_the_documentation_are_small(browser: Browser, origin: str, scene: Scene) -> None:
    made = await illustrations(browser, origin, scene)
    assert list(made) == list(SHOWN_PAGES.values())
    assert {picture[8:12] for picture in made.values()} == {b"WEBP"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_the_documentation_has_its_pictures() -> None:
    kept = files(SHOWN)
    assert sorted(kept) == sorted(SHOWN_PAGES.values())
    assert max(map(len, kept.values())) <= MOST_BYTES
