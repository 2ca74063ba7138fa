"""How long one piece of work holds the event loop, which all requests and all warnings of a process share."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from types import FrameType
from typing import Final

import structlog
from prometheus_client import Gauge, Histogram

log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 0.02
# A hold of this length is logged, with the place in the program: at most one in a minute.
LOGGED_SECONDS: Final = 0.25
WINDOW_SECONDS: Final = 60.0
_OURS: Final = "clearway_"

HOLDS = Histogram(
    "clearway_loop_hold_seconds",
    "How long the event loop was held, each time that it was looked at",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
LONGEST = Gauge("clearway_loop_longest_hold_seconds", "The longest hold of the event loop in the last minutes")


class Watchdog:
    """Beats on the loop: a beat that is late was held up by what ran before it."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._longest = self._longest_before = 0.0
        self._logged: float | None = None

    async def run(self) -> None:
        """Beat until cancelled."""
        witness = _Witness()
        witness.start()
        try:
            while True:
                asked = witness.beat = time.monotonic()
                await asyncio.sleep(BEAT_SECONDS)
                now = time.monotonic()
                self.held(max(now - asked - BEAT_SECONDS, 0.0), now, witness.seen)
                witness.seen = None
        finally:
            witness.ended.set()

    def held(self, seconds: float, now: float, place: str | None) -> None:
        """Take a hold into the figures; `place` is where it was seen."""
        HOLDS.observe(seconds)
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._longest_before, self._longest = now, self._longest, 0.0
        self._longest = max(self._longest, seconds)
        LONGEST.set(max(self._longest, self._longest_before))
        if seconds >= LOGGED_SECONDS and (self._logged is None or now - self._logged >= WINDOW_SECONDS):
            self._logged = now
            log.warning("loop_held", seconds=round(seconds, 2), place=place)


class _Witness(threading.Thread):
    """Looks from outside where the loop's thread is while a beat is late: inside, nothing runs then."""

    def __init__(self) -> None:
        super().__init__(name="clearway-watchdog", daemon=True)
        self.beat = time.monotonic()
        self.seen: str | None = None
        self.ended = threading.Event()
        self._loop_thread = threading.get_ident()

    def run(self) -> None:
        while not self.ended.wait(LOGGED_SECONDS / 2):
            if self.seen is None and time.monotonic() - self.beat > LOGGED_SECONDS / 2 + BEAT_SECONDS:
                self.seen = _place_of(sys._current_frames().get(self._loop_thread))  # noqa: SLF001 - documented


def _place_of(frame: FrameType | None) -> str | None:
    """The innermost line of Clearway's own that runs. No value of any variable."""
    while frame is not None:
        if (module := frame.f_globals.get("__name__", "")).startswith(_OURS):
            return f"{module}:{frame.f_code.co_qualname}:{frame.f_lineno}"
        frame = frame.f_back
    return None
