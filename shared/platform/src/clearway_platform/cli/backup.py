"""`clearway backup` and `clearway restore`: all stored data, as of one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.backup.manifest import Manifest
from clearway_platform.backup.recording import record_backup
from clearway_platform.backup.restoring import Restore, prepare, put_back
from clearway_platform.backup.source import BackupError
from clearway_platform.backup.taking import take
from clearway_platform.cli.configuration import DataFolder, read_own_settings, read_settings
from clearway_platform.cli.failures import fail
from clearway_platform.cli.people import this_user
from clearway_platform.process.runtime import TOPIC_SPECS
from clearway_platform.service import Files, installed_services, migrations_of
from clearway_platform.settings import Settings

Result = TypeVar("Result")
_KEYS: Final = "keys"
_NEEDS_KEYS: Final = (
    "The secrets of webhooks in it are sealed with the keys {keys}. Without them no webhook can be signed: put them in "
    "CLEARWAY_SECRETS_KEY, in CLEARWAY_SECRETS_KEY_FILE, or in secrets.key of the data folder. `clearway secrets show` "
    "says whether they are there."
)


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder. It will hold secrets: protect it.")],
    data: DataFolder = None,
) -> None:
    """Back up all stored data, as of one moment. Clearway keeps running meanwhile."""
    settings = read_settings(data_dir=data)
    kept = _files(settings)
    manifest = _run(_taken(settings, folder, _folders(kept)))
    size = sum(part.size for part in manifest.parts)
    typer.echo(f"Backed up as of {manifest.moment:%Y-%m-%d %H:%M:%S} UTC, {size:,} bytes, checked:")
    for part in manifest.parts:
        typer.echo(f"  {folder / part.file}")
    if manifest.sealed_with:
        typer.echo(
            f"The secrets of webhooks in it are sealed. Keep the keys elsewhere: {', '.join(manifest.sealed_with)}"
        )
    for files in kept.values():
        if files.folder is None:
            if files.elsewhere is None:
                typer.echo(f"Not in it: {files.are}. None are kept by these settings; the service's own count.")
            else:
                typer.echo(f"Not in it: {files.are}. Copy {files.elsewhere} too, after this backup.")


async def _taken(settings: Settings, folder: Path, folders: Mapping[str, Path]) -> Manifest:
    """The audit says before that data leave, so that the backup itself says so."""
    await record_backup(settings, this_user())
    return await take(settings, list(_migrations()), folder, folders)


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `clearway backup` created.")],
    check: Annotated[
        bool, typer.Option("--check", help="Check the backup and list what it would replace. Change nothing.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the existing data, which is then lost.")] = False,
    data: DataFolder = None,
) -> None:
    """Restore a backup. Stop Clearway first. Stream clients must resync afterwards."""
    settings = read_settings(data_dir=data)
    found = _run(prepare(settings, folder, _migrations(), _folders(_files(settings), there=False)))
    manifest = found.manifest
    typer.echo(f"The backup is complete: Clearway {manifest.program}, as of {manifest.moment:%Y-%m-%d %H:%M:%S} UTC.")
    if manifest.sealed_with:
        typer.echo(_NEEDS_KEYS.format(keys=", ".join(manifest.sealed_with)))
    _print_replaced(found, replace=replace, check=check)
    if not check:
        _run(put_back(settings, found, TOPIC_SPECS))
        typer.echo("Restored. Run `clearway migrate`, then start Clearway.")


def _print_replaced(found: Restore, *, replace: bool, check: bool) -> None:
    if not found.replaces:
        return
    typer.echo("It would replace this data:" if check or not replace else "It replaces this data:")
    for part in found.replaces:
        typer.echo(f"  {part}")
    if not (check or replace):
        fail("Nothing was changed. Add --replace to replace this data.")


def _files(settings: Settings) -> dict[str, Files]:
    """Where the services keep files, by their names."""
    services = {name: service for name, service in installed_services().items() if service.files is not None}
    own = read_own_settings(services.values())
    return {name: service.files(settings, own[name]) for name, service in services.items() if service.files is not None}


def _folders(kept: Mapping[str, Files], *, there: bool = True) -> dict[str, Path]:
    """The folders among them; with `there` those that exist."""
    named = {name: files.folder for name, files in kept.items() if files.folder is not None}
    return {name: folder for name, folder in named.items() if folder.is_dir() or not there}


def _migrations() -> dict[str, Path]:
    return {_KEYS: KEYS_MIGRATIONS} | migrations_of(installed_services().values())


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except BackupError as error:
        fail(str(error), code=1)
