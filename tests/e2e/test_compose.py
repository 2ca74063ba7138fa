"""The compose file, as the README says to use it: it comes up, keeps what it was given, and outlives every kill."""

import asyncio
import itertools
import random
import re
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from clearway_platform.auth.principals import Role
from clearway_testing.compose import ComposedPlatform, Project, copy_of_repository
from clearway_testing.engine import BASE_IMAGE, Engine
from clearway_testing.platforms import SERVICES, stored_services
from clearway_testing.readme import commands_of
from clearway_testing.receiver import Receiver

from .composed import run_line
from .story import Story
from .test_story import kill_at_random

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

MEGABYTE = 1_000_000
POSTGRESQL_IN_THE_CLEAR = """
import asyncio, asyncpg, os, pathlib
url = pathlib.Path("/run/secrets/CLEARWAY_INCIDENTS_DATABASE_URL").read_text().partition("?")[0]
try:
    asyncio.run(asyncpg.connect(url, ssl=False))
except Exception as error:
    print(error)
"""
# A request for the versions, as a client without TLS sends it.
KAFKA_IN_THE_CLEAR = """
import socket, struct
with socket.create_connection(("kafka", 9092), timeout=10) as connection:
    connection.sendall(struct.pack(">ihhih", 10, 18, 0, 0, -1))
    answer = connection.recv(64)
print("closed" if answer[:1] in (b"", bytes([21])) else answer)
"""
MOST_OVER_BASE = 250 * MEGABYTE


PSQL = ("exec", "-T", "postgres", "psql", "--username", "postgres", "--no-align", "--tuples-only")
# The roles of the services that run, and of the tables.
CONNECTED = "SELECT DISTINCT usename FROM pg_stat_activity WHERE client_addr IS NOT NULL AND client_addr <> '127.0.0.1'"
OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(scope="module")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The compose project of all these tests, started by the README's own lines."""
    project = Project(engine, copy_of_repository(tmp_path_factory.mktemp("compose"), engine))
    try:
        for line in commands_of(project.folder / "README.md", "docker compose up"):
            run_line(line, project)
        yield project
    finally:
        project.remove()


@pytest.fixture
def platform(project: Project) -> ComposedPlatform:
    return ComposedPlatform(project)


@pytest.fixture
async def receiver(project: Project) -> AsyncIterator[Receiver]:
    async with Receiver(project.gateway) as started:
        yield started


def test_the_commands_of_the_readme_start_it_and_make_a_key(project: Project) -> None:
    *_, makes_a_key = commands_of(project.folder / "README.md", "docker compose up")
    assert run_line(makes_a_key, project).startswith("cwk_")
    assert (project.folder / "deploy/secrets").stat().st_mode & 0o077 == 0


def test_no_container_says_a_password_and_none_is_in_its_variables(project: Project) -> None:
    folder = project.folder / "deploy/secrets"
    secrets = [path.read_text().strip() for path in (*folder.glob("*_password"), folder / "alerts_secrets_key")]
    shown = project.engine.docker("inspect", *project.compose("ps", "--all", "--quiet").split())
    assert len(secrets) >= 10
    assert [secret for secret in secrets if secret in shown + project.compose("logs")] == []


def test_the_servers_are_spoken_to_over_tls_alone(project: Project) -> None:
    """Every connection that the services hold to PostgreSQL, and a stranger in the clear, at either server."""
    asked = (
        "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE client_addr IS NOT NULL AND client_addr <> '127.0.0.1'"
    )
    held, secured = project.compose(*PSQL, "--command", asked).strip().split("|")
    assert int(held) == int(secured) > 0
    for program, refused in ((POSTGRESQL_IN_THE_CLEAR, "no encryption"), (KAFKA_IN_THE_CLEAR, "closed")):
        assert refused in project.compose("exec", "-T", "incidents", "python", "-c", program)


def test_the_services_run_as_roles_that_own_no_table(project: Project) -> None:
    stored = stored_services()
    connected = set(project.compose(*PSQL, "--command", CONNECTED).split())
    assert connected == {*stored, "keys_reader"}
    for service in stored:
        owners = project.compose(*PSQL, "--dbname", service, "--command", OWNERS)
        assert owners.split() == [f"{service}_owner"]
    # An installation of 0.1.0 is handed over by the same script.
    project.compose("exec", "-T", "postgres", "bash", "/docker-entrypoint-initdb.d/init.sh")


def test_the_secrets_of_webhooks_are_sealed(project: Project) -> None:
    shown = project.compose("exec", "-T", "alerts", "clearway", "secrets", "show")
    assert re.fullmatch(r"[0-9a-f]{16} seals: \d+ subscriptions\.", shown.strip())


def test_an_image_holds_one_service_and_little_else(
    project: Project, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    over = {f"clearway-{service}": engine.size(f"clearway-{service}") - engine.size(BASE_IMAGE) for service in SERVICES}
    with capsys.disabled():
        sizes = ", ".join(f"{image} {size // MEGABYTE} MB" for image, size in over.items())
        sys.stdout.write(f"\nOver their base: {sizes}\n")
    assert max(over.values()) <= MOST_OVER_BASE
    listing = (
        "import importlib.metadata as m; print(*sorted(e.name for e in m.entry_points(group='clearway.services')))"
    )
    distributions = (
        "import importlib.metadata as m;"
        "print(*sorted({d.name for d in m.distributions() if d.name.startswith('clearway')}))"
    )
    for service in SERVICES:
        assert engine.docker("run", "--rm", f"clearway-{service}", "python", "-c", listing).split() == [service]
        installed = engine.docker("run", "--rm", f"clearway-{service}", "python", "-c", distributions).split()
        assert installed == sorted(["clearway-contracts", "clearway-platform", f"clearway-{service}"])


async def test_the_story_completes_though_containers_are_killed_after_every_step(
    platform: ComposedPlatform, receiver: Receiver
) -> None:
    others = itertools.cycle(platform.infrastructure.values())

    async def kill_all(_step: str) -> None:
        other, services = next(others), list(platform.servers.values())
        await asyncio.gather(*(service.kill() for service in services), asyncio.to_thread(other.kill))
        await asyncio.to_thread(other.start)
        await asyncio.gather(*(service.start() for service in services))

    await Story(platform, receiver, between=kill_all, mission="steps").tell()


async def test_what_was_accepted_is_there_after_down_and_up(platform: ComposedPlatform, receiver: Receiver) -> None:
    story = Story(platform, receiver, mission="kept")
    await story.tell()
    reader = await platform.key(story.mission, Role.REPORTER)
    paths = (
        f"/v1/incidents/{story.incident_id}",
        f"/v1/alerts?incident_id={story.incident_id}",
        f"/v1/routes/{story.route_id}",
    )
    before = [(await platform.get(path, reader)).text for path in paths]
    await asyncio.to_thread(platform.project.compose, "down")
    await asyncio.to_thread(platform.project.compose, "up", "--detach", "--wait")
    assert [(await platform.get(path, reader)).text for path in paths] == before
    async with Receiver(platform.project.gateway) as again:
        await Story(platform, again, mission="afterwards").tell()


async def test_a_second_replica_of_each_service_joins_and_takes_over(
    platform: ComposedPlatform, receiver: Receiver
) -> None:
    project = platform.project
    twice = [part for service in SERVICES for part in ("--scale", f"{service}=2")]
    once = [part for service in SERVICES for part in ("--scale", f"{service}=1")]
    await asyncio.to_thread(project.compose, "up", "--detach", "--wait", "--no-recreate", *twice)
    replicas = {service: await asyncio.to_thread(project.containers, service) for service in SERVICES}
    try:
        assert {service: len(containers) for service, containers in replicas.items()} == dict.fromkeys(SERVICES, 2)

        async def kill_the_first(step: str) -> None:
            if step == "prepared":
                first = [containers[0] for containers in replicas.values()]
                await asyncio.to_thread(project.engine.docker, "kill", "--signal", "KILL", *first)

        await Story(platform, receiver, between=kill_the_first, mission="replicas").tell()
    finally:
        await asyncio.to_thread(project.compose, "up", "--detach", "--wait", "--no-recreate", *once)


async def test_the_story_completes_though_any_container_is_killed_at_any_moment(
    platform: ComposedPlatform, receiver: Receiver
) -> None:
    arrived = asyncio.Event()

    async def begin(_step: str) -> None:
        arrived.set()

    async def kill() -> None:
        await arrived.wait()
        await kill_at_random(platform, random.Random(1), rounds=2)

    killing = asyncio.create_task(kill())
    await Story(platform, receiver, between=begin, mission="random").tell()
    await killing
