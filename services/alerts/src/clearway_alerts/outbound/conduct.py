"""How an endpoint has answered lately: by that it gets slots."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from clearway_alerts.channels.base import AttemptResult

# So many messages of one endpoint are on their way at the same time.
PER_ENDPOINT: Final = 8
SLOW_MS: Final = 5_000.0


class Conduct(StrEnum):
    """An endpoint that was not tried yet answers, until it is known better."""

    ANSWERS = "answers"
    SLOW = "slow"
    FAILS = "fails"

    @property
    def is_suspect(self) -> bool:
        """It may hold a slot for the whole time limit of an attempt."""
        return self is not Conduct.ANSWERS


# What fails is tried with one message at a time: the others would fail as well.
AT_ONCE: Final[Mapping[Conduct, int]] = {
    Conduct.ANSWERS: PER_ENDPOINT,
    Conduct.SLOW: PER_ENDPOINT,
    Conduct.FAILS: 1,
}


def conduct_in(result: AttemptResult) -> Conduct:
    """What one attempt shows."""
    if not result.is_delivered:
        return Conduct.FAILS
    return Conduct.SLOW if result.duration_ms >= SLOW_MS else Conduct.ANSWERS
