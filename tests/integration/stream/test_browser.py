"""A page of another origin in a real browser: what it may read, and what a ticket opens for a plain EventSource."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from clearway_platform.auth.principals import Role
from clearway_testing.browser import chromium, page_served
from clearway_testing.platforms import Platform, embedded_platform
from clearway_testing.plugin import skipped_when_unavailable

MISSION = "unmas"
OPENED, REFUSED = "opened", "refused"
PAGE = "<!doctype html><title>A page elsewhere</title>"
# Resolves with what came of one plain EventSource: no header, no retry of our own.
OPEN = """(address) => new Promise((resolve) => {
  const source = new EventSource(address);
  source.onmessage = () => resolve("an unnamed event");
  source.addEventListener("cursor", (event) => { source.close(); resolve(`opened ${event.lastEventId}`); });
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) resolve("refused"); };
})"""
ASK = """async ([address, key, method]) => {
  try {
    const headers = { Authorization: `Bearer ${key}`, "X-Request-Id": "from-a-page", "Idempotency-Key": "from-a-page" };
    const answer = await fetch(address, { method, headers });
    return { status: answer.status, id: answer.headers.get("X-Request-Id"), body: await answer.json() };
  } catch (error) { return { error: error.name }; }
}"""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def origin(stack: AsyncExitStack) -> str:
    return stack.enter_context(page_served(PAGE))


@pytest.fixture
async def platform(stack: AsyncExitStack, origin: str, tmp_path: Path) -> Platform:
    return await embedded_platform(stack, tmp_path, {"CLEARWAY_CORS_ORIGINS": f'["{origin}"]'})


async def page_at(stack: AsyncExitStack, origin: str) -> Page:
    with skipped_when_unavailable():
        page = await (await stack.enter_async_context(chromium())).new_page()
    await page.goto(origin)
    return page


async def test_a_page_of_an_origin_that_is_set(stack: AsyncExitStack, origin: str, platform: Platform) -> None:
    page, key = await page_at(stack, origin), await platform.key(MISSION, Role.SUBSCRIBER)
    address = platform.address("/v1/incidents/")

    async def ask(path: str, method: str = "GET", key: str = key) -> dict[str, Any]:
        answer: dict[str, Any] = await page.evaluate(ASK, [f"{address}{path}", key, method])
        return answer

    allowed = await ask("/v1/incidents")
    assert (allowed["status"], allowed["id"], allowed["body"]["items"]) == (200, "from-a-page", [])
    for path, wrong, status in (("/v1/incidents", "cwk_0_0", 401), ("/v1/incidents/nothing", key, 422)):
        refused = await ask(path, key=wrong)
        assert (refused["status"], refused["id"], refused["body"]["status"]) == (status, "from-a-page", status)

    tickets = [(await ask("/v1/stream-tickets", "POST"))["body"]["ticket"] for _ in range(3)]
    for ticket, stream in zip(tickets, ("incident-events", "alert-events", "route-events"), strict=True):
        at = f"{address}/v1/{stream}?ticket={ticket}"
        opened = await page.evaluate(OPEN, at)
        assert opened.startswith(OPENED), opened
        assert await page.evaluate(OPEN, at) == REFUSED
    assert await page.evaluate(OPEN, f"{address}/v1/incident-events") == REFUSED


async def test_a_page_of_another_origin(stack: AsyncExitStack, origin: str, platform: Platform) -> None:
    """Its browser keeps the answers from it, a stream that its ticket would open too."""
    foreign = stack.enter_context(page_served(PAGE))
    assert foreign != origin
    page, key = await page_at(stack, foreign), await platform.key(MISSION, Role.SUBSCRIBER)
    address = platform.address("/v1/incidents/")
    for path, method in (("/v1/incidents", "GET"), ("/v1/stream-tickets", "POST")):
        assert await page.evaluate(ASK, [f"{address}{path}", key, method]) == {"error": "TypeError"}
    here = await page_at(stack, origin)
    ticket = (await here.evaluate(ASK, [f"{address}/v1/stream-tickets", key, "POST"]))["body"]["ticket"]
    assert await page.evaluate(OPEN, f"{address}/v1/incident-events?ticket={ticket}") == REFUSED
