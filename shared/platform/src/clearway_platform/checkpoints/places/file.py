"""Checkpoints as the lines of a file, best on another machine's disk or on one that can only be appended to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from clearway_platform.checkpoints.places.place import PlaceError
from clearway_platform.checkpoints.statement import Signed
from clearway_platform.heavy import HeavyWork

Result = TypeVar("Result")


class FilePlace:
    """Each checkpoint is appended, and on the disk before it counts as written."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._disk = HeavyWork("checkpoint-file")

    @property
    def name(self) -> str:
        return f"file:{self.path}"

    async def write(self, checkpoints: Sequence[Signed]) -> None:
        await self._in_thread(lambda: self._append("".join(f"{one.line}\n" for one in checkpoints)))

    async def read(self) -> Sequence[str] | None:
        return await self._in_thread(self._lines)

    def _append(self, text: str) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "a+b") as file:
            # A line that a crash cut off must not join the next one.
            if file.seek(0, os.SEEK_END) and not self._ends_a_line(file.fileno(), file.tell()):
                text = "\n" + text
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def _ends_a_line(self, descriptor: int, size: int) -> bool:
        return os.pread(descriptor, 1, size - 1) == b"\n"

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await self._disk.run(work)
        except OSError as error:
            raise PlaceError(f"{self.path}: {error.strerror or type(error).__name__}") from error
