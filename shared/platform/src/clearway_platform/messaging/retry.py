"""Retries without end, with growing waits, while the database or the broker is away. Work keeps its order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina
import structlog

from clearway_platform.database.engines import is_transient
from clearway_platform.log.base import BrokerError, BrokerUnavailable

Result = TypeVar("Result")

FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 5.0
# Processes that lost the same server must not return to it at the same moment.
JITTER_SECONDS: Final = 0.1
_ERROR_CHARACTERS: Final = 200

log = structlog.get_logger(__name__)


def is_temporary(error: Exception) -> bool:
    """Whether the same work may succeed later: the database or the broker is away."""
    return isinstance(error, BrokerUnavailable) or is_transient(error)


class Outage:
    """The log lines of work that fails: one when it begins to wait, and one when it continues.

    A single failure is not logged: the victim of a deadlock succeeds at once.
    """

    def __init__(self, work: str) -> None:
        self._work = work
        self._failures = 0
        self._begun = 0.0
        self._logged = False

    def note(self, error: Exception) -> None:
        """Count a failure, and log the second one."""
        if not self._failures:
            self._begun = time.monotonic()
        self._failures += 1
        if self._failures > 1 and not self._logged and (isinstance(error, BrokerError) or is_temporary(error)):
            self._logged = True
            log.warning("work_waits", work=self._work, error=brief(error))

    def end(self) -> None:
        """End the outage, and log its end if it was logged."""
        if self._logged:
            seconds = round(time.monotonic() - self._begun, 1)
            log.warning("work_goes_on", work=self._work, failures=self._failures, seconds=seconds)
        self._failures, self._logged = 0, False


def brief(error: Exception) -> str:
    """An error as one line: its class and the beginning of its text."""
    text = str(error).partition("\n")[0][:_ERROR_CHARACTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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
    await asyncio.sleep(FIRST_WAIT_SECONDS)
    result = await _again(work, on, outage)
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
