"""A file that one process locks for as long as it lives: the system releases the lock when it ends, even by a crash.

It is a POSIX lock: it is there on Linux and macOS, not on Windows itself.
"""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class LockFile:
    """Taken by one process, and in a process by one of these."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: TextIO | None = None

    def take(self) -> bool:
        """False while another one has it. Taken twice it stays taken."""
        if self._lock is not None:
            return True
        lock = self._path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return True

    def owner(self) -> str:
        """The process that has it, as it wrote down itself."""
        return self._path.read_text().strip() or "unknown"

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
