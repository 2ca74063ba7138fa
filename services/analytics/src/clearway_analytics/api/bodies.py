"""The bodies of requests and answers about routes and their risk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from clearway_analytics.domain.line import MAX_VERTICES, STORED_VERTICES, InvalidLine, checked
from clearway_analytics.domain.route import MAX_HALF_WIDTH_M, Route, RouteDraft
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries.hazards import HazardOnRoute
from clearway_analytics.queries.risk import Explained, RiskContribution
from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.risk.parameters import Parameters
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.refusals import Invalid

DEFAULT_HALF_WIDTH_M: Final = 500.0

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Position = Annotated[list[float], Field(min_length=2, max_length=3)]


class Line(BaseModel):
    """A GeoJSON LineString, WGS 84 degrees, longitude first. A third number (height) is not stored."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[list[Position], Field(max_length=STORED_VERTICES)] = Field(
        examples=[[[20.0, 10.0], [20.4, 10.1]]], json_schema_extra={"maxItems": MAX_VERTICES}
    )


class RouteBody(BaseModel):
    """A route to register."""

    model_config = ConfigDict(extra="forbid")

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


class RiskView(BaseModel):
    """The risk of a route from `as_of` on, over `horizon_days`, from the incidents until then."""

    as_of: datetime
    horizon_days: float
    expected_events: float = Field(description="Expected incidents on the corridor; background and incidents together.")
    background: float = Field(description="The part that does not depend on known incidents.")
    incidents: float = Field(description="The part that follows from known incidents.")
    low: float
    high: float
    n_eff: float = Field(
        description="The effective sample: the number of equally weighted incidents with the same evidence."
    )
    nearby_sample: float = Field(
        description="Incidents within 2.5 km of the route, each by its weight and its age: evidence for the word low."
    )
    probability: float = Field(description="The chance of at least one.")
    band: RiskBand = Field(
        description="The word for the route, over the parameters' own horizon. known_hazard: a hazard stands on it, "
        "whatever is expected. low_data: no recent evidence near the route to say low."
    )
    known_hazards: int = Field(description="Hazards that stand on the route. They are outside the expected incidents.")
    data_age_days: float | None = Field(description="Age of the newest counted incident; null when there is none.")
    gain: float = Field(
        description="The corridor gain in the expected incidents: those observed in corridors by those predicted."
    )
    parameters_revision: int = Field(description="The revision of the risk parameters used.")

    @classmethod
    def of(cls, risk: Assessment, parameters_revision: int) -> "RiskView":
        others = {"as_of": risk.at, "n_eff": risk.effective_sample, "parameters_revision": parameters_revision}
        own = {name: getattr(risk, name) for name in cls.model_fields if name not in others}
        return cls.model_validate(own | others)


class RouteRisk(RiskView):
    """A route's risk, and the parameters used."""

    route_id: UUID
    hazards: list[HazardOnRoute] = Field(description="The known hazards, by kilometre.")
    parameters: Parameters

    @classmethod
    def full(cls, route_id: UUID, risk: Assessment, hazards: Sequence[HazardOnRoute], mission: Mission) -> "RouteRisk":
        view = RiskView.of(risk, mission.parameters_revision)
        return cls(**dict(view), route_id=route_id, hazards=list(hazards), parameters=mission.parameters)


class RatedRoute(RouteView):
    """A route and its present risk."""

    risk: RiskView

    @classmethod
    def rated(cls, route: Route, risk: Assessment, parameters_revision: int) -> "RatedRoute":
        return cls(**dict(RouteView.of(route)), risk=RiskView.of(risk, parameters_revision))


class Rest(BaseModel):
    """The incidents that are not listed."""

    incidents: int
    expected_events: float


class Explanation(BaseModel):
    """The parts of a route's risk: contributions, the rest and the background add up to the expected events.

    Known hazards are no part of them: they stand on the route now.
    """

    route_id: UUID
    as_of: datetime
    horizon_days: float
    expected_events: float
    background: float
    band: RiskBand
    hazards: list[HazardOnRoute] = Field(description="The known hazards, by kilometre.")
    contributions: list[RiskContribution]
    rest: Rest
    parameters_revision: int = Field(description="The revision of the risk parameters used.")

    @classmethod
    def of(cls, route_id: UUID, explained: Explained, limit: int, parameters_revision: int) -> "Explanation":
        risk, others = explained.risk, explained.contributions[limit:]
        return cls(
            route_id=route_id,
            as_of=risk.at,
            horizon_days=risk.horizon_days,
            expected_events=risk.expected_events,
            background=risk.background,
            band=risk.band,
            hazards=list(explained.hazards),
            contributions=list(explained.contributions[:limit]),
            rest=Rest(incidents=len(others), expected_events=sum(other.expected_events for other in others)),
            parameters_revision=parameters_revision,
        )


def _line_problem(error: InvalidLine) -> Invalid:
    index = "" if error.position is None else f".{error.position}"
    return Invalid(f"line.coordinates{index}", error.problem, error.remedy)
