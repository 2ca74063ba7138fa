"""The events of the alerts service: what was said to whom about an incident."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import EventData, Mission, State, Utc
from clearway_contracts.geometry import Metres, Point
from clearway_contracts.incident import Revision
from clearway_contracts.topics import ALERTS
from clearway_contracts.vocabulary import Category, HazardState, Outcome, Status, Tlp


class AlertKind(StrEnum):
    ISSUED = "issued"
    UPDATED = "updated"
    DOWNGRADED = "downgraded"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """CAP 1.2's severity."""

    EXTREME = "extreme"
    SEVERE = "severe"
    MODERATE = "moderate"
    MINOR = "minor"
    UNKNOWN = "unknown"


class Urgency(StrEnum):
    """CAP 1.2's urgency."""

    IMMEDIATE = "immediate"
    EXPECTED = "expected"
    FUTURE = "future"
    PAST = "past"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """CAP 1.2's certainty."""

    OBSERVED = "observed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


class AlertState(State):
    """One alert object: what one subscription is told about one revision of an incident.

    `sequence` counts 1.. per incident and subscription; `references` are the earlier alerts that it replaces;
    `reason` names the clause of the filter that matched.
    """

    state_name: ClassVar[Literal["alert"]] = "alert"

    alert_id: UUID
    mission: Mission
    subscription_id: UUID
    incident_id: UUID
    incident_revision: Revision
    sequence: Annotated[int, Field(ge=1)]
    kind: AlertKind
    exercise: bool
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    headline: str
    point: Point
    uncertainty_m: Metres
    category: Category
    outcome: Outcome
    hazard_state: HazardState
    status: Status
    occurred_at: Utc | None = None
    issued_at: Utc
    expires_at: Utc
    references: tuple[UUID, ...] = ()
    tlp: Tlp
    reason: str


class AlertChange(EventData):
    """Base of the alert events. They are ordered by incident, so that a cancellation never overtakes its alert."""

    topic: ClassVar[str] = ALERTS.name
    subject_field: ClassVar[str | None] = "incident_id"

    alert_id: UUID
    incident_id: UUID
    alert: AlertState

    @model_validator(mode="after")
    def _state_is_of_this_alert(self) -> Self:
        inside = (self.alert.mission, self.alert.alert_id, self.alert.incident_id)
        if inside != (self.mission, self.alert_id, self.incident_id):
            raise ValueError("mission, alert_id and incident_id must be those of the alert inside")
        return self


class AlertIssued(AlertChange):
    """A subscription is warned of an incident for the first time."""

    event_type: ClassVar[Literal["alert.issued"]] = "alert.issued"


class AlertUpdated(AlertChange):
    """What the subscription was told has changed."""

    event_type: ClassVar[Literal["alert.updated"]] = "alert.updated"


class AlertDowngraded(AlertChange):
    """The danger that the subscription was told of is less than it was."""

    event_type: ClassVar[Literal["alert.downgraded"]] = "alert.downgraded"


class AlertCancelled(AlertChange):
    """The warning no longer stands. Reaches everyone who had it."""

    event_type: ClassVar[Literal["alert.cancelled"]] = "alert.cancelled"


class AlertAcknowledged(AlertChange):
    """Someone on the subscriber's side confirmed to have taken note: `by` is the principal's id."""

    event_type: ClassVar[Literal["alert.acknowledged"]] = "alert.acknowledged"

    by: str
    at: Utc


ALERT_EVENTS: Final[tuple[type[AlertChange], ...]] = (
    AlertIssued,
    AlertUpdated,
    AlertDowngraded,
    AlertCancelled,
    AlertAcknowledged,
)
