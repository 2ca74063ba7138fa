"""The events of the alerts service: what was said to whom about an incident."""

from typing import ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import model_validator

from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.envelope import EventData, Utc
from clearway_contracts.topics import ALERTS


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


class AlertRenewed(AlertChange):
    """The hazard that the subscription was told of still stands: said again before the last alert expires."""

    event_type: ClassVar[Literal["alert.renewed"]] = "alert.renewed"


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


class AlertDigestIssued(EventData):
    """A subscription is warned at once of many hazards that stood before it looked there."""

    event_type: ClassVar[Literal["alert.digest_issued"]] = "alert.digest_issued"
    topic: ClassVar[str] = ALERTS.name
    subject_field: ClassVar[str | None] = "subscription_id"

    subscription_id: UUID
    digest_id: UUID
    digest: DigestState

    @model_validator(mode="after")
    def _state_is_of_this_digest(self) -> Self:
        inside = (self.digest.mission, self.digest.subscription_id, self.digest.digest_id)
        if inside != (self.mission, self.subscription_id, self.digest_id):
            raise ValueError("mission, subscription_id and digest_id must be those of the digest inside")
        return self


ALERT_CHANGES: Final[tuple[type[AlertChange], ...]] = (
    AlertIssued,
    AlertUpdated,
    AlertRenewed,
    AlertDowngraded,
    AlertCancelled,
    AlertAcknowledged,
)
ALERT_EVENTS: Final[tuple[type[EventData], ...]] = (*ALERT_CHANGES, AlertDigestIssued)
