"""A subscription: who wants to be warned of what, where, and by which way."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from clearway_alerts.domain.areas import Area
from clearway_shared.auth import Principal, Role
from clearway_shared.events.alerts import Severity
from clearway_shared.events.vocabulary import Category, HazardState, InfoCredibility, SourceReliability, Status, Tlp

# What a subscriber who names no category is warned of: `other` only on request.
EXPLOSIVE_HAZARDS: Final = frozenset(Category) - {Category.OTHER}


class Accuracy(StrEnum):
    """Whether the reported point must lie inside, or its circle of uncertainty may merely touch the area."""

    CONTAINS = "contains"
    INTERSECTS_UNCERTAINTY = "intersects_uncertainty"


class SubscriptionState(StrEnum):
    """Paused and disabled subscriptions go on collecting alerts; their deliveries wait until it is resumed."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class MinimumGrade:
    """The worst grade that is let through; F and 6 (cannot be judged) never are."""

    reliability: SourceReliability | None = None
    credibility: InfoCredibility | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which incidents. An empty set of statuses or hazard states means all of them."""

    area: Area
    accuracy: Accuracy = Accuracy.INTERSECTS_UNCERTAINTY
    categories: frozenset[Category] = EXPLOSIVE_HAZARDS
    min_severity: Severity = Severity.MINOR
    statuses: frozenset[Status] = frozenset()
    hazard_states: frozenset[HazardState] = frozenset()
    min_grade: MinimumGrade = field(default_factory=MinimumGrade)
    tlp_max: Tlp = Tlp.RED


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    url: str


@dataclass(frozen=True, slots=True)
class StreamChannel:
    """The alert stream and the list: nothing is sent."""


Channel: TypeAlias = WebhookChannel | StreamChannel


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as its mission sees it; its secrets are not in it."""

    id: UUID
    mission: str
    owner: str
    name: str
    filter: Filter
    channel: Channel
    state: SubscriptionState
    state_reason: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    public_key: str | None

    def may_be_changed_by(self, principal: Principal) -> bool:
        return principal.id == self.owner or principal.role in {Role.OPERATOR, Role.ADMIN}
