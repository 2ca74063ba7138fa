"""The log as it is after a run: what was published of each incident and each alert, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from benchmarks.platforms import Platform
from clearway_contracts.alerts import AlertIssued
from clearway_contracts.codec import decode
from clearway_contracts.incidents import IncidentReported
from clearway_contracts.topics import ALERTS, INCIDENTS
from clearway_platform.log import open_broker
from clearway_platform.log.base import LogReader, Record

FETCH_SECONDS: Final = 2.0


@dataclass(slots=True)
class Published:
    """By incident: its mission, and times in seconds since 1970. Those of the log itself are whole milliseconds."""

    missions: dict[UUID, str] = field(default_factory=dict)
    recorded: dict[UUID, float] = field(default_factory=dict)
    appended: dict[UUID, float] = field(default_factory=dict)
    alerted: dict[UUID, float] = field(default_factory=dict)
    alert_appended: dict[UUID, float] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        event = decode(record.key, record.value, record.headers)
        if event is None:
            return
        at = record.timestamp.timestamp()
        if isinstance(event.data, IncidentReported):
            self.missions.setdefault(event.data.incident_id, event.data.mission)
            self.recorded.setdefault(event.data.incident_id, event.envelope.recorded_time.timestamp())
            self.appended.setdefault(event.data.incident_id, at)
        elif isinstance(event.data, AlertIssued) and event.data.incident_id is not None:
            self.alerted.setdefault(event.data.incident_id, event.data.alert.issued_at.timestamp())
            self.alert_appended.setdefault(event.data.incident_id, at)


async def published(platform: Platform) -> Published:
    """Read both topics from their beginning to their end. The platform's processes must have ended."""
    broker = open_broker(platform.broker_url, platform.data)
    await broker.start()
    try:
        reader = await broker.reader([INCIDENTS.name, ALERTS.name], group=None)
        async with reader:
            found = Published()
            for record in await _all(reader):
                found.add(record)
            return found
    finally:
        await broker.close()


async def _all(reader: LogReader) -> Sequence[Record]:
    records: list[Record] = []
    expected = sum((await reader.end_offsets()).values())
    while len(records) < expected:
        batches = await reader.fetch(max_records=5000, timeout=FETCH_SECONDS)
        if not batches:
            break
        records += [record for batch in batches.values() for record in batch]
    return records
