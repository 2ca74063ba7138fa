"""The messages that are posted to webhooks, for the OpenAPI document: what a receiver gets, and what it answers."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from fastapi import FastAPI, Header
from pydantic import BaseModel, Field

from clearway_alerts.alert_shape import ShownAlert
from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import (
    Category,
    HazardState,
    Severity,
    Tlp,
)


class AlertMessage(BaseModel):
    """The body of an alert's webhook. `data.form` says whether it is whole."""

    type: Literal["alert.issued", "alert.updated", "alert.renewed", "alert.downgraded", "alert.cancelled"]
    timestamp: datetime = Field(description="When the alert was issued.")
    data: ShownAlert


class ListedAlert(BaseModel):
    """One of the alerts of a digest. Each has its own updates and its own cancellation, as if it had come alone."""

    form: Literal["full", "thin"] = Field(description="A thin one leaves out what the message of a thin alert does.")
    alert_id: UUID
    incident_id: UUID
    incident_revision: int = Field(description="Ignore it when you have a later one of the incident.")
    sequence: int
    exercise: bool
    severity: Severity
    headline: str | None
    point: Point | None
    uncertainty_m: float | None
    read_out: str | None = Field(description="As in the message of one alert.")
    category: Category | None
    hazard_state: HazardState | None
    expires_at: datetime
    tlp: Tlp


class DigestLinks(BaseModel):
    """Where all of its alerts are read."""

    alerts: str


class PostedDigest(BaseModel):
    """Many alerts at once: hazards that stood before the subscription looked there."""

    digest_id: UUID
    mission: str
    subscription_id: UUID
    exercise: bool = Field(description="True: all of them are of an exercise. Say so first.")
    count: int = Field(description="How many alerts there are, listed or not.")
    headline: str
    issued_at: datetime
    reason: str
    alerts: list[ListedAlert] = Field(description="The gravest, as many as a message of 20 kB holds.")
    links: DigestLinks


class DigestMessage(BaseModel):
    """The body of a digest's webhook."""

    type: Literal["alert.digest"]
    timestamp: datetime
    data: PostedDigest


class ChallengeNote(BaseModel):
    """It looks like no alert, so that nobody is warned by it."""

    subscription_id: UUID
    mission: str
    challenge: str = Field(description="A random token. The answer must hold it.")
    message: str = Field(description="What to answer, in words.")


class ChallengeMessage(BaseModel):
    """The body of a challenge, signed like every message. An endpoint that reads it proves that its owner controls it
    by the body of its answer: the token alone as text, or `{"challenge": "…"}`."""

    type: Literal["challenge"]
    timestamp: datetime
    data: ChallengeNote


class TestNote(BaseModel):
    """It looks like no alert, so that nobody is warned by it."""

    subscription_id: UUID
    mission: str
    message: str


class TestMessage(BaseModel):
    """The body of a test: it goes the way that alerts go."""

    type: Literal["subscription.test"]
    timestamp: datetime
    data: TestNote


MessageId: TypeAlias = Annotated[
    str,
    Header(
        alias="webhook-id", description="The same in every attempt. Keep it, and take a message of the same id once."
    ),
]
SentAt: TypeAlias = Annotated[
    str,
    Header(alias="webhook-timestamp", description="Seconds since 1970, of this attempt. Refuse it when it is old."),
]
Signature: TypeAlias = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="One or more signatures of `id.timestamp.body`, with blanks in between: `v1,…` (HMAC-SHA256 with "
        "the secret) and `v1a,…` (Ed25519; the channel's public_key). Verify before the body is read.",
    ),
]
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "Taken, as with any other status from 200 to 299. It is not sent again."},
    410: {"description": "The receiver wants no more: the subscription is disabled."},
    "default": {"description": "Not taken. It is sent again with growing intervals; Retry-After is honoured."},
}


_CHALLENGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Any status from 200 to 299, with the token in the body: the endpoint has proved itself."},
    "default": {"description": "Not proved. `proof` of the subscription says what was wrong."},
}


def install(app: FastAPI) -> None:
    """Describe the webhooks in the document of `app`. Nothing of this is served."""

    @app.webhooks.post(
        "alert",
        operation_id="webhooks.alert",
        summary="An alert",
        tags=["Webhooks"],
        status_code=204,
        responses=_ANSWERS,
    )
    async def alert(body: AlertMessage, id: MessageId, timestamp: SentAt, signature: Signature) -> None:
        """Posted when a subscription is warned, when what it was told changes, and when the warning no longer stands.
        Answer within 15 seconds. A message may come more than once, with the same `webhook-id`."""

    @app.webhooks.post(
        "digest",
        operation_id="webhooks.digest",
        summary="Many alerts at once",
        tags=["Webhooks"],
        status_code=204,
        responses=_ANSWERS,
    )
    async def digest(body: DigestMessage, id: MessageId, timestamp: SentAt, signature: Signature) -> None:
        """Posted when more than ten hazards stand where a subscription newly looks. All of them count as told."""

    @app.webhooks.post(
        "challenge",
        operation_id="webhooks.challenge",
        summary="A challenge",
        tags=["Webhooks"],
        responses=_CHALLENGED,
    )
    async def challenge(body: ChallengeMessage, id: MessageId, timestamp: SentAt, signature: Signature) -> str:
        """Posted when a subscription is made, when its URL is changed, and when `subscriptions.challenge` is called.
        Until it is answered, alerts come as thin messages. It is repeated with growing intervals."""
        return body.data.challenge

    @app.webhooks.post(
        "test",
        operation_id="webhooks.test",
        summary="A test message",
        tags=["Webhooks"],
        status_code=204,
        responses=_ANSWERS,
    )
    async def test(body: TestMessage, id: MessageId, timestamp: SentAt, signature: Signature) -> None:
        """Posted when `subscriptions.send_test` is called."""
