"""The facts of an incident as they may be sent, and as the domain takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import Utc
from clearway_contracts.geometry import Point
from clearway_contracts.incident import IncidentTime, Location
from clearway_contracts.vocabulary import (
    Activity,
    Actuation,
    Affiliation,
    AgeBand,
    CasualtyOutcome,
    Category,
    Classification,
    Delivery,
    HazardState,
    LocationPrecision,
    MissionImpact,
    Outcome,
    Passable,
    Priority,
    ProtectiveMeasure,
    Setting,
    Sex,
    Target,
    TimePrecision,
    Tlp,
)
from clearway_incidents.api.texts import (
    Count,
    CountryCode,
    Form,
    Line,
    Metres,
    Name,
    Narrative,
    Position,
    Uncertainty,
)
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.moment import check_given, span
from clearway_incidents.domain.place import DEFAULT_UNCERTAINTY_M, grid_reference
from clearway_incidents.domain.reporting import DEFAULT_PRIORITY, default_hazard


class TimeForm(Form):
    """When. Give the moment and how closely it is known, or the span that holds it.
    From 1900 on, and not in the future; a span may end within a year from now."""

    occurred_at: Utc | None = None
    earliest: Utc | None = None
    latest: Utc | None = None
    precision: TimePrecision | None = Field(default=None, description="By default minute, or unknown without a moment.")
    reported_at: Utc | None = Field(default=None, description="When the report was made; by default now.")

    def in_domain(self, now: datetime) -> IncidentTime:
        precision = self.precision or (TimePrecision.MINUTE if self.occurred_at else TimePrecision.UNKNOWN)
        reported = self.reported_at or now
        check_given(self.occurred_at, self.earliest, self.latest, self.reported_at, now)
        earliest, latest = span(self.occurred_at, self.earliest, self.latest, precision, reported)
        return IncidentTime(
            occurred_at=self.occurred_at,
            earliest=earliest,
            latest=latest,
            precision=precision,
            reported_at=reported,
            recorded_at=now,
        )


class PointForm(Form):
    """A GeoJSON point: [longitude, latitude] in WGS-84 degrees."""

    type: Literal["Point"] = "Point"
    coordinates: Position


class LocationForm(Form):
    """Where. Without `uncertainty_m` the usual one of the precision is taken; `mgrs` is derived."""

    point: PointForm
    precision: LocationPrecision
    uncertainty_m: Uncertainty | None = None
    place_name: Line | None = None
    admin0: CountryCode | None = None
    admin1: Line | None = None
    admin2: Line | None = None
    route_id: UUID | None = None
    chainage_m: Metres | None = None
    setting: Setting = Setting.UNKNOWN

    def in_domain(self) -> Location:
        point = Point(coordinates=self.point.coordinates)
        uncertainty = self.uncertainty_m or DEFAULT_UNCERTAINTY_M[self.precision]
        derived = {"point": point, "uncertainty_m": uncertainty, "mgrs": grid_reference(point)}
        return Location.model_validate(self.given | derived)


class CasualtiesForm(Form):
    """People hurt, as an aggregate: low <= best <= high. No names."""

    affiliation: Affiliation = Affiliation.UNKNOWN
    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    outcome: CasualtyOutcome
    low: Count
    best: Count
    high: Count

    @model_validator(mode="after")
    def _bounds_hold_best(self) -> Self:
        if not self.low <= self.best <= self.high:
            raise ValueError("low <= best <= high must hold")
        return self


class ImpactForm(Form):
    """What it did beside hurting people. Leave out what is not known."""

    vehicles_damaged: Count | None = None
    vehicles_destroyed: Count | None = None
    road_passable: Passable = Passable.UNKNOWN
    mission_impact: MissionImpact | None = None


class SharingForm(Form):
    """With whom it may be shared, and until when it is kept."""

    tlp: Tlp = Tlp.AMBER
    classification: Classification = Classification.UNCLASSIFIED
    releasable_to: Annotated[tuple[Name, ...], Field(max_length=50, fail_fast=True)] = ()
    retention_until: Utc | None = None


class LinksForm(Form):
    """Other incidents that this one has to do with. Merges are made by their own command."""

    related: Annotated[tuple[UUID, ...], Field(max_length=100, fail_fast=True)] = ()


class FactsForm(Form):
    """What is known of the event. There is no field for how a device is built, and none will come."""

    exercise: bool = False
    time: TimeForm
    location: LocationForm
    category: Category
    actuation: Actuation = Actuation.UNKNOWN
    delivery: Delivery = Delivery.UNKNOWN
    outcome: Outcome = Outcome.UNKNOWN
    hazard_state: HazardState | None = Field(default=None, description="By default what the outcome says, or unknown.")
    target: Target = Target.UNKNOWN
    activity: Activity = Activity.UNKNOWN
    casualties: Annotated[tuple[CasualtiesForm, ...], Field(max_length=100, fail_fast=True)] = ()
    impact: ImpactForm = ImpactForm()
    protective_measures: Annotated[tuple[ProtectiveMeasure, ...], Field(max_length=20, fail_fast=True)] = ()
    priority: Priority | None = Field(default=None, description="By default what the hazard asks for.")
    sharing: SharingForm = SharingForm()
    narrative: Narrative = ""
    links: LinksForm = LinksForm()

    def in_domain(self, now: datetime) -> ReportedFacts:
        """As they are given, with what follows from them. A field of the same name needs no line here."""
        hazard = self.hazard_state or default_hazard(self.outcome, self.category)
        derived = {
            "time": self.time.in_domain(now),
            "location": self.location.in_domain(),
            "hazard_state": hazard,
            "priority": self.priority or DEFAULT_PRIORITY[hazard],
            "related": self.links.related,
        }
        return ReportedFacts.model_validate(self.given | derived, from_attributes=True)
