"""The alert as others see it: what one subscription is told about one revision of an incident, or about a source that
is silent; and many in a digest."""

from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import Mission, Payload, State, Utc
from clearway_contracts.geometry import Metres, Point
from clearway_contracts.handling import MOST_RESTRICTED, Handling
from clearway_contracts.incident import Revision
from clearway_contracts.vocabulary import (
    AlertKind,
    Category,
    Certainty,
    Classification,
    HazardState,
    Outcome,
    Severity,
    SourceKind,
    Status,
    Tlp,
    Urgency,
)

MOST_LISTED: Final = 100
"""A digest lists no more alerts than this, so that its event is never too large to be published."""


OF_INCIDENT: Final = (
    *("incident_id", "incident_revision", "point", "uncertainty_m"),
    *("category", "outcome", "hazard_state", "status"),
)
"""What an alert of an incident has, and an alert of a source has not."""
ALSO_OF_INCIDENT: Final = ("place_name", "mgrs", "route_id", "chainage_m")
"""What an alert of an incident may have, and an alert of a source has not."""
OF_SOURCE: Final = ("source_id", "source")


class AlertSource(Payload):
    """A watched source as it was when the alert was issued. `watches` is what is listened for: an organisation, the
    system of an import, a consumer, or the service of a relay. Without `last_heard_at` nothing was ever heard."""

    name: str
    kind: SourceKind
    watches: str
    quiet_after: Annotated[timedelta, Field(description="How long it may be quiet.")]
    watched_since: Utc
    last_heard_at: Utc | None = None


class AlertState(State):
    """One alert object: what one subscription is told about one revision of an incident, or about a watched source that
    is silent or is heard again. It has the fields of the one or of the other.

    `sequence` counts 1.. per incident (or source) and subscription; `references` are the earlier alerts that it
    replaces; `reason` names the clause of the filter that matched, or says since when the source is silent.
    `classification` is null where it is not known: it then counts as the highest. `chainage_m` is the distance along
    the route from its start.
    """

    state_name: ClassVar[Literal["alert"]] = "alert"
    version: ClassVar[int] = 2

    alert_id: UUID
    mission: Mission
    subscription_id: UUID
    incident_id: UUID | None = None
    incident_revision: Revision | None = None
    source_id: UUID | None = None
    sequence: Annotated[int, Field(ge=1)]
    kind: AlertKind
    exercise: bool
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    headline: str
    point: Point | None = None
    uncertainty_m: Metres | None = None
    place_name: str | None = None
    mgrs: str | None = None
    route_id: UUID | None = None
    chainage_m: Metres | None = None
    category: Category | None = None
    outcome: Outcome | None = None
    hazard_state: HazardState | None = None
    status: Status | None = None
    source: AlertSource | None = None
    occurred_at: Utc | None = None
    issued_at: Utc
    expires_at: Utc
    references: tuple[UUID, ...] = ()
    tlp: Tlp
    reason: str
    classification: Classification | None = None
    releasable_to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_of_an_incident_or_of_a_source(self) -> Self:
        of_incident = {getattr(self, name) is not None for name in OF_INCIDENT}
        of_source = {getattr(self, name) is not None for name in OF_SOURCE}
        has_place = self.source is not None and any(getattr(self, name) is not None for name in ALSO_OF_INCIDENT)
        if len(of_incident) > 1 or len(of_source) > 1 or of_incident == of_source or has_place:
            raise ValueError("an alert has all fields of an incident, or all of a source, and none of the other")
        return self

    @property
    def about(self) -> UUID:
        """The id of the incident or of the source."""
        found = self.incident_id or self.source_id
        assert found is not None
        return found

    @property
    def handling(self) -> Handling:
        """To whom it may go."""
        if self.classification is None:
            return MOST_RESTRICTED
        return Handling(self.tlp, self.classification, self.releasable_to)


class DigestState(State):
    """Many alerts that one subscription is told at once. Each of them is an alert object of its own, and has its
    updates and its cancellation.

    `alerts` are the gravest of them, as many as a message holds; `count` is how many there are. `exercise`: all of them
    are of an exercise.
    """

    state_name: ClassVar[Literal["alert_digest"]] = "alert_digest"
    version: ClassVar[int] = 2

    digest_id: UUID
    mission: Mission
    subscription_id: UUID
    exercise: bool
    count: Annotated[int, Field(ge=1)]
    headline: str
    issued_at: Utc
    reason: str
    alerts: Annotated[tuple[AlertState, ...], Field(min_length=1, max_length=MOST_LISTED)]
