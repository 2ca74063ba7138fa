"""Work that would hold up the event loop: it runs in a thread, and what must not wait has a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class HeavyWork:
    """Runs functions one after another in one thread, which begins with the first of them.

    Not the loop's own threads: names of receivers are looked up there, and a slow one would hold up a warning. One
    thread takes at most one processor, however much is asked at once.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, f"clearway-{name}")

    async def run(
        self, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """What `work` returns. It only computes: when its caller is cancelled, it runs to its end unheard."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))
