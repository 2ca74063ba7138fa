"""What a policy is asked about, and what it may answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_contracts.vocabulary import AlertKind, Severity


class Cause(StrEnum):
    """Why it is asked when a message is due."""

    NEW = "new"
    ATTEMPT_FAILED = "attempt_failed"
    # The subscription was paused, disabled, resumed or deleted.
    SUBSCRIPTION_CHANGED = "subscription_changed"
    # The endpoint answers again after it had failed.
    RECOVERED = "recovered"
    # A later alert about the same incident waits behind the message.
    LATER_ALERT = "later_alert"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Message:
    """An alert on its way to a subscription, or a test message, which has no alert. `due_at` is its present plan."""

    delivery_id: UUID
    subscription_id: UUID
    due_at: datetime
    attempts: int
    incident_id: UUID | None = None
    alert_kind: AlertKind | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """How the last attempt failed. `chance` in [0, 1) spreads the next one."""

    is_gone: bool
    chance: float
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at `now`. `is_behind`: an earlier message about the same incident is not finished."""

    now: datetime
    cause: Cause
    subscription: SubscriptionState
    state_reason: str | None = None
    is_deleted: bool = False
    was_held: bool = False
    is_behind: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class SendAt:
    """Send at this time, or as soon after it as there is a slot. `in_turn`: not before what is said earlier about the
    incident."""

    at: datetime
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Do not send until the subscription changes or the policy is asked again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Never send."""

    reason: str


Verdict: TypeAlias = SendAt | Hold | Drop
# A stage gets what the stages before it have decided, and returns that or its own verdict.
Stage: TypeAlias = Callable[[Message, Known, SendAt], Verdict]
