"""The Clearway that runs on a data folder, and its address, which it announces in a file of the folder.

The process holds a lock on the file while it runs, so the file of a killed process is ignored. A key is sent only to
the process of its folder: the operating system vouches for the lock, the network for nothing.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from clearway_platform.cli.configuration import Misconfigured

DEFAULT_URL: Final = "http://127.0.0.1:8080"
KEY_FILE: Final = "admin.key"
ADDRESS_FILE: Final = "address"
DEMO_FOLDER: Final = "demo"
# Readers hold the lock for a moment; only another process of the same folder holds it longer.
_TRIES: Final = 50
_PAUSE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Instance:
    """A running Clearway: its data folder and address."""

    folder: Path
    address: str

    def key(self) -> str | None:
        """Its first key; None if the folder has none. Raises Misconfigured if it cannot be read."""
        return kept_key(self.folder)


@contextmanager
def announced(folder: Path, address: str) -> Iterator[None]:
    """Announce, during the block, that the process of this folder answers at `address`."""
    path = folder / ADDRESS_FILE
    with path.open("a+") as file:
        if _lock(file):
            file.truncate(0)
            file.write(address + "\n")
            file.flush()
        yield


def running_in(folder: Path) -> Instance | None:
    """The Clearway that runs on the folder, or None."""
    try:
        with (folder / ADDRESS_FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                address = file.read().strip()
                return Instance(folder, address) if address else None
    except OSError:
        return None
    return None


def kept_key(folder: Path) -> str | None:
    """The key that the first start wrote to the folder, or None."""
    try:
        return (folder / KEY_FILE).read_text().strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(f"{folder / KEY_FILE} cannot be read: {error.strerror}. Set a key with --key.") from error


def _lock(file: TextIO) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False
