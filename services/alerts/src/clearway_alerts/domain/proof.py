"""Whether the endpoint of a subscription proved that its owner controls it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

# A receiver is often started just after the subscription is made, because it needs the secret: early challenges
# follow each other closely.
CHALLENGE_AGAIN: Final = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)

ANSWER: Final = (
    "The endpoint must answer the message of type `challenge` with a status from 200 to 299 and the text of "
    "`data.challenge` alone."
)


class ProofState(StrEnum):
    """Pending: a challenge is due or under way. Failed: none is due until one is asked for."""

    PENDING = "pending"
    PROVED = "proved"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Proof:
    """`problem` is what was wrong with the answer to the last challenge; `next_at` is when the next is due, empty when
    it is due at once and when none is."""

    state: ProofState
    attempts: int
    challenged_at: datetime | None
    next_at: datetime | None
    problem: str | None

    def remedy(self, subscription_id: UUID) -> str | None:
        """What the subscriber does; None once it is proved."""
        if self.state is ProofState.PROVED:
            return None
        again = f"Another challenge is made at once by POST /v1/subscriptions/{subscription_id}/challenge."
        if self.state is ProofState.FAILED:
            return f"{ANSWER} No more challenges are made by themselves. {again}"
        return f"{ANSWER} {again}"


def next_challenge(attempts: int, now: datetime) -> datetime | None:
    """When the challenge after number `attempts` (1..) is due; None when none is left."""
    return now + CHALLENGE_AGAIN[attempts - 1] if attempts <= len(CHALLENGE_AGAIN) else None
