"""Long computations: in threads of their own, or in parts between which the event loop goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Item = TypeVar("Item")
Result = TypeVar("Result")

# A part of a long computation on the loop. Giving way costs a twentieth of a millisecond.
PART_SECONDS: Final = 0.003


class HeavyWork:
    """Runs functions in one thread, one after another, or in a few.

    They are not the loop's own threads, which resolve the names of webhook receivers: a slow function there would
    delay a warning. A thread uses at most one processor.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, f"clearway-{name}")

    async def run(self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """The result of `work`. When the caller is cancelled, `work` runs to its end and the result is dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))


async def of_each(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`work` of each item, in order, in parts: for what takes microseconds an item, of which there may be many."""
    found, begun = [], time.perf_counter()
    for item in items:
        found.append(work(item))
        if time.perf_counter() - begun >= PART_SECONDS:
            await asyncio.sleep(0)
            begun = time.perf_counter()
    return found


async def in_parts(items: Iterable[Item]) -> AsyncIterator[Item]:
    """Each item, in order, in parts: for what waits for nothing between two of them, of which there may be many."""
    begun = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - begun >= PART_SECONDS:
            await asyncio.sleep(0)
            begun = time.perf_counter()
