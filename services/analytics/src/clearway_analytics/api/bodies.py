"""The bodies of requests and answers about routes."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from clearway_analytics.domain.line import MAX_VERTICES, STORED_VERTICES, InvalidLine, checked
from clearway_analytics.domain.route import MAX_HALF_WIDTH_M, Route, RouteDraft
from clearway_platform.forms import BoundedForm
from clearway_platform.refusals import Invalid

DEFAULT_HALF_WIDTH_M: Final = 500.0

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Position = Annotated[list[float], Field(min_length=2, max_length=3, fail_fast=True)]


class Line(BoundedForm):
    """A GeoJSON LineString, WGS 84 degrees, longitude first. A third number (height) is not stored."""

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[list[Position], Field(max_length=STORED_VERTICES, fail_fast=True)] = Field(
        examples=[[[20.0, 10.0], [20.4, 10.1]]], json_schema_extra={"maxItems": MAX_VERTICES}
    )


class RouteBody(BoundedForm):
    """A route to register."""

    name: Name
    line: Line
    half_width_m: float = Field(
        default=DEFAULT_HALF_WIDTH_M, ge=10, le=MAX_HALF_WIDTH_M, description="Half the width of the corridor, metres."
    )

    def draft(self) -> RouteDraft:
        """The checked route. Raises a 422 problem."""
        try:
            line = checked([(position[0], position[1]) for position in self.line.coordinates])
        except InvalidLine as error:
            raise _line_problem(error) from error
        return RouteDraft(self.name, line, self.half_width_m)


class RouteLinks(BaseModel):
    """The addresses of what belongs to a route."""

    risk: str
    verified_stretches: str
    clearances: str
    passes: str
    areas: str
    briefing: str

    @classmethod
    def of(cls, route_id: UUID) -> "RouteLinks":
        return cls(**{name: f"/v1/routes/{route_id}/{name.replace('_', '-')}" for name in cls.model_fields})


class RouteView(BaseModel):
    """A registered route. `revision` is its ETag."""

    route_id: UUID
    name: str
    line: Line
    half_width_m: float
    length_m: float
    revision: int
    registered_by: str
    registered_at: datetime
    updated_at: datetime
    links: RouteLinks

    @classmethod
    def of(cls, route: Route) -> "RouteView":
        line = Line(coordinates=[list(position) for position in route.line])
        others = {"line": line, "links": RouteLinks.of(route.route_id)}
        return cls.model_validate(
            {name: getattr(route, name) for name in cls.model_fields if name not in others} | others
        )


def _line_problem(error: InvalidLine) -> Invalid:
    index = "" if error.position is None else f".{error.position}"
    return Invalid(f"line.coordinates{index}", error.problem, error.remedy)
