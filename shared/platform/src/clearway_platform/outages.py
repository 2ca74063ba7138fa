"""Outages: that a part is away is logged once when it begins, from time to time while it lasts, and once when it ends.

What fails in between is counted. Like the metrics, the outages are those of the process: they share its log.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakSet

import structlog
from prometheus_client import Counter, Gauge

BROKER: Final = "broker"
DATABASE: Final = "database"
# While an outage lasts it is logged again this often.
AGAIN_SECONDS: Final = 300.0
# What fails without being tried again is logged this often, while no outage is.
ALONE_SECONDS: Final = 60.0
_ERROR_CHARACTERS: Final = 200

OUTAGE = Gauge("clearway_outage", "Whether a part is away, as this process sees it", ["part"])
FAILURES = Counter("clearway_outage_failures", "Attempts that failed because a part was away", ["part"])
_log = structlog.get_logger(__name__)


def brief(error: BaseException) -> str:
    """An error as one line: its class and the beginning of its text."""
    text = str(error).partition("\n")[0][:_ERROR_CHARACTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass
class _Open:
    """An outage that lasts. `waiting` is the work that has not succeeded since it failed; work that ended is gone."""

    begun: float
    logged: float
    failures: int = 0
    waiting: WeakSet[object] = field(default_factory=WeakSet)


class Outages:
    """By part: the broker, the database. `now` is in seconds, and never goes back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[str, _Open] = {}
        self._logged_alone: dict[str, float] = {}

    def failed(self, part: str, work: object, name: str, error: BaseException) -> None:
        """Work that is tried again has failed. `name` is how it is logged."""
        FAILURES.labels(part).inc()
        now, outage = self._now(), self._lasting(part)
        if outage is None:
            outage = self._open[part] = _Open(now, now)
            OUTAGE.labels(part).set(1)
            _log.warning("outage_begins", part=part, work=name, error=brief(error))
        elif now - outage.logged >= AGAIN_SECONDS:
            outage.logged = now
            _log.warning("outage_lasts", part=part, failures=outage.failures, seconds=round(now - outage.begun))
        outage.failures += 1
        outage.waiting.add(work)

    def failed_alone(self, part: str) -> bool:
        """Work that is not tried again has failed, such as a request. Whether it is worth a line."""
        FAILURES.labels(part).inc()
        outage = self._lasting(part)
        if outage is not None:
            outage.failures += 1
            return False
        now = self._now()
        if now - self._logged_alone.get(part, -ALONE_SECONDS) < ALONE_SECONDS:
            return False
        self._logged_alone[part] = now
        return True

    def succeeded(self, work: object) -> None:
        """The outages end in which no other work waits."""
        for part, outage in self._left(work):
            seconds = round(self._now() - outage.begun, 1)
            _log.warning("outage_ends", part=part, failures=outage.failures, seconds=seconds)

    def gave_up(self, work: object) -> None:
        """Work has ended without success. Where no other waits, nobody knows whether the outage is over."""
        self._left(work)

    def _left(self, work: object) -> list[tuple[str, _Open]]:
        """The outages for which no work waits any more."""
        left = []
        for part, outage in list(self._open.items()):
            if work in outage.waiting:
                outage.waiting.discard(work)
                if not outage.waiting:
                    self._close(part)
                    left.append((part, outage))
        return left

    def lasts(self, part: str) -> bool:
        return self._lasting(part) is not None

    def _lasting(self, part: str) -> _Open | None:
        outage = self._open.get(part)
        if outage is not None and not outage.waiting:  # all that waited has ended
            self._close(part)
            return None
        return outage

    def _close(self, part: str) -> None:
        del self._open[part]
        OUTAGE.labels(part).set(0)


OUTAGES: Final = Outages()
