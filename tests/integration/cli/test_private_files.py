"""What the program writes is its own user's alone, whatever the machine allows by default; what was open is closed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Program, Up

OTHERS = 0o077


@pytest.fixture(autouse=True)
def _open_by_default() -> Iterator[None]:
    """As on most machines: what a program makes, all users may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(*folders: Path) -> dict[str, int]:
    """The folders and all that is in them, by name."""
    found = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in found}


def open_to_others(*folders: Path) -> list[str]:
    return [name for name, mode in modes(*folders).items() if mode & OTHERS]


def test_what_a_running_platform_writes_is_closed(program: Program, up: Up) -> None:
    data, backup = program.folder / "data", program.folder / "monday"
    up()
    made = program.run("backup", str(backup))
    assert made.returncode == 0, made.stderr
    assert {"keys.db", "incidents.db", "log.db", "admin.key", "keys.db-wal"} <= modes(data).keys()
    assert open_to_others(data, backup) == []


def test_databases_are_closed_from_the_first_byte(program: Program) -> None:
    made = program.run("migrate")
    assert made.returncode == 0, made.stderr
    assert "keys.db" in modes(program.folder / "data")
    assert open_to_others(program.folder / "data") == []


@pytest.mark.parametrize("command", ["migrate keys", "keys create --mission unmx --new-mission --role operator"])
def test_what_was_left_open_is_closed_and_said_in_one_line(command: str, program: Program) -> None:
    data = program.folder / "data"
    assert program.run("migrate").returncode == 0
    for path in (data, *data.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    said = [line for line in program.run(*command.split()).stderr.splitlines() if "could read" in line]
    assert len(said) == 1
    assert said[0].startswith("Other users of this machine could read ")
    assert said[0].endswith("Clearway has removed their access.")
    assert open_to_others(data) == []
    assert "could read" not in program.run("migrate", "keys").stderr


def test_a_start_mends_it_too(program: Program, up: Up) -> None:
    data = program.folder / "data"
    assert program.run("migrate").returncode == 0
    (data / "incidents.db").chmod(0o644)
    data.chmod(0o755)
    started, _ = up()
    assert started.err.read_text().count("could read") == 1
    assert open_to_others(data) == []


def test_a_database_beside_the_data_folder_is_closed_as_well(program: Program) -> None:
    place = program.folder / "elsewhere" / "keys.db"
    place.parent.mkdir()
    named = {"CLEARWAY_KEYS_DATABASE_URL": f"sqlite:///{place}"}
    assert program.run("migrate", "keys", **named).returncode == 0
    place.chmod(0o644)
    assert "could read" in program.run("migrate", "keys", **named).stderr
    assert open_to_others(place.parent) == []


def test_a_folder_that_is_not_ours_to_close_is_refused_with_what_to_do(program: Program) -> None:
    data = program.folder / "data"
    data.mkdir()
    data.chmod(0o1777)
    refused = program.run("up", "--port", "0")
    assert refused.returncode == 2
    [said] = refused.stderr.splitlines()
    assert "CLEARWAY_DATA_DIR" in said
    assert f"chmod go= {data.name}" in said
