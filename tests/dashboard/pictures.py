"""Takes a picture of every page as people see it: light, dark, on a phone and on paper, in each language.

`make pictures` writes them to .cache/screenshots/pages; with ARGS=--docs, those of docs/pictures instead.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import httpx
from playwright.async_api import Browser, FloatRect, expect
from playwright.async_api import Page as Window

from clearway_testing.browser import chromium
from clearway_testing.platforms import LOCAL, ServerProcess

from .every_page import EVERY_PAGE, Page
from .people import Person
from .scene import Scene, make_demonstration

ROOT: Final = Path(__file__).parents[2]
TAKEN: Final = ROOT / ".cache/screenshots/pages"
SHOWN: Final = ROOT / "docs/pictures"
LANGUAGES: Final = ("en-GB", "fr-FR")
MOST_BYTES: Final = 150_000
# A picture of a list that goes on for ever says no more than its beginning.
LONGEST: Final = 2200
START_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str
    size: tuple[int, int]
    dark: bool = False
    media: Literal["screen", "print"] = "screen"


# On paper a page is light, also of a device that is dark; A4 has this many pixels of CSS across.
LOOKS: Final = (
    Look("light", (1280, 800)),
    Look("dark", (1280, 800), dark=True),
    Look("phone", (390, 844)),
    Look("print", (794, 1123), dark=True, media="print"),
)
# What the documentation shows: the page, its look, and its file.
SHOWN_PAGES: Final[Mapping[tuple[str, str], str]] = {
    ("now-selected", "light"): "now.webp",
    ("routes", "light"): "routes.webp",
    ("route", "light"): "route.webp",
    ("incident", "light"): "incident.webp",
    ("alerts", "dark"): "alerts.webp",
    ("trends", "light"): "trends.webp",
    ("system", "light"): "system.webp",
    ("field-report", "phone"): "field.webp",
}


async def photograph(window: Window, look: Look, *, whole: bool = True, has_map: bool = False) -> bytes:
    """The page as PNG: all of it, or what a window shows of it."""
    await window.emulate_media(media=look.media, color_scheme="dark" if look.dark else "light")
    await window.set_viewport_size({"width": look.size[0], "height": look.size[1]})
    # A map draws itself anew for another size and scheme, and a chart for another size.
    await window.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", 2_000 if has_map else 200)
    width, height = look.size
    if whole:
        height = min(LONGEST, await window.evaluate("document.documentElement.scrollHeight"))
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
    await window.evaluate("() => scrollTo(0, 0)")
    return await window.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide")


async def webp(browser: Browser, png: bytes) -> bytes:
    """The same picture as the browser makes it small."""
    window = await browser.new_page()
    try:
        address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        made = await window.evaluate(
            """async (address) => {
              const image = new Image()
              image.src = address
              await image.decode()
              const canvas = document.createElement('canvas')
              Object.assign(canvas, { width: image.width, height: image.height })
              canvas.getContext('2d').drawImage(image, 0, 0)
              return canvas.toDataURL('image/webp', 0.85)
            }""",
            address,
        )
    finally:
        await window.close()
    return base64.b64decode(made.partition(",")[2])


async def take(
    browser: Browser,
    origin: str,
    scene: Scene,
    page: Page,
    *,
    language: str = LANGUAGES[0],
    looks: Sequence[Look] = LOOKS,
    whole: bool = True,
) -> dict[str, bytes]:
    """The looks of one page, by name."""
    context = await browser.new_context(locale=language, timezone_id="UTC", service_workers="block")
    context.set_default_timeout(60_000)
    try:
        window = await context.new_page()
        key = f"#key={scene.key}" if page.signed_in else ""
        await window.goto(f"{origin}{scene.address(page.path)}{key}")
        await page.wait(window)
        return {look.name: await photograph(window, look, whole=whole, has_map=page.has_map) for look in looks}
    finally:
        await context.close()


async def demonstrated(stack: AsyncExitStack, folder: Path) -> tuple[str, Scene]:
    """The address of a platform that plays its demonstration, and what is on record there."""
    environment = {"CLEARWAY_DATA_DIR": str(folder), **LOCAL}
    server = ServerProcess("demonstration", ("up", "--demo"), environment, folder / "log")
    stack.push_async_callback(server.stop)
    await server.start()
    key = (folder / "demo/admin.key").read_text().strip()
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=server.address, timeout=60, trust_env=False))
    return server.address, await make_demonstration(Person(client, key), key, START_SECONDS)


async def illustrations(browser: Browser, origin: str, scene: Scene) -> dict[str, bytes]:
    """The pictures of the documentation, by file. Raises ValueError for one that a bad link would wait for."""
    looks, pages = {look.name: look for look in LOOKS}, {page.name: page for page in EVERY_PAGE}
    made: dict[str, bytes] = {}
    for (page, look), name in SHOWN_PAGES.items():
        taken = await take(browser, origin, scene, pages[page], looks=[looks[look]], whole=False)
        made[name] = await webp(browser, taken[look])
        if len(made[name]) > MOST_BYTES:
            raise ValueError(f"{name} has {len(made[name])} bytes, more than {MOST_BYTES}")
    return made


def named(page: Page, look: str, language: str) -> str:
    """The file of a picture among all of them."""
    return f"{page.name}-{look}-{language[:2]}.png"


async def every_look(browser: Browser, origin: str, scene: Scene) -> dict[str, bytes]:
    """Every page in every look and language, by file."""
    return {
        named(page, look, language): png
        for page in EVERY_PAGE
        for language in LANGUAGES
        for look, png in (await take(browser, origin, scene, page, language=language)).items()
    }


async def main(folder: Path, *, for_documentation: bool) -> dict[str, bytes]:
    """The pictures of a demonstration that keeps its data in `folder`."""
    expect.set_options(timeout=60_000)
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        origin, scene = await demonstrated(stack, folder)
        return await (illustrations if for_documentation else every_look)(browser, origin, scene)


if __name__ == "__main__":
    for_documentation = "--docs" in sys.argv[1:]
    written = SHOWN if for_documentation else TAKEN
    with TemporaryDirectory() as data:
        pictures = asyncio.run(main(Path(data), for_documentation=for_documentation))
    written.mkdir(parents=True, exist_ok=True)
    for file, picture in pictures.items():
        (written / file).write_bytes(picture)
