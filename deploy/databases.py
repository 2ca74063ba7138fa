"""The databases and roles that PostgreSQL makes on an empty volume: a part of deploy/postgres/init.sh."""

from __future__ import annotations

from typing import Final

from deploy.topology import Topology

BEGIN: Final = "# From deploy/topology.toml, by `make contracts`:\n"
END: Final = "# Until here.\n"


def with_databases(script: str, topology: Topology) -> str:
    """The script, with a line for each service that has a database. Raises ValueError when a mark is missing."""
    before, begin, rest = script.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN!r} and {END!r} must both be there")
    lines = "".join(_line(service.name) for service in topology.services.values() if service.database)
    return f"{before}{begin}{lines}{end}{after}"


def password_variable(name: str) -> str:
    """The variable that holds the password of a role of PostgreSQL."""
    return f"{name.upper().replace('-', '_')}_PASSWORD"


def _line(name: str) -> str:
    return f'create {name} "${password_variable(name)}"\n'
