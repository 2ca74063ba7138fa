"""Makes a backup while Clearway runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from sqlalchemy.engine import make_url

from clearway_platform.backup import files, in_transit
from clearway_platform.backup.manifest import NAME, ChainEnd, Manifest, Part, described
from clearway_platform.backup.postgres import PostgresSource
from clearway_platform.backup.source import BackupError, Source, at_one_moment
from clearway_platform.backup.sqlite import SqliteSource
from clearway_platform.database.schema import PROGRAM
from clearway_platform.log import LOG_FILE, open_broker
from clearway_platform.log.base import Broker, Record
from clearway_platform.settings import Settings

LOG: Final = "log"
FIRST_KEY: Final = "admin.key"


async def take(
    settings: Settings, databases: Sequence[str], folder: Path, folders: Mapping[str, Path] = MappingProxyType({})
) -> Manifest:
    """Back up the named databases, the log or the events in transit on Kafka, and the files of services in `folders`,
    by their names, to a new folder.

    The folder gets its name once everything is written and checked. Raises BackupError, BrokerError.
    """
    unfinished = _begun(folder)
    try:
        manifest = await _take_into(settings, databases, unfinished, folders)
        _finish(unfinished, folder, manifest)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return manifest


def _begun(folder: Path) -> Path:
    """The folder under its temporary name."""
    if folder.exists():
        raise BackupError(f"{folder} exists already. A backup overwrites nothing. Choose a new name.")
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished.mkdir(mode=0o700)
    return unfinished


def _finish(unfinished: Path, folder: Path, manifest: Manifest) -> None:
    new_file(unfinished / NAME).write_text(manifest.model_dump_json(indent=2) + "\n")
    for file in (*unfinished.iterdir(), unfinished):
        _fsync(file)
    unfinished.rename(folder)
    _fsync(folder.parent)


def source_of(settings: Settings, name: str) -> Source:
    """The database of a service, or of the keys, from the settings."""
    url = settings.database_url(name)
    parsed = make_url(url)
    return (
        SqliteSource(name, Path(parsed.database or ""))
        if parsed.get_backend_name() == "sqlite"
        else PostgresSource(name, url)
    )


async def _take_into(
    settings: Settings, databases: Sequence[str], folder: Path, folders: Mapping[str, Path]
) -> Manifest:
    async with AsyncExitStack() as stack:
        sources = [source_of(settings, name) for name in databases]
        if settings.broker_url is None:
            sources.append(SqliteSource(LOG, settings.data_dir / LOG_FILE))
            moment = await _fix(stack, sources)
            rest: list[Part] = []
        else:
            broker = open_broker(settings.broker_url, settings.data_dir)
            stack.push_async_callback(broker.close)
            await broker.start()
            moment, records = await _fix_with_kafka(stack, sources, broker)
            rest = [_in_transit(folder, records)]
        parts = [await _copied(source, folder) for source in sources]
        rest += [_files(name, kept, folder) for name, kept in folders.items()]
        return Manifest(program=PROGRAM, moment=moment, parts=[*parts, *rest, *_first_key(settings, folder)])


async def _fix(stack: AsyncExitStack, sources: Sequence[Source]) -> datetime:
    for source in sources:
        stack.push_async_callback(source.close)
        await source.open()

    async def now() -> datetime:
        return datetime.now(UTC)

    return await at_one_moment(sources, now)


async def _fix_with_kafka(
    stack: AsyncExitStack, sources: Sequence[Source], broker: Broker
) -> tuple[datetime, list[Record]]:
    """Fix the databases and the end offsets of the topics at one moment, then read the records before those ends."""
    events = await in_transit.EventsInTransit.open(broker)
    stack.push_async_callback(events.close)
    for source in sources:
        stack.push_async_callback(source.close)
        await source.open()
    ends = await at_one_moment(sources, events.ends)
    moment = datetime.now(UTC)
    return moment, await events.read(ends)


async def _copied(source: Source, folder: Path) -> Part:
    schema = await source.schema()
    file = new_file(folder / f"{source.name}.{'db' if isinstance(source, SqliteSource) else 'dump'}")
    await source.copy(file)
    kind: Literal["log", "database"] = "log" if source.name == LOG else "database"
    ends = [ChainEnd(table=table, mission=of, records=count, hash=own) for table, of, count, own in await source.ends()]
    return described(source.name, kind, source.engine, file, schema, await source.sealed_with(), ends)


def _files(service: str, kept: Path, folder: Path) -> Part:
    archive = new_file(folder / files.archive_name(service))
    files.copy(kept, archive)
    return described(service, "files", files.ENGINE, archive)


def _in_transit(folder: Path, records: Sequence[Record]) -> Part:
    file = new_file(folder / "in-transit.jsonl")
    in_transit.write(file, records)
    return described("in-transit", "in_transit", "kafka", file)


def _first_key(settings: Settings, folder: Path) -> list[Part]:
    """The file with the key of the first start: commands on the machine use it."""
    kept = settings.data_dir / FIRST_KEY
    if not kept.is_file():
        return []
    new_file(folder / FIRST_KEY).write_bytes(kept.read_bytes())
    return [described(FIRST_KEY, "key", "file", folder / FIRST_KEY)]


def new_file(path: Path) -> Path:
    """An empty file for its owner alone."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
