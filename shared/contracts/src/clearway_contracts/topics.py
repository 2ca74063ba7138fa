"""The topics table: the single source for creation, documents and the README."""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_days` of None keeps events for ever; `key` says what orders its messages."""

    name: str
    key: str
    partitions: int
    retention_days: int | None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    describes: str
    max_message_bytes: int = 1_048_576

    @property
    def retention_ms(self) -> int | None:
        return None if self.retention_days is None else self.retention_days * DAY_MS


INCIDENTS: Final = Topic(
    name="incidents.v1",
    key="incident id",
    partitions=4,
    retention_days=None,
    producers=("incidents",),
    consumers=("alerts", "analytics"),
    describes="Every accepted revision of every incident, whole.",
)
ALERTS: Final = Topic(
    name="alerts.v1",
    key="incident id or source id, a digest by subscription id",
    partitions=4,
    retention_days=90,
    producers=("alerts",),
    consumers=(),
    describes="Every alert object: issued, updated, renewed, downgraded, cancelled, acknowledged.",
)
ROUTE_RISK: Final = Topic(
    name="route-risk.v1",
    key="route id, or area id",
    partitions=4,
    retention_days=None,
    producers=("analytics",),
    consumers=("alerts", "incidents"),
    describes="Routes, what was done for them, contaminated areas, and risks when they change enough to matter.",
)
HEARTBEATS: Final = Topic(
    name="heartbeats.v1",
    key="service",
    partitions=1,
    retention_days=1,
    producers=("alerts", "analytics", "incidents"),
    consumers=("alerts",),
    describes="That each service runs, and how far its consumers are, about once a minute. It is in no stream.",
)
DEAD_LETTERS: Final = Topic(
    name="dead-letters.v1",
    key="the key of the message that failed",
    partitions=1,
    retention_days=90,
    producers=tuple(sorted({consumer for topic in (INCIDENTS, ALERTS, ROUTE_RISK) for consumer in topic.consumers})),
    consumers=(),
    describes="Messages that a consumer could not take, with their origin, error and attempts.",
    max_message_bytes=2_097_152,
)

TOPICS: Final = (INCIDENTS, ALERTS, ROUTE_RISK, HEARTBEATS, DEAD_LETTERS)
