"""The link is cut, and comes back: the page says so, says how old it is, and heals without being loaded again."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from clearway_platform.auth.principals import Role
from clearway_testing.platforms import THIS_PROGRAM, Platform

from .deployment import Deployment
from .link import Link
from .looped import fixture
from .people import Keys, Person
from .seen import is_live, link_state, listed, map_total
from .windows import Windows

BEFORE, MEANWHILE = "Before the cut", "During the cut"
# What a browser says of requests that no server answers.
UNANSWERED = r"net::ERR_|Failed to fetch|status of 50[0-9]"
HERE = "globalThis.stillHere"
A_PAGE = re.compile(r"/assets/Trends-[^/]*\.js$")
# What a page asks for to know whether the server is there.
IS_THERE = re.compile(r"/dashboard\.json$")
WAITED_MS = 2500
SOON_MS = 20_000
# After so long without even a sign of life a page takes its link for cut.
MORE_THAN_SILENT_MS = 45_000


@pytest.fixture
def deployment(own: Deployment) -> Deployment:
    """The server of one test alone: it is stopped."""
    return own


@pytest.fixture
def link(deployment: Deployment) -> Link:
    return Link(deployment.origin)


@fixture
async def origin(link: Link) -> AsyncIterator[str]:
    """The windows look over a link of their own; what people do by the API does not."""
    async with link.opened() as address:
        yield address


@fixture
async def client(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=deployment.origin, timeout=60, trust_env=False) as opened:
        yield opened


async def test_a_link_that_is_cut_is_said_and_heals(
    keys: Keys, client: httpx.AsyncClient, link: Link, window: Windows
) -> None:
    reporter = Person(client, await keys(Role.REPORTER))
    await reporter.report(BEFORE)
    page = await looking(keys, window)

    link.cut()
    await is_cut_and_ages(page)
    await reporter.report(MEANWHILE)
    await expect(listed(page, BEFORE)).to_be_visible()
    await expect(listed(page, MEANWHILE)).to_have_count(0)

    link.mend()
    await has_healed(page)


async def test_a_link_on_which_nothing_arrives_is_cut_too(
    keys: Keys, client: httpx.AsyncClient, link: Link, window: Windows
) -> None:
    """One bar of signal: nothing breaks, so that only the silence tells. The time of the page is let run faster."""
    reporter = Person(client, await keys(Role.REPORTER))
    await reporter.report(BEFORE)
    page = await looking(keys, window, shared_worker=False)
    await page.clock.install()
    await page.reload()
    await page.evaluate(f"{HERE} = true")
    await is_live(page)
    await expect(listed(page, BEFORE)).to_be_visible()

    link.silence()
    await reporter.report(MEANWHILE)
    await page.clock.fast_forward(MORE_THAN_SILENT_MS)
    await expect(link_state(page)).to_contain_text("Link is cut since")
    await expect(listed(page, MEANWHILE)).to_have_count(0)

    link.mend()
    await has_healed(page)


@pytest.mark.parametrize("shared_worker", [True, False], ids=["shared worker", "none"])
async def test_a_server_that_was_stopped_is_found_again(
    keys: Keys, client: httpx.AsyncClient, platform: Platform, window: Windows, *, shared_worker: bool
) -> None:
    reporter = Person(client, await keys(Role.REPORTER))
    await reporter.report(BEFORE)
    page = await looking(keys, window, shared_worker=shared_worker)
    alerts = await looking(keys, window, "/alerts", shared_worker=shared_worker)

    (server,) = platform.servers.values()
    await server.stop()
    for cut in (page, alerts):
        await is_cut_and_ages(cut)
    await expect(listed(page, BEFORE)).to_be_visible()

    await server.start()
    await reporter.report(MEANWHILE)
    await has_healed(page)
    await is_live(alerts)


async def test_a_gap_is_said_and_everything_read_again(
    keys: Keys, client: httpx.AsyncClient, platform: Platform, window: Windows, tmp_path: Path
) -> None:
    """A backup was restored: the log is another one, and what came after the backup has not happened."""
    reporter = Person(client, await keys(Role.REPORTER))
    kept = await reporter.report(BEFORE)
    lost_key = await keys(Role.SUBSCRIBER)
    await clearway(platform, "backup", str(tmp_path / "backup"))
    lost = await reporter.report(MEANWHILE)
    page = await window(lost_key, errors=UNANSWERED)
    await page.evaluate(f"{HERE} = true")
    for place in (BEFORE, MEANWHILE):
        await expect(listed(page, place)).to_be_visible()
    await expect(map_total(page)).to_contain_text("2 incidents")
    assert kept != lost

    (server,) = platform.servers.values()
    await server.stop()
    await clearway(platform, "restore", str(tmp_path / "backup"), "--replace")
    await server.start()
    await expect(link_state(page)).to_contain_text("Events were missed. Everything was read again at")
    await is_live(page)
    await expect(listed(page, MEANWHILE)).to_have_count(0)
    await expect(listed(page, BEFORE)).to_be_visible()
    # The map too, which reads by itself once a minute at the least.
    await expect(map_total(page)).to_contain_text("1 incident in", timeout=SOON_MS)
    assert await page.evaluate(HERE)


async def test_a_page_whose_words_did_not_arrive_asks_for_them_again(window: Windows) -> None:
    """Without them it has nothing to show."""
    page = await window(None, errors=UNANSWERED)
    refused: list[str] = []

    async def once(route: Route) -> None:
        if route.request.url in refused:
            await route.continue_()
        else:
            refused.append(route.request.url)
            await route.abort()

    await page.route(re.compile(r"/assets/en-[^/]*\.js$"), once)
    await page.reload()
    await expect(page.get_by_label("API key")).to_be_visible()
    assert len(refused) == 1


async def test_a_page_that_did_not_arrive_is_asked_for_again(keys: Keys, window: Windows) -> None:
    page = await window(await keys(Role.SUBSCRIBER), errors=UNANSWERED)
    await page.evaluate(f"{HERE} = true")
    await is_live(page)
    arrives = asyncio.Event()

    async def when_it_arrives(route: Route) -> None:
        await (route.continue_() if arrives.is_set() else route.abort())

    for what in (A_PAGE, IS_THERE):
        await page.route(what, when_it_arrives)
    await page.get_by_role("link", name="Trends").click()
    await expect(link_state(page)).to_contain_text("A part of this page did not arrive")
    arrives.set()
    await expect(page.get_by_role("heading", name="Trends", level=1)).to_be_visible()
    await expect(link_state(page)).not_to_contain_text("A part of this page did not arrive")
    assert await page.evaluate(HERE), "the page was loaded again"


async def test_a_page_that_an_upgrade_removed_is_loaded_anew(keys: Keys, window: Windows) -> None:
    """A tab that was open during an upgrade asks for files of the version before."""
    page = await window(await keys(Role.SUBSCRIBER), errors="status of 404|Failed to fetch")
    await is_live(page)
    upgraded = asyncio.Event()

    async def of_the_version_before(route: Route) -> None:
        await (route.continue_() if upgraded.is_set() else route.fulfill(status=404))

    await page.route(A_PAGE, of_the_version_before)
    page.on("domcontentloaded", lambda _: upgraded.set())
    await page.get_by_role("link", name="Trends").click()
    await expect(page.get_by_role("heading", name="Trends", level=1)).to_be_visible()
    assert upgraded.is_set(), "the page was not loaded anew"


async def looking(keys: Keys, window: Windows, path: str = "/", *, shared_worker: bool = True) -> Page:
    page = await window(await keys(Role.SUBSCRIBER), path, errors=UNANSWERED, shared_worker=shared_worker)
    await page.evaluate(f"{HERE} = true")
    await is_live(page)
    if path == "/":
        await expect(listed(page, BEFORE)).to_be_visible()
        await expect(map_total(page)).to_contain_text("1 incident in")
    return page


async def is_cut_and_ages(page: Page) -> None:
    """It says since when; and the time of the picture stands still while that of the page goes on."""
    state = link_state(page)
    await expect(state).to_contain_text("Link is cut since")
    await expect(state).to_contain_text("As of")
    said = await state.inner_text()
    await page.evaluate(f"new Promise((resolve) => setTimeout(resolve, {WAITED_MS}))")
    await expect(state).to_have_text(said)


async def has_healed(page: Page) -> None:
    await is_live(page)
    await expect(listed(page, MEANWHILE)).to_be_visible()
    await expect(listed(page, BEFORE)).to_be_visible()
    await expect(map_total(page)).to_contain_text("2 incidents")
    assert await page.evaluate(HERE), "the page was loaded again"


async def clearway(platform: Platform, *arguments: str) -> None:
    environment = {**os.environ, "CLEARWAY_DATA_DIR": str(platform.settings.data_dir)}
    command = await asyncio.create_subprocess_exec(
        *THIS_PROGRAM, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await command.communicate()
    assert command.returncode == 0, printed.decode()
