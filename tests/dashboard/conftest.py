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
from playwright.async_api import Browser

import clearway_dashboard.main
from clearway_platform.auth.principals import Role
from clearway_testing.browser import chromium
from clearway_testing.edge import running_edge
from clearway_testing.platforms import Platform, distributed_platform, embedded_platform
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import DatabaseServer, Server, Unavailable

from .deployment import Deployment
from .looped import fixture
from .people import Keys, Person
from .scene import Scene, make_scene
from .windows import Windows

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "services" / "dashboard" / "web" / "src"
SCREENSHOTS = HERE.parents[1] / ".cache" / "screenshots"
FAILED = pytest.StashKey[bool]()


def alone(platform: Platform) -> Deployment:
    return Deployment(platform, platform.address("/v1/incidents"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(600), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def built() -> None:
    """The page must be built from its sources as they are: `make test` does it."""
    page = clearway_dashboard.main.BUILT / "index.html"
    with skipped_when_unavailable():
        if not page.exists():
            raise Unavailable("the page is not built: make page")
        # What is generated beside them is written anew by each check.
        sources = (source for source in SOURCES.rglob("*.*") if source.suffixes != [".d", ".ts"])
        newest = max(source.stat().st_mtime for source in sources)
        if newest > page.stat().st_mtime:
            raise Unavailable("the page is older than its sources: make page")


@fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with AsyncExitStack() as stack:
        with skipped_when_unavailable():
            opened = await stack.enter_async_context(chromium())
        yield opened


@fixture(scope="session")
async def embedded(built: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployment]:
    """One process on SQLite with the dashboard at its root. The tests share it: do not stop it."""
    async with AsyncExitStack() as stack:
        yield alone(await embedded_platform(stack, tmp_path_factory.mktemp("dashboard")))


@fixture
async def own(built: None, tmp_path: Path) -> AsyncIterator[Deployment]:
    """The same for one test, which may stop it and start it again."""
    async with AsyncExitStack() as stack:
        (data := tmp_path / "data").mkdir()
        yield alone(await embedded_platform(stack, data))


@fixture
async def distributed(
    built: None, own_kafka_server: Server, own_postgres_server: DatabaseServer, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """A process for each service on Kafka and PostgreSQL, behind the edge."""
    async with AsyncExitStack() as stack:
        platform = await distributed_platform(
            stack, tmp_path, own_kafka_server.url, lambda: own_postgres_server.create_database(f"pages_{uuid4().hex}")
        )
        (edge := tmp_path / "edge").mkdir()
        with skipped_when_unavailable():
            urls = {name: server.address for name, server in platform.servers.items()}
            origin = stack.enter_context(running_edge(edge, urls))
        yield Deployment(platform, origin)


@pytest.fixture
def deployment(embedded: Deployment) -> Deployment:
    """Where the windows of a test look. A module that wants another one has a fixture of this name."""
    return embedded


@pytest.fixture
def platform(deployment: Deployment) -> Platform:
    return deployment.platform


@pytest.fixture
def origin(deployment: Deployment) -> str:
    return deployment.origin


@pytest.fixture
def mission() -> str:
    """A mission that no other test sees."""
    return f"pages-{uuid4().hex[:10]}"


@pytest.fixture
def keys(platform: Platform, mission: str) -> Keys:
    """A key of the test's mission, by its role."""
    return partial(platform.key, mission)


@fixture(scope="session")
async def scene(embedded: Deployment) -> Scene:
    """A mission in which every page has something to show. Tests read it, and change nothing."""
    key = await embedded.platform.key("scene", Role.ADMIN)
    async with httpx.AsyncClient(base_url=embedded.origin, timeout=60, trust_env=False) as client:
        return await make_scene(Person(client, key), key)


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
