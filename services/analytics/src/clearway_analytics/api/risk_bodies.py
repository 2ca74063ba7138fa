"""The bodies of answers about the risk of routes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from clearway_analytics.api.area_bodies import AreaOnRoute
from clearway_analytics.api.bodies import RouteView
from clearway_analytics.domain.route import Route
from clearway_analytics.ledger.areas import TouchedArea
from clearway_analytics.ledger.missions import Mission
from clearway_analytics.queries.hazards import HazardOnRoute
from clearway_analytics.queries.risk import Explained, RiskContribution
from clearway_analytics.risk.assessment import Assessment
from clearway_analytics.risk.parameters import Parameters
from clearway_contracts.vocabulary import RiskBand


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
        description="The word for the route, over the parameters' own horizon. known_hazard: a hazard or a "
        "contaminated area stands on it, whatever is expected. low_data: no recent evidence near the route to say low."
    )
    known_hazards: int = Field(
        description="Hazards that stand on the route, and contaminated areas that stand and touch its corridor. They "
        "are outside the expected incidents."
    )
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
    contaminated_areas: list[AreaOnRoute] = Field(description="The contaminated areas that stand on it, by kilometre.")
    parameters: Parameters

    @classmethod
    def full(
        cls,
        route_id: UUID,
        risk: Assessment,
        hazards: Sequence[HazardOnRoute],
        areas: Sequence[TouchedArea],
        mission: Mission,
    ) -> "RouteRisk":
        return cls(
            **dict(RiskView.of(risk, mission.parameters_revision)),
            route_id=route_id,
            hazards=list(hazards),
            contaminated_areas=[AreaOnRoute.of(touched) for touched in areas],
            parameters=mission.parameters,
        )


class RatedRoute(RouteView):
    """A route and its present risk."""

    risk: RiskView

    @classmethod
    def rated(cls, route: Route, risk: Assessment, parameters_revision: int) -> "RatedRoute":
        return cls(**dict(RouteView.of(route)), risk=RiskView.of(risk, parameters_revision))


class Rest(BaseModel):
    """The incidents that are not listed: those beyond `limit`, and those that the key may not read whole."""

    incidents: int
    expected_events: float


class Explanation(BaseModel):
    """The parts of a route's risk: contributions, the rest and the background add up to the expected events.

    Known hazards and contaminated areas are no part of them: they stand on the route.
    """

    route_id: UUID
    as_of: datetime
    horizon_days: float
    expected_events: float
    background: float
    band: RiskBand
    hazards: list[HazardOnRoute] = Field(description="The known hazards, by kilometre.")
    contaminated_areas: list[AreaOnRoute] = Field(
        description="The contaminated areas that were recorded until then and stood on it, by kilometre."
    )
    contributions: list[RiskContribution]
    rest: Rest
    parameters_revision: int = Field(description="The revision of the risk parameters used.")

    @classmethod
    def of(cls, route_id: UUID, explained: Explained, limit: int, parameters_revision: int) -> "Explanation":
        risk, others = explained.risk, [*explained.contributions[limit:], *explained.hidden]
        return cls(
            route_id=route_id,
            as_of=risk.at,
            horizon_days=risk.horizon_days,
            expected_events=risk.expected_events,
            background=risk.background,
            band=risk.band,
            hazards=list(explained.hazards),
            contaminated_areas=[AreaOnRoute.of(touched) for touched in explained.areas],
            contributions=list(explained.contributions[:limit]),
            rest=Rest(incidents=len(others), expected_events=sum(other.expected_events for other in others)),
            parameters_revision=parameters_revision,
        )
