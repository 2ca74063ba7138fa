"""How long one piece of work holds the event loop of a platform, in units of work that the same machine does meanwhile.

It is counted in processor time of the loop's thread, not by a clock: what the machine gives to others is nobody's hold.
"""

import asyncio
import gc
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from clearway_platform.settings import Settings

from .served import Served

BEAT_SECONDS = 0.001
# The unit is the largest body, parsed: the least that an operation may have to do at once.
MOST_UNITS = 3.0
_TRIES = 5


class Holds:
    """The longest hold since `begin`, in units."""

    def __init__(self) -> None:
        self._unit = unit()
        self._longest = 0.0

    def begin(self) -> None:
        self._longest = 0.0

    @property
    def longest(self) -> float:
        return self._longest / self._unit

    async def watch(self) -> None:
        """Beat until cancelled. What the thread computed between two beats was, but for a millisecond, one piece."""
        while True:
            before = time.thread_time()
            await asyncio.sleep(BEAT_SECONDS)
            self._longest = max(self._longest, time.thread_time() - before)


def unit() -> float:
    """The processor seconds in which the largest body is parsed, of those that take longest: it is full of lists."""
    item = "[],"
    body = f"[{item * (Settings().max_body_bytes // len(item))}0]"
    taken = []
    for _ in range(_TRIES):
        begun = time.thread_time()
        json.loads(body)
        taken.append(time.thread_time() - begun)
    return min(taken)


@contextmanager
def watched(platform: Served) -> Iterator[Holds]:
    """Watch the loop of a platform. What the tests themselves hold in memory is not collected meanwhile: it is not the
    platform's."""
    holds = Holds()
    gc.collect()
    gc.freeze()
    watching = platform.begin(holds.watch())
    try:
        yield holds
    finally:
        watching.cancel()
        gc.unfreeze()


@contextmanager
def untraced() -> Iterator[None]:
    """The threads that start meanwhile are not traced. A tool that counts lines makes Python slower, and not the
    unit."""
    tracing = threading.gettrace()
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(tracing)
