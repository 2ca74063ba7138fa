"""The whole platform as real processes: one on the embedded default, or one a service on Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import httpx

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.auth.keys.directory import SqlKeyDirectory
from clearway_platform.auth.principals import Role
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.log import open_broker
from clearway_platform.process.mounts import owners_of
from clearway_platform.process.runtime import TOPIC_SPECS, migrate
from clearway_platform.service import installed_services, migrations_of, service_names
from clearway_platform.settings import Settings, database_variable
from clearway_testing.roles import READ, USE, user_of
from clearway_testing.server import Server

START_SECONDS: Final = 90.0
THIS_PROGRAM: Final = (sys.executable, "-c", "from clearway_platform.cli.program import run; run()")
SERVICES: Final = service_names()


def stored_services() -> tuple[str, ...]:
    """The services that have a database."""
    return tuple(migrations_of(installed_services().values()))


@dataclass
class ServerProcess:
    """One process of the platform, on a port that stays its own over restarts."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    port: int = field(default_factory=lambda: free_port())  # noqa: PLW0108 - it is defined below
    program: tuple[str, ...] = THIS_PROGRAM
    process: Process | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start, and return once it is ready. Raises RuntimeError with the end of its log when it is not."""
        await self.launch()
        await self.ready()

    async def launch(self) -> None:
        """Start, and return at once."""
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.program,
                *self.arguments,
                "--port",
                str(self.port),
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )

    async def kill(self) -> None:
        """kill -9: no time to finish anything."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to end, and wait."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            async with asyncio.timeout(20):
                await self.process.wait()

    async def ready(self) -> None:
        """Return once it is ready. Raises RuntimeError."""
        assert self.process is not None
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as client:
            for _ in range(int(START_SECONDS / 0.05)):
                if self.process.returncode is not None:
                    break
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.name} did not become ready:\n{self.log.read_text()[-4000:]}")


class Killable(Protocol):
    """A part of the platform that is killed and started in tests."""

    async def kill(self) -> None: ...

    async def start(self) -> None: ...


class AnyPlatform(Protocol):
    """The functions of a platform that a story needs, wherever its parts run."""

    @property
    def servers(self) -> Mapping[str, Killable]: ...

    @property
    def infrastructure(self) -> Mapping[str, Server]: ...

    def address(self, path: str) -> str: ...

    async def key(self, mission: str, role: Role) -> str: ...


class Platform:
    """The processes of one platform, its keys, and where each address is answered.

    `infrastructure`: the Kafka and the PostgreSQL that it has for itself, if it has them, to be killed in tests.
    """

    def __init__(self, settings: Settings, servers: Mapping[str, ServerProcess], owners: Mapping[str, str]) -> None:
        self.settings = settings
        self.servers = servers
        self.infrastructure: Mapping[str, Server] = {}
        self._owners = owners

    def address(self, path: str) -> str:
        """The base address of the process that answers `path` (`/v1/…`)."""
        return self.servers[self._owners["/".join(path.split("/")[:3])]].address

    async def key(self, mission: str, role: Role) -> str:
        """A new API key's token."""
        database = Database(self.settings.database_url("keys"), pool_size=1)
        try:
            return (await SqlKeyDirectory(database, SystemClock()).create(mission, role, role.value)).token
        finally:
            await database.close()


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def embedded_platform(
    stack: AsyncExitStack, folder: Path, environment: Mapping[str, str] | None = None
) -> Platform:
    """One process on SQLite and the embedded log, in `folder`. Stopped with the stack."""
    settings = Settings(data_dir=folder)
    environment = {"CLEARWAY_DATA_DIR": str(folder), **LOCAL, **(environment or {})}
    await upgrade(settings.database_url("keys"), KEYS_MIGRATIONS)
    server = ServerProcess("all", ("up",), environment, folder / "all.log")
    stack.push_async_callback(server.stop)
    await server.start()
    return Platform(settings, {"all": server}, dict.fromkeys(owners_of_paths(), "all"))


async def distributed_platform(
    stack: AsyncExitStack,
    folder: Path,
    kafka_url: str,
    new_database: Callable[[], str],
    environment: Mapping[str, str] | None = None,
) -> Platform:
    """A process and a database for each service. All users of this Kafka share its topics."""
    owned = {name: new_database() for name in (*stored_services(), "keys")}
    settings = Settings(data_dir=folder, broker_url=kafka_url, database_urls=owned)
    urls = {name: await user_of(url, READ if name == "keys" else USE) for name, url in owned.items()}
    await migrate(list(installed_services().values()), settings)
    broker = open_broker(kafka_url, folder)
    try:
        await broker.start()
        await broker.create_topics(TOPIC_SPECS)
    finally:
        await broker.close()
    settings_of_all = {database_variable(name): url for name, url in urls.items()}
    settings_of_all |= {"CLEARWAY_BROKER_URL": kafka_url, "CLEARWAY_DATA_DIR": str(folder), **LOCAL}
    settings_of_all |= environment or {}
    servers = {name: ServerProcess(name, ("run", name), settings_of_all, folder / f"{name}.log") for name in SERVICES}
    for server in servers.values():
        stack.push_async_callback(server.stop)
    await asyncio.gather(*(server.start() for server in servers.values()))
    return Platform(settings, servers, owners_of_paths())


# Test receivers listen on this machine, over plain http.
LOCAL: Final = {
    "CLEARWAY_WEBHOOK_ALLOWED_SUBNETS": '["127.0.0.0/8"]',
    "CLEARWAY_WEBHOOK_TIMEOUT_SECONDS": "2",
    "CLEARWAY_LOG_LEVEL": "INFO",
}


def owners_of_paths() -> dict[str, str]:
    return {mount: service.name for mount, service in owners_of(installed_services().values()).items()}
