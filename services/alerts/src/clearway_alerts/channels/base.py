"""What a channel is to the rest of the service: one class with its form, its check, its rendering and its attempt.

A new channel is a package like those beside this file, and one entry in the list of `wiring.py`. Nothing else knows it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from clearway_contracts.alert import AlertState
from clearway_platform.refusals import Conflict

Secrets: TypeAlias = Mapping[str, Any]


class ChannelForm(BaseModel):
    """What a subscriber gives, and what is stored: nothing of it is secret. Each channel's own form makes `type` a
    literal, and adds its settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str


class NoSecret(Conflict):
    """The channel has no secret that could be rotated."""

    detail = "This subscription's channel has no secret. Make a new one with a channel of type webhook."


class AttemptKind(StrEnum):
    DELIVERED = "delivered"
    TRY_AGAIN = "try_again"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What one attempt gave. `status` is the receiver's, where the channel has one; `error` never repeats the address.

    The policy decides when it is tried again; `retry_after` is the receiver's wish. GONE disables the subscription.
    """

    kind: AttemptKind
    status: int | None
    error: str | None
    duration_ms: float
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        return self.kind is AttemptKind.DELIVERED

    @property
    def is_gone(self) -> bool:
        return self.kind is AttemptKind.GONE


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A rendered message. `id` is the same in every attempt of it; `at` is the attempt's time."""

    id: UUID
    at: datetime
    body: bytes


class Sender(Protocol):
    """Makes attempts for as long as its channel is open."""

    async def attempt(self, destination: Any, message: Outgoing) -> AttemptResult:
        """One attempt, bounded by the channel's `timeout`. Never raises for what a receiver does."""
        ...


class Channel(ABC):
    """A way by which alerts reach a subscriber. This base alone suits a subscriber who reads alerts by himself."""

    form: ClassVar[type[ChannelForm]]
    shown_form: ClassVar[type[BaseModel]]

    @classmethod
    def name(cls) -> str:
        """The `type` of its form."""
        name: str = cls.form.model_json_schema()["properties"]["type"]["const"]
        return name

    def check(self, form: Any) -> None:  # noqa: B027 - there is no address to check
        """Raises Invalid, with its place in the body, where messages may not go."""

    def new_secrets(self) -> Secrets:
        """The secrets of a new subscription, as JSON: stored apart from the form, in no answer and no log."""
        return {}

    def rotated(self, secrets: Secrets, now: datetime) -> Secrets:
        """The secrets after they are changed. Raises NoSecret."""
        raise NoSecret

    @abstractmethod
    def shown(self, form: Any, secrets: Secrets, *, whole: bool) -> BaseModel:
        """What answers say of it, a `shown_form`; `whole` for those who may change the subscription."""

    def revealed(self, secrets: Secrets) -> str | None:
        """The secret that its owner is shown once, after it was made."""
        return None


class MessageChannel(Channel):
    """A channel that messages are sent by. An attempt takes no longer than `timeout`."""

    timeout: timedelta

    @abstractmethod
    def destination(self, form: Any, secrets: Secrets) -> Any:
        """What an attempt needs to find the receiver. One is kept in memory for each subscription."""

    @abstractmethod
    def render(self, alert: AlertState) -> bytes: ...

    @abstractmethod
    def render_test(self, subscription_id: UUID, mission: str, at: datetime) -> bytes:
        """A message that nobody takes for a warning."""

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[Sender]:
        """What is needed to send, such as connections, while a worker runs."""
