"""The alert as others see it: what one subscription is told about one revision of an incident."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from clearway_contracts.envelope import Mission, State, Utc
from clearway_contracts.geometry import Metres, Point
from clearway_contracts.incident import Revision
from clearway_contracts.vocabulary import (
    AlertKind,
    Category,
    Certainty,
    HazardState,
    Outcome,
    Severity,
    Status,
    Tlp,
    Urgency,
)


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
