"""What `clearway backup` and `clearway restore` refuse, check and replace, on files; the whole is in tests/e2e."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from clearway_platform.backup.source import BackupError, at_one_moment
from clearway_platform.backup.sqlite import SqliteSource
from clearway_platform.cli.main import app
from clearway_platform.log import open_broker
from clearway_platform.process.runtime import TOPIC_SPECS
from clearway_testing.postgres import installed_programs

NAMES = {"keys", "incidents", "alerts", "analytics", "log"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder as a first start leaves it."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(folder))
    assert clearway("migrate").exit_code == 0

    async def make_log() -> None:
        broker = open_broker(None, folder)
        await broker.start()
        await broker.create_topics(TOPIC_SPECS)
        await broker.close()

    asyncio.run(make_log())
    (folder / "admin.key").write_text("cwk_0_first\n")
    return folder


@pytest.fixture
def kept(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    folder = tmp_path / "kept"
    done = clearway("backup", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def clearway(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def said(result: Result) -> str:
    return " ".join(result.output.split())


def epoch(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        (found,) = connection.execute("SELECT epoch FROM feed_head").fetchone()
    return str(found)


def test_a_backup_holds_everything_and_overwrites_nothing(kept: Path) -> None:
    parts = json.loads((kept / "manifest.json").read_text())["parts"]
    assert {part["name"] for part in parts} == NAMES | {"admin.key"}
    before = {file.name: file.read_bytes() for file in kept.iterdir()}
    again = clearway("backup", str(kept))
    assert again.exit_code == 1
    assert "exists already. A backup overwrites nothing. Choose a new name." in said(again)
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == before


def test_a_backup_holds_photos_and_brings_them_back(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, other = data / "attachments/unmx/ab/photo.jpg", data / "attachments/unmx/cd/later.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"a photo")
    folder = tmp_path / "with-photos"
    assert clearway("backup", str(folder)).exit_code == 0
    other.parent.mkdir()
    other.write_bytes(b"one that was sent after it")
    photo.unlink()
    refused = clearway("restore", str(folder))
    assert "the files of `incidents`" in said(refused)
    monkeypatch.setenv("CLEARWAY_ATTACHMENTS", "off")
    assert "name no folder for them" in said(clearway("restore", str(folder), "--replace"))
    monkeypatch.delenv("CLEARWAY_ATTACHMENTS")
    done = clearway("restore", str(folder), "--replace")
    assert done.exit_code == 0, done.output
    assert (photo.read_bytes(), photo.stat().st_mode & 0o077, other.exists()) == (b"a photo", 0, False)


def test_a_backup_says_what_is_not_in_it(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_ATTACHMENTS", "s3://photos/clearway?endpoint=https://store.example.org")
    done = clearway("backup", str(tmp_path / "without-photos"))
    assert "Not in it: the photos of incidents. Copy s3://photos/clearway too, after this backup." in said(done)
    monkeypatch.setenv("CLEARWAY_ATTACHMENTS", "off")
    assert "None are kept by these settings" in said(clearway("backup", str(tmp_path / "off")))


def test_a_backup_says_where_its_chains_end(data: Path, kept: Path) -> None:
    """The record of the backup itself is in it: the chain of no mission has one record, and its hash is in the file."""
    parts = json.loads((kept / "manifest.json").read_text())["parts"]
    [keys] = [part for part in parts if part["name"] == "keys"]
    with closing(sqlite3.connect(kept / keys["file"])) as connection:
        [(own,)] = connection.execute("SELECT hash FROM audit_record").fetchall()
    assert keys["chains"] == [{"table": "audit_head", "mission": "*", "records": 1, "hash": own}]
    assert all(part["chains"] == [] for part in parts if part["name"] != "keys")


def test_a_backup_that_fails_leaves_nothing(data: Path, tmp_path: Path) -> None:
    (data / "alerts.db").unlink()
    done = clearway("backup", str(tmp_path / "kept"))
    assert done.exit_code == 1
    assert f"There is no database at {data / 'alerts.db'}." in said(done)
    assert [path.name for path in tmp_path.iterdir() if "kept" in path.name] == []
    assert not (data / "alerts.db").exists()


def test_a_restore_says_what_it_would_replace_and_asks(data: Path, kept: Path) -> None:
    before = (data / "incidents.db").read_bytes()
    refused = clearway("restore", str(kept))
    assert refused.exit_code == 2
    assert said(refused).endswith("Nothing was changed. Add --replace to replace this data.")
    assert all(f"{data / name}.db" in said(refused) for name in NAMES)
    assert (data / "incidents.db").read_bytes() == before
    checked = clearway("restore", str(kept), "--check")
    assert checked.exit_code == 0
    assert (data / "incidents.db").read_bytes() == before


def test_a_restore_replaces_what_is_there_and_begins_another_feed(data: Path, kept: Path) -> None:
    before = epoch(data / "incidents.db")
    with closing(sqlite3.connect(data / "incidents.db")) as connection:
        connection.execute("CREATE TABLE came_later (id INTEGER)")
    done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 0, done.output
    assert epoch(data / "incidents.db") != before
    assert epoch(kept / "incidents.db") == before
    with closing(sqlite3.connect(data / "incidents.db")) as connection:
        assert connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'came_later'").fetchone() is None
    assert {file.stat().st_mode & 0o777 for file in data.glob("*.db")} == {0o600}
    assert (data / "admin.key").read_text() == "cwk_0_first\n"


@pytest.mark.parametrize("damage", ["a byte", "a file", "the manifest", "no backup at all"])
def test_a_damaged_backup_is_not_restored(data: Path, kept: Path, damage: str) -> None:
    match damage:
        case "a byte":
            with (kept / "alerts.db").open("r+b") as file:
                file.seek(5000)
                file.write(b"\xff")
            reason = "alerts.db has changed"
        case "a file":
            (kept / "alerts.db").unlink()
            reason = "alerts.db is missing"
        case "the manifest":
            (kept / "manifest.json").write_text("{}")
            reason = "it is damaged, or of another version"
        case _:
            kept = data
            reason = "is not a complete backup"
    done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 1
    assert reason in said(done)


def test_a_restore_waits_for_clearway_to_be_stopped(data: Path, kept: Path) -> None:
    async def while_it_runs() -> Result:
        broker = open_broker(None, data)
        await broker.start()
        try:
            return await asyncio.to_thread(clearway, "restore", str(kept), "--replace")
        finally:
            await broker.close()

    done = asyncio.run(while_it_runs())
    assert done.exit_code == 2
    assert f"in use by process {os.getpid()}" in said(done)


def test_a_database_that_somebody_has_open_is_not_replaced(data: Path, kept: Path) -> None:
    with closing(sqlite3.connect(data / "keys.db")) as connection:
        connection.execute("SELECT count(*) FROM api_key").fetchone()
        done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 1
    assert f"`keys` at {data / 'keys.db'} is in use. Stop Clearway first." in said(done)


def test_a_backup_of_a_newer_schema_names_the_versions(data: Path, kept: Path) -> None:
    manifest = json.loads((kept / "manifest.json").read_text())
    for part in manifest["parts"]:
        if part["name"] == "alerts":
            part["made"] = {"revision": "0099", "compatible_from": "0099", "program": "9.0.0"}
    (kept / "manifest.json").write_text(json.dumps(manifest))
    done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 2
    assert "Database `alerts` has schema 0099, made by Clearway 9.0.0." in said(done)


def test_a_backup_goes_back_to_the_engine_it_came_from(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_ALERTS_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/alerts")
    done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 1
    assert "The backup of `alerts` is of sqlite, and the settings name postgresql." in said(done)
    monkeypatch.delenv("CLEARWAY_ALERTS_DATABASE_URL")
    monkeypatch.setenv("CLEARWAY_BROKER_URL", "kafka://127.0.0.1:9")
    done = clearway("restore", str(kept), "--replace")
    assert "The backup is of the embedded log, and CLEARWAY_BROKER_URL is set. Unset it." in said(done)


async def test_no_database_is_waited_for_while_another_is_held(data: Path) -> None:
    """A writer of the second one needs the first to finish: whoever waited would wait for ever."""
    sources = [SqliteSource(name, data / f"{name}.db") for name in ("incidents", "alerts")]
    for source in sources:
        await source.open()
    with closing(sqlite3.connect(data / "alerts.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        fixing = asyncio.create_task(at_one_moment(sources, nothing))
        for _ in range(20):
            await asyncio.sleep(0.01)
            with closing(sqlite3.connect(data / "incidents.db", isolation_level=None, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
        assert not fixing.done()
        writer.execute("ROLLBACK")
        async with asyncio.timeout(30):
            await fixing
    for source in sources:
        await source.close()


async def nothing() -> None:
    return


async def test_a_copy_shows_the_moment_though_writers_go_on(data: Path, tmp_path: Path) -> None:
    source = SqliteSource("incidents", data / "incidents.db")
    await source.open()
    await at_one_moment([source], nothing)
    with closing(sqlite3.connect(data / "incidents.db", isolation_level=None)) as writer:
        writer.execute("UPDATE feed_head SET last_position = 7")
        writer.execute("PRAGMA wal_checkpoint(FULL)")
    copy = tmp_path / "copy.db"
    copy.touch()
    await source.copy(copy)
    await source.close()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT last_position FROM feed_head").fetchone() == (0,)
    with pytest.raises(BackupError, match="There is no database"):
        await SqliteSource("incidents", tmp_path / "nowhere.db").open()


@pytest.fixture
def on_postgres(data: Path, new_postgres_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The keys and the alerts are in PostgreSQL, whose own programs are at hand. Returns the URL of the alerts."""
    monkeypatch.setenv("PATH", os.pathsep.join((str(installed_programs()), os.environ["PATH"])))
    urls = {name: new_postgres_url() for name in ("KEYS", "ALERTS")}
    for name, url in urls.items():
        monkeypatch.setenv(f"CLEARWAY_{name}_DATABASE_URL", url)
    assert clearway("migrate").exit_code == 0
    return urls["ALERTS"]


@pytest.mark.postgres
def test_postgres_is_replaced_only_when_asked_and_unused(on_postgres: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert clearway("backup", str(kept)).exit_code == 0
    refused = clearway("restore", str(kept))
    assert refused.exit_code == 2
    assert "database `alerts` at postgresql://" in said(refused)

    async def while_connected() -> tuple[Result, Result]:
        connection = await asyncpg.connect(on_postgres)
        try:
            await connection.execute("CREATE TABLE came_later (id INTEGER)")
            check = await asyncio.to_thread(clearway, "restore", str(kept), "--check")
            return check, await asyncio.to_thread(clearway, "restore", str(kept), "--replace")
        finally:
            await connection.close()

    checked, in_use = asyncio.run(while_connected())
    assert checked.exit_code == 0
    assert in_use.exit_code == 1
    assert "Database `alerts` is in use (connections: 1). Stop Clearway's services first." in said(in_use)
    done = clearway("restore", str(kept), "--replace")
    assert done.exit_code == 0, done.output
    assert asyncio.run(tables_of(on_postgres)) >= {"alembic_version", "clearway_schema", "outbox"}
    assert "came_later" not in asyncio.run(tables_of(on_postgres))


async def tables_of(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


@pytest.mark.postgres
def test_without_pg_dump_it_says_what_to_install(
    on_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = clearway("backup", str(tmp_path / "kept"))
    assert done.exit_code == 1
    assert "pg_dump is not installed. Install PostgreSQL's client programs" in said(done)
