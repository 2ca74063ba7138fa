"""The events of the alerts service: what was said to whom about an incident, or about a source that is silent."""

from typing import Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import model_validator

from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.envelope import EventData, Utc
from clearway_contracts.topics import ALERTS


class AlertChange(EventData):
    """Base of the alert events. They are ordered by incident (or source), so that a cancellation never overtakes its
    alert. One of the two ids is there. Version 1 knew incidents only."""

    topic: ClassVar[str] = ALERTS.name
    version: ClassVar[int] = 2
    subject_fields: ClassVar[tuple[str, ...]] = ("incident_id", "source_id")

    alert_id: UUID
    incident_id: UUID | None = None
    source_id: UUID | None = None
    alert: AlertState

    @model_validator(mode="after")
    def _state_is_of_this_alert(self) -> Self:
        inside = (self.alert.mission, self.alert.alert_id, self.alert.incident_id, self.alert.source_id)
        if inside != (self.mission, self.alert_id, self.incident_id, self.source_id):
            raise ValueError("mission, alert_id, incident_id and source_id must be those of the alert inside")
        return self


class AlertIssued(AlertChange):
    """A subscription is warned of an incident for the first time, or that a watched source is silent."""

    event_type: ClassVar[Literal["alert.issued"]] = "alert.issued"


class AlertUpdated(AlertChange):
    """What the subscription was told has changed."""

    event_type: ClassVar[Literal["alert.updated"]] = "alert.updated"


class AlertRenewed(AlertChange):
    """The hazard that the subscription was told of still stands, or the source is still silent: said again before the
    last alert expires."""

    event_type: ClassVar[Literal["alert.renewed"]] = "alert.renewed"


class AlertDowngraded(AlertChange):
    """The danger that the subscription was told of is less than it was."""

    event_type: ClassVar[Literal["alert.downgraded"]] = "alert.downgraded"


class AlertCancelled(AlertChange):
    """The warning no longer stands, or the source is heard again. Reaches everyone who had it."""

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
    version: ClassVar[int] = 2
    subject_fields: ClassVar[tuple[str, ...]] = ("subscription_id",)

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


def may_be_of_a_source(data: dict[str, Any]) -> dict[str, Any]:
    """From version 1 to 2 of every alert event: what says of a source is added, and is empty."""
    return data
