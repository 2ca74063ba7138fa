"""The order of the messages about one incident to one subscription, as the rows have it."""

from typing import Final

from sqlalchemy import and_, exists

from clearway_alerts.storage.tables import DELIVERY, is_pending

EARLIER: Final = DELIVERY.alias("earlier")
# About the same incident, and still to be sent to the same subscription.
IS_EARLIER: Final = and_(
    EARLIER.c.incident_id == DELIVERY.c.incident_id,
    EARLIER.c.subscription_id == DELIVERY.c.subscription_id,
    EARLIER.c.sequence < DELIVERY.c.sequence,
    is_pending(EARLIER),
)
IS_BEHIND: Final = exists().where(IS_EARLIER)
