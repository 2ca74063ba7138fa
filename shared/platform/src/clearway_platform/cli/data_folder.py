"""The folders of the files, before any of them is opened: they are made, closed to other users, and tried."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import typer
from sqlalchemy.engine import make_url

from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.process.data_folder import OpenToOthers, close_to_others
from clearway_platform.settings import Settings

_SQLITE: Final = b"SQLite format 3\0"
_ANOTHER: Final = "Choose another folder with --data or CLEARWAY_DATA_DIR."
_PROBLEMS: Final = {
    errno.EACCES: "this user may not write to it. Give the user write access, or choose another folder with --data.",
    errno.EPERM: "this user may not write to it. Give the user write access, or choose another folder with --data.",
    errno.EROFS: f"its file system is read-only. {_ANOTHER}",
    errno.ENOSPC: f"the disk is full. Free some space. {_ANOTHER}",
    errno.EDQUOT: f"the disk quota is used up. Free some space. {_ANOTHER}",
    errno.ENOTDIR: f"a part of the path is a file. {_ANOTHER}",
    errno.EEXIST: f"it is a file, not a folder. {_ANOTHER}",
}


def prepare(settings: Settings, databases: Iterable[str], *, keeps_files: bool) -> None:
    """Create the folders, and close them to other users of the machine: what was open is said. Raises Misconfigured
    when files cannot be written to them, or when they are open and this user may not change that.

    `keeps_files`: the process writes files of its own to the data folder, beside those of the databases.
    """
    files = [path for name in databases if (path := database_file(settings, name)) is not None]
    if settings.broker_url is None:
        files.append(settings.data_dir / "log.db")
    folders = [path.parent for path in files] + ([settings.data_dir] if keeps_files else [])
    for folder in dict.fromkeys(folders):
        _make_writable(folder)
        _close(folder)
    for path in files:
        _check_database(path)


def require_database(settings: Settings, name: str, remedy: str) -> None:
    """Raise Misconfigured, with `remedy`, if the database's file does not exist: opening would create it."""
    path = database_file(settings, name)
    if path is not None and not path.exists():
        raise Misconfigured(
            f"{path} does not exist. Name the data folder with --data or CLEARWAY_DATA_DIR. {remedy}".rstrip()
        )


def database_file(settings: Settings, name: str) -> Path | None:
    """The file of a service's database, or of the keys'; None when it is on a server."""
    url = make_url(settings.database_url(name))
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
    except OSError as error:
        problem = _PROBLEMS.get(error.errno or 0, f"{error.strerror}. {_ANOTHER}")
        raise Misconfigured(f"The data folder {folder} cannot be used: {problem}") from error


def _close(folder: Path) -> None:
    try:
        if closed := close_to_others(folder):
            typer.echo(closed, err=True)
    except OpenToOthers as error:
        raise Misconfigured(str(error)) from error


def _check_database(path: Path) -> None:
    if not path.exists():
        return
    try:
        with path.open("rb+") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise Misconfigured(f"{path} cannot be used: {error.strerror}. Give this user write access to it.") from error
    if head not in (b"", _SQLITE):
        raise Misconfigured(f"{path} is not a Clearway database. Move it away, or choose another folder with --data.")
