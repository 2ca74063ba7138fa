"""How long one piece of work holds the event loop of a platform, in units of work that the same machine does meanwhile.

It is counted in processor time of the loop's thread, not by a clock: what the machine gives to others is nobody's hold.
"""

import asyncio
import gc
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clearway_platform.process.runtime import COLLECTED_AFTER
from clearway_platform.settings import Settings

from .served import Served

BEAT_SECONDS = 0.001
# The unit is the largest body, parsed: the least that an operation may have to do at once.
MOST_UNITS = 3.0
_TRIES = 3
_TIMES_PARSED = 5


class Holds:
    """The longest hold of what is asked, in units."""

    def __init__(self) -> None:
        self._unit = unit()
        self._longest = 0.0

    def of(self, ask: Callable[[], None]) -> float:
        """The longest hold while `ask` runs. One that seems too long is asked for again: what the platform needs it
        needs each time, and what its neighbours on the machine cost it they do not."""
        for _ in range(_TRIES):
            self._longest = 0.0
            ask()
            if self._longest <= MOST_UNITS * self._unit:
                break
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
    for _ in range(_TIMES_PARSED):
        begun = time.thread_time()
        json.loads(body)
        taken.append(time.thread_time() - begun)
    return min(taken)


@contextmanager
def watched(platform: Served) -> Iterator[Holds]:
    """Watch the loop of a platform. What the tests themselves hold in memory is not collected meanwhile, nor while the
    unit is measured: it is not the platform's. Garbage is looked for as often as where the platform serves."""
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(*COLLECTED_AFTER)
    holds = Holds()
    watching = platform.begin(holds.watch())
    try:
        yield holds
    finally:
        watching.cancel()
        gc.set_threshold(*thresholds)
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
