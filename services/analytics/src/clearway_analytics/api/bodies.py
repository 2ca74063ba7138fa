"""What the interface takes and gives."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from clearway_analytics.domain.line import MAX_VERTICES, STORED_VERTICES, InvalidLine, checked
from clearway_analytics.domain.route import Route, RouteDraft
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries.risk import Explained, Reason
from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.risk.parameters import Parameters
from clearway_contracts.vocabulary import RiskBand
from clearway_platform.refusals import Refusal
from clearway_platform.web.problems import invalid

DEFAULT_HALF_WIDTH_M: Final = 500.0

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Position = Annotated[list[float], Field(min_length=2, max_length=3)]


class Line(BaseModel):
    """A GeoJSON LineString, WGS 84 degrees, longitude first. A third number (height) is not kept."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[list[Position], Field(max_length=STORED_VERTICES)] = Field(
        examples=[[[20.0, 10.0], [20.4, 10.1]]], json_schema_extra={"maxItems": MAX_VERTICES}
    )


class RouteBody(BaseModel):
    """A route as it is registered."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    line: Line
    half_width_m: float = Field(
        default=DEFAULT_HALF_WIDTH_M, ge=10, le=5_000, description="Half the width of the corridor, metres."
    )

    def draft(self) -> RouteDraft:
        """The route, checked. Raises a 422 problem."""
        try:
            line = checked([(position[0], position[1]) for position in self.line.coordinates])
        except InvalidLine as error:
            raise _line_problem(error) from error
        return RouteDraft(self.name, line, self.half_width_m)


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

    @classmethod
    def of(cls, route: Route) -> "RouteView":
        line = Line(coordinates=[list(position) for position in route.line])
        return cls.model_validate(
            {name: getattr(route, name) for name in cls.model_fields if name != "line"} | {"line": line}
        )


class RiskView(BaseModel):
    """The risk of a route from `as_of` on, over `horizon_days`, by what was known then."""

    as_of: datetime
    horizon_days: float
    expected_events: float = Field(description="Expected incidents on the corridor; background and incidents together.")
    background: float = Field(description="The part that no incident announces.")
    incidents: float = Field(description="The part that known incidents announce.")
    low: float
    high: float
    n_eff: float = Field(description="How many equally weighted incidents would tell as much.")
    probability: float = Field(description="The chance of at least one.")
    band: RiskBand = Field(description="In words, over the parameters' own horizon. low_data: little is known.")
    data_age_days: float | None = Field(description="Age of the newest incident that counts; null: there is none.")
    parameters_revision: int = Field(description="The revision of the risk parameters that it was computed with.")

    @classmethod
    def of(cls, risk: Assessment, parameters_revision: int) -> "RiskView":
        others = {"as_of": risk.at, "n_eff": risk.effective_sample, "parameters_revision": parameters_revision}
        own = {name: getattr(risk, name) for name in cls.model_fields if name not in others}
        return cls.model_validate(own | others)


class RiskReport(RiskView):
    """A risk with the parameters that it was computed with."""

    route_id: UUID
    parameters: Parameters

    @classmethod
    def full(cls, route_id: UUID, risk: Assessment, mission: Mission) -> "RiskReport":
        view = RiskView.of(risk, mission.parameters_revision)
        return cls(**dict(view), route_id=route_id, parameters=mission.parameters)


class RatedRoute(RouteView):
    """A route and its risk now."""

    risk: RiskView

    @classmethod
    def rated(cls, route: Route, risk: Assessment, parameters_revision: int) -> "RatedRoute":
        return cls(**dict(RouteView.of(route)), risk=RiskView.of(risk, parameters_revision))


class ReasonView(BaseModel):
    """One incident's part in the expected events."""

    incident_id: UUID
    incident_revision: int = Field(description="The incident's revision that was counted.")
    occurred_at: datetime
    age_days: float
    distance_m: float
    weight: float = Field(description="How far the incident is believed, 0 to 1.")
    expected_events: float

    @classmethod
    def of(cls, reason: Reason) -> "ReasonView":
        named = {"occurred_at": reason.occurred, "incident_revision": reason.revision}
        own = {name: getattr(reason, name) for name in cls.model_fields if name not in named}
        return cls.model_validate(own | named)


class Rest(BaseModel):
    """Further incidents that are not listed."""

    incidents: int
    expected_events: float


class Explanation(BaseModel):
    """What makes a route risky: contributions, the rest and the background add up to the expected events."""

    route_id: UUID
    as_of: datetime
    horizon_days: float
    expected_events: float
    background: float
    contributions: list[ReasonView]
    rest: Rest
    parameters_revision: int = Field(description="The revision of the risk parameters that it was computed with.")

    @classmethod
    def of(cls, route_id: UUID, explained: Explained, limit: int, parameters_revision: int) -> "Explanation":
        risk, others = explained.risk, explained.reasons[limit:]
        return cls(
            route_id=route_id,
            as_of=risk.at,
            horizon_days=risk.horizon_days,
            expected_events=risk.expected_events,
            background=risk.background,
            contributions=[ReasonView.of(reason) for reason in explained.reasons[:limit]],
            rest=Rest(incidents=len(others), expected_events=sum(reason.expected_events for reason in others)),
            parameters_revision=parameters_revision,
        )


def _line_problem(error: InvalidLine) -> Refusal:
    place = "" if error.position is None else f".{error.position}"
    return invalid(f"body.line.coordinates{place}", error.problem, error.remedy)
