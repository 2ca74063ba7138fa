"""Kafka killed, away and back: nothing that was acknowledged is lost, and nobody has to restart."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber

from clearway_platform.log import open_broker
from clearway_platform.log.base import BrokerUnavailable, LogReader, Message, Record, TopicSpec
from clearway_platform.log.kafka.address import KafkaAddress
from clearway_platform.log.kafka.broker import KafkaBroker
from clearway_platform.log.kafka.cluster import KafkaCluster
from clearway_testing.server import LOOPBACK, Server, free_port

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

PATIENCE_SECONDS = 90.0


# Joins a group, reads everything, commits nothing, says so, and stays.
READER = """
import asyncio, sys
from pathlib import Path
from clearway_platform.log import open_broker

async def main(url, topic, group):
    broker = open_broker(url, Path())
    await broker.start()
    reader = await broker.reader([topic], group=group)
    while True:
        if await reader.fetch(timeout=1.0):
            print("read", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def kafka(own_kafka_server: Server, tmp_path: Path) -> AsyncIterator[KafkaBroker]:
    broker = open_broker(own_kafka_server.url, tmp_path)
    assert isinstance(broker, KafkaBroker)
    await broker.start()
    yield broker
    await broker.close()


async def publish_until_acknowledged(broker: KafkaBroker, message: Message) -> int:
    """Repeat as the relay does; returns how many tries it took."""
    tries = 1
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await broker.publish([message])
            except BrokerUnavailable:
                tries += 1
                await asyncio.sleep(0.2)
            else:
                return tries


async def read_until(reader: LogReader, wanted: Callable[[list[Record]], bool]) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not wanted(records):
            for batch in (await reader.fetch(timeout=0.5)).values():
                records.extend(batch)
    return records


async def test_kill_9_while_producing_loses_nothing(kafka: KafkaBroker, own_kafka_server: Server) -> None:
    await kafka.create_topics([TopicSpec("t", partitions=2, retention_ms=None)])
    count = 300
    halfway = asyncio.Event()

    async def produce() -> None:
        for number in range(count):
            await publish_until_acknowledged(kafka, Message("t", b"key", b"%d" % number))
            if number == count // 3:
                halfway.set()

    async def break_it() -> None:
        await halfway.wait()
        await asyncio.to_thread(own_kafka_server.kill)
        await asyncio.to_thread(own_kafka_server.start)

    async with await kafka.reader(["t"], group="during") as reader, asyncio.TaskGroup() as tasks:
        tasks.create_task(produce())
        tasks.create_task(break_it())
        # The reader that was there before the crash sees everything, too.
        records = await read_until(reader, lambda found: bool(found) and found[-1].value == b"%d" % (count - 1))
    first_seen = list(dict.fromkeys(record.value for record in records))
    assert first_seen == [b"%d" % number for number in range(count)]


async def test_a_broker_that_is_away_is_told_in_time_and_used_when_it_is_back(
    kafka: KafkaBroker, own_kafka_server: Server
) -> None:
    await kafka.create_topics([TopicSpec("t", partitions=1, retention_ms=None)])
    await kafka.publish([Message("t", b"key", b"before")])
    await asyncio.to_thread(own_kafka_server.kill)
    for _ in range(2):
        async with asyncio.timeout(30):
            with pytest.raises(BrokerUnavailable):
                await kafka.publish([Message("t", b"key", b"during")])
    async with asyncio.timeout(30):
        with pytest.raises(BrokerUnavailable):
            await kafka.check()
        with pytest.raises(BrokerUnavailable):
            await kafka.reader(["t"], group=None)
    await asyncio.to_thread(own_kafka_server.start)
    await publish_until_acknowledged(kafka, Message("t", b"key", b"after"))
    await kafka.check()
    async with await kafka.reader(["t"], group=None) as reader:
        records = await read_until(reader, lambda found: bool(found) and found[-1].value == b"after")
    assert records[0].value == b"before"


async def test_a_crowd_of_publishers_asks_once_for_a_topic(
    kafka_url: str, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer lists every topic of the cluster: thousands of them at once take longer than a publisher waits."""
    asked: list[Sequence[str]] = []
    partitions = KafkaCluster.partitions

    async def counted(cluster: KafkaCluster, topics: Sequence[str]) -> Mapping[str, int]:
        asked.append(topics)
        return await partitions(cluster, topics)

    topic, broker = unique("crowd"), KafkaBroker(KafkaAddress.parse(kafka_url))
    await broker.start()
    await broker.create_topics([TopicSpec(topic, partitions=1, retention_ms=None)])
    monkeypatch.setattr(KafkaCluster, "partitions", counted)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(broker.publish([Message(topic, b"%d" % number, b"value")]))
    await broker.close()
    assert asked == [[topic]]


async def test_starting_does_not_need_a_broker() -> None:
    broker = KafkaBroker(KafkaAddress.parse(f"kafka://{LOOPBACK}:{free_port()}"))
    async with asyncio.timeout(30):
        await broker.start()
        with pytest.raises(BrokerUnavailable):
            await broker.publish([Message("t", b"key", b"value")])
        with pytest.raises(BrokerUnavailable):
            await broker.check()
        await broker.close()


async def test_a_broken_sequence_is_survived_with_a_new_producer(
    kafka_url: str, unique: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = unique("sequence")
    broker = KafkaBroker(KafkaAddress.parse(kafka_url))
    await broker.start()
    await broker.create_topics([TopicSpec(topic, partitions=1, retention_ms=None)])
    await broker.publish([Message(topic, b"key", b"one")])
    # As if a batch in the middle had been lost: the broker refuses what comes after the gap.
    assert broker._producer is not None  # noqa: SLF001 - nothing public can lose a batch
    producer = await broker._producer.get()  # noqa: SLF001
    for partition in list(producer._txn_manager._sequence_numbers):  # noqa: SLF001
        producer._txn_manager.increment_sequence_number(partition, 7)  # noqa: SLF001
    with pytest.raises(BrokerUnavailable) as caught:
        await broker.publish([Message(topic, b"key", b"two")])
    assert isinstance(caught.value.__cause__, OutOfOrderSequenceNumber)
    await broker.publish([Message(topic, b"key", b"two")])
    async with await broker.reader([topic], group=None) as reader:
        records = await read_until(reader, lambda found: len(found) == 2)
    assert [record.value for record in records] == [b"one", b"two"]
    await broker.close()


async def test_a_reader_that_was_killed_is_replaced(
    kafka_url: str, unique: Callable[[str], str], tmp_path: Path
) -> None:
    topic, group = unique("takeover"), unique("group")
    broker = open_broker(kafka_url, tmp_path)
    await broker.start()
    await broker.create_topics([TopicSpec(topic, partitions=2, retention_ms=None)])
    await broker.publish([Message(topic, b"key", b"value")])
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", READER, kafka_url, topic, group, stdout=asyncio.subprocess.PIPE
    )
    assert first.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await first.stdout.readline() == b"read\n"
        first.kill()
        await first.wait()
        async with await broker.reader([topic], group=group) as reader:
            records = await read_until(reader, bool)
    assert [record.value for record in records] == [b"value"]
    await broker.close()
