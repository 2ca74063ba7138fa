"""What every event carries: the CloudEvents 1.0 attributes, and the base of every payload."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: Any) -> Any:
    """Read strictly: pydantic by itself takes "1700000000" and "2026-01-01 10:00Z", which are no `date-time`."""
    if isinstance(value, str):
        if _RFC3339.fullmatch(value) is None:
            raise ValueError("is not an RFC 3339 time such as 2026-01-31T06:00:00Z")
        value = datetime.fromisoformat(value)
    return _in_utc(value) if isinstance(value, datetime) and value.tzinfo is not None else value


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years that UTC can express") from error


Utc = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A moment: RFC 3339 with an offset on the wire, UTC in memory."""
Mission = Annotated[str, Field(min_length=1, description="The tenant.")]


class Payload(BaseModel):
    """Base of every event's data and of its parts. Unknown properties are ignored, so that a newer producer
    may add an optional field without breaking an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class State(Payload):
    """Base of what events carry whole. It has a schema of its own, `state_name` at `version`, and the schemas of the
    events refer to it."""

    state_name: ClassVar[str]
    version: ClassVar[int] = 1


class EventData(Payload):
    """Base of an event's data: the whole state after the change.

    `event_type` is the wire name; `version` is the contract's integer version; `topic` is where it travels;
    `subject_fields` names the field whose value is the envelope's subject, and so the key that orders the events: the
    first of them that is given.
    """

    event_type: ClassVar[str]
    version: ClassVar[int] = 1
    topic: ClassVar[str]
    subject_fields: ClassVar[tuple[str, ...]] = ()

    mission: Mission

    @property
    def subject(self) -> str | None:
        """The envelope's subject; None where every subject will do."""
        given = (getattr(self, name) for name in self.subject_fields)
        return next((str(value) for value in given if value is not None), None)


class Envelope(BaseModel):
    """The CloudEvents attributes of one event. `subject` is the aggregate's id and the partition key.

    `time` is when it happened, `recorded_time` when it was written down.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    source: Annotated[str, Field(min_length=1)]
    subject: Annotated[str, Field(min_length=1)]
    mission: Mission
    time: Utc
    recorded_time: Utc
    causation_id: UUID | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its envelope and its data. `document` is the same data as JSON values, where its maker has them: it is
    published in their place, because to write an incident from its model takes three times as long."""

    envelope: Envelope
    data: EventData
    document: Mapping[str, Any] | None = None
