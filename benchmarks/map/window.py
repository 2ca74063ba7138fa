"""A person's window on page Now: opened until the map is drawn and rests, then panned and zoomed.

The browser draws without a graphics processor here, so that an empty map has its cost as well: it is the floor.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Browser, CDPSession, Page, Response

from benchmarks.map.answers import box_at
from benchmarks.map.theatre import largest_town

SIZE: Final = (1280, 800)
MAP: Final = "/v1/incident-map"
RESTS_MS: Final = 1_000
OPEN_SECONDS: Final = 120.0
# Nothing but what is counted: when the map was last drawn, how long each frame took, and what held the page.
WATCH: Final = """
globalThis.watched = { drawn: 0, frames: [], tasks: [], on: false }
for (const name of ['drawElements', 'drawArrays']) {
  const draw = WebGL2RenderingContext.prototype[name]
  WebGL2RenderingContext.prototype[name] = function (...given) {
    watched.drawn = performance.now()
    return draw.apply(this, given)
  }
}
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) if (watched.on) watched.tasks.push(duration)
}).observe({ type: 'longtask' })
let last = 0
const frame = (at) => {
  if (watched.on && last) watched.frames.push(at - last)
  last = at
  requestAnimationFrame(frame)
}
requestAnimationFrame(frame)
"""
RESTING: Final = f"""() => {{
  const isAnswered = (document.querySelector('.total')?.textContent ?? '') !== '' && watched.drawn > 0
  return isAnswered && performance.now() - watched.drawn > {RESTS_MS} ? watched.drawn : null
}}"""
STOPPED: Final = """() => {
  const { frames, tasks } = watched
  Object.assign(watched, { on: false, frames: [], tasks: [] })
  return { frames, tasks }
}"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is, and the key to it."""

    origin: str
    key: str


@dataclass(frozen=True, slots=True)
class Movement:
    """The milliseconds of each frame while the map was moved, and of each task that held the page for more than 50."""

    frames: Sequence[float]
    tasks: Sequence[float]


@dataclass
class Window:
    """An open page. `drawn_ms`: from its opening until the map was drawn for the last time before it rested.

    It has no slots: Playwright writes on the object whose method it calls.
    """

    page: Page
    session: CDPSession
    drawn_ms: float = 0.0
    features: int = 0
    answers: int = 0

    async def heard(self, response: Response) -> None:
        if MAP in response.url and response.status == 200:
            self.answers += 1
            self.features = len((await response.json())["features"])

    async def rest(self) -> float:
        """When the map was drawn last, in milliseconds since the opening, once it rests. Raises TimeoutError."""
        async with asyncio.timeout(OPEN_SECONDS):
            while (drawn := await self.page.evaluate(RESTING)) is None:  # noqa: ASYNC110  the page says nothing itself
                await asyncio.sleep(0.1)
        return float(drawn)

    async def heap_mib(self) -> float:
        """What the page's scripts hold after what they do not hold any more is gone."""
        await self.session.send("HeapProfiler.collectGarbage")
        found = await self.session.send("Runtime.getHeapUsage")
        return float(found["usedSize"]) / 2**20

    async def move(self) -> Movement:
        """Into the largest town and through it, and out again: as often as a hand does."""
        await self.page.evaluate("watched.on = true")
        await self.pan_and_zoom()
        await self.rest()
        found = await self.page.evaluate(STOPPED)
        return Movement(found["frames"], found["tasks"])

    async def pan_and_zoom(self) -> None:
        canvas = await self.page.locator("canvas").first.bounding_box()
        if canvas is None:
            raise RuntimeError("the page has no map")
        x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
        await self._turn(x, y, -240, 5)
        for right, down in ((180, 60), (-120, 100), (-200, -120), (140, -40)):
            await self._drag(x, y, right, down)
        await self._turn(x, y, 240, 5)
        await self._drag(x, y, 120, 40)
        await self._drag(x, y, -120, -40)

    async def _turn(self, x: float, y: float, by: int, times: int) -> None:
        await self.page.mouse.move(x, y)
        for _ in range(times):
            await self.page.mouse.wheel(0, by)
            await asyncio.sleep(0.25)

    async def _drag(self, x: float, y: float, right: int, down: int) -> None:
        await self.page.mouse.move(x, y)
        await self.page.mouse.down()
        for step in range(1, 21):
            await self.page.mouse.move(x + right * step / 20, y + down * step / 20)
            await asyncio.sleep(0.016)
        await self.page.mouse.up()
        await asyncio.sleep(0.3)


@asynccontextmanager
async def opened(browser: Browser, place: Place, zoom: int) -> AsyncIterator[Window]:
    """Page Now in a context of its own, for the first time: nothing is cached. Of all time, so that all are in view."""
    width, height = SIZE
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", service_workers="block"
    )
    try:
        page = await context.new_page()
        await page.add_init_script(WATCH)
        window = Window(page, await context.new_cdp_session(page))
        page.on("response", window.heard)
        address = f"{place.origin}/?span=all&box={box_at(largest_town(), zoom)}#key={place.key}"
        await page.goto(address, wait_until="commit")
        window.drawn_ms = await window.rest()
        yield window
    finally:
        await context.close()
