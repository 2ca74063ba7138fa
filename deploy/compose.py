"""The services in docker-compose.yml: they differ in their rows of the table."""

from __future__ import annotations

from typing import Final

from clearway_platform.settings import database_variable
from deploy.parts import with_parts
from deploy.topology import Deployed, Topology


def with_services(document: str, topology: Topology) -> str:
    """The compose file with the passwords of its databases, its services, what its edge waits for, and its secrets."""
    rows = topology.services.values()
    passwords = (f"      - {row.password}\n" for row in topology.stored)
    waited_for = (f"      {row.name}: {{condition: service_healthy}}\n" for row in rows)
    files = (name for row in topology.stored for name in (row.address, row.password))
    secrets = (f"  {name}: {{file: deploy/secrets/{name}}}\n" for name in files)
    parts = ("".join(passwords), "\n".join(map(_service, rows)), "".join(waited_for), "".join(secrets))
    return with_parts(document, *parts)


def _service(row: Deployed) -> str:
    """A service; where it has a database, also the task that migrates it, which has the same image and settings."""
    build, environment, secrets = _BUILD.format(name=row.name), _environment(row), _secrets(row)
    if not row.database:
        own = {"build": f"\n{build}", "environment": f"\n{environment}", "secrets": f"\n{secrets}"}
        return _SERVICE.format(row=row, waits=_waits(row), **own)
    task = _SCHEMA.format(row=row, build=build, environment=environment, secrets=secrets)
    shared = {part: f" *{row.name}-{part}\n" for part in ("build", "environment", "secrets")}
    return f"{task}\n{_SERVICE.format(row=row, waits=_waits(row), **shared)}"


def _environment(row: Deployed) -> str:
    """A setting that neither the shell nor .env gives is empty, for which the service has its own default."""
    settings = (f"{name}: ${{{name}:-}}" for name in row.settings)
    return "".join(f"      {line}\n" for line in ("<<: *environment", *settings))


def _secrets(row: Deployed) -> str:
    """Each file has the name of the setting that it is."""
    database = [f"{{source: {row.address}, target: {database_variable(row.name)}}}"] if row.database else []
    return "".join(f"      - {secret}\n" for secret in ("*ca", "*keys", *database))


def _waits(row: Deployed) -> str:
    """Its schema, the directory of keys, and the topics where it has events."""
    tasks = [*([f"{row.name}-schema"] if row.database else []), "keys", *(["topics"] if "kafka" in row.needs else [])]
    return "".join(f"      {task}: {{condition: service_completed_successfully}}\n" for task in tasks)


_BUILD: Final = """\
      context: .
      args: {{SERVICE: {name}, PIP_INDEX_URL: , UV_DEFAULT_INDEX: , NPM_CONFIG_REGISTRY: }}
"""

_SCHEMA: Final = """\
  {row.name}-schema:
    <<: *task
    build: &{row.name}-build
{build}\
    image: {row.image}
    command: [clearway, migrate, {row.name}]
    environment: &{row.name}-environment
{environment}\
    secrets: &{row.name}-secrets
{secrets}\
    depends_on:
      postgres: {{condition: service_healthy}}
"""

_SERVICE: Final = """\
  {row.name}:
    <<: *service
    build:{build}\
    image: {row.image}
    environment:{environment}\
    secrets:{secrets}\
    depends_on:
{waits}"""
