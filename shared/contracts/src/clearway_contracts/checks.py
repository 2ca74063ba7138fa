"""The events of what was done for a route: clearances and passes, recorded, corrected and withdrawn."""

from typing import ClassVar, Final, Literal, Self

from pydantic import model_validator

from clearway_contracts.route_check import RouteCheck, RouteClearanceState, RoutePassState
from clearway_contracts.routes import RouteChange


def _require_same(change: RouteChange, inside: RouteCheck) -> None:
    if (inside.mission, inside.route_id) != (change.mission, change.route_id):
        raise ValueError("mission and route_id must be those of the state inside")


class ClearanceChange(RouteChange):
    """Base of the events of a clearance: `clearance` is what it is now."""

    clearance: RouteClearanceState

    @model_validator(mode="after")
    def _clearance_is_of_this_route(self) -> Self:
        _require_same(self, self.clearance)
        return self


class PassChange(RouteChange):
    """Base of the events of a pass: `route_pass` is what it is now."""

    route_pass: RoutePassState

    @model_validator(mode="after")
    def _pass_is_of_this_route(self) -> Self:
        _require_same(self, self.route_pass)
        return self


class RouteCleared(ClearanceChange):
    """A stretch of a route was searched for hazards; `clearance.result` says what came of it."""

    event_type: ClassVar[Literal["route.cleared"]] = "route.cleared"


class RouteClearanceCorrected(ClearanceChange):
    """What was recorded of a clearance was corrected."""

    event_type: ClassVar[Literal["route.clearance_corrected"]] = "route.clearance_corrected"


class RouteClearanceWithdrawn(ClearanceChange):
    """A clearance was recorded by mistake: it counts for nothing."""

    event_type: ClassVar[Literal["route.clearance_withdrawn"]] = "route.clearance_withdrawn"


class RoutePassed(PassChange):
    """A stretch of a route was taken; `route_pass.result` says what was met."""

    event_type: ClassVar[Literal["route.passed"]] = "route.passed"


class RoutePassCorrected(PassChange):
    """What was recorded of a pass was corrected."""

    event_type: ClassVar[Literal["route.pass_corrected"]] = "route.pass_corrected"


class RoutePassWithdrawn(PassChange):
    """A pass was recorded by mistake: it counts for nothing."""

    event_type: ClassVar[Literal["route.pass_withdrawn"]] = "route.pass_withdrawn"


CHECK_EVENTS: Final[tuple[type[ClearanceChange] | type[PassChange], ...]] = (
    RouteCleared,
    RouteClearanceCorrected,
    RouteClearanceWithdrawn,
    RoutePassed,
    RoutePassCorrected,
    RoutePassWithdrawn,
)
