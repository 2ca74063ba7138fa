"""The statements of the embedded log: writes run in the journal's thread, reads on the event loop."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clearway_platform.log.base import Message, Record, TopicPartition, TopicSpec
from clearway_platform.log.headers import headers_as_text, headers_of_text

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS topic (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention_ms INTEGER, max_message_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS partition (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL REFERENCES topic, number INTEGER NOT NULL,
    end_offset INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, number)
) STRICT;
CREATE TABLE IF NOT EXISTS record (
    position INTEGER PRIMARY KEY, partition_id INTEGER NOT NULL REFERENCES partition, number INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, key BLOB, value BLOB, headers TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS record_by_offset ON record (partition_id, number);
CREATE INDEX IF NOT EXISTS record_by_time ON record (partition_id, time_ms, number);
CREATE TABLE IF NOT EXISTS committed (
    group_name TEXT NOT NULL, partition_id INTEGER NOT NULL REFERENCES partition, next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, partition_id)
) STRICT, WITHOUT ROWID;
"""

Row = tuple[bytes | None, bytes | None, str]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredPartition:
    """A partition on disk: `end` is the offset of the next record."""

    id: int
    partition: TopicPartition
    end: int


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection whose commits are fsynced (WAL, synchronous=FULL)."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    else:
        connection.executescript(SCHEMA)
    return connection


def create_topics(connection: sqlite3.Connection, topics: Iterable[TopicSpec]) -> None:
    """Make the topics that are missing; those that exist stay as they are."""
    for topic in topics:
        made = connection.execute(
            "INSERT INTO topic VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (topic.name, topic.partitions, topic.retention_ms, topic.max_message_bytes),
        )
        if made.rowcount:
            connection.executemany(
                "INSERT INTO partition (topic, number) VALUES (?, ?)",
                ((topic.name, number) for number in range(topic.partitions)),
            )


def load_topics(connection: sqlite3.Connection) -> list[TopicSpec]:
    rows = connection.execute("SELECT name, partitions, retention_ms, max_message_bytes FROM topic")
    return [TopicSpec(*row) for row in rows]


def load_partitions(connection: sqlite3.Connection) -> list[StoredPartition]:
    rows = connection.execute("SELECT id, topic, number, end_offset FROM partition")
    return [StoredPartition(id, TopicPartition(topic, number), end) for id, topic, number, end in rows]


def row(message: Message) -> Row:
    """A message as it is stored."""
    return message.key, message.value, headers_as_text(message.headers)


def append(connection: sqlite3.Connection, partition_id: int, rows: Sequence[Row], now: datetime) -> int:
    """Add records at the end of a partition and return its new end."""
    (end,) = connection.execute(
        "UPDATE partition SET end_offset = end_offset + ? WHERE id = ? RETURNING end_offset",
        (len(rows), partition_id),
    ).fetchone()
    first, time_ms = end - len(rows), to_ms(now)
    connection.executemany(
        "INSERT INTO record (partition_id, number, time_ms, key, value, headers) VALUES (?, ?, ?, ?, ?, ?)",
        ((partition_id, first + index, time_ms, *row) for index, row in enumerate(rows)),
    )
    return int(end)


def read(connection: sqlite3.Connection, stored: StoredPartition, offset: int, limit: int) -> list[Record]:
    """Records from `offset` on; records that retention has removed are skipped."""
    rows = connection.execute(
        "SELECT number, time_ms, key, value, headers FROM record "
        "WHERE partition_id = ? AND number >= ? ORDER BY number LIMIT ?",
        (stored.id, offset, limit),
    )
    topic, number = stored.partition.topic, stored.partition.partition
    return [
        Record(topic, number, at, from_ms(time_ms), key, value, headers_of_text(headers))
        for at, time_ms, key, value, headers in rows
    ]


def offset_at(connection: sqlite3.Connection, partition_id: int, moment: datetime) -> int | None:
    """The first offset at or after a moment, None when there is none."""
    row = connection.execute(
        "SELECT min(number) FROM record WHERE partition_id = ? AND time_ms >= ?", (partition_id, to_ms(moment))
    ).fetchone()
    return None if row[0] is None else int(row[0])


def store_committed(connection: sqlite3.Connection, group: str, offsets: Mapping[int, int]) -> None:
    connection.executemany(
        "INSERT INTO committed VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
        ((group, partition_id, offset) for partition_id, offset in offsets.items()),
    )


def load_committed(connection: sqlite3.Connection, group: str) -> dict[int, int]:
    """The next offset to read, by partition id."""
    rows = connection.execute("SELECT partition_id, next_offset FROM committed WHERE group_name = ?", (group,))
    return dict(rows.fetchall())


def expire(connection: sqlite3.Connection, now: datetime) -> int:
    """Remove what is older than its topic's retention; returns how many records."""
    return connection.execute(
        "DELETE FROM record WHERE position IN (SELECT r.position FROM topic t JOIN partition p ON p.topic = t.name "
        "JOIN record r ON r.partition_id = p.id AND r.time_ms < ? - t.retention_ms WHERE t.retention_ms IS NOT NULL)",
        (to_ms(now),),
    ).rowcount


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, rounded up, so that a record is never before the moment it was written."""
    return -((EPOCH - moment) // timedelta(milliseconds=1))


def from_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)
