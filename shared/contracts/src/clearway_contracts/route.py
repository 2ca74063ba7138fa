"""A route as others see it, and how risky it is."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from clearway_contracts.envelope import Mission, State, Utc
from clearway_contracts.geometry import LineString
from clearway_contracts.incident import Count, Revision
from clearway_contracts.vocabulary import RiskBand

NonNegative = Annotated[float, Field(ge=0)]


class RouteState(State):
    """A route: its line, and the half-width of its corridor in metres."""

    state_name: ClassVar[Literal["route"]] = "route"

    route_id: UUID
    mission: Mission
    name: str
    line: LineString
    half_width_m: Annotated[float, Field(gt=0)]
    registered_at: Utc
    revision: Revision
    retired: bool = False


class RiskState(State):
    """A route's risk over the next `horizon_days`: expected events with their interval, and the chance of at least one.

    `n_eff` is the effective number of incidents that the figure rests on; `data_age_days` the age of the newest;
    `nearby_sample` the decayed number of incidents near the route, without which a low risk is low_data.
    `known_hazards` is the number of hazards that stand on the route now, and of contaminated areas that stand and touch
    its corridor: while there is one of either, the band is known_hazard.
    """

    state_name: ClassVar[Literal["route_risk"]] = "route_risk"

    route_id: UUID
    mission: Mission
    at: Utc
    horizon_days: Annotated[float, Field(gt=0)]
    expected_events: NonNegative
    low: NonNegative
    high: NonNegative
    n_eff: NonNegative
    probability: Annotated[float, Field(ge=0, le=1)]
    band: RiskBand
    data_age_days: NonNegative | None = None
    nearby_sample: NonNegative | None = None
    known_hazards: Count = 0
