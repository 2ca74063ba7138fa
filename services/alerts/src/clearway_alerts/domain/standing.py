"""What a subscription is told of a hazard that stands where it newly looks, or still stands where it looks."""

from datetime import datetime
from typing import Final

from clearway_alerts.domain.alert import Decision, DecisionKind, Told
from clearway_alerts.domain.renewal import renewed_from
from clearway_contracts.vocabulary import AlertKind

# More than so many at once are told in one digest.
MOST_SINGLE: Final = 10

FOUND: Final = "standing: reported before, and the hazard still stands inside the filter"
FOUND_AGAIN: Final = "standing: the hazard still stands, and is inside the filter again"
STILL_THERE: Final = "standing: the hazard still stands; said again before the last alert expires"
LAPSED: Final = "standing: the hazard still stands; the last alert has expired or is about to"


def decide_found(told: Told | None, expires_at: datetime | None, *, is_active: bool, now: datetime) -> Decision | None:
    """For a standing hazard inside the filter; None where the subscription knows of it. `expires_at` is the last
    alert's. An inactive subscription is told of what has lapsed when it is resumed, and not before."""
    if told is None or expires_at is None or told.kind is AlertKind.CANCELLED:
        return Decision(DecisionKind.ISSUED, FOUND)
    if not told.matched:
        return Decision(DecisionKind.RENEWED, FOUND_AGAIN)
    if is_active and renewed_from(expires_at) <= now:
        return Decision(DecisionKind.RENEWED, LAPSED)
    return None
