"""A filter and its area as they travel and are stored: JSON with GeoJSON geometries, longitude first."""

from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field

from clearway_alerts.domain import areas
from clearway_alerts.domain.areas import MAX_POSITIONS, MAX_RINGS, STORED_POSITIONS, Area
from clearway_alerts.domain.subscription import (
    EXPLOSIVE_HAZARDS,
    Accuracy,
    Filter,
    MinimumGrade,
)
from clearway_contracts.vocabulary import (
    Category,
    HazardState,
    Inclusion,
    InfoCredibility,
    Severity,
    SourceReliability,
    Status,
    Tlp,
)
from clearway_platform.forms import BoundedForm

Coordinate: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Position: TypeAlias = tuple[Coordinate, Coordinate]
# Stored filters are read by the same forms: what is accepted is bounded by `check_area`, and is what the schema says.
_ACCEPTED: Final = {"maxItems": MAX_POSITIONS}
Metres: TypeAlias = Annotated[float, Field(ge=areas.MIN_REACH_M, le=areas.MAX_REACH_M, allow_inf_nan=False)]


class Form(BoundedForm):
    """Base of what comes in."""

    model_config = ConfigDict(frozen=True)


class CenterForm(Form):
    type: Literal["Point"]
    coordinates: Position


class LineForm(Form):
    type: Literal["LineString"]
    coordinates: Annotated[
        tuple[Position, ...],
        Field(min_length=2, max_length=STORED_POSITIONS, fail_fast=True, json_schema_extra=_ACCEPTED),
    ]


class PolygonGeometryForm(Form):
    type: Literal["Polygon"]
    coordinates: Annotated[
        tuple[
            Annotated[
                tuple[Position, ...],
                Field(min_length=4, max_length=STORED_POSITIONS, fail_fast=True, json_schema_extra=_ACCEPTED),
            ],
            ...,
        ],
        Field(min_length=1, max_length=MAX_RINGS, fail_fast=True),
    ]


class EverythingForm(Form):
    """The whole mission."""

    type: Literal["everything"]

    def to_domain(self) -> Area:
        return areas.Everything()


class PolygonForm(Form):
    type: Literal["polygon"]
    polygon: PolygonGeometryForm

    def to_domain(self) -> Area:
        return areas.Polygon(self.polygon.coordinates)


class CircleForm(Form):
    type: Literal["circle"]
    center: CenterForm
    radius_m: Metres

    def to_domain(self) -> Area:
        return areas.Circle(self.center.coordinates, self.radius_m)


class CorridorForm(Form):
    """What lies within `width_m` metres of the line, to either side."""

    type: Literal["corridor"]
    line: LineForm
    width_m: Metres

    def to_domain(self) -> Area:
        return areas.Corridor(self.line.coordinates, self.width_m)


class RouteForm(Form):
    """What lies within `width_m` metres of a registered route, to either side."""

    type: Literal["route"]
    route_id: UUID
    width_m: Metres

    def to_domain(self) -> Area:
        return areas.RouteCorridor(self.route_id, self.width_m)


AreaForm: TypeAlias = Annotated[
    EverythingForm | PolygonForm | CircleForm | CorridorForm | RouteForm, Field(discriminator="type")
]


class GradeForm(Form):
    """The worst Admiralty grades that are let through. What cannot be judged (F, 6) then never is."""

    reliability: SourceReliability | None = None
    credibility: InfoCredibility | None = None


class FilterForm(Form):
    """Which incidents to be warned of. In doubt it warns: leave out what you do not need."""

    area: AreaForm
    accuracy: Accuracy = Field(
        default=Accuracy.INTERSECTS_UNCERTAINTY,
        description="Whether the incident's circle of uncertainty may touch the area, or its point must lie inside.",
    )
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=20, fail_fast=True)] = Field(
        default=tuple(sorted(EXPLOSIVE_HAZARDS)),
        description="Without it: every explosive hazard. `not_explosive` warns nobody, also when it is named.",
    )
    min_severity: Severity = Severity.MINOR
    statuses: Annotated[tuple[Status, ...], Field(max_length=20, fail_fast=True)] = Field(
        default=(), description="Empty: all."
    )
    hazard_states: Annotated[tuple[HazardState, ...], Field(max_length=20, fail_fast=True)] = Field(
        default=(), description="Empty: all."
    )
    min_grade: GradeForm = GradeForm()
    tlp_max: Tlp = Field(default=Tlp.RED, description="The most restricted incident that is let through.")
    exercises: Inclusion = Field(
        default=Inclusion.EXCLUDE,
        description="Whether incidents of an exercise are let through, beside the real ones or alone.",
    )

    sources: Inclusion = Field(
        default=Inclusion.INCLUDE,
        description="Whether alerts of silent sources are let through, beside those of incidents or alone. Of the "
        "other clauses only `tlp_max` and `exercises` are asked of them.",
    )

    def to_domain(self) -> Filter:
        return Filter(
            area=self.area.to_domain(),
            accuracy=self.accuracy,
            categories=frozenset(self.categories),
            min_severity=self.min_severity,
            statuses=frozenset(self.statuses),
            hazard_states=frozenset(self.hazard_states),
            min_grade=MinimumGrade(self.min_grade.reliability, self.min_grade.credibility),
            tlp_max=self.tlp_max,
            exercises=self.exercises,
            sources=self.sources,
        )
