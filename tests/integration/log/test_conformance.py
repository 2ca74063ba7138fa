"""One suite for both brokers: what holds here is all that the rest of Clearway may rely on."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from clearway_platform.log.base import (
    Broker,
    BrokerError,
    BrokerUnavailable,
    LogReader,
    Message,
    MessageTooLarge,
    NotAssigned,
    Record,
    TopicPartition,
    TopicSpec,
    UnknownTopic,
)

pytestmark = pytest.mark.timeout(120)

PATIENCE_SECONDS = 40.0
DAY_MS = 86_400_000
NewBroker = Callable[[], Awaitable[Broker]]


@pytest.fixture
async def topic(broker: Broker, unique: Callable[[str], str]) -> str:
    """A topic of four partitions, of this test alone."""
    name = unique("conformance")
    await broker.create_topics([TopicSpec(name, partitions=4, retention_ms=DAY_MS)])
    return name


@pytest.fixture
def group(unique: Callable[[str], str]) -> str:
    return unique("group")


def messages(topic: str, count: int, *, keys: int = 5, start: int = 0) -> list[Message]:
    return [Message(topic, b"key-%d" % (n % keys), b"%d" % n) for n in range(start, start + count)]


async def take(reader: LogReader, count: int) -> list[Record]:
    """The next `count` records, in the order in which they came."""
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            for records in (await reader.fetch(timeout=0.2)).values():
                found.extend(records)
    return found


async def nothing_more(reader: LogReader) -> bool:
    return not await reader.fetch(timeout=1.0)


async def count_until_quiet(reader: LogReader) -> int:
    seen = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while records := await reader.fetch(timeout=1.0):
            seen += sum(map(len, records.values()))
    return seen


async def until(condition: Callable[[], bool], *readers: LogReader) -> None:
    """Wait for a condition while the readers are polled, as a consumer does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            for reader in readers:
                await reader.fetch(timeout=0.05)
            await asyncio.sleep(0.02)


def values(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def next_offsets(records: list[Record]) -> Mapping[TopicPartition, int]:
    offsets: dict[TopicPartition, int] = defaultdict(int)
    for record in records:
        offsets[record.source] = max(offsets[record.source], record.offset + 1)
    return offsets


async def test_records_come_back_whole(broker: Broker, topic: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    headers = (("ce_id", b"1"), ("ce_id", b"2"), ("binary", bytes(range(256))), ("empty", b""))
    await broker.publish(
        [
            Message(topic, b"a", b"\x00\xff", headers),
            Message(topic, b"a", None),
            Message(topic, b"a", b""),
            Message(topic, None, b"no key"),
        ]
    )
    async with await broker.reader([topic], group=None) as reader:
        records = await take(reader, 4)
    assert all(before < record.timestamp < datetime.now(UTC) + timedelta(seconds=1) for record in records)
    keyed = [record for record in records if record.key == b"a"]
    assert values(keyed) == [b"\x00\xff", None, b""]
    assert [record.headers for record in keyed] == [headers, (), ()]
    assert [record.offset for record in keyed] == sorted(record.offset for record in keyed)
    assert [(record.key, record.value) for record in records if record not in keyed] == [(None, b"no key")]


async def test_a_key_keeps_its_order_and_its_partition(broker: Broker, topic: str) -> None:
    for start in range(0, 200, 50):
        await broker.publish(messages(topic, 50, start=start))
    async with await broker.reader([topic], group=None) as reader:
        records = await take(reader, 200)
    by_key: dict[bytes | None, list[Record]] = defaultdict(list)
    for record in records:
        by_key[record.key].append(record)
    for n in range(5):
        of_key = by_key[b"key-%d" % n]
        assert len({record.source for record in of_key}) == 1
        assert values(of_key) == [b"%d" % value for value in range(n, 200, 5)]
    assert len({record.source for record in records}) > 1


async def test_many_at_once_lose_nothing(broker: Broker, topic: str) -> None:
    async def publisher(number: int) -> None:
        for turn in range(10):
            await broker.publish([Message(topic, b"%d" % number, b"%d-%d" % (number, turn))])

    async with asyncio.TaskGroup() as tasks:
        for number in range(50):
            tasks.create_task(publisher(number))
    async with await broker.reader([topic], group=None) as reader:
        records = await take(reader, 500)
    assert len(set(values(records))) == 500
    for number in range(50):
        expected = [b"%d-%d" % (number, turn) for turn in range(10)]
        assert [record.value for record in records if record.key == b"%d" % number] == expected


async def test_a_crowd_of_publishers_is_served(broker: Broker, topic: str) -> None:
    body = bytes(2000)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        for number in range(3000):
            tasks.create_task(broker.publish([Message(topic, b"%d" % number, body)]))
    async with await broker.reader([topic], group=None) as reader:
        assert sum((await reader.end_offsets()).values()) == 3000


async def test_every_group_gets_everything(broker: Broker, topic: str, unique: Callable[[str], str]) -> None:
    await broker.publish(messages(topic, 20))
    for name in ("one", "two"):
        async with await broker.reader([topic], group=unique(name)) as reader:
            assert len(await take(reader, 20)) == 20


async def test_a_group_continues_after_what_it_committed(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 20))
    async with await broker.reader([topic], group=group) as reader:
        await reader.commit(next_offsets(await take(reader, 20)))
    await broker.publish(messages(topic, 5, start=20))
    async with await broker.reader([topic], group=group) as reader:
        assert sorted(values(await take(reader, 5)), key=str) == [b"%d" % n for n in range(20, 25)]
        assert await nothing_more(reader)


async def test_what_was_not_committed_comes_again(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 20, keys=1))
    async with await broker.reader([topic], group=group) as reader:
        records = await take(reader, 20)
        await reader.commit(next_offsets(records[:7]))
    async with await broker.reader([topic], group=group) as reader:
        assert values(await take(reader, 13)) == values(records[7:])


async def test_records_and_offsets_outlive_a_restart(
    new_broker: NewBroker, topic: str, broker: Broker, group: str
) -> None:
    await broker.publish(messages(topic, 20))
    async with await broker.reader([topic], group=group) as reader:
        await reader.commit(next_offsets(await take(reader, 20)))
    await broker.publish(messages(topic, 3, start=20))
    await broker.close()
    again = await new_broker()
    async with await again.reader([topic], group=group) as reader:
        assert len(await take(reader, 3)) == 3
    async with await again.reader([topic], group=None) as reader:
        assert len(await take(reader, 23)) == 23


async def test_a_restarted_broker_object_works_again(broker: Broker, topic: str) -> None:
    await broker.start()
    await broker.close()
    await broker.close()
    with pytest.raises(BrokerUnavailable):
        await broker.check()
    await broker.start()
    await broker.check()
    await broker.publish(messages(topic, 1))


async def test_a_new_group_may_begin_at_the_end(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 20))
    async with await broker.reader([topic], group=group, from_beginning=False) as reader:
        await broker.publish([Message(topic, b"key", b"new")])
        assert values(await take(reader, 1)) == [b"new"]


async def test_a_tail_without_a_group_sees_what_comes(broker: Broker, topic: str) -> None:
    await broker.publish(messages(topic, 20))
    async with (
        await broker.reader([topic], group=None, from_beginning=False) as tail,
        await broker.reader([topic], group=None, from_beginning=False) as other,
    ):
        assert len(tail.assignment()) == 4
        await broker.publish([Message(topic, b"key", b"new")])
        assert values(await take(tail, 1)) == values(await take(other, 1)) == [b"new"]
        with pytest.raises(BrokerError):
            await tail.commit({TopicPartition(topic, 0): 1})


async def test_fetch_gives_no_more_than_was_asked(broker: Broker, topic: str) -> None:
    await broker.publish(messages(topic, 100))
    async with await broker.reader([topic], group=None) as reader:
        seen = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.seek_to_beginning()
            while seen < 100:
                batch = await reader.fetch(max_records=7, timeout=1.0)
                count = sum(map(len, batch.values()))
                assert count <= 7
                seen += count
    assert seen == 100


async def test_a_second_member_takes_its_share_and_gives_it_back(broker: Broker, topic: str, group: str) -> None:
    revoked: list[frozenset[TopicPartition]] = []
    assigned: list[frozenset[TopicPartition]] = []

    async def on_revoked(partitions: frozenset[TopicPartition]) -> None:
        revoked.append(partitions)

    async def on_assigned(partitions: frozenset[TopicPartition]) -> None:
        assigned.append(partitions)

    async with await broker.reader([topic], group=group, on_revoked=on_revoked, on_assigned=on_assigned) as first:
        assert len(first.assignment()) == 4
        assert assigned == [first.assignment()]
        async with await broker.reader([topic], group=group) as second:
            await until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, first, second)
            assert first.assignment().isdisjoint(second.assignment())
            assert len(revoked[0]) == 4
            await broker.publish(messages(topic, 40, keys=20))
            async with asyncio.TaskGroup() as tasks:
                counts = [tasks.create_task(count_until_quiet(reader)) for reader in (first, second)]
            shares = [count.result() for count in counts]
            assert sum(shares) == 40
            assert all(shares)
        await until(lambda: len(first.assignment()) == 4, first)


async def test_work_in_flight_is_finished_before_partitions_are_given_away(
    broker: Broker, topic: str, group: str
) -> None:
    await broker.publish(messages(topic, 20))
    in_flight: list[Record] = []

    async def on_revoked(_: frozenset[TopicPartition]) -> None:
        await asyncio.sleep(0.3)
        await first.commit(next_offsets(in_flight))

    first = await broker.reader([topic], group=group, on_revoked=on_revoked)
    in_flight.extend(await take(first, 20))
    async with first, await broker.reader([topic], group=group) as second:
        await until(lambda: len(second.assignment()) == 2, second)
        assert await nothing_more(second)


async def test_a_commit_for_a_lost_partition_is_refused(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 20))
    async with await broker.reader([topic], group=group) as first:
        records = await take(first, 20)
        async with await broker.reader([topic], group=group) as second:
            await until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, first, second)
            lost = next(iter(second.assignment()))
            with pytest.raises(NotAssigned):
                await first.commit({lost: next_offsets(records)[lost]})
            for change in (first.pause, first.resume):
                with pytest.raises(NotAssigned):
                    change(frozenset({lost}))
            with pytest.raises(NotAssigned):
                first.seek(lost, 0)


async def test_two_topics_in_one_group(broker: Broker, unique: Callable[[str], str], group: str) -> None:
    names = [unique("left"), unique("right")]
    await broker.create_topics([TopicSpec(name, partitions=2, retention_ms=None) for name in names])
    for name in names:
        await broker.publish(messages(name, 10))
    async with await broker.reader(names, group=group) as reader:
        records = await take(reader, 20)
    assert {record.topic for record in records} == set(names)


async def test_seeking(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 10))
    async with await broker.reader([topic], group=group) as reader:
        await take(reader, 10)
        await reader.seek_to_beginning()
        records = await take(reader, 10)
        last = records[-1]
        reader.seek(last.source, last.offset)
        assert values(await take(reader, 1)) == [last.value]
        await reader.seek_to_beginning()
        await reader.seek_to_end()
        assert await nothing_more(reader)


async def test_seeking_to_a_time(broker: Broker, topic: str) -> None:
    await broker.publish(messages(topic, 10))
    await asyncio.sleep(0.05)
    moment = datetime.now(UTC)
    await asyncio.sleep(0.05)
    await broker.publish(messages(topic, 6, start=10))
    async with await broker.reader([topic], group=None) as reader:
        await reader.seek_to_time(moment)
        assert sorted(values(await take(reader, 6)), key=str) == [b"%d" % n for n in range(10, 16)]
        await reader.seek_to_time(datetime.now(UTC) + timedelta(minutes=1))
        assert await nothing_more(reader)


async def test_end_offsets(broker: Broker, topic: str) -> None:
    async with await broker.reader([topic], group=None) as reader:
        assert set((await reader.end_offsets()).values()) == {0}
        await broker.publish(messages(topic, 40, keys=20))
        ends = await reader.end_offsets()
        assert sum(ends.values()) == 40
        assert next_offsets(await take(reader, 40)).items() <= ends.items()


async def test_the_backlog_is_what_was_not_fetched(broker: Broker, topic: str, group: str) -> None:
    await broker.publish(messages(topic, 40, keys=20))
    async with await broker.reader([topic], group=group) as reader:
        assert sum((await reader.backlog()).values()) == 40
        await take(reader, 40)
        assert set((await reader.backlog()).values()) == {0}
        reader.pause(reader.assignment())
        await broker.publish(messages(topic, 6))
        assert sum((await reader.backlog()).values()) == 6
        assert (await reader.backlog()).keys() == reader.assignment()


async def test_a_paused_partition_waits_and_the_others_go_on(broker: Broker, topic: str) -> None:
    async with await broker.reader([topic], group=None) as reader:
        await broker.publish(messages(topic, 40, keys=20))
        records = await take(reader, 40)
        paused = records[0].source
        reader.pause(frozenset({paused}))
        await reader.seek_to_beginning()
        others = [record for record in records if record.source != paused]
        assert len(await take(reader, len(others))) == len(others)
        assert await nothing_more(reader)
        reader.resume(frozenset({paused}))
        assert {record.source for record in await take(reader, 40 - len(others))} == {paused}


async def test_a_message_that_is_too_large_is_refused_and_the_next_is_not(
    broker: Broker, unique: Callable[[str], str]
) -> None:
    small, large = unique("small"), unique("large")
    await broker.create_topics(
        [
            TopicSpec(small, partitions=1, retention_ms=None, max_message_bytes=10_000),
            TopicSpec(large, partitions=1, retention_ms=None, max_message_bytes=3_000_000),
        ]
    )
    for topic, limit in ((small, 10_000), (large, 3_000_000)):
        await broker.publish([Message(topic, b"key", b"before")])
        with pytest.raises(MessageTooLarge):
            await broker.publish([Message(topic, b"key", bytes(limit))])
        await broker.publish([Message(topic, b"key", bytes(limit - 200))])
        async with await broker.reader([topic], group=None) as reader:
            assert [len(value or b"") for value in values(await take(reader, 2))] == [6, limit - 200]


async def test_an_unknown_topic_is_an_error(broker: Broker, topic: str, unique: Callable[[str], str]) -> None:
    missing = unique("missing")
    with pytest.raises(UnknownTopic):
        await broker.publish([Message(topic, b"key", b"value"), Message(missing, b"key", b"value")])
    with pytest.raises(UnknownTopic):
        await broker.reader([missing], group=None)
    await broker.publish([Message(topic, b"key", b"value")])


async def test_a_message_without_key_and_value_is_refused(broker: Broker, topic: str) -> None:
    with pytest.raises(ValueError, match="key"):
        await broker.publish([Message(topic, None, None)])


async def test_topics_are_made_once(broker: Broker, topic: str) -> None:
    await broker.publish(messages(topic, 1))
    await broker.create_topics([TopicSpec(topic, partitions=9, retention_ms=None)])
    async with await broker.reader([topic], group=None) as reader:
        assert len(reader.assignment()) == 4
        assert len(await take(reader, 1)) == 1


async def test_publishing_nothing_is_nothing(broker: Broker) -> None:
    await broker.publish([])


async def test_a_waiting_reader_is_woken(broker: Broker, topic: str) -> None:
    async with await broker.reader([topic], group=None) as reader, asyncio.timeout(PATIENCE_SECONDS):
        waiting = asyncio.create_task(reader.fetch(timeout=30.0))
        await asyncio.sleep(0.1)
        await broker.publish(messages(topic, 1))
        assert await waiting


async def test_a_closed_reader_gives_nothing(broker: Broker, topic: str, group: str) -> None:
    reader = await broker.reader([topic], group=group)
    await reader.close()
    await reader.close()
    with pytest.raises(BrokerError):
        await reader.fetch()


async def test_two_brokers_share_one_log(
    new_broker: NewBroker, topic: str, broker: Broker, request: pytest.FixtureRequest, broker_url: str | None
) -> None:
    if broker_url is None:
        request.applymarker(
            pytest.mark.xfail(raises=BrokerError, strict=True, reason="the embedded log serves one process")
        )
    other = await new_broker()
    await other.publish(messages(topic, 3))
    async with await broker.reader([topic], group=None) as reader:
        assert len(await take(reader, 3)) == 3


async def test_topics_that_do_not_exist_are_named(broker: Broker, topic: str, unique: Callable[[str], str]) -> None:
    absent = unique("absent")
    assert list(await broker.missing([topic, absent])) == [absent]


async def test_what_a_group_has_committed_can_be_asked_from_outside(broker: Broker, topic: str, group: str) -> None:
    assert set((await broker.committed([topic], group=group)).values()) == {0}
    await broker.publish(messages(topic, 20))
    async with await broker.reader([topic], group=group) as reader:
        taken = await take(reader, 20)
        await reader.commit({one.source: one.offset + 1 for one in taken})
        ends = await reader.end_offsets()
        assert await broker.committed([topic], group=group) == ends
    with pytest.raises(UnknownTopic):
        await broker.committed(["no-such-topic"], group=group)
