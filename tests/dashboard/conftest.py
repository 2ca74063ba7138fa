"""Real pages on the real platform: one Chromium and one platform for all tests, and a mission for each of them.

The tests share the event loop that the browser lives on: see `pytest_collection_modifyitems`.
"""

import re
from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser

import clearway_dashboard.main
from clearway_testing.browser import chromium
from clearway_testing.platforms import Platform, embedded_platform
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable

from .people import Keys
from .windows import Windows

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parents[1] / ".cache" / "screenshots"
FAILED = pytest.StashKey[bool]()

fixture = partial(pytest_asyncio.fixture, loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(300), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def built() -> None:
    """The page must be built from its sources: `make test` does it."""
    with skipped_when_unavailable():
        if not (clearway_dashboard.main.BUILT / "index.html").exists():
            raise Unavailable("the page is not built: make page")


@fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with AsyncExitStack() as stack:
        with skipped_when_unavailable():
            opened = await stack.enter_async_context(chromium())
        yield opened


@fixture(scope="session")
async def platform(built: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """One process on SQLite with the dashboard at its root. All tests share it: do not stop it."""
    async with AsyncExitStack() as stack:
        yield await embedded_platform(stack, tmp_path_factory.mktemp("dashboard"))


@pytest.fixture
def origin(platform: Platform) -> str:
    """The one address of the platform and its pages."""
    return platform.address("/v1/incidents")


@pytest.fixture
def mission() -> str:
    """A mission that no other test sees."""
    return f"pages-{uuid4().hex[:10]}"


@pytest.fixture
def keys(platform: Platform, mission: str) -> Keys:
    """A key of the test's mission, by its role."""
    return partial(platform.key, mission)


@fixture
async def client(origin: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=origin, timeout=60, trust_env=False) as opened:
        yield opened


@fixture
async def window(browser: Browser, origin: str, request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """Opens a signed-in page: `await window(key, "/alerts")`. What its windows complain of fails the test."""
    windows = Windows(browser, origin)
    try:
        yield windows
        if request.node.stash.get(FAILED, False):
            await windows.photograph(SCREENSHOTS, re.sub(r"\W+", "-", request.node.name))
    finally:
        await windows.close()
