"""An upgrade and a rollback, with the released version before this one: the story is told by both, on both databases.

The version before is started from its own sources and its own lock file.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
import pytest

from clearway_analytics.main import STORAGE
from clearway_platform.auth.principals import Role
from clearway_platform.database.engines import Database
from clearway_platform.database.schema import newest_revision, schema_at
from clearway_platform.settings import Settings
from clearway_testing.platforms import LOCAL, THIS_PROGRAM, Platform, ServerProcess, owners_of_paths, stored_services
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.receiver import Receiver
from clearway_testing.released import last_release
from clearway_testing.server import Server

from .story import Story

pytestmark = pytest.mark.timeout(900)

Program = tuple[str, ...]
# What 0.1.0 calls the parameters of a query.
OLD_WORDS = {"incident_id": "incident", "as_of": "at"}
NEW: Program = THIS_PROGRAM


@pytest.fixture(scope="session")
def old() -> Program:
    """The `clearway` of the last release."""
    with skipped_when_unavailable():
        return (str(last_release().install()),)


async def run(program: Program, environment: Mapping[str, str], *arguments: str) -> tuple[int | None, str]:
    """The exit code of a command, and what it printed."""
    command = await asyncio.create_subprocess_exec(
        *program,
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await command.communicate()
    return command.returncode, printed.decode()


async def succeed(program: Program, environment: Mapping[str, str], *arguments: str) -> str:
    code, printed = await run(program, environment, *arguments)
    assert code == 0, printed
    return printed


@dataclass
class Versions:
    """Databases, a broker, and the processes of two versions that use them."""

    folder: Path
    environment: dict[str, str]
    old: Program

    @property
    def services(self) -> tuple[str, ...]:
        """Those that both versions have."""
        return last_release().services()

    def server(self, name: str, program: Program, label: str) -> ServerProcess:
        log = self.folder / f"{name}-{label}.log"
        return ServerProcess(f"{name} {label}", ("run", name), self.environment, log, program=program)

    async def make(self, program: Program) -> None:
        """Schemas and topics, as `program` makes them."""
        await succeed(program, self.environment, "migrate")
        await succeed(program, self.environment, "topics", "create")


class BothVersions(Platform):
    """Each request goes to the next of a service's processes, in turn."""

    def __init__(self, versions: Versions, servers: Mapping[str, list[ServerProcess]]) -> None:
        every = {server.name: server for some in servers.values() for server in some}
        super().__init__(Settings(data_dir=versions.folder), every, owners_of_paths())
        self._versions = versions
        self._turns = {name: cycle(some) for name, some in servers.items()}

    def address(self, path: str) -> str:
        turns = self._turns[self._owners["/".join(path.split("/")[:3])]]
        return next(server for server in turns if server.process and server.process.returncode is None).address

    def words(self, address: str, query: Mapping[str, str]) -> Mapping[str, str]:
        """The query as the version at this address knows it."""
        is_old = any(server.address == address and server.program != NEW for server in self.servers.values())
        return {OLD_WORDS.get(name, name): value for name, value in query.items()} if is_old else query

    async def key(self, mission: str, role: Role) -> str:
        arguments = ("keys", "create", "--mission", mission, "--new-mission", "--role", role.value)
        # Before the key it says which files of the release others could read.
        return (await succeed(NEW, self._versions.environment, *arguments)).split()[-1]


@pytest.fixture
def versions(old: Program, own_kafka_server: Server, new_database_url: Callable[[], str], tmp_path: Path) -> Versions:
    """Nothing is made yet. On SQLite and on PostgreSQL, both with Kafka."""
    urls = {f"CLEARWAY_{name.upper()}_DATABASE_URL": new_database_url() for name in (*stored_services(), "keys")}
    broker = {"CLEARWAY_BROKER_URL": own_kafka_server.url, "CLEARWAY_DATA_DIR": str(tmp_path)}
    return Versions(tmp_path, {**broker, **urls, **LOCAL}, old)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.mark.kafka
async def test_the_story_goes_on_though_the_versions_take_turns_at_every_step(
    versions: Versions, stack: AsyncExitStack, receiver: Receiver
) -> None:
    """What one version wrote is read and changed by the other: upgrade, rollback, upgrade and so on."""
    await versions.make(versions.old)
    servers = {name: versions.server(name, versions.old, "in turn") for name in versions.services}
    for server in servers.values():
        stack.push_async_callback(server.stop)
    await asyncio.gather(*(server.start() for server in servers.values()))
    turns = cycle([NEW, versions.old])
    told = []

    async def change_version(step: str) -> None:
        told.append(step)
        if step == "arrived":
            return
        if step == "prepared":
            # The version before is still running on it.
            await versions.make(NEW)
        program = next(turns)
        await asyncio.gather(*(server.stop() for server in servers.values()))
        for server in servers.values():
            server.program = program
        await asyncio.gather(*(server.start() for server in servers.values()))

    platform = BothVersions(versions, {name: [server] for name, server in servers.items()})
    await Story(platform, receiver, between=change_version, words=platform.words, clears=False).tell()
    assert len(told) > 6
    assert "Traceback" not in "".join(server.log.read_text() for server in servers.values())


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_the_story_is_told_while_both_versions_run_side_by_side(
    versions: Versions, stack: AsyncExitStack, receiver: Receiver
) -> None:
    """A rolling upgrade, seen at its middle: two processes of each service, one of each version."""
    await versions.make(versions.old)
    servers = {name: [versions.server(name, versions.old, "old")] for name in versions.services}
    await start(stack, [server for some in servers.values() for server in some])
    await versions.make(NEW)
    for name, some in servers.items():
        some.append(versions.server(name, NEW, "new"))
    await start(stack, [some[1] for some in servers.values()])

    async def retire_the_old(step: str) -> None:
        if step == "moved":
            await asyncio.gather(*(some[0].stop() for some in servers.values()))
            # The old ones are bound to no mission, and would see no rows from here on.
            await succeed(NEW, versions.environment, "row-security", "on")

    platform = BothVersions(versions, servers)
    assert (await run(NEW, versions.environment, "row-security", "show"))[0] == 1
    await Story(platform, receiver, between=retire_the_old, words=platform.words, clears=False).tell()
    await succeed(NEW, versions.environment, "row-security", "show")


async def start(stack: AsyncExitStack, servers: list[ServerProcess]) -> None:
    for server in servers:
        stack.push_async_callback(server.stop)
    await asyncio.gather(*(server.start() for server in servers))


@pytest.fixture
def without_broker(old: Program, new_database_url: Callable[[], str], tmp_path: Path) -> Versions:
    """Databases, and the address of a Kafka that is away."""
    urls = {f"CLEARWAY_{name.upper()}_DATABASE_URL": new_database_url() for name in (*stored_services(), "keys")}
    broker = {"CLEARWAY_BROKER_URL": "kafka://127.0.0.1:9", "CLEARWAY_DATA_DIR": str(tmp_path)}
    return Versions(tmp_path, {**broker, **urls}, old)


async def test_this_version_waits_for_its_schema(without_broker: Versions, stack: AsyncExitStack) -> None:
    environment = without_broker.environment
    await succeed(without_broker.old, environment, "migrate")
    server = without_broker.server("analytics", NEW, "new")
    stack.push_async_callback(server.stop)
    await server.launch()
    before = (await schema_at(environment["CLEARWAY_ANALYTICS_DATABASE_URL"])).revision
    newest = newest_revision(STORAGE.migrations)
    wanted = f"Database `analytics` has schema {before} and needs {newest}: run `clearway migrate analytics`."
    async with httpx.AsyncClient(base_url=server.address, trust_env=False) as client:
        for _ in range(600):
            if wanted in (said := await problems(client)):
                break
            await asyncio.sleep(0.1)
        assert wanted in said
    await succeed(NEW, environment, "migrate")
    await server.ready()


async def problems(client: httpx.AsyncClient) -> str:
    try:
        return str((await client.get("/readyz")).json()["problems"].get("prerequisites", ""))
    except httpx.TransportError:
        return ""


async def test_what_the_version_before_does_on_a_newer_schema(without_broker: Versions) -> None:
    """It cannot be changed any more: its `migrate` ends with Alembic's error. Its `run` works (see above)."""
    environment = without_broker.environment
    await succeed(NEW, environment, "migrate")
    code, printed = await run(without_broker.old, environment, "migrate", "analytics")
    assert code == 1
    assert "Can't locate revision" in printed
    database = Database(environment["CLEARWAY_ANALYTICS_DATABASE_URL"], pool_size=1)
    await database.check()
    await database.close()
