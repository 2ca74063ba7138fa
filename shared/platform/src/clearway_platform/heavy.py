"""Long computations, in a thread of their own: they would block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class HeavyWork:
    """Runs functions one after another in one thread.

    It is not one of the loop's own threads, which resolve the names of webhook receivers: a slow function there would
    delay a warning. One thread uses at most one processor.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, f"clearway-{name}")

    async def run(self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """The result of `work`. When the caller is cancelled, `work` runs to its end and the result is dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))
