"""The table of the services that run apart: deploy/topology.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearway_platform.service import Service
from clearway_platform.settings import PREFIX, Settings, database_variable

FILE: Final = Path(__file__).parent / "topology.toml"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A service as it is deployed.

    `needs` are the parts of the deployment without which it does not start; `settings` those of its own that an
    operator sets there; `secret_settings` those that are a file of this service alone, and must be there. `files` is
    the one that names the folder of its files, if it has any.
    """

    name: str
    mounts: tuple[str, ...]
    database: bool
    memory: str
    needs: tuple[str, ...]
    settings: tuple[str, ...]
    secret_settings: tuple[str, ...]
    files: str | None = None

    @property
    def document(self) -> str:
        """Where it serves its OpenAPI document."""
        return f"/openapi/{self.name}.json"

    @property
    def image(self) -> str:
        return f"clearway-{self.name}"

    @property
    def passwords(self) -> tuple[str, ...]:
        """The files that hold the passwords of its roles of PostgreSQL: the owner's, and that with which it runs."""
        return (f"{self.name}_owner_password", f"{self.name}_password")

    @property
    def owner_address(self) -> str:
        """The file that holds the address of its database for the role that owns it, and migrates it."""
        return f"{self.name}_owner_database_url"

    @property
    def address(self) -> str:
        """The file that holds the same address for the role with which it runs."""
        return f"{self.name}_database_url"

    @property
    def secret_files(self) -> Mapping[str, str]:
        """The files that hold its secret settings, by the setting."""
        return {name: f"{self.name}_{name.removeprefix(PREFIX).lower()}" for name in self.secret_settings}

    @property
    def databases(self) -> tuple[str, ...]:
        """The variables that name its databases: its own, if it has one, and the directory of keys."""
        return (*([database_variable(self.name)] if self.database else []), database_variable("keys"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of Kubernetes that hold the addresses of those databases."""
        return (*([f"{self.name}-database"] if self.database else []), "keys-reader-database")

    @property
    def owner_secret(self) -> str:
        """The secret of Kubernetes that holds the address of its database for the role that owns it."""
        return f"{self.name}-owner-database"


@dataclass(frozen=True, slots=True)
class Topology:
    """All services, by name, and the port that each listens on."""

    port: int
    services: Mapping[str, Deployed]

    @property
    def stored(self) -> tuple[Deployed, ...]:
        """The services that have a database."""
        return tuple(row for row in self.services.values() if row.database)


def read(file: Path = FILE) -> Topology:
    """The table. Raises TypeError for an entry with a field too many or too few."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return Topology(table["port"], {name: _deployed(name, **row) for name, row in sorted(table["services"].items())})


def _deployed(
    name: str,
    *,
    mounts: list[str],
    database: bool,
    memory: str,
    needs: list[str],
    settings: list[str],
    secret_settings: list[str],
    files: str | None = None,
) -> Deployed:
    return Deployed(name, tuple(mounts), database, memory, tuple(needs), tuple(settings), tuple(secret_settings), files)


def differences(topology: Topology, installed: Iterable[Service]) -> Iterator[str]:
    """How the table differs from the services themselves, in sentences."""
    services = {service.name: service for service in installed}
    for name in sorted(services.keys() ^ topology.services.keys()):
        where = (
            "is in the table and not installed" if name in topology.services else "is installed and not in the table"
        )
        yield f"{name} {where}."
    for name in sorted(services.keys() & topology.services.keys()):
        yield from _of_one(topology.services[name], services[name])


def _of_one(row: Deployed, service: Service) -> Iterator[str]:
    if set(row.mounts) != set(service.mounts):
        yield f"{row.name} mounts {', '.join(sorted(service.mounts))}; the table has {', '.join(sorted(row.mounts))}."
    if row.database != (service.storage is not None):
        yield f"{row.name} has {'a' if service.storage else 'no'} database; the table says otherwise."
    fields = service.settings.model_fields if service.settings is not None else ()
    own = {f"CLEARWAY_{field.upper()}" for field in (*fields, *Settings.model_fields)}
    if unknown := {*row.settings, *row.secret_settings, *([] if row.files is None else [row.files])} - own:
        yield f"{row.name} has no setting {', '.join(sorted(unknown))}."
