"""One process owns the embedded log: its readers are woken in memory, and a second process would not be woken."""

from pathlib import Path

from clearway_platform.lock_file import LockFile
from clearway_platform.log.base import BrokerError


class LogInUse(BrokerError):
    """Another process, or another broker of this one, has the file open."""


class Ownership:
    """A lock file beside the log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lock = LockFile(log.with_suffix(".lock"))

    def take(self) -> None:
        """Raises LogInUse."""
        if not self._lock.take():
            raise LogInUse(
                f"{self._log} is in use by process {self._lock.owner()}. The embedded log serves one process: stop the "
                "other one, choose another CLEARWAY_DATA_DIR, or set CLEARWAY_BROKER_URL to share an Apache Kafka."
            )

    def release(self) -> None:
        self._lock.release()
