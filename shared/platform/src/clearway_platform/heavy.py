"""Computation that would block the event loop: it runs in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class HeavyWork:
    """Runs functions one after another in one thread.

    It is not one of the loop's own threads, in which names of receivers are resolved: a slow function would delay a
    warning. One thread takes at most one processor.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, f"clearway-{name}")

    async def run(
        self, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """What `work` returns. After a cancellation of the caller it runs to its end, and its result is dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))
