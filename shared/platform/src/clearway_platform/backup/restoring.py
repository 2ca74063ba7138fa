"""Restores a backup, while Clearway is stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy.engine import make_url

from clearway_platform.backup import files, in_transit, postgres, sqlite
from clearway_platform.backup import manifest as manifests
from clearway_platform.backup.manifest import Manifest, Part
from clearway_platform.backup.source import BackupError
from clearway_platform.backup.taking import FIRST_KEY, new_file
from clearway_platform.database.schema import schema_status
from clearway_platform.log import LOG_FILE, open_broker
from clearway_platform.log.base import TopicSpec
from clearway_platform.log.embedded.ownership import Ownership
from clearway_platform.settings import Settings

_EMBEDDED: Final = "log"
_KAFKA: Final = "in_transit"


@dataclass(frozen=True, slots=True)
class Restore:
    """A backup that was read and checked. `replaces`: the existing data that it would replace. `folders`: where the
    services keep their files."""

    folder: Path
    manifest: Manifest
    replaces: Sequence[str]
    folders: Mapping[str, Path]


async def prepare(
    settings: Settings,
    folder: Path,
    migrations: Mapping[str, Path],
    folders: Mapping[str, Path] = MappingProxyType({}),
) -> Restore:
    """Check the backup, whether it fits the settings and this program, and what it would replace.

    `migrations`: by database. `folders`: where services keep their files, by their names. Raises BackupError,
    SchemaTooNew.
    """
    manifest = manifests.read(folder)
    for part in manifest.of_kind("database"):
        if part.name not in migrations:
            raise BackupError(f"The backup holds `{part.name}`, which is not installed.")
        schema_status(part.name, part.made, migrations[part.name])
    wanted = _EMBEDDED if settings.broker_url is None else _KAFKA
    if not manifest.of_kind(wanted):
        raise BackupError(
            "The backup is of the embedded log, and CLEARWAY_BROKER_URL is set. Unset it."
            if settings.broker_url
            else "The backup is of a platform on Kafka. Set CLEARWAY_BROKER_URL."
        )
    for part in manifest.of_kind("files"):
        if part.name not in folders:
            raise BackupError(
                f"The backup holds the files of `{part.name}`, and its settings name no folder for them. Set it to one."
            )
    for part in manifest.parts:
        await _check(settings, folder, part)
    replaces = [found for part in manifest.parts if (found := await _in_the_way(settings, part, folders))]
    return Restore(folder, manifest, replaces, folders)


async def put_back(settings: Settings, restore: Restore, topics: Sequence[TopicSpec]) -> None:
    """Restore every part. It can be repeated after a failure. Raises BackupError, BrokerError."""
    if settings.broker_url is None:
        log = Ownership(settings.data_dir / LOG_FILE)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        log.take()
        try:
            await _put_files_back(settings, restore)
        finally:
            log.release()
        return
    broker = open_broker(settings.broker_url, settings.data_dir)
    try:
        await broker.start()
        await broker.create_topics(topics)
        await _put_files_back(settings, restore)
        for part in restore.manifest.of_kind(_KAFKA):
            await in_transit.put_back(broker, in_transit.read(restore.folder / part.file))
    finally:
        await broker.close()


async def _put_files_back(settings: Settings, restore: Restore) -> None:
    for part in restore.manifest.parts:
        if part.engine == sqlite.ENGINE:
            sqlite.require_unused(part.name, _path(settings, part))
        elif part.engine == postgres.ENGINE:
            await postgres.require_unused(part.name, settings.database_url(part.name))
    for part in restore.manifest.parts:
        file = restore.folder / part.file
        if part.engine == sqlite.ENGINE:
            sqlite.put_back(file, _path(settings, part))
        elif part.engine == postgres.ENGINE:
            await postgres.put_back(part.name, file, settings.database_url(part.name))
        elif part.kind == "files":
            files.put_back(file, restore.folders[part.name])
        elif part.kind == "key":
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            kept = settings.data_dir / FIRST_KEY
            kept.unlink(missing_ok=True)
            new_file(kept).write_bytes(file.read_bytes())


async def _check(settings: Settings, folder: Path, part: Part) -> None:
    """Raise BackupError if a part is damaged, or of another engine than in the settings."""
    if part.kind == "database":
        wanted = make_url(settings.database_url(part.name)).get_backend_name()
        if part.engine != wanted:
            raise BackupError(f"The backup of `{part.name}` is of {part.engine}, and the settings name {wanted}.")
    if part.engine == sqlite.ENGINE:
        sqlite.check(part.name, folder / part.file)
    elif part.engine == postgres.ENGINE:
        await postgres.check(part.name, folder / part.file)
    elif part.engine == files.ENGINE:
        files.check(part.name, folder / part.file)


async def _in_the_way(settings: Settings, part: Part, folders: Mapping[str, Path]) -> str | None:
    """The existing data that a part would replace, in words."""
    if part.kind == "files":
        folder = folders[part.name]
        return f"the files of `{part.name}` in {folder}" if files.has_files(folder) else None
    if part.engine == postgres.ENGINE:
        url = settings.database_url(part.name)
        taken = await postgres.has_tables(part.name, url)
        return f"database `{part.name}` at {make_url(url).render_as_string(hide_password=True)}" if taken else None
    if part.engine == "kafka":
        return None
    path = _path(settings, part)
    return f"`{part.name}` at {path}" if path.exists() else None


def _path(settings: Settings, part: Part) -> Path:
    match part.kind:
        case "log":
            return settings.data_dir / LOG_FILE
        case "key":
            return settings.data_dir / FIRST_KEY
        case _:
            return Path(make_url(settings.database_url(part.name)).database or "")
