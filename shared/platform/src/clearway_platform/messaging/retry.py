"""Retries without end, with growing waits, while the database or the broker is away. Work keeps its order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from clearway_platform.database.engines import is_transient
from clearway_platform.log.base import BrokerError, BrokerUnavailable
from clearway_platform.outages import BROKER, DATABASE, OUTAGES, Outages

Result = TypeVar("Result")

FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 5.0
# Processes that lost the same server must not return to it at the same moment.
JITTER_SECONDS: Final = 0.1


def is_temporary(error: Exception) -> bool:
    """Whether the same work may succeed later: the database or the broker is away."""
    return isinstance(error, BrokerUnavailable) or is_transient(error)


def part_of(error: Exception) -> str:
    """The part that is away."""
    return BROKER if isinstance(error, BrokerError) else DATABASE


class Outage:
    """The part that work takes in the outages of its process. A single failure is none: the victim of a deadlock
    succeeds at once."""

    def __init__(self, work: str, outages: Outages = OUTAGES) -> None:
        self._work = work
        self._outages = outages
        self._failures = 0

    def note(self, error: Exception) -> None:
        """Count a failure."""
        self._failures += 1
        if self._failures > 1 and (isinstance(error, BrokerError) or is_temporary(error)):
            self._outages.failed(part_of(error), self, self._work, error)

    def end(self) -> None:
        """The work has succeeded."""
        if self._failures:
            self._failures = 0
            self._outages.succeeded(self)

    def give_up(self) -> None:
        """The work has ended without success."""
        self._failures = 0
        self._outages.gave_up(self)


async def retry_until_done(
    work: Callable[[], Awaitable[Result]],
    on: Callable[[Exception], bool] = is_temporary,
    outage: Outage | None = None,
) -> Result:
    """Call `work` until it succeeds, or raises an error that `on` does not accept. `on` is called once per failure.

    Long-running work gives its own `outage`, and ends it as soon as it runs.
    """
    try:
        return await work()
    except Exception as error:
        if not on(error):
            raise
        outage = outage or Outage(_name(work))
        outage.note(error)
    try:
        await asyncio.sleep(FIRST_WAIT_SECONDS)
        result = await _again(work, on, outage)
    except BaseException:
        outage.give_up()
        raise
    outage.end()
    return result


async def _again(work: Callable[[], Awaitable[Result]], on: Callable[[Exception], bool], outage: Outage) -> Result:
    def accepted(error: Exception) -> bool:
        if not on(error):
            return False
        outage.note(error)
        return True

    attempts = stamina.retry_context(
        on=accepted,
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


def _name(work: object) -> str:
    """`Relay.drain`, also of a partial."""
    name: str = getattr(getattr(work, "func", work), "__qualname__", type(work).__name__)
    return name.replace(".<locals>", "")
