"""The one shape of an alert in list, stream and message, whole or thin, and where the rest is read.

Nobody whose subscription matches is left without a warning: what a reader may not read makes the alert thin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from clearway_alerts.domain.severity import EXERCISE
from clearway_alerts.read_out import read_out
from clearway_contracts.alert import ALSO_OF_INCIDENT, OF_INCIDENT, OF_SOURCE, AlertSource, AlertState, DigestState
from clearway_contracts.geometry import Point
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
from clearway_platform.auth.ceilings import Ceiling, Sight

# All that a thin alert says, besides that it is of an exercise.
KEPT: Final = frozenset(
    {
        "alert_id",
        "mission",
        "subscription_id",
        "incident_id",
        "incident_revision",
        "source_id",
        "sequence",
        "kind",
        "exercise",
        "severity",
        "issued_at",
        "expires_at",
        "references",
        "tlp",
    }
)
# All that a whole alert says.
_SAID: Final = AlertState.model_fields.keys() | {"read_out"}
ABOVE_THE_KEY: Final = (
    "The incident is marked for other readers than this key. Ask the security cell of the mission, and name the "
    "incident."
)


class AlertLinks(BaseModel):
    """Where the rest is read."""

    alert: str
    incident: str | None = Field(description="Null for an alert of a source.")
    source: str | None = Field(description="Null for an alert of an incident.")


class ShownAlert(BaseModel):
    """An alert, in the shape of the list and the stream. What a thin one leaves out is null."""

    # What is answered is whole: a field that may be empty is there all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    form: Literal["full", "thin"]
    left_out: list[str] = Field(
        description="The fields that are left out: of a thin alert, and `releasable_to` where it is too long for "
        "a message; else empty."
    )
    why_thin: str | None = Field(description="Why it is thin, and where the rest is, in words; null when it is full.")
    alert_id: UUID
    mission: str
    subscription_id: UUID
    incident_id: UUID | None = Field(description="Null when it is of a watched source.")
    incident_revision: int | None = Field(description="Drop the message when you have a later one of the incident.")
    source_id: UUID | None = Field(description="The watched source that is silent, or is heard again.")
    sequence: int = Field(description="Counts from 1 for each incident, or source, and subscription.")
    kind: AlertKind
    exercise: bool = Field(description="True: nothing has happened, it is a drill. Say so first.")
    severity: Severity
    urgency: Urgency | None
    certainty: Certainty | None
    headline: str | None
    point: Point | None
    uncertainty_m: float | None
    place_name: str | None
    mgrs: str | None = Field(description="The grid reference of the point, to one metre.")
    route_id: UUID | None = Field(description="The registered route on which it was reported.")
    chainage_m: float | None = Field(description="Metres along the route from its start.")
    read_out: str | None = Field(
        description="The alert in words that a radio operator can read out, a line for each thing to be said: what "
        "happened, what stands, where, how well the place is known, and what to do. Of an exercise this is said first."
    )
    category: Category | None
    outcome: Outcome | None
    hazard_state: HazardState | None
    status: Status | None
    source: AlertSource | None = Field(description="The source as it was when the alert was issued.")
    occurred_at: datetime | None
    issued_at: datetime
    expires_at: datetime
    references: list[UUID] = Field(description="The earlier alerts that this one replaces.")
    tlp: Tlp
    reason: str | None
    classification: Classification | None
    releasable_to: list[str] | None
    links: AlertLinks


class ThinAlert(BaseModel, frozen=True):
    """An alert without what its reader may not read: there is nothing more in it to be given away.

    `headline` is empty but for an exercise, which is said first."""

    alert_id: UUID
    mission: str
    subscription_id: UUID
    incident_id: UUID | None
    incident_revision: int | None
    source_id: UUID | None
    sequence: int
    kind: AlertKind
    exercise: bool
    severity: Severity
    issued_at: datetime
    expires_at: datetime
    references: tuple[UUID, ...]
    tlp: Tlp
    headline: str | None
    why_thin: str

    @classmethod
    def of(cls, alert: AlertState, why: str) -> Self:
        kept = {name: getattr(alert, name) for name in KEPT}
        headline = EXERCISE if alert.exercise else None
        return cls(**kept, headline=headline, why_thin=why)


def seen_by(ceiling: Ceiling, alert: AlertState, why: str = ABOVE_THE_KEY) -> AlertState | ThinAlert:
    """The alert as a reader may see it: thin where its marks are above the ceiling, never nothing."""
    return alert if ceiling.sight(alert.handling) is Sight.WHOLE else ThinAlert.of(alert, why)


def shape_of(alert: AlertState | ThinAlert) -> dict[str, Any]:
    """The fields of `ShownAlert`, as JSON."""
    said = alert.model_dump(mode="json")
    if isinstance(alert, AlertState):
        about: dict[str, Any] = {"form": "full", "left_out": [], "why_thin": None, "read_out": read_out(alert)}
    else:
        # What an alert of a source has is not left out of one of an incident, and the other way round.
        other = {*OF_INCIDENT, *ALSO_OF_INCIDENT} if alert.incident_id is None else {*OF_SOURCE}
        left_out = sorted(_SAID - KEPT - other - ({"headline"} if alert.exercise else set()))
        about = {"form": "thin", "left_out": left_out}
    return {**dict.fromkeys(_SAID), **about, **said, "links": links_of(alert).model_dump()}


def shown_event(data: Mapping[str, Any], ceiling: Ceiling) -> Mapping[str, Any]:
    """The data of an event as the stream sends it: the same object where nothing is withheld."""
    if "digest" in data:
        digest = DigestState.model_validate(data["digest"])
        if all(ceiling.sight(alert.handling) is Sight.WHOLE for alert in digest.alerts):
            return data
        alerts = [shape_of(seen_by(ceiling, alert)) for alert in digest.alerts]
        return {**data, "digest": {**data["digest"], "alerts": alerts}}
    alert = AlertState.model_validate(data["alert"])
    seen = seen_by(ceiling, alert)
    return data if seen is alert else {**data, "alert": shape_of(seen)}


def links_of(alert: AlertState | ThinAlert) -> AlertLinks:
    incident = f"/v1/incidents/{alert.incident_id}" if alert.incident_id else None
    source = f"/v1/sources/{alert.source_id}" if alert.source_id else None
    return AlertLinks(alert=f"/v1/alerts/{alert.alert_id}", incident=incident, source=source)
