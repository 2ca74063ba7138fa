"""When a delivery is tried again, and when an endpoint has failed for too long."""

from datetime import datetime, timedelta
from typing import Final

# After the first attempt, at once.
SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
JITTER: Final = 0.2
LONGEST_WAIT: Final = timedelta(hours=10)
DISABLE_AFTER: Final = timedelta(hours=120)


def next_wait(attempts: int, chance: float, retry_after: timedelta | None = None) -> timedelta | None:
    """How long to wait after attempt number `attempts` (1..) failed; None when none is left.

    `chance` in [0, 1) spreads the wait by ±20 %. A receiver may ask for longer, up to ten hours, never for sooner.
    """
    if attempts > len(SCHEDULE):
        return None
    wait = SCHEDULE[attempts - 1] * (1 + JITTER * (2 * chance - 1))
    return max(wait, min(retry_after, LONGEST_WAIT)) if retry_after else wait


def failed_too_long(failing_since: datetime, now: datetime) -> bool:
    return now - failing_since >= DISABLE_AFTER
