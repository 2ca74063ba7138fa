"""A window that is left open: what it keeps is the state of things, and not all that happened to them."""

import json
from typing import Any

import httpx
from playwright.async_api import Page, Route, expect

from clearway_platform.auth.principals import Role

from .people import Keys, Person
from .seen import is_live, listed, map_total
from .windows import Windows

INCIDENTS, BURST, BURSTS = 20, 1000, 8
# The first thousand events have brought every incident many times over: what a window may keep, it has by then. An
# event that is kept takes 2 kB: the 7,000 that follow would take 14 MB, as much as the whole heap of such a window, and
# double it. Half of that lies well above what compiled code and a heap that was just collected vary by.
MOST_GROWTH = 1.5
CURSOR = 'event: cursor\ndata: {"stream": "incidents"}\n\n'


async def test_a_window_does_not_keep_the_events_of_a_day(
    keys: Keys, client: httpx.AsyncClient, window: Windows
) -> None:
    reporter = Person(client, await keys(Role.REPORTER))
    ids = [await reporter.report(f"Place {number}") for number in range(INCIDENTS)]
    incidents = [await reporter.get(f"/v1/incidents/{incident}") for incident in ids]
    bursts = [burst(incidents, number * BURST) for number in range(BURSTS)]
    key = await keys(Role.SUBSCRIBER)
    page = await window(None, shared_worker=False)
    waiting = bursts[:1]
    is_over = False

    async def stream(route: Route) -> None:
        """The next burst if there is one; in the end the stream of the server."""
        if is_over:
            await route.continue_()
        else:
            await route.fulfill(body=waiting.pop(0) if waiting else CURSOR, content_type="text/event-stream")

    await page.route(lambda url: url.endswith("/v1/incident-events"), stream)
    await page.goto(f"{window.origin}/?span=7d#key={key}")
    await expect(listed(page, f"Event {BURST}")).to_be_visible()
    await expect(map_total(page)).to_contain_text(f"{INCIDENTS} incidents")
    first = await heap(page)
    waiting.extend(bursts[1:])
    await expect(listed(page, f"Event {BURST * BURSTS}")).to_be_visible()
    is_over = True
    await is_live(page)
    assert await heap(page) / first < MOST_GROWTH


def burst(incidents: list[dict[str, Any]], begun: int) -> str:
    """The next events of a stream, each a newer revision of one of the incidents."""
    frames = [CURSOR]
    for number in range(begun + 1, begun + BURST + 1):
        incident = incidents[number % INCIDENTS]
        location = incident["location"] | {"place_name": f"Event {number}"}
        changed = incident | {"revision": 1 + number, "location": location}
        frames.append(f"event: incident.corrected\ndata: {json.dumps({'incident': changed})}\n\n")
    return "".join(frames)


async def heap(page: Page) -> int:
    """What is in use after everything that nobody needs was collected, in bytes."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return int(usage["usedSize"])
