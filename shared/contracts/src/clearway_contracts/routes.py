"""The events of the analytics service: routes, and how risky they are."""

from typing import ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import model_validator

from clearway_contracts.envelope import EventData
from clearway_contracts.incident import Count
from clearway_contracts.route import NonNegative, RiskState, RouteState
from clearway_contracts.topics import ROUTE_RISK
from clearway_contracts.vocabulary import RiskBand


class RouteChange(EventData):
    """Base of the route events, ordered by route."""

    topic: ClassVar[str] = ROUTE_RISK.name
    subject_fields: ClassVar[tuple[str, ...]] = ("route_id",)

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
    """A route's band changed, its score changed enough to matter, or a known hazard or a contaminated area was added or
    ended.

    `cause` is the incident that moved it, if one did; of several that were applied together, the last.
    """

    event_type: ClassVar[Literal["route.risk_changed"]] = "route.risk_changed"

    risk: RiskState
    previous_expected_events: NonNegative | None = None
    previous_band: RiskBand | None = None
    previous_known_hazards: Count | None = None
    cause: UUID | None = None

    @model_validator(mode="after")
    def _risk_is_of_this_route(self) -> Self:
        _require_same(self, self.risk)
        return self


ROUTE_EVENTS: Final[tuple[type[RouteChange], ...]] = (RouteRegistered, RouteRiskChanged)
