"""The order of the messages about one incident to one subscription, as the rows have it."""

from typing import Final

from sqlalchemy import exists

from clearway_alerts.storage.tables import DELIVERY, is_pending

_EARLIER: Final = DELIVERY.alias("earlier")
# Something earlier about the same incident is still to be sent to the same subscription.
IS_BEHIND: Final = exists().where(
    _EARLIER.c.incident_id == DELIVERY.c.incident_id,
    _EARLIER.c.subscription_id == DELIVERY.c.subscription_id,
    _EARLIER.c.sequence < DELIVERY.c.sequence,
    is_pending(_EARLIER),
)
