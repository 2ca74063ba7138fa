"""What each service says of itself about once a minute: that it runs and publishes, and how far its consumers are."""

from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import EventData, Payload, State, Utc
from clearway_contracts.topics import HEARTBEATS

EVERY_MISSION: Final = "*"
"""The mission of what is about the platform itself."""


class ConsumerProgress(Payload):
    """One consumer: everything that was published until `handled_until` is handled, as far as this process knows."""

    consumer: str
    handled_until: Utc


class HeartbeatState(State):
    """One process of a service. `instance` is the process: each of them sees only its own part of what is consumed."""

    state_name: ClassVar[Literal["heartbeat"]] = "heartbeat"

    service: Annotated[str, Field(min_length=1)]
    instance: UUID
    at: Utc
    consumers: tuple[ConsumerProgress, ...] = ()


class ServiceBeat(EventData):
    """A service runs, its relay publishes, and its consumers have handled what they say."""

    event_type: ClassVar[Literal["service.beat"]] = "service.beat"
    topic: ClassVar[str] = HEARTBEATS.name
    subject_fields: ClassVar[tuple[str, ...]] = ("service",)

    service: str
    heartbeat: HeartbeatState

    @model_validator(mode="after")
    def _state_is_of_this_service(self) -> Self:
        if self.heartbeat.service != self.service:
            raise ValueError("service must be that of the heartbeat inside")
        return self


HEARTBEAT_EVENTS: Final[tuple[type[EventData], ...]] = (ServiceBeat,)
