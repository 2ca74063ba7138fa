"""The schedule of retries, as a stage; and when an endpoint has failed for too long."""

from datetime import datetime, timedelta
from typing import Final

from clearway_alerts.policy.facts import Drop, Known, Message, SendAt, Verdict

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


def retry(message: Message, known: Known, verdict: SendAt) -> Verdict:
    """After a failed attempt: again by the schedule, until none is left or the receiver wants no more."""
    failure = known.failure
    if failure is None:
        return verdict
    if failure.is_gone:
        return Drop("the receiver wants no more")
    wait = next_wait(message.attempts, failure.chance, failure.retry_after)
    return Drop("no attempt is left") if wait is None else SendAt(known.now + wait)


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
