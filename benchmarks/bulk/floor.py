"""The floor: the rows that a run left, written again into empty tables by the bare driver.

The same rows, in the same groups, with the same indexes and the same durability: one `executemany` for each table, and
a commit. Nothing is parsed, validated, sealed or encoded; what the drivers need is made before the clock runs.
"""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import make_url

from clearway_incidents.api.bulk import GROUP
from clearway_incidents.main import STORAGE
from clearway_platform.database.binding import EVERY_MISSION, SETTING
from clearway_platform.database.migrations import upgrade

# The outbox is empty when all was published; the feed has what was in it.
TABLES: Final[Mapping[str, str]] = {
    "external_ref": "SELECT * FROM external_ref",
    "incident": "SELECT * FROM incident",
    "incident_revision": "SELECT * FROM incident_revision",
    "incident_text": "SELECT * FROM incident_text",
    "incident_words": "SELECT rowid, words FROM incident_words",
    "outbox": "SELECT 'incidents.v1' AS topic, subject AS key, data AS value, '' AS headers, event_id, mission, type, "
    "subject, time, published_at AS recorded_at FROM feed",
}

OF_POSTGRESQL: Final = {
    "incident_words": "SELECT doc, words::text AS words FROM incident_words",
    "outbox": TABLES["outbox"].replace(
        "subject AS key, data AS", "convert_to(subject, 'UTF8') AS key, convert_to(data, 'UTF8') AS"
    ),
}


async def floor(filled: str, empty: str) -> float:
    """The rows (incidents) a second of the bare driver. `filled` is the address of a database of incidents that a run
    filled, `empty` that of one without tables."""
    await upgrade(empty, STORAGE.migrations)
    if make_url(filled).get_backend_name() == "sqlite":
        return await asyncio.to_thread(_sqlite, str(make_url(filled).database), str(make_url(empty).database))
    return await _postgresql(filled, empty)


def _sqlite(filled: str, empty: str) -> float:
    with closing(sqlite3.connect(filled)) as source, closing(sqlite3.connect(empty, isolation_level=None)) as target:
        rows = {name: source.execute(query) for name, query in TABLES.items()}
        statements = {name: _insert(name, [one[0] for one in found.description], "?") for name, found in rows.items()}
        groups = _groups({name: found.fetchall() for name, found in rows.items()})
        target.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON")
        begun, written = time.perf_counter(), 0
        for group in groups:
            target.execute("BEGIN IMMEDIATE")
            for name, part in group.items():
                target.executemany(statements[name], part)
            target.execute("COMMIT")
            written += len(group["incident"])
        return written / (time.perf_counter() - begun)


async def _postgresql(filled: str, empty: str) -> float:
    source, target = await asyncpg.connect(_plain(filled)), await asyncpg.connect(_plain(empty))
    try:
        for connection in (source, target):
            await connection.execute("SELECT set_config($1, $2, false)", SETTING, EVERY_MISSION)
        found = {name: await source.fetch(query) for name, query in {**TABLES, **OF_POSTGRESQL}.items()}
        statements = {name: _insert(name, list(rows[0].keys()), "$") for name, rows in found.items() if rows}
        groups = _groups({name: [tuple(row) for row in rows] for name, rows in found.items()})
        begun, written = time.perf_counter(), 0
        for group in groups:
            async with target.transaction():
                for name, part in group.items():
                    await target.executemany(statements[name], part)
            written += len(group["incident"])
        return written / (time.perf_counter() - begun)
    finally:
        await source.close()
        await target.close()


def _insert(table: str, columns: Sequence[str], mark: str) -> str:
    values = ["?" if mark == "?" else f"${number}" for number in range(1, len(columns) + 1)]
    if mark == "$" and table == "incident_words":
        values[1] = "CAST($2::text AS tsvector)"
    named = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({named}) VALUES ({', '.join(values)})"


def _groups(rows: Mapping[str, Sequence[Any]]) -> list[dict[str, Sequence[Any]]]:
    """What each transaction writes; a table without rows is left out."""
    most = max(len(found) for found in rows.values())
    cut = (
        {name: found[start : start + GROUP] for name, found in rows.items() if found[start : start + GROUP]}
        for start in range(0, most, GROUP)
    )
    return [group for group in cut if "incident" in group]


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
