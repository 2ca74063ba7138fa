"""Waiting for what will come back: retries without end, ever further apart, so that work keeps its order."""

from collections.abc import AsyncIterator, Callable
from typing import Final

import stamina

from clearway_shared.broker.base import BrokerUnavailable
from clearway_shared.database import is_transient

FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 5.0
# Processes that lost the same part must not come back to it in the same moment.
JITTER_SECONDS: Final = 0.1


def will_come_back(error: Exception) -> bool:
    """Whether the same work may succeed later: the database or the broker is away."""
    return isinstance(error, BrokerUnavailable) or is_transient(error)


def patiently(on: Callable[[Exception], bool] = will_come_back) -> AsyncIterator[stamina.Attempt]:
    """Attempts until one succeeds or raises what `on` does not accept: `async for attempt in …: with attempt: …`."""
    return stamina.retry_context(
        on=on,
        attempts=None,
        timeout=None,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    )
