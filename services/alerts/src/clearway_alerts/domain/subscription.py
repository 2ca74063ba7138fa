"""A subscription: what it lets through, in which state it is, and who may change it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from clearway_alerts.domain.areas import Area
from clearway_contracts.vocabulary import (
    Category,
    HazardState,
    Inclusion,
    InfoCredibility,
    Severity,
    SourceReliability,
    Status,
    Tlp,
)
from clearway_platform.auth.principals import Principal, Role

# What a subscriber who names no category is warned of.
EXPLOSIVE_HAZARDS: Final = frozenset(Category) - {Category.NOT_EXPLOSIVE}


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
    exercises: Inclusion = Inclusion.EXCLUDE
    sources: Inclusion = Inclusion.INCLUDE


def may_change(owner: str, principal: Principal) -> bool:
    """Its owner may, with its key or the one that is replaced by it, and the operators and administrators of the
    mission."""
    return owner in principal.keys or principal.role in {Role.OPERATOR, Role.ADMIN}
