"""A consumer is listed by its topics: documents and backups rest on that."""

from typing import cast

import pytest

from clearway_contracts.topics import INCIDENTS, ROUTE_RISK
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.log.base import Broker
from clearway_platform.messaging.consumer import Consumer
from clearway_platform.messaging.dead_letters import DeadLetters


def test_a_consumer_that_a_topic_does_not_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"route-risk\.v1 does not list the consumer 'analytics'.*topics\.py"):
        Consumer(
            name="analytics",
            topics=[INCIDENTS, ROUTE_RISK],
            handlers={},
            broker=cast(Broker, None),
            database=cast(Database, None),
            dead_letters=cast(DeadLetters, None),
            clock=SystemClock(),
        )
