"""What the endpoints take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping
from yarl import URL

from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.subscription import SubscriptionState, may_change
from clearway_alerts.filter_form import FilterForm, Form
from clearway_alerts.outgoing import THIN, links_of, state_of, why_thin
from clearway_alerts.queries.explain import Explanation
from clearway_alerts.storage.alert_rows import StoredAlert
from clearway_alerts.storage.rows import read_incident
from clearway_contracts.alert import AlertState
from clearway_contracts.vocabulary import AlertKind, Tlp
from clearway_platform.auth.principals import Principal

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class WebhookForm(Form):
    """A signed POST for each alert (Standard Webhooks). https only, to a public address."""

    type: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=2000)]


class StreamForm(Form):
    """Nothing is sent: the alerts are read from the list and the stream."""

    type: Literal["stream"]


ChannelForm: TypeAlias = Annotated[WebhookForm | StreamForm, Field(discriminator="type")]


class SubscriptionBody(Form):
    name: Name
    filter: FilterForm
    channel: ChannelForm

    def changes(self) -> Changes:
        url = self.channel.url if isinstance(self.channel, WebhookForm) else None
        return Changes(filter=self.filter, url=url)


class SubscriptionPatch(Form):
    """What is left out stays as it is. A filter is replaced whole; a webhook may move, not become a stream."""

    name: Name | None = None
    filter: FilterForm | None = None
    channel: WebhookForm | None = None

    def changes(self) -> Changes:
        return Changes(self.name, self.filter, self.channel.url if self.channel else None)


class ChannelView(BaseModel):
    """Where the alerts go."""

    type: Literal["webhook", "stream"]
    url: str | None = Field(default=None, description="In full only for those who may change the subscription.")
    public_key: str | None = Field(default=None, description="`whpk_…`: verifies the `v1a` signatures (Ed25519).")
    thin_at: list[Tlp] = Field(
        default_factory=list,
        description="At these levels of sharing a webhook's message is thin: it leaves out the place and the "
        "description, and names the address where they are read with an API key.",
    )


class SubscriptionView(BaseModel):
    subscription_id: UUID
    mission: str
    owner: str
    name: str
    filter: FilterForm
    channel: ChannelView
    state: SubscriptionState
    state_reason: str | None
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Any, principal: Principal) -> "SubscriptionView":
        return cls(**_shown(row, principal))


class NewSubscription(SubscriptionView):
    """With the secret, which is shown this once."""

    secret: str | None = Field(
        description="`whsec_…`: verifies the `v1` signatures. None without a webhook, and in the answer to a "
        "repeat under the same Idempotency-Key: whoever has lost the first answer rotates the secret."
    )

    @classmethod
    def of(cls, row: Any, principal: Principal) -> "NewSubscription":
        return cls(**_shown(row, principal), secret=row["secret"])


def _shown(row: Any, principal: Principal) -> dict[str, Any]:
    shown = {name: row[name] for name in SubscriptionView.model_fields if name in row}
    return {**shown, "subscription_id": row["id"], "channel": _channel(row, principal)}


def _channel(row: Any, principal: Principal) -> ChannelView:
    """The path of a webhook may be a secret in itself, so others see only its host."""
    if row["url"] is None:
        return ChannelView(type="stream")
    whole = URL(row["url"])
    url = row["url"] if may_change(row["owner"], principal) else f"{whole.scheme}://{whole.raw_host}/…"
    return ChannelView(type="webhook", url=url, public_key=row["public_key"], thin_at=sorted(THIN))


class AlertLinks(BaseModel):
    """Where the rest is read."""

    alert: str
    incident: str


class AlertView(AlertState):
    """One alert object as its event has it, where the rest is read, and who took note of it for the subscriber."""

    # What is answered is whole: a field that may be empty is there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    links: AlertLinks
    revision: int = Field(description="Its ETag: 1 as it was issued, 2 once it is acknowledged.")
    acknowledged_by: str | None
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, stored: StoredAlert) -> "AlertView":
        state = state_of(stored.alert, stored.incident)
        return cls(
            **dict(state),
            links=AlertLinks(**links_of(state)),
            revision=stored.revision,
            acknowledged_by=stored.acknowledged_by,
            acknowledged_at=stored.acknowledged_at,
        )


class RequestView(BaseModel):
    """One request to the receiver. `status` is None when no answer came."""

    number: int
    attempted_at: datetime
    duration_ms: float
    status: int | None
    error: str | None


class DeliveryView(BaseModel):
    """`delivery_id` is the `webhook-id` of every attempt. Without `alert_id` it is a test message."""

    delivery_id: UUID
    alert_id: UUID | None
    incident_id: UUID | None
    form: Literal["full", "thin"] | None = Field(description="Null for a test message.")
    why_thin: str | None = Field(description="Why the message is thin, and where the rest is; null when it is full.")
    state: DeliveryState
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    last_status: int | None
    last_error: str | None
    asked_by: str | None = Field(description="Who last asked for it to be sent again, or at once.")
    asked_at: datetime | None
    requests: list[RequestView]

    @classmethod
    def of(cls, row: Any) -> "DeliveryView":
        requests = [RequestView(**{name: each[name] for name in RequestView.model_fields}) for each in row["requests"]]
        shown = {name: row[name] for name in cls.model_fields if name in row}
        return cls(**{**shown, **_form_of(row), "delivery_id": row["id"], "requests": requests})


def _form_of(row: Any) -> dict[str, str | None]:
    if row["incident"] is None:
        return {"form": None, "why_thin": None}
    reason = why_thin(read_incident(row["incident"]).tlp)
    return {"form": "full" if reason is None else "thin", "why_thin": reason}


class TestFired(BaseModel):
    """The test message is on its way; its delivery shows what came of it."""

    delivery_id: UUID


class DecisionView(BaseModel):
    incident_revision: int
    outcome: str
    reason: str
    decided_at: datetime

    @classmethod
    def of(cls, row: RowMapping) -> "DecisionView":
        own = {name: row[name] for name in cls.model_fields if name in row}
        return cls(**own, incident_revision=row["revision"])


class ClauseView(BaseModel):
    name: str
    holds: bool
    says: str


class ExplanationView(BaseModel):
    """`decisions`: what was decided, and why, when each revision came in. `clauses`: the filter as it is now, held
    against the newest revision that is known here. The alert was not raised if one of them does not hold."""

    incident_id: UUID
    incident_revision: int
    handled_at: datetime
    alerted: bool
    decisions: list[DecisionView]
    clauses: list[ClauseView]
    why_thin: str | None = Field(
        description="Why a webhook gets a thin message of the newest revision, and where the rest is; null when not."
    )

    @classmethod
    def of(cls, found: Explanation, *, has_webhook: bool) -> "ExplanationView":
        decisions = [DecisionView.of(row) for row in found.decisions]
        kinds = set(AlertKind)
        return cls(
            incident_id=found.incident.incident_id,
            incident_revision=found.incident.revision,
            handled_at=found.handled_at,
            alerted=any(decision.outcome in kinds for decision in decisions),
            decisions=decisions,
            clauses=[ClauseView(**clause._asdict()) for clause in found.clauses],
            why_thin=why_thin(found.incident.tlp) if has_webhook else None,
        )
