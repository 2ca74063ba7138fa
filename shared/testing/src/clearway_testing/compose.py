"""The platform as its compose file starts it, from a copy of the repository: a project of its own on the engine."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx

from clearway_platform.auth.principals import Role
from clearway_testing.engine import Engine
from clearway_testing.kafka import PROJECT
from clearway_testing.platforms import SERVICES
from clearway_testing.readme import commands_of
from clearway_testing.server import LOOPBACK, await_ready, free_port

INFRASTRUCTURE: Final = ("kafka", "postgres", "edge")
# Test receivers listen at the gateway of the project's network, which has a private address.
PRIVATE_SUBNETS: Final = '["172.16.0.0/12", "192.168.0.0/16"]'
READY_SECONDS: Final = 120.0
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}")
IS_READY: Final = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=5)"


class Project:
    """A compose project with its own name, port, folder and volumes, so that it meets no other of this machine."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.name = f"clearway-test-{uuid4().hex[:8]}"
        self.port = free_port()
        self.variables = {
            **engine.variables,
            "COMPOSE_PROJECT_NAME": self.name,
            "CLEARWAY_PORT": str(self.port),
            "CLEARWAY_WEBHOOK_ALLOWED_SUBNETS": PRIVATE_SUBNETS,
        }

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def gateway(self) -> str:
        """This machine's address on the project's network."""
        inspected = self.engine.docker("network", "inspect", f"{self.name}_default")
        return str(json.loads(inspected)[0]["IPAM"]["Config"][0]["Gateway"])

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """What `docker compose …` prints. Raises AssertionError when it fails."""
        return self.engine.docker("compose", *arguments, seconds=seconds, folder=self.folder, more=self.variables)

    def containers(self, service: str) -> Sequence[str]:
        """The ids of the service's containers, the stopped ones too."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def await_ready(self, holds: Callable[[], bool]) -> None:
        """Each look takes a command of its own, which costs a few hundredths of a second."""
        await_ready(holds, seconds=READY_SECONDS, every=0.3)

    def remove(self) -> None:
        """All of it, with its volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")


def copy_of_repository(folder: Path, engine: Engine) -> Path:
    """The files under version control, and those that are not ignored, in `folder`: no one's `.env`, no caches. Images
    have their tags alone where the engine has stand-ins for them."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    if engine.has_standins:
        for pinned in (folder / "docker-compose.yml", folder / "Dockerfile"):
            pinned.write_text(_DIGEST.sub("", pinned.read_text()))
    return folder


@dataclass(frozen=True, slots=True)
class ComposedService:
    """All containers of one of the platform's services, as one that is killed and started."""

    project: Project
    service: str

    async def kill(self) -> None:
        """`docker kill -s KILL`: no time to finish anything, and the engine does not start it again."""
        await asyncio.to_thread(ComposedPart(self.project, self.service).kill)

    async def start(self) -> None:
        """Start, and return once each is ready."""
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        containers = self.project.containers(self.service)
        self.project.engine.docker("start", *containers)
        for container in containers:
            self.project.await_ready(partial(self._is_ready, container))

    def _is_ready(self, container: str) -> bool:
        try:
            self.project.engine.docker("exec", container, "python", "-c", IS_READY, seconds=30)
        except AssertionError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class ComposedPart:
    """A container of Kafka or PostgreSQL, as a server that tests kill."""

    project: Project
    service: str

    @property
    def url(self) -> str:
        return self.project.address

    def start(self) -> None:
        containers = self.project.containers(self.service)
        self.project.engine.docker("start", *containers)
        self.project.await_ready(lambda: self._health(containers) == {"healthy"})

    def stop(self) -> None:
        self.project.engine.docker("stop", *self.project.containers(self.service))

    def kill(self) -> None:
        self.project.engine.docker("kill", "--signal", "KILL", *self.project.containers(self.service))

    def restart(self) -> None:
        self.stop()
        self.start()

    def _health(self, containers: Sequence[str]) -> set[str]:
        return set(self.project.engine.docker("inspect", "--format", "{{.State.Health.Status}}", *containers).split())


class ComposedPlatform:
    """The third flavour of platform, for the same story. Every address is answered by the edge."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.servers = {name: ComposedService(project, name) for name in SERVICES}
        self.infrastructure = {name: ComposedPart(project, name) for name in INFRASTRUCTURE}

    def address(self, _path: str) -> str:
        return self.project.address

    async def key(self, mission: str, role: Role) -> str:
        """A new API key's token, created as in the README."""
        *_, line = commands_of(self.project.folder / "README.md", "docker compose run")
        command = line.replace("run --rm", "run --rm -T --no-deps").split()[2:]
        for option, value in (("--mission", mission), ("--role", role.value)):
            command[command.index(option) + 1] = value
        return (await asyncio.to_thread(self.project.compose, *command)).split()[-1]

    async def get(self, path: str, token: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await client.get(self.project.address + path, headers={"Authorization": f"Bearer {token}"})
