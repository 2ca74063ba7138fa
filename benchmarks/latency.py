"""Latencies and what is told of them. All in milliseconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle, the slow twentieth and hundredth and the worst of `count` latencies, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Self | None:
        """None without at least two latencies: nothing can be said."""
        return cls.of_many(milliseconds) if len(milliseconds) > 1 else None

    @classmethod
    def of_many(cls, milliseconds: Sequence[float]) -> Self:
        """Of two latencies at least."""
        cuts = quantiles(milliseconds, n=100, method="inclusive")
        return cls(len(milliseconds), cuts[49], cuts[94], cuts[98], max(milliseconds))


async def timed(operation: Callable[[], Awaitable[object]], count: int, *, every: float = 0.0) -> list[float]:
    """The milliseconds of `count` runs, one after the other; with `every`, one each so many seconds.

    A machine that is left idle between two runs takes longer for each: its caches are cold and its cores asleep.
    """
    for _ in range(10):
        await operation()
    latencies = []
    for _ in range(count):
        begun = time.perf_counter()
        await operation()
        latencies.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(max(0.0, begun + every - time.perf_counter()))
    return latencies
