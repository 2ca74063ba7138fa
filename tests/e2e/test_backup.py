"""A backup while reports come in, restored elsewhere: what was accepted before is there, and nothing that came later.

On Kafka, the consumers are stopped while the backup is made and go on after it: what was under way then is behind their
offsets when it is restored, and what came after the backup is still in the topics.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from clearway_analytics.queries.consistency import differences
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.database.engines import Database
from clearway_platform.messaging.cursors import Cursors
from clearway_platform.settings import database_variable
from clearway_testing.platforms import THIS_PROGRAM, Platform, distributed_platform, embedded_platform, stored_services
from clearway_testing.postgres import installed_programs

from .story import HERE, LINE, MISSION, Caller, report

pytestmark = pytest.mark.timeout(600)

CONSUMERS = ("alerts", "analytics")
Found = TypeVar("Found")
PATIENCE_SECONDS = 240.0
# So many reports come before the backup and after it, at least.
REPORTS = 40


async def clearway(environment: Mapping[str, str], *arguments: str) -> tuple[int | None, str]:
    """The exit code of a command and what it printed."""
    # PostgreSQL's own programs, of its version.
    path = os.pathsep.join((str(installed_programs()), os.environ["PATH"]))
    command = await asyncio.create_subprocess_exec(
        *THIS_PROGRAM,
        *arguments,
        env={**os.environ, **environment, "PATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await command.communicate()
    return command.returncode, printed.decode()


class Field:
    """Those who use a platform: a reporter, a verifier, a subscriber and the one who registers routes."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient, tokens: Mapping[Role, str]) -> None:
        self.platform = platform
        self.client = client
        self.tokens = tokens
        self.reporter, self.operator, self.subscriber = (
            Caller(platform, client, tokens[role]) for role in (Role.REPORTER, Role.OPERATOR, Role.SUBSCRIBER)
        )
        self.accepted: list[str] = []

    @classmethod
    async def of(cls, platform: Platform, client: httpx.AsyncClient) -> "Field":
        roles = (Role.REPORTER, Role.OPERATOR, Role.SUBSCRIBER)
        return cls(platform, client, {role: await platform.key(MISSION, role) for role in roles})

    async def prepare(self, route_id: str) -> None:
        route = await self.operator.write("PUT", f"/v1/routes/{route_id}", {"name": "Route Test", "line": LINE})
        assert route.status_code in (200, 201), route.text
        area = {"type": "circle", "center": {"type": "Point", "coordinates": HERE}, "radius_m": 5000}
        url = "http://127.0.0.1:9/nobody"
        wanted = {"name": "convoy", "filter": {"area": area}, "channel": {"type": "webhook", "url": url}}
        answer = await self.subscriber.write("POST", "/v1/subscriptions", wanted)
        assert answer.status_code == 201, answer.text

    async def report(self) -> str:
        incident_id = str(new_id())
        answer = await self.reporter.write("POST", "/v1/incidents", report(incident_id, datetime.now(UTC)))
        assert answer.status_code == 201, answer.text
        self.accepted.append(incident_id)
        return incident_id

    @asynccontextmanager
    async def reporting(self) -> AsyncIterator[None]:
        """Reports come in all the time, from four at once."""

        enough = asyncio.Event()

        async def on_and_on() -> None:
            while not enough.is_set():
                await self.report()
                await asyncio.sleep(0.02)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(4):
                tasks.create_task(on_and_on())
            try:
                yield
            finally:
                enough.set()

    async def until_accepted(self, count: int) -> None:
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            if len(self.accepted) >= count:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{len(self.accepted)} reports were accepted, not {count}")

    async def move(self, incident_id: str, degrees: float) -> int:
        """Correct the place by this much; returns the revision."""
        path = f"/v1/incidents/{incident_id}"
        etag = (await self.reporter.get(path)).headers["ETag"]
        point = {"type": "Point", "coordinates": [HERE[0] + degrees, HERE[1]]}
        answer = await self.reporter.write("PATCH", path, {"location": {"point": point}}, etag)
        assert answer.status_code == 200, answer.text
        revision: int = answer.json()["revision"]
        return revision

    async def all_of(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await self.subscriber.get(path, limit="100", **cursor)).json()
            items += page["items"]
            if not page["next"]:
                return items
            cursor = {"cursor": page["next"]}

    async def warned_of(self) -> set[str]:
        return {alert["incident_id"] for alert in await self.all_of("/v1/alerts")}

    async def must_resync(self, cursor: str) -> bool:
        """Whether a client with this cursor is told so before anything else of substance."""
        headers = {"Authorization": f"Bearer {self.tokens[Role.REPORTER]}", "Last-Event-ID": cursor}
        url = self.platform.address("/v1/incident-events") + "/v1/incident-events"
        async with self.client.stream("GET", url, headers=headers, timeout=30) as answer:
            async for line in answer.aiter_lines():
                if line == "event: resync":
                    return True
                if line.startswith("event: incident."):
                    return False
        return False


def as_owner(platform: Platform) -> dict[str, str]:
    """The settings of its processes, with the roles that own the databases: pg_dump reads the sequences too."""
    owned = {database_variable(name): url for name, url in platform.settings.database_urls.items()}
    return {**next(iter(platform.servers.values())).environment, **owned}


async def restored(stack: AsyncExitStack, platform: Platform, folder: Path, backup: Path) -> Platform:
    """Another platform, of the same kind, on what was restored from the backup. The first one is stopped."""
    if "all" in platform.servers:
        environment = {"CLEARWAY_DATA_DIR": str(folder)}
        code, printed = await clearway(environment, "restore", str(backup))
        assert code == 0, printed
        return await embedded_platform(stack, folder)
    postgres, kafka = platform.infrastructure["postgres"], platform.infrastructure["kafka"]
    urls = {name: postgres.create_database(f"restored_{uuid4().hex}") for name in (*stored_services(), "keys")}  # type: ignore[attr-defined]
    environment = {f"CLEARWAY_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
    environment |= {"CLEARWAY_BROKER_URL": kafka.url, "CLEARWAY_DATA_DIR": str(folder)}
    code, printed = await clearway(environment, "restore", str(backup))
    assert code == 0, printed
    return await distributed_platform(stack, folder, kafka.url, iter(urls.values()).__next__)


async def test_a_backup_under_load_is_restored_as_it_was_at_one_moment(
    platform: Platform, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup, route_id = tmp_path / "backup", str(new_id())
    environment = as_owner(platform)
    consumers = [platform.servers[name] for name in CONSUMERS if name in platform.servers]
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client, AsyncExitStack() as stack:
        field = await Field.of(platform, client)
        await field.prepare(route_id)
        changed = await field.report()
        async with field.reporting():
            await field.until_accepted(REPORTS)
            await asyncio.gather(*(server.stop() for server in consumers))
            await field.until_accepted(2 * REPORTS)
            before = set(field.accepted)
            code, printed = await clearway(environment, "backup", str(backup))
            assert code == 0, printed
            assert len(field.accepted) > len(before)
            await asyncio.gather(*(server.start() for server in consumers))
            assert await field.move(changed, 0.001) == 2
            await field.until_accepted(len(field.accepted) + REPORTS)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in backup.iterdir()}
        assert (modes, stat.S_IMODE(backup.stat().st_mode)) == ({0o600}, 0o700)
        await until_equal(field.warned_of, set(field.accepted))
        # What a client holds that has read to the end, and what one holds that was away for a while.
        cursors, last = await feed_head(platform)
        assert not await field.must_resync(cursors.event_id(MISSION, last - 1))
        # On Kafka these are published and taken by nobody, when all is stopped.
        await asyncio.gather(*(server.stop() for server in consumers))
        for _ in range(5):
            await field.report()
        await until_equal(lambda: rows_of(platform, "incidents", "SELECT count(*) FROM outbox"), [(0,)])
        await asyncio.gather(*(server.stop() for server in platform.servers.values()))

        second = await restored(stack, platform, tmp_path_factory.mktemp("restored"), backup)
        field = Field(second, client, field.tokens)
        known = {one["incident_id"] for one in await field.all_of("/v1/incidents")}
        assert before <= known
        assert await field.must_resync(cursors.event_id(MISSION, last))
        assert await field.must_resync(cursors.event_id(MISSION, 3))
        # Every incident on record is warned of and rated, and none that is not on record.
        await until_equal(field.warned_of, known)
        assert await field.move(changed, 0.002) == 2
        await until_equal(lambda: revisions_of(field, changed), [1, 2])
        await until_equal(lambda: contributors(second), {one.replace("-", "") for one in known})
        analytics = Database(second.settings.database_url("analytics"), pool_size=1)
        async with analytics.of_every_mission("a test").read() as connection:
            assert await differences(connection, MISSION) == []
        await analytics.close()


async def revisions_of(field: Field, incident_id: str) -> list[int]:
    listed = (await field.subscriber.get("/v1/alerts", incident_id=incident_id)).json()["items"]
    return sorted(one["incident_revision"] for one in listed)


async def contributors(platform: Platform) -> set[str]:
    """The incidents that the route's risk is made of."""
    rows = await rows_of(platform, "analytics", "SELECT incident_id FROM contribution")
    return {str(incident_id).replace("-", "") for (incident_id,) in rows}


async def feed_head(platform: Platform) -> tuple[Cursors, int]:
    """The cursors of the incidents' feed, and its last position."""
    ((epoch, key, last),) = await rows_of(
        platform, "incidents", "SELECT epoch, cursor_key, last_position FROM feed_head"
    )
    return Cursors(epoch, key), last


async def rows_of(platform: Platform, service: str, query: str) -> list[Any]:
    database = Database(platform.settings.database_url(service), pool_size=1)
    try:
        async with database.of_every_mission("a test").read() as connection:
            return list(await connection.exec_driver_sql(query))
    finally:
        await database.close()


async def until_equal(read: Callable[[], Awaitable[Found]], wanted: Found) -> None:
    for _ in range(int(PATIENCE_SECONDS / 0.2)):
        if (found := await read()) == wanted:
            return
        await asyncio.sleep(0.2)
    if isinstance(wanted, set) and isinstance(found, set):
        raise AssertionError(f"missing: {wanted - found}, too much: {found - wanted}")
    raise AssertionError(f"{found!r} is not {wanted!r}")
