"""One process owns the embedded log: its readers are woken in memory, and a second process would not be woken."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from clearway_platform.log.base import BrokerError


class LogInUse(BrokerError):
    """Another process, or another broker of this one, has the file open."""


class Ownership:
    """A lock file beside the log. The system releases the lock when the process ends, even by a crash.

    It is a POSIX lock: the embedded log runs on Linux and macOS, not on Windows itself.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lock: TextIO | None = None

    def take(self) -> None:
        """Raises LogInUse."""
        lock = self._log.with_suffix(".lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise LogInUse(
                f"{self._log} is in use by process {owner}. The embedded log serves one process: stop the other one, "
                "choose another CLEARWAY_DATA_DIR, or set CLEARWAY_BROKER_URL to share an Apache Kafka."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
