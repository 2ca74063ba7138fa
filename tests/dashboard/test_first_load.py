"""What a page brings at first: few bytes, all from the platform, and nothing that the browser complains of."""

from __future__ import annotations

import re
import sys
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import expect

import clearway_dashboard.main

from .every_page import EVERY_PAGE, Page
from .scene import Scene
from .windows import Windows

MOST_BYTES: Final = 120_000
MOST_BYTES_OF_FIELD: Final = 150_000
# The map's library, its worker, its coast and its drawing tools, the charts' library and that of
# intervals: loaded apart, after the page.
APART: Final = re.compile(r"/assets/(maplibre-gl|countries-|terra-draw|plot-|jstat-)")
LOADED: Final = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .map(({ name, transferSize, encodedBodySize }) => ({ name, sent: transferSize, body: encodedBodySize }))"""


async def compressed(client: httpx.AsyncClient, path: str) -> int:
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        return sum([len(part) async for part in answer.aiter_raw()])


@pytest.mark.parametrize("page", [one for one in EVERY_PAGE if not one.presses], ids=lambda page: page.name)
async def test_a_page_brings_few_bytes(
    page: Page, scene: Scene, window: Windows, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """`window` fails the test for a request that leaves the platform, an error and a breach of the content policy."""
    opened = await window(scene.key if page.signed_in else None, scene.address(page.path))
    await expect(opened.locator(page.shows).first).to_be_visible()
    usable = await opened.evaluate("performance.now()")
    await page.wait(opened)
    loaded: list[dict[str, Any]] = await opened.evaluate(LOADED)
    files = {one["name"]: one["sent"] for one in loaded if "/v1/" not in one["name"]}
    first = {name: sent for name, sent in files.items() if not APART.search(name)}
    if not page.is_field:
        # The worker that all windows share is loaded outside of this one.
        [worker] = clearway_dashboard.main.BUILT.glob("assets/worker-*.js")
        first[worker.name] = await compressed(client, f"/assets/{worker.name}")
    total = sum(first.values())
    with capsys.disabled():
        apart, data = sum(files.values()) - total, sum(one["sent"] for one in loaded if "/v1/" in one["name"])
        sizes = f"{total / 1000:.0f} kB at first, {max(0, apart) / 1000:.0f} kB apart, {data / 1000:.0f} kB of data"
        sys.stdout.write(f"\n{page.name}: {sizes}, usable after {usable / 1000:.1f} s")
    assert any("/assets/" in name for name in first), "nothing was measured"
    largest = sorted(first.items(), key=lambda one: -one[1])[:6]
    assert total <= (MOST_BYTES_OF_FIELD if page.is_field else MOST_BYTES), largest


async def test_what_is_loaded_apart_is_there(scene: Scene, window: Windows) -> None:
    """Otherwise the pattern above would let anything through that is renamed, or count what it should not."""
    opened = await window(scene.key, scene.address("/routes/{route}"))
    await expect(opened.locator(".maplibregl-ctrl-scale").first).to_be_visible()
    await expect(opened.locator(".chart svg").first).to_be_visible()
    for part in ("maplibre-gl-", "countries-", "plot-"):
        assert APART.search(f"/assets/{part}")
        known = f"() => performance.getEntriesByType('resource').some(({{ name }}) => name.includes('/assets/{part}'))"
        await opened.wait_for_function(known)
