"""What every event carries: the CloudEvents 1.0 attributes, and the base of every payload."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """Base of every event's data and of its parts. Unknown properties are ignored, so that a newer producer
    may add an optional field without breaking an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class EventData(Payload):
    """Base of an event's data: the whole state after the change.

    `event_type` is the wire name; `version` is the contract's integer version; `topic` is where it travels.
    """

    event_type: ClassVar[str]
    version: ClassVar[int] = 1
    topic: ClassVar[str]

    mission: str


class Envelope(BaseModel):
    """The CloudEvents attributes of one event. `subject` is the aggregate's id and the partition key."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    source: str
    subject: str
    mission: str
    time: datetime
    recorded_time: datetime
    causation_id: UUID | None = None
    traceparent: str | None = None


class Event(BaseModel):
    """An event: its envelope and its data."""

    model_config = ConfigDict(frozen=True)

    envelope: Envelope
    data: EventData
