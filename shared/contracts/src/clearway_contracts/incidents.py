"""The events of the incidents service: every accepted revision of an incident, whole."""

from typing import ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import EventData
from clearway_contracts.incident import IncidentState, Revision
from clearway_contracts.topics import INCIDENTS


class IncidentChange(EventData):
    """Base of the incident events. `changed` lists the dotted names of the fields that the revision changed.

    The ids are repeated outside the state so that a consumer can drop what is older without reading it.
    """

    topic: ClassVar[str] = INCIDENTS.name
    subject_fields: ClassVar[tuple[str, ...]] = ("incident_id",)

    incident_id: UUID
    revision: Revision
    changed: tuple[str, ...] = Field(default=(), description="Dotted names of the fields that changed.")
    incident: IncidentState

    @model_validator(mode="after")
    def _state_is_of_this_incident(self) -> Self:
        inside = (self.incident.mission, self.incident.incident_id, self.incident.revision)
        if inside != (self.mission, self.incident_id, self.revision):
            raise ValueError("mission, incident_id and revision must be those of the incident inside")
        return self


class IncidentReported(IncidentChange):
    """A new incident was recorded from a report."""

    event_type: ClassVar[Literal["incident.reported"]] = "incident.reported"


class IncidentReviewStarted(IncidentChange):
    """Someone took the report up for review."""

    event_type: ClassVar[Literal["incident.review_started"]] = "incident.review_started"


class IncidentCorrected(IncidentChange):
    """Facts were corrected or added."""

    event_type: ClassVar[Literal["incident.corrected"]] = "incident.corrected"


class IncidentGraded(IncidentChange):
    """The source's reliability or the information's credibility was assessed."""

    event_type: ClassVar[Literal["incident.graded"]] = "incident.graded"


class IncidentVerified(IncidentChange):
    """The incident was verified by someone other than its reporter."""

    event_type: ClassVar[Literal["incident.verified"]] = "incident.verified"


class IncidentDisputed(IncidentChange):
    """The incident was put in doubt."""

    event_type: ClassVar[Literal["incident.disputed"]] = "incident.disputed"


class IncidentMerged(IncidentChange):
    """The incident took part in a merge: it became an alias (`links.merged_into`) or took others in (`merged_from`)."""

    event_type: ClassVar[Literal["incident.merged"]] = "incident.merged"


class IncidentUnmerged(IncidentChange):
    """A merge was undone for this incident."""

    event_type: ClassVar[Literal["incident.unmerged"]] = "incident.unmerged"


class IncidentRetracted(IncidentChange):
    """The incident was withdrawn, with its reason: everyone who was warned of it must hear so."""

    event_type: ClassVar[Literal["incident.retracted"]] = "incident.retracted"


class IncidentClosed(IncidentChange):
    """Nothing more is expected of the incident."""

    event_type: ClassVar[Literal["incident.closed"]] = "incident.closed"


class IncidentReopened(IncidentChange):
    """A closed incident went back to review."""

    event_type: ClassVar[Literal["incident.reopened"]] = "incident.reopened"


class IncidentClearanceClaimed(IncidentChange):
    """The hazard is reported as cleared or gone, and stands until an assessor other than the claimant confirms it."""

    event_type: ClassVar[Literal["incident.clearance_claimed"]] = "incident.clearance_claimed"


class IncidentClearanceDismissed(IncidentChange):
    """The claim that the hazard is cleared was withdrawn or refused: the hazard stands."""

    event_type: ClassVar[Literal["incident.clearance_dismissed"]] = "incident.clearance_dismissed"


class IncidentHazardChanged(IncidentChange):
    """The hazard became active, suspected, marked or unknown, or its clearance was confirmed: cleared or none."""

    event_type: ClassVar[Literal["incident.hazard_changed"]] = "incident.hazard_changed"


INCIDENT_EVENTS: Final[tuple[type[IncidentChange], ...]] = (
    IncidentReported,
    IncidentReviewStarted,
    IncidentCorrected,
    IncidentGraded,
    IncidentVerified,
    IncidentDisputed,
    IncidentMerged,
    IncidentUnmerged,
    IncidentRetracted,
    IncidentClosed,
    IncidentReopened,
    IncidentClearanceClaimed,
    IncidentClearanceDismissed,
    IncidentHazardChanged,
)
