"""Databases that have their tables from the start: a service's migrations run once, and each test gets a copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from clearway_platform.database.migrations import upgrade
from clearway_testing.server import DatabaseServer, run_apart


@dataclass
class Templates:
    """Of the tests of one session. A migration takes longer than most tests."""

    folder: Path
    _files: dict[Path, Path] = field(default_factory=dict)
    _databases: dict[Path, str] = field(default_factory=dict)

    def copy_file(self, migrations: Path, to: Path) -> None:
        """Make a SQLite database at `to` with the tables that the scripts in `migrations` make."""
        if migrations not in self._files:
            made = self.folder / f"{uuid4().hex}.db"
            run_apart(upgrade(f"sqlite:///{made}", migrations))
            self._files[migrations] = made
        shutil.copyfile(self._files[migrations], to)

    def copy_database(self, server: DatabaseServer, migrations: Path, name: str) -> str:
        """Make a database `name` of PostgreSQL with the tables that the scripts in `migrations` make; its URL."""
        if migrations not in self._databases:
            template = f"template_{uuid4().hex}"
            run_apart(upgrade(server.create_database(template), migrations))
            self._databases[migrations] = template
        return server.create_database(name, self._databases[migrations])

    def drop_databases(self, server: DatabaseServer) -> None:
        while self._databases:
            server.drop_database(self._databases.popitem()[1])
