"""`clearway migrate`: schemas brought up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.auth.keys.privileges import grant_writes_to_readers
from clearway_platform.cli.configuration import DataFolder, Misconfigured, read_settings
from clearway_platform.cli.data_folder import prepare
from clearway_platform.cli.signals import loading
from clearway_platform.database.row_security import row_security_of
from clearway_platform.database.schema import newer_schema_notice
from clearway_platform.database.upgrading import bring_up_to_date
from clearway_platform.service import installed_services, migrations_of
from clearway_platform.settings import Settings

KEYS: Final = "keys"
_RELAXED: Final = (
    "Database `{name}` does not keep the rows of missions apart yet. Run `clearway row-security on` once every process "
    "that uses it is of this version: an older one would then see no rows."
)


def migrate(
    database: Annotated[
        list[str] | None, typer.Argument(help="Services, or `keys`; by default all that are installed.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Migrate databases to their newest schema. Safe to repeat and to run twice at once. A newer schema is kept."""
    with loading():
        services = installed_services()
    scripts = {KEYS: KEYS_MIGRATIONS} | migrations_of(services.values())
    unknown = set(database or ()) - set(scripts)
    if unknown:
        raise Misconfigured(f"There is no database {', '.join(sorted(unknown))}. Databases: {', '.join(scripts)}.")
    chosen = {name: scripts[name] for name in database or scripts}
    settings = read_settings(data_dir=data)
    prepare(settings, chosen, keeps_files=False)
    asyncio.run(_upgrade(chosen, settings))
    typer.echo(f"Up to date: {', '.join(chosen)}.")


async def _upgrade(scripts: Mapping[str, Path], settings: Settings) -> None:
    # Only the named databases: a user that may migrate a service's database need not have access to the keys.
    for name, folder in scripts.items():
        found = await bring_up_to_date(name, settings.database_url(name), folder)
        if notice := newer_schema_notice(name, found, folder):
            typer.echo(notice)
        if (rows := await row_security_of(settings.database_url(name))) and rows.relaxed:
            typer.echo(_RELAXED.format(name=name))
        if name == KEYS:
            await grant_writes_to_readers(settings.database_url(name))
