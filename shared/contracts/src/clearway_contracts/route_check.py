"""What was done for a route: a stretch of it was cleared, or passed."""

from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from clearway_contracts.envelope import Mission, State, Utc
from clearway_contracts.geometry import Metres
from clearway_contracts.incident import Count, Revision
from clearway_contracts.route_vocabulary import PassKind, PassResult, SearchMethod, SearchResult


class RouteCheck(State):
    """Base of what was done for a stretch of a route, at one revision.

    `from_m` and `to_m` are distances along the route's line from its start; `at` is when the end was reached. A stretch
    holds for the line of `route_revision`: on a redrawn line it counts for nothing. `withdrawn`: it was recorded by
    mistake.
    """

    route_id: UUID
    mission: Mission
    route_revision: Revision
    from_m: Metres
    to_m: Annotated[float, Field(gt=0)]
    at: Utc
    organisation: str
    revision: Revision
    recorded_at: Utc
    withdrawn: bool = False

    @model_validator(mode="after")
    def _stretch_is_ordered(self) -> Self:
        if self.from_m >= self.to_m:
            raise ValueError("from_m must be below to_m")
        return self


class RouteClearanceState(RouteCheck):
    """A stretch that was searched for hazards, how, and with what result."""

    state_name: ClassVar[Literal["route_clearance"]] = "route_clearance"

    clearance_id: UUID
    method: SearchMethod
    result: SearchResult
    items_found: Count | None = None


class RoutePassState(RouteCheck):
    """A stretch that was taken, by whom, and what was met."""

    state_name: ClassVar[Literal["route_pass"]] = "route_pass"

    pass_id: UUID
    kind: PassKind
    result: PassResult
