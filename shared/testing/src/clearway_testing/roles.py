"""The roles of PostgreSQL with which services run, which own nothing: with the rights of the deployment's own files."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import make_url, text

from clearway_platform.database.engines import Database
from clearway_testing.kafka import PROJECT
from clearway_testing.postgres import installed_programs
from clearway_testing.server import DatabaseServer

_DEPLOYED: Final = PROJECT / "deploy/postgres"
# What a service's role may do in its database, and in the directory of keys.
USE: Final = _DEPLOYED / "rights/use.sql"
READ: Final = _DEPLOYED / "rights/read.sql"
# A service has the passwords of two roles.
_MADE: Final = re.compile(r"^(service|password) (\w+)$", re.M)


async def user_of(url: str, rights: Path) -> str:
    """The address of a database for a new role with these rights, which owns none of its tables."""
    owner, role = make_url(url), f"user_{uuid4().hex}"
    names = {"DBNAME": str(owner.database), "owner": str(owner.username), "role": role}
    granted = statements(rights.read_text(), names)  # noqa: ASYNC240 - one small file
    database = Database(url, pool_size=1)
    try:
        async with database.of_every_mission("a role is made for the whole database").write() as transaction:
            for statement in (f"CREATE ROLE {role} LOGIN PASSWORD '{role}'", *granted):
                await transaction.connection.execute(text(statement))
    finally:
        await database.close()
    return owner.set(username=role, password=role).render_as_string(hide_password=False)


def statements(script: str, names: dict[str, str]) -> list[str]:
    """The statements of a script for psql, with its variables filled in as names."""
    bare = re.sub(r"^--.*$", "", script, flags=re.M)
    filled = re.sub(r':"(\w+)"', lambda found: f'"{names[found[1]]}"', bare)
    return [statement.strip() for statement in filled.split(";") if statement.strip()]


def make_roles(server: DatabaseServer, passwords: Path) -> None:
    """Make the databases and roles of the deployment, as the container of PostgreSQL does. A role's password is its
    name."""
    address = urlsplit(server.url)
    passwords.mkdir(exist_ok=True)
    for kind, name in _MADE.findall((PROJECT / "deploy/secrets.sh").read_text()):
        for role in (name, f"{name}_owner") if kind == "service" else (name,):
            (passwords / f"{role}_password").write_text(f"{role}\n")
    reached = {"PGHOST": address.hostname or "", "PGPORT": str(address.port), "PGPASSWORD": address.password or ""}
    given = {"POSTGRES_USER": address.username or "postgres", "SECRETS_DIR": str(passwords)}
    environment = os.environ | reached | given
    environment["PATH"] = f"{installed_programs()}:{environment['PATH']}"
    subprocess.run([str(_DEPLOYED / "init.sh")], env=environment, check=True, capture_output=True, timeout=60)
