"""Photos as files of a folder, each on the disk before it counts as kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from clearway_incidents.photos.stores.store import StoreError
from clearway_platform.heavy import HeavyWork

Result = TypeVar("Result")
_UNFINISHED: Final = ".unfinished"


class FolderStore:
    """obstore's LocalStore does not wait until the disk has what it wrote, so files are written here."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._disk = HeavyWork("photo-files", threads=2)

    async def put(self, address: str, content: bytes) -> None:
        await self._in_thread(lambda: self._write(self.folder / address, content))

    async def get(self, address: str) -> bytes | None:
        return await self._in_thread(lambda: _read(self.folder / address))

    async def delete(self, address: str) -> None:
        await self._in_thread(lambda: _remove(self.folder / address))

    def _write(self, path: Path, content: bytes) -> None:
        _make_folder(path.parent)
        unfinished = _unfinished(path)
        descriptor = os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        except OSError:
            unfinished.unlink(missing_ok=True)  # on a full disk too: what was written takes the room of others
            raise
        _fsync(path.parent)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await self._disk.run(work)
        except OSError as error:
            raise StoreError(error.strerror or type(error).__name__) from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    _unfinished(path).unlink(missing_ok=True)
    if path.exists():
        path.unlink()
        _fsync(path.parent)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _make_folder(folder: Path) -> None:
    """Each folder that is made is on the disk too, or the file in it would not be found after a power failure."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        _fsync(one.parent)


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
