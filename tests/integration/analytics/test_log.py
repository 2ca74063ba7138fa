"""The service at work on a log: it takes incidents from it, each with effect once."""

from pathlib import Path
from uuid import UUID

import pytest

from clearway_analytics.commands.apply_incidents import ApplyIncidents
from clearway_analytics.consumers.incidents import incident_consumer
from clearway_analytics.ledger.routes import RouteIndex
from clearway_contracts.topics import TOPICS
from clearway_platform.heavy import HeavyWork
from clearway_platform.log.base import TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_testing.plumbing import eventually, message_of, running

from .desk import Desk, platform_on


@pytest.mark.timeout(60)
async def test_incidents_from_the_log_move_the_risk_once(
    desk: Desk, tmp_path: Path, route_id: UUID, incident_id: UUID
) -> None:
    broker = EmbeddedBroker(tmp_path / "log.db", clock=desk.clock)
    await broker.start()
    try:
        await broker.create_topics([TopicSpec(topic.name, topic.partitions, topic.retention_ms) for topic in TOPICS])
        platform = platform_on(desk, broker, tmp_path)
        await desk.put(route_id)
        reported = desk.event(incident_id, 1, 30.1, 5.0)
        verified = desk.event(incident_id, 2, 30.1, 5.0, status="verified")
        await broker.publish([message_of(event) for event in (reported, verified, reported, verified)])
        heavy = HeavyWork("ratings")
        consumer = incident_consumer(platform, ApplyIncidents(RouteIndex(heavy), desk.announcer, heavy))

        async def rated() -> bool:
            return [part.weight for part in (await desk.explained(route_id)).contributions] == [1.0]

        async with running(consumer.run):
            await eventually(rated)
        assert await desk.differences() == []
        assert await platform.dead_letters.due("analytics") == []
    finally:
        await broker.close()
