"""The audit holds that a backup was made: all data leave with it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url

from clearway_platform.audit.chain import append
from clearway_platform.audit.records import NO_MISSION, Entry, RecordKind
from clearway_platform.audit.tables import RECORDS
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.settings import Settings

_KEYS: Final = "keys"


async def record_backup(settings: Settings, actor: str) -> None:
    """Nothing where the database is older than the audit, or is not there: a backup is made before an upgrade, too."""
    if not _is_there(settings):
        return
    database = Database(settings.database_url(_KEYS), pool_size=1)
    try:
        async with database.of_every_mission("a backup is of all missions").write() as transaction:
            if await transaction.connection.run_sync(_has_audit):
                entry = Entry(NO_MISSION, RecordKind.EXPORTED, SystemClock().now(), actor, "backup")
                await append(transaction, [entry])
    finally:
        await database.close()


def _is_there(settings: Settings) -> bool:
    """Whether there is a database: opening SQLite's would make a file."""
    url = make_url(settings.database_url(_KEYS))
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def _has_audit(connection: Connection) -> bool:
    return inspect(connection).has_table(RECORDS.name)
