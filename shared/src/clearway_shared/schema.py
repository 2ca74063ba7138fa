"""The schema that a database stands at, read without Alembic, which is loaded only when there is something to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from clearway_shared.database import Database

_VERSION: Final = table("alembic_version", column("version_num"))


async def bring_up_to_date(url: str, migrations: Path) -> None:
    """Bring the database at `url` to the newest of the scripts in `migrations`. Cheap when it is there already."""
    if await revision_of(url) != newest_revision(migrations):
        upgrade: Callable[[str, Path], Awaitable[None]] = resolve_name("clearway_shared.migrations:upgrade")
        await upgrade(url, migrations)


async def revision_of(url: str) -> str | None:
    """The revision at which the database stands; None when it has none."""
    database = Database(url, pool_size=1)
    try:
        async with database.read() as connection:
            return await connection.run_sync(_recorded_revision)
    finally:
        await database.close()


def newest_revision(migrations: Path) -> str:
    """The last of the scripts, each of which is named after its revision: `0002_what_it_does.py` is 0002."""
    return max(script.stem.partition("_")[0] for script in (migrations / "versions").glob("*.py"))


def _recorded_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()
