"""The platform on both engines, and a subscriber's receiver."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from clearway_testing.platforms import Platform, distributed_platform, embedded_platform
from clearway_testing.receiver import Receiver
from clearway_testing.server import DatabaseServer, Server


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres])])
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    """The platform, whole: the same story runs once on each engine."""
    async with AsyncExitStack() as stack:
        if request.param == "embedded":
            yield await embedded_platform(stack, tmp_path)
        else:
            kafka: Server = request.getfixturevalue("own_kafka_server")
            postgres: DatabaseServer = request.getfixturevalue("own_postgres_server")
            platform = await distributed_platform(
                stack, tmp_path, kafka.url, lambda: postgres.create_database(f"story_{uuid4().hex}")
            )
            platform.infrastructure = {"kafka": kafka, "postgres": postgres}
            yield platform


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as started:
        yield started
