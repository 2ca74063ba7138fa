"""What the endpoints take and answer."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, Field

from clearway_alerts.alert_shape import ABOVE_THE_KEY, ShownAlert, seen_by, shape_of
from clearway_alerts.api.channels import ChannelBody, ChannelView, form_of, secret_of, shown_proof, view_of
from clearway_alerts.channels.registry import Channels
from clearway_alerts.commands.subscriptions import Changes
from clearway_alerts.domain.delivery import DeliveryState
from clearway_alerts.domain.proof import Proof, ProofState
from clearway_alerts.domain.source import OF_SOURCES
from clearway_alerts.domain.subscription import SubscriptionState, may_change
from clearway_alerts.filter_form import FilterForm, Form
from clearway_alerts.outbound.recipients import Address
from clearway_alerts.outgoing import state_of
from clearway_alerts.queries.explain import DecidedOn, Explanation
from clearway_alerts.storage.alert_rows import StoredAlert
from clearway_alerts.storage.owners import suspended_at
from clearway_alerts.storage.states import read_incident, shown_filter
from clearway_contracts.handling import Handling
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import Principal

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SubscriptionBody(Form):
    name: Name
    filter: FilterForm
    channel: ChannelBody

    def changes(self, channels: Channels) -> Changes:
        """Raises a 422 problem about the channel."""
        return Changes(filter=self.filter, channel=form_of(channels, self.channel))


class SubscriptionPatch(Form):
    """What is left out stays as it is. A filter and a channel are replaced whole; a channel keeps its type."""

    name: Name | None = None
    filter: FilterForm | None = None
    channel: ChannelBody | None = None

    def changes(self, channels: Channels) -> Changes:
        """Raises a 422 problem about the channel."""
        return Changes(self.name, self.filter, form_of(channels, self.channel) if self.channel else None)


class Transfer(Form):
    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] = Field(
        description="The key to which the subscription is to belong, as `keys.list` has it; your own is in the session."
    )


class ProofView(BaseModel):
    """Whether the endpoint proved that its owner controls it, by answering a signed message of type `challenge` with
    the token in it. Until then its messages are thin, and none is lost."""

    state: ProofState
    attempts: int = Field(description="So many challenges were made of this address.")
    challenged_at: datetime | None = Field(description="When the last was made.")
    next_at: datetime | None = Field(description="When the next is due; null when it is due at once, or when none is.")
    problem: str | None = Field(description="What was wrong with the last answer; null when nothing was.")
    remedy: str | None = Field(
        description="What to do, with the request for another challenge; null once it is proved."
    )

    @classmethod
    def of(cls, proof: Proof, subscription_id: UUID) -> "ProofView":
        return cls(**asdict(proof), remedy=proof.remedy(subscription_id))


class SubscriptionView(BaseModel):
    """`revision` counts the changes that people make: a challenge of the endpoint is none."""

    subscription_id: UUID
    mission: str
    owner: str
    name: str
    filter: FilterForm
    channel: ChannelView
    proof: ProofView | None = Field(description="Null where the channel has no endpoint that could prove itself.")
    state: SubscriptionState
    state_reason: str | None
    suspended_at: datetime | None = Field(
        description="Since when it is disabled because its key was revoked or expired; null where that is not why. "
        "Transfer it to a key that is in use."
    )
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Any, principal: Principal, channels: Channels) -> "SubscriptionView":
        return cls(**_shown(row, principal, channels))


class NewSubscription(SubscriptionView):
    """With the secret, which is shown this once."""

    secret: str | None = Field(
        description="`whsec_…`: verifies the `v1` signatures. None without a webhook, and in the answer to a "
        "repeat under the same Idempotency-Key: if the first answer is lost, rotate the secret."
    )

    @classmethod
    def of(cls, row: Any, principal: Principal, channels: Channels) -> "NewSubscription":
        return cls(**_shown(row, principal, channels), secret=secret_of(channels, channels.stored(row)))


def _shown(row: Any, principal: Principal, channels: Channels) -> dict[str, Any]:
    shown = {name: row[name] for name in SubscriptionView.model_fields if name in row}
    channel = view_of(channels, channels.stored(row), whole=may_change(row["owner"], principal))
    proof = shown_proof(channels, row)
    shown |= {"channel": channel, "proof": None if proof is None else ProofView.of(proof, row["id"])}
    shown["suspended_at"] = suspended_at(row)
    return {**shown, "subscription_id": row["id"], "filter": shown_filter(row["filter"])}


class AlertView(ShownAlert):
    """One alert object as this key may see it, where the rest is read, and who took note of it for the subscriber."""

    revision: int = Field(description="Its ETag: 1 as it was issued, 2 once it is acknowledged.")
    acknowledged_by: str | None
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, stored: StoredAlert, principal: Principal) -> "AlertView":
        seen = seen_by(principal.ceiling, state_of(stored.alert, stored.incident))
        noted = {name: getattr(stored, name) for name in ("revision", "acknowledged_by", "acknowledged_at")}
        return cls.model_validate(shape_of(seen) | noted)


class RequestView(BaseModel):
    """One request to the receiver. `status` is None when no answer came."""

    number: int
    attempted_at: datetime
    duration_ms: float
    status: int | None
    error: str | None


class DeliveryView(BaseModel):
    """`delivery_id` is the `webhook-id` of every attempt. Without `alert_id` and `digest_id` it is a test message."""

    delivery_id: UUID
    alert_id: UUID | None
    digest_id: UUID | None = Field(description="The digest that it carries: see `alerts.list` with `digest_id`.")
    incident_id: UUID | None
    source_id: UUID | None = Field(description="The watched source that its alert is of.")
    form: Literal["full", "thin"] | None = Field(
        description="Null for a test message, and where this process does not know the channel."
    )
    why_thin: str | None = Field(description="Why the message is thin, and where the rest is; null when it is full.")
    state: DeliveryState
    attempts: int
    due_at: datetime
    held: str | None = Field(description="Why it waits, whenever it is due; null when nothing holds it.")
    finished_at: datetime | None
    last_status: int | None
    last_error: str | None
    asked_by: str | None = Field(description="Who last asked for it to be sent again, or at once.")
    asked_at: datetime | None
    requests: list[RequestView]

    @classmethod
    def of(cls, row: Any, address: Address | None) -> "DeliveryView":
        """`address` is where its messages go."""
        requests = [
            RequestView(**{name: request[name] for name in RequestView.model_fields}) for request in row["requests"]
        ]
        shown = {name: row[name] for name in cls.model_fields if name in row}
        shown["source_id"] = None
        if row["source"] is not None:
            shown |= {"source_id": row["incident_id"], "incident_id": None}
        if row["digest_id"] is not None:
            shown["alert_id"] = None
        return cls(**{**shown, **_form_of(row, address), "delivery_id": row["id"], "requests": requests})


def _form_of(row: Any, address: Address | None) -> dict[str, str | None]:
    handling = _handling_of(row)
    if handling is None or address is None:
        return {"form": None, "why_thin": None}
    reason = address.why_thin(handling)
    return {"form": "full" if reason is None else "thin", "why_thin": reason}


def _handling_of(row: Any) -> Handling | None:
    """To whom the delivery's alert may go; None for a test message."""
    if row["source"] is not None:
        return OF_SOURCES
    return None if row["incident"] is None else read_incident(row["incident"]).handling


class TestSent(BaseModel):
    """The test message is on its way; its delivery shows what came of it."""

    delivery_id: UUID


class DecisionView(BaseModel):
    incident_revision: int = Field(description="Of a watched source: its turn, odd when it falls silent.")
    decision: str = Field(description="A kind of alert, or why there was none: not_news, no_matter, outside.")
    reason: str
    decided_at: datetime

    @classmethod
    def of(cls, found: DecidedOn) -> "DecisionView":
        return cls(
            incident_revision=found.revision,
            decision=found.decision,
            reason=found.reason,
            decided_at=found.decided_at,
        )


class ClauseView(BaseModel):
    name: str
    holds: bool
    says: str


class ExplanationView(BaseModel):
    """`decisions`: what was decided, and why, when each revision came in. `clauses`: the filter as it is now, applied
    to the newest revision that is known here. The alert was not raised if one of them does not hold."""

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
    def of(cls, found: Explanation, principal: Principal, address: Address | None) -> "ExplanationView":
        """`address` is where the subscription's messages go."""
        handling = found.incident.handling
        is_whole = principal.ceiling.sight(handling) is Sight.WHOLE
        clauses = [clause._asdict() for clause in found.clauses]
        decisions = [DecisionView.of(row) for row in found.decisions]
        if not is_whole:
            decisions = [decided.model_copy(update={"reason": ABOVE_THE_KEY}) for decided in decisions]
        kinds = set(AlertKind)
        return cls(
            incident_id=found.incident.incident_id,
            incident_revision=found.incident.revision,
            handled_at=found.handled_at,
            alerted=any(decided.decision in kinds for decided in decisions),
            decisions=decisions,
            # What clauses and decisions say would tell the place, little by little.
            clauses=[ClauseView(**(clause if is_whole else clause | {"says": ABOVE_THE_KEY})) for clause in clauses],
            why_thin=address.why_thin(handling) if address else None,
        )
