"""The files that a service keeps beside its database, as one archive.

They are copied after the moment of the databases. A file never changes, and is there before a row names it: so all that
the copied rows name are in the archive, but for what was removed meanwhile.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Final

from clearway_platform.backup.source import BackupError

ENGINE: Final = "tar"


def archive_name(service: str) -> str:
    return f"{service}-files.tar"


def has_files(folder: Path) -> bool:
    return any(True for _ in _files(folder))


def copy(folder: Path, archive: Path) -> None:
    """Write the files of a folder into an archive that is there, and empty."""
    with tarfile.open(archive, "w") as written:
        for path in _files(folder):
            try:
                written.add(path, str(path.relative_to(folder)), recursive=False)
            except FileNotFoundError:
                continue  # removed meanwhile
    with archive.open("rb") as content:
        os.fsync(content.fileno())


def check(service: str, archive: Path) -> None:
    """Raise BackupError unless the whole archive can be read."""
    try:
        with tarfile.open(archive) as found:
            found.getmembers()
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{archive.name}, the files of `{service}`, cannot be read.") from error


def put_back(archive: Path, folder: Path) -> None:
    """Make the folder hold what the archive has, and no other file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(archive) as kept:
        names = {folder / member.name for member in kept.getmembers()}
        kept.extractall(folder, filter=_closed)
    for path in list(_files(folder)):
        if path not in names:
            path.unlink()


def _closed(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """As Python takes an archive of data, for its owner alone. Raises a TarError for what would leave the folder."""
    return tarfile.data_filter(member, folder).replace(mode=0o600)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
