"""The databases and roles that PostgreSQL makes on an empty volume, and the example of their passwords."""

from __future__ import annotations

from deploy.parts import with_parts
from deploy.topology import Topology


def with_databases(script: str, topology: Topology) -> str:
    """deploy/postgres/init.sh, with a line for each service that has a database."""
    return with_parts(script, "".join(f'create {row.name} "${row.password}"\n' for row in topology.stored))


def with_passwords(example: str, topology: Topology) -> str:
    """deploy/example.env, with a password for each service that has a database."""
    return with_parts(example, "".join(f"{row.password}=replace-me\n" for row in topology.stored))
