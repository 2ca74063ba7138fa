"""Which Clearway of this machine answers at an address: it says so beside its first key, for as long as it runs.

The address is in a file that the process holds a lock on. So a file that was left behind by one that was killed says
nothing, and a key goes to no one but the process that made it: the lock is the system's word, not the network's.
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

KEY_FILE: Final = "admin.key"
ADDRESS_FILE: Final = "address"
DEMO_FOLDER: Final = "demo"
# Readers hold the lock for an instant; only another process of the same folder holds it for longer.
_TRIES: Final = 50
_PAUSE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Instance:
    """A Clearway that runs now: its data folder, and where it answers."""

    folder: Path
    address: str

    def key(self) -> str | None:
        """Its first key; None when it made none here. Raises Misconfigured when it may not be read."""
        return kept_key(self.folder)


@contextmanager
def announced(folder: Path, address: str) -> Iterator[None]:
    """Say, while the block lasts, that the process of this folder answers at `address`."""
    path = folder / ADDRESS_FILE
    with path.open("a+") as file:
        if _lock(file):
            file.truncate(0)
            file.write(address + "\n")
            file.flush()
        yield


def running_in(folder: Path) -> Instance | None:
    """The Clearway that runs on this folder; None when none does."""
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
    """The key that the first start left in the folder."""
    try:
        return (folder / KEY_FILE).read_text().strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(f"{folder / KEY_FILE} cannot be read: {error.strerror}. Give a key with --key.") from error


def _lock(file: TextIO) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    return False
