"""The databases and roles of PostgreSQL, and their passwords."""

from __future__ import annotations

from deploy.parts import with_parts
from deploy.topology import Topology


def with_databases(script: str, topology: Topology) -> str:
    """deploy/postgres/init.sh, with a line for each service that has a database."""
    return with_parts(script, "".join(f"service {row.name}\n" for row in topology.stored))


def with_passwords(script: str, topology: Topology) -> str:
    """deploy/secrets.sh, with a line for each service that has a database."""
    return with_parts(script, "".join(f"service {row.name}\n" for row in topology.stored))
