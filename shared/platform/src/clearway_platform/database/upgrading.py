"""A service brings its own database up to date when it starts."""

from __future__ import annotations

from pathlib import Path

from clearway_platform.database.schema import Schema, SchemaStatus, schema_at, schema_status


async def bring_up_to_date(name: str, url: str, migrations: Path) -> Schema:
    """Bring the database `name` at `url` to the newest of the scripts in `migrations`. Cheap when it is there already.

    Returns the schema that was found; a newer one stays. Raises SchemaTooNew when this program cannot run on it.
    """
    schema = await schema_at(url)
    if schema_status(name, schema, migrations) is SchemaStatus.OLDER:
        # Most starts migrate nothing, and a warning may wait for the start: Alembic takes a tenth of a second to load.
        from clearway_platform.database.migrations import upgrade  # noqa: PLC0415

        await upgrade(url, migrations)
    return schema
