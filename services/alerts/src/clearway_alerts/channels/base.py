"""What a channel is to the other parts of the service: one class with form, check, rendering and attempt.

A new channel is a package like those beside this file, and one entry in the list of `wiring.py`. Nothing else knows it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from clearway_alerts.alert_shape import ThinAlert
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import Tlp
from clearway_platform.forms import BoundedForm
from clearway_platform.refusals import Conflict

Secrets: TypeAlias = Mapping[str, Any]


class ChannelForm(BoundedForm):
    """What a subscriber gives, and what is stored: nothing of it is secret. Each channel's own form makes `type` a
    literal, and adds its settings."""

    model_config = ConfigDict(frozen=True)

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

    The policy decides when it is tried again; `retry_after` is what the receiver asks for. GONE disables the
    subscription.
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


class ProvingSender(Sender, Protocol):
    """Makes challenges as well."""

    async def challenge(self, destination: Any, message: Outgoing, token: str) -> str | None:
        """What was wrong with the answer; None when it holds the token. Bounded like an attempt, and never raises."""
        ...


class Channel(ABC):
    """A way by which alerts reach a subscriber. This base alone is for a channel that
    sends nothing: its subscribers read the list or the stream."""

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
    # The levels of sharing at which its messages are always thin.
    thin_at: ClassVar[frozenset[Tlp]] = frozenset()

    @abstractmethod
    def destination(self, form: Any, secrets: Secrets) -> Any:
        """What an attempt needs to find the receiver. One is kept in memory for each subscription."""

    def host(self, destination: Any) -> str:
        """What the receiver shares with others that fail when it fails; empty where it shares nothing."""
        return ""

    @abstractmethod
    def render(self, alert: AlertState | ThinAlert) -> bytes:
        """One message. It is given a thin alert where the rule of sharing says so (`domain/sharing.py`): it then says
        that there is a warning, how grave it is, and `why_thin` of the alert."""

    @abstractmethod
    def render_digest(self, digest: DigestState, alerts: Sequence[AlertState | ThinAlert]) -> bytes:
        """One message for many alerts, which are given as they may be said, and not in `digest`. It lists as many as
        it has room for, and says how many there are."""

    @abstractmethod
    def render_test(self, subscription_id: UUID, mission: str, at: datetime) -> bytes:
        """A message that cannot be taken for a warning."""

    def asks_thin(self, form: Any) -> bool:
        """Whether the subscriber chose thin messages."""
        return False

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[Sender]:
        """What is needed to send, such as connections, while a worker runs."""


class ProvingChannel(MessageChannel):
    """A channel whose endpoint proves that its owner controls it, by answering a challenge: until then its messages are
    thin (docs/adr/0039-endpoints-prove-themselves.md)."""

    @abstractmethod
    def render_challenge(self, subscription_id: UUID, mission: str, token: str, at: datetime) -> bytes:
        """A message that cannot be taken for a warning. The answer must hold the token."""

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[ProvingSender]: ...
