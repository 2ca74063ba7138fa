"""The alert as others see it: what one subscription is told about one revision of an incident; and many in a digest."""

from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field

from clearway_contracts.envelope import Mission, State, Utc
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
    Status,
    Tlp,
    Urgency,
)

MOST_LISTED: Final = 100
"""A digest lists no more alerts than this, so that its event is never too large to be published."""


class AlertState(State):
    """One alert object: what one subscription is told about one revision of an incident.

    `sequence` counts 1.. per incident and subscription; `references` are the earlier alerts that it replaces;
    `reason` names the clause of the filter that matched. `classification` is null where it is not known: it then counts
    as the highest. `chainage_m` is the distance along the route from its start.
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
    place_name: str | None = None
    mgrs: str | None = None
    route_id: UUID | None = None
    chainage_m: Metres | None = None
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
    classification: Classification | None = None
    releasable_to: tuple[str, ...] = ()

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

    digest_id: UUID
    mission: Mission
    subscription_id: UUID
    exercise: bool
    count: Annotated[int, Field(ge=1)]
    headline: str
    issued_at: Utc
    reason: str
    alerts: Annotated[tuple[AlertState, ...], Field(min_length=1, max_length=MOST_LISTED)]
