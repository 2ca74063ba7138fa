"""Waiting for what will come back: retries without end, ever further apart, so that work keeps its order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from clearway_shared.broker.base import BrokerUnavailable
from clearway_shared.database import is_transient

Result = TypeVar("Result")

FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 5.0
# Processes that lost the same part must not come back to it in the same moment.
JITTER_SECONDS: Final = 0.1


def will_come_back(error: Exception) -> bool:
    """Whether the same work may succeed later: the database or the broker is away."""
    return isinstance(error, BrokerUnavailable) or is_transient(error)


async def patiently(work: Callable[[], Awaitable[Result]], on: Callable[[Exception], bool] = will_come_back) -> Result:
    """Do `work` until it succeeds, or raises what `on` does not accept. `on` is asked once of each failure."""
    try:
        return await work()
    except Exception as error:
        if not on(error):
            raise
    await asyncio.sleep(FIRST_WAIT_SECONDS)
    return await _again(work, on)


async def _again(work: Callable[[], Awaitable[Result]], on: Callable[[Exception], bool]) -> Result:
    attempts = stamina.retry_context(
        on=on,
        attempts=None,
        timeout=None,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    )
    async for attempt in attempts:
        with attempt:
            return await work()
    raise AssertionError("there is no last attempt")
