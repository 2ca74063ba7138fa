"""The services in docker-compose.yml: they differ in their rows of the table."""

from __future__ import annotations

from typing import Final

from clearway_platform.settings import database_variable
from deploy.parts import with_parts
from deploy.topology import Deployed, Topology

# The folder of a service's files: a volume of its own, which the image makes for its user.
FILES: Final = "/var/lib/clearway-files"


def with_services(document: str, topology: Topology) -> str:
    """The compose file with the passwords of its databases, its services, what its edge waits for, their volumes, and
    its secrets."""
    rows = topology.services.values()
    passwords = (f"      - {name}\n" for row in topology.stored for name in row.passwords)
    waited_for = (f"      {row.name}: {{condition: service_healthy}}\n" for row in rows)
    secrets = (f"  {name}: {{file: deploy/secrets/{name}}}\n" for row in rows for name in _files(row))
    volumes = (f"  {row.name}-files:\n" for row in rows if row.files is not None)
    services = "\n".join(map(_service, rows))
    parts = ("".join(passwords), services, "".join(waited_for), "".join(volumes), "".join(secrets))
    return with_parts(document, *parts)


def _service(row: Deployed) -> str:
    """A service; where it has a database, also the task that migrates it, which alone has the role that owns it."""
    build, built = _BUILD.format(name=row.name), f" *{row.name}-build\n"
    volumes = "" if row.files is None else f'    volumes: ["{row.name}-files:{FILES}"]\n'
    own = {"environment": _environment(row), "secrets": _secrets(row), "volumes": volumes, "waits": _waits(row)}
    if not row.database:
        return _SERVICE.format(row=row, build=f"\n{build}", **own)
    task = _SCHEMA.format(row=row, build=build, variable=database_variable(row.name))
    return f"{task}\n{_SERVICE.format(row=row, build=built, **own)}"


def _environment(row: Deployed) -> str:
    """A setting that neither the shell nor .env gives is empty, for which the service has its own default."""
    settings = [f"{name}: ${{{name}:-}}" for name in row.settings]
    settings += [] if row.files is None else [f"{row.files}: ${{{row.files}:-{FILES}}}"]
    return "".join(f"      {line}\n" for line in ("<<: *environment", *settings))


def _secrets(row: Deployed) -> str:
    """Each file has the name of the setting that it is."""
    database = {database_variable(row.name): row.address} if row.database else {}
    given = {**database, **row.secret_files}
    own = (f"{{source: {file}, target: {setting}}}" for setting, file in given.items())
    return "".join(f"      - {secret}\n" for secret in ("*ca", "*keys", *own))


def _files(row: Deployed) -> tuple[str, ...]:
    """Those of this service, in deploy/secrets."""
    database = (row.address, row.owner_address, *row.passwords) if row.database else ()
    return tuple(sorted((*database, *row.secret_files.values())))


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
    environment:
      CLEARWAY_SECRETS_DIR: /run/secrets
    secrets:
      - *ca
      - {{source: {row.owner_address}, target: {variable}}}
    depends_on:
      postgres: {{condition: service_healthy}}
"""

_SERVICE: Final = """\
  {row.name}:
    <<: *service
    build:{build}\
    image: {row.image}
    environment:
{environment}\
    secrets:
{secrets}\
{volumes}\
    depends_on:
{waits}"""
