"""What the stream of alerts can be narrowed to."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from clearway_alerts.api.dependencies import Reader
from clearway_alerts.domain.errors import NoSuchSubscription
from clearway_alerts.queries.subscriptions import has_subscription
from clearway_platform.messaging.feed import FeedEntry
from clearway_platform.web.access import platform_of
from clearway_platform.web.stream.client import Matches


async def of_subscription(
    request: Request,
    principal: Reader,
    subscription_id: Annotated[UUID | None, Query(description="Only alerts of this subscription.")] = None,
) -> Matches | None:
    """Whether an alert is of the subscription that was asked for; None when none was. Raises 404 for an unknown one:
    silence would look like safety."""
    if subscription_id is None:
        return None
    async with platform_of(request).database.of(principal.mission).read() as connection:
        if not await has_subscription(connection, principal.mission, subscription_id):
            raise NoSuchSubscription(subscription_id)
    # An alert names one subscription, and a quote inside a text of its JSON is escaped: this stands nowhere else.
    # To parse each event for each client would cost a hundred times as much.
    named = f'"subscription_id":"{subscription_id}"'

    def matches(entry: FeedEntry) -> bool:
        return named in entry.json

    return matches
