"""Kafka behind TLS and a password, as a mission runs it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from clearway_platform.log import open_broker
from clearway_platform.log.base import Broker, BrokerUnavailable, Message, TopicSpec
from clearway_platform.log.kafka import broker as kafka_broker
from clearway_platform.log.kafka.sessions import REMEDY
from clearway_testing.kafka_secured import PASSWORD, SecuredKafka
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.plumbing import eventually
from clearway_testing.sources import running_secured_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

Connect = Callable[[str], Awaitable[Broker]]


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredKafka]:
    with skipped_when_unavailable(), running_secured_kafka() as server:
        yield server


@pytest.fixture
async def connect(tmp_path: Path, secured: SecuredKafka) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as brokers:

        async def connected(url: str) -> Broker:
            broker = open_broker(url, tmp_path)
            brokers.push_async_callback(broker.close)
            await broker.start()
            return broker

        yield connected
    # Both sides say good-bye at the end of a TLS connection. The loop must not close before.
    await eventually(partial(hung_up, urlsplit(secured.url).port))


async def hung_up(port: int | None) -> bool:
    """Whether this process has no connection to the broker any more."""
    assert port
    return all(not one.raddr or one.raddr.port != port for one in psutil.Process().net_connections("tcp"))


async def answers(broker: Broker) -> bool:
    try:
        await broker.check()
    except BrokerUnavailable:
        return False
    return True


async def test_everything_goes_through_the_secured_listener(secured: SecuredKafka, connect: Connect) -> None:
    broker = await connect(secured.url)
    # The first handshake can take a cold broker on a busy machine longer than a check waits.
    await eventually(partial(answers, broker))
    await broker.create_topics([TopicSpec("secured", partitions=1, retention_ms=None)])
    await broker.publish([Message("secured", b"key", b"value")])
    async with await broker.reader(["secured"], group="secured") as reader:
        (records,) = (await reader.fetch(timeout=30)).values()
        assert [record.value for record in records] == [b"value"]
        await reader.commit({records[0].source: 1})


async def test_brokers_that_refuse_short_sessions_get_longer_ones_and_it_is_said_once(
    secured: SecuredKafka, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await connect(secured.url)
    await eventually(partial(answers, broker))
    await broker.create_topics([TopicSpec("sessions", partitions=1, retention_ms=None)])
    for group in ("first", "second"):
        async with await broker.reader(["sessions"], group=group) as reader:
            assert len(reader.assignment()) == 1
    said = [record.message for record in caplog.records if record.name == kafka_broker.__name__]
    assert said == [REMEDY]


async def test_a_wrong_password_is_refused_and_not_quoted(secured: SecuredKafka, connect: Connect) -> None:
    broker = await connect(secured.url_for(PASSWORD + "x", secured.authority))
    with pytest.raises(BrokerUnavailable) as caught:
        await broker.check()
    assert PASSWORD not in str(caught.value)


async def test_a_broker_that_nobody_vouches_for_is_not_spoken_to(secured: SecuredKafka, connect: Connect) -> None:
    broker = await connect(secured.url_for(PASSWORD, None))
    with pytest.raises(BrokerUnavailable):
        await broker.check()
