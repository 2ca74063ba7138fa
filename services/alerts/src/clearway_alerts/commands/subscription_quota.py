"""How many subscriptions a key and its mission may have: each incident is matched against all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, func, select

from clearway_alerts.settings import AlertsSettings
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.limiting.quotas import Quota, QuotaUsedUp, Standing

_RETRY_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class SubscriptionQuota:
    """Asked in the transaction that makes a subscription."""

    of_key: Quota
    of_mission: Quota

    @classmethod
    def from_settings(cls, settings: AlertsSettings) -> SubscriptionQuota:
        return cls(
            Quota("key-subscriptions", settings.key_subscriptions, "subscriptions of this key", "key_subscriptions"),
            Quota(
                "mission-subscriptions",
                settings.mission_subscriptions,
                "subscriptions of this mission",
                "mission_subscriptions",
            ),
        )

    async def check(self, transaction: Transaction, principal: Principal) -> None:
        """Raises QuotaUsedUp when there is no room for one more. The mission's subscriptions are locked by its version,
        so that two requests at once do not take the same room."""
        own = func.count(case((SUBSCRIPTION.c.owner == principal.id, 1)))
        query = select(own.label("own"), func.count().label("all")).where(
            SUBSCRIPTION.c.mission == principal.mission, SUBSCRIPTION.c.deleted_at.is_(None)
        )
        there = (await transaction.connection.execute(query)).one()
        for quota, count in ((self.of_key, there.own), (self.of_mission, there.all)):
            if quota.most and count >= quota.most:
                raise QuotaUsedUp(Standing(quota, 0), _RETRY_SECONDS, "Delete one that is not needed, then repeat.")
