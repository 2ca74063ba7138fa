"""What only the embedded log promises: one owner, fsync before the acknowledgement, retention by time."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from clearway_platform.log.base import BrokerError, BrokerUnavailable, Message, TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker, LogInUse
from clearway_testing.manual_clock import ManualClock

pytestmark = pytest.mark.timeout(60)

# Publishes numbers for ever, and prints each only once it was acknowledged.
PUBLISHER = """
import asyncio, sys
from pathlib import Path
from clearway_platform.log.base import Message, TopicSpec
from clearway_platform.log.embedded import EmbeddedBroker

async def main():
    broker = EmbeddedBroker(Path(sys.argv[1]))
    await broker.start()
    await broker.create_topics([TopicSpec("t", partitions=1, retention_ms=None)])
    for number in range(1_000_000):
        await broker.publish([Message("t", b"key", b"%d" % number)])
        print(number, flush=True)

asyncio.run(main())
"""


async def values(broker: EmbeddedBroker, topic: str) -> list[bytes | None]:
    async with await broker.reader([topic], group=None) as reader:
        found: list[bytes | None] = []
        while records := await reader.fetch(timeout=0.0, max_records=10_000):
            found.extend(record.value for batch in records.values() for record in batch)
        return found


async def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    publisher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PUBLISHER, str(log), stdout=asyncio.subprocess.PIPE
    )
    assert publisher.stdout is not None
    acknowledged = [int(await publisher.stdout.readline()) for _ in range(50)]
    publisher.kill()
    acknowledged += [int(line) for line in (await publisher.stdout.read()).split()]
    await publisher.wait()
    broker = EmbeddedBroker(log)
    await broker.start()
    try:
        stored = await values(broker, "t")
        assert stored[: len(acknowledged)] == [b"%d" % number for number in acknowledged]
        # One more may have been stored than was heard of.
        assert len(stored) <= len(acknowledged) + 1
    finally:
        await broker.close()


async def test_a_second_process_is_told_who_has_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    broker = EmbeddedBroker(log)
    await broker.start()
    try:
        second = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", PUBLISHER, str(log)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        await broker.close()
    assert second.returncode != 0
    assert f"in use by process {os.getpid()}" in second.stderr
    assert "CLEARWAY_BROKER_URL" in second.stderr


async def test_a_second_broker_in_this_process_is_refused_too(tmp_path: Path) -> None:
    first, second = EmbeddedBroker(tmp_path / "log.db"), EmbeddedBroker(tmp_path / "log.db")
    await first.start()
    with pytest.raises(LogInUse):
        await second.start()
    await first.close()
    await second.start()
    await second.close()


async def test_retention_removes_what_is_old_and_keeps_offsets(tmp_path: Path, clock: ManualClock) -> None:
    broker = EmbeddedBroker(tmp_path / "log.db", clock=clock)
    await broker.start()
    await broker.create_topics(
        [TopicSpec("short", partitions=1, retention_ms=60_000), TopicSpec("ever", partitions=1, retention_ms=None)]
    )
    both = [Message(topic, b"key", b"old") for topic in ("short", "ever")]
    await broker.publish(both)
    clock.advance(timedelta(seconds=61))
    await broker.publish([Message("short", b"key", b"new")])
    assert await broker.expire() == 1
    assert await values(broker, "short") == [b"new"]
    assert await values(broker, "ever") == [b"old"]

    clock.advance(timedelta(seconds=61))
    await broker.close()
    await broker.start()
    await broker.publish([Message("short", b"key", b"newest")])
    async with await broker.reader(["short"], group=None) as reader:
        ((records),) = (await reader.fetch(timeout=0.0)).values()
    assert [(record.offset, record.value) for record in records] == [(2, b"newest")]
    await broker.close()


async def test_a_publisher_that_gave_up_does_not_hide_its_record(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "log.db")
    await broker.start()
    await broker.create_topics([TopicSpec("t", partitions=1, retention_ms=None)])
    async with await broker.reader(["t"], group=None) as reader:
        publisher = asyncio.create_task(broker.publish([Message("t", b"key", b"value")]))
        await asyncio.sleep(0)
        publisher.cancel()
        assert await reader.fetch(timeout=10.0)
    await broker.close()


async def test_a_write_that_fails_is_unavailable_and_the_log_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    broker = EmbeddedBroker(log)
    await broker.start()
    await broker.create_topics([TopicSpec("t", partitions=1, retention_ms=None)])
    stranger = sqlite3.connect(log, isolation_level=None)
    stranger.execute("ALTER TABLE record RENAME TO hidden")
    with pytest.raises(BrokerUnavailable, match="record"):
        await broker.publish([Message("t", b"key", b"lost")])
    stranger.execute("ALTER TABLE hidden RENAME TO record")
    stranger.close()
    await broker.publish([Message("t", b"key", b"kept")])
    assert await values(broker, "t") == [b"kept"]
    await broker.close()


async def test_a_file_that_is_no_log_is_refused_clearly(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    log.write_bytes(b"this is no database, and long enough to be sure" * 100)
    with pytest.raises(BrokerError, match="cannot be opened"):
        await EmbeddedBroker(log).start()
