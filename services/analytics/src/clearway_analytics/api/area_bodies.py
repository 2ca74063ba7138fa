"""The bodies of requests and answers about contaminated areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from clearway_analytics.api.bodies import Name, Position
from clearway_analytics.api.check_bodies import Note, Reason, kilometre
from clearway_analytics.domain.area import Area, AreaDraft, checked_polygon
from clearway_analytics.domain.line import MAX_VERTICES, STORED_VERTICES, Stretch
from clearway_analytics.ledger.areas import TouchedArea, TouchedRoute
from clearway_analytics.queries.hazards import Kilometres
from clearway_contracts.envelope import Utc
from clearway_contracts.route_vocabulary import AreaStatus
from clearway_contracts.vocabulary import Category
from clearway_platform.forms import BoundedForm

MOST_RINGS: Final = 100
Ring = Annotated[
    list[Position], Field(max_length=STORED_VERTICES, fail_fast=True, json_schema_extra={"maxItems": MAX_VERTICES})
]


class AreaPolygon(BoundedForm):
    """A GeoJSON Polygon, WGS 84 degrees, longitude first: the outer ring, then its holes. A third number is not
    stored."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=MOST_RINGS, fail_fast=True)] = Field(
        examples=[[[[20.0, 10.0], [20.1, 10.0], [20.1, 10.1], [20.0, 10.0]]]]
    )


class AreaBody(BoundedForm):
    """A contaminated area to register."""

    name: Name
    status: AreaStatus
    category: Category = Category.UNKNOWN
    polygon: AreaPolygon
    organisation: Name = Field(description="Who says so.")
    reference: Name | None = Field(default=None, description="What the organisation calls it.")
    surveyed_at: Utc | None = Field(default=None, description="When it was last surveyed; null: not known.")
    note: Note = ""

    def draft(self) -> AreaDraft:
        """The checked area. Raises a 422 problem."""
        rings = [[(position[0], position[1]) for position in ring] for ring in self.polygon.coordinates]
        return AreaDraft(
            name=self.name,
            status=self.status.value,
            category=self.category.value,
            polygon=checked_polygon(rings),
            organisation=self.organisation,
            reference=self.reference,
            surveyed_at=self.surveyed_at,
            note=self.note,
        )


class AreaCorrection(AreaBody):
    """An area as it should have been recorded, whole."""

    reason: Reason = Field(description="Why it is corrected. It stays on record.")


class AreaRelease(BoundedForm):
    """Why an area stands no longer."""

    reason: Reason = Field(description="It stays on record.", examples=["Cleared and handed over on 3 March."])


class AreaView(BaseModel):
    """A contaminated area at one revision. It stands until it is released."""

    area_id: UUID
    revision: int = Field(description="Its ETag.")
    name: str
    status: AreaStatus
    category: Category
    polygon: AreaPolygon
    organisation: str
    reference: str | None
    surveyed_at: datetime | None
    note: str
    recorded_by: str
    recorded_at: datetime
    released: bool
    reason: str | None = Field(description="Why it was corrected or released.")

    @classmethod
    def of(cls, area: Area) -> Self:
        rings = [[list(position) for position in ring] for ring in area.polygon]
        own = {name: getattr(area, name) for name in cls.model_fields if name != "polygon"}
        return cls.model_validate(own | {"polygon": AreaPolygon(coordinates=rings)})


class AreaOnRoute(BaseModel):
    """A contaminated area that stands and touches a route's corridor."""

    area_id: UUID
    area_revision: int
    name: str
    status: AreaStatus
    category: Category
    organisation: str
    stretches: list[Kilometres]

    @classmethod
    def of(cls, touched: TouchedArea) -> Self:
        area = touched.area
        return cls(
            area_id=area.area_id,
            area_revision=area.revision,
            name=area.name,
            status=AreaStatus(area.status),
            category=Category(area.category),
            organisation=area.organisation,
            stretches=_ranges(touched.stretches),
        )


class RouteInArea(BaseModel):
    """A route whose corridor a contaminated area touches."""

    route_id: UUID
    name: str
    stretches: list[Kilometres]

    @classmethod
    def of(cls, touched: TouchedRoute) -> Self:
        route = touched.route
        return cls(route_id=route.route_id, name=route.name, stretches=_ranges(touched.stretches))


def _ranges(stretches: Sequence[Stretch]) -> list[Kilometres]:
    return [Kilometres(kilometre(start), kilometre(end)) for start, end in stretches]
