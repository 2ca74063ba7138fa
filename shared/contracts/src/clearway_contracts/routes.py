"""The events of the analytics service: routes, and how risky they are."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import EventData, Mission, State, Utc
from clearway_contracts.geometry import LineString
from clearway_contracts.incident import Revision
from clearway_contracts.topics import ROUTE_RISK

NonNegative = Annotated[float, Field(ge=0)]


class RiskBand(StrEnum):
    """The words for a route's risk. There is none for "safe"; low data says that silence proves nothing."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
    SEVERE = "severe"
    LOW_DATA = "low_data"


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

    `n_eff` is the effective number of incidents that the figure rests on; `data_age_days` the age of the newest.
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


class RouteChange(EventData):
    """Base of the route events, ordered by route."""

    topic: ClassVar[str] = ROUTE_RISK.name
    subject_field: ClassVar[str | None] = "route_id"

    route_id: UUID


def _require_same(change: RouteChange, inside: RouteState | RiskState) -> None:
    if (inside.mission, inside.route_id) != (change.mission, change.route_id):
        raise ValueError("mission and route_id must be those of the state inside")


class RouteRegistered(RouteChange):
    """A route was registered, redrawn or retired: `route` is what it is now."""

    event_type: ClassVar[Literal["route.registered"]] = "route.registered"

    route: RouteState

    @model_validator(mode="after")
    def _state_is_of_this_route(self) -> Self:
        _require_same(self, self.route)
        return self


class RouteRiskChanged(RouteChange):
    """A route's band changed, or its score rose enough to matter. `cause` is the incident that moved it, if one did."""

    event_type: ClassVar[Literal["route.risk_changed"]] = "route.risk_changed"

    risk: RiskState
    previous_expected_events: NonNegative | None = None
    previous_band: RiskBand | None = None
    cause: UUID | None = None

    @model_validator(mode="after")
    def _risk_is_of_this_route(self) -> Self:
        _require_same(self, self.risk)
        return self


ROUTE_EVENTS: Final[tuple[type[RouteChange], ...]] = (RouteRegistered, RouteRiskChanged)
