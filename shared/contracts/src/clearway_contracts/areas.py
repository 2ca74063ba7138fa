"""The events of contaminated areas: registered, corrected, released."""

from typing import ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import model_validator

from clearway_contracts.area import AreaState
from clearway_contracts.envelope import EventData
from clearway_contracts.topics import ROUTE_RISK


class AreaChange(EventData):
    """Base of these events, ordered by area: `area` is what it is now."""

    topic: ClassVar[str] = ROUTE_RISK.name
    subject_fields: ClassVar[tuple[str, ...]] = ("area_id",)

    area_id: UUID
    area: AreaState

    @model_validator(mode="after")
    def _state_is_of_this_area(self) -> Self:
        if (self.area.mission, self.area.area_id) != (self.mission, self.area_id):
            raise ValueError("mission and area_id must be those of the state inside")
        return self


class AreaRegistered(AreaChange):
    """A contaminated area was registered: it stands until it is released."""

    event_type: ClassVar[Literal["area.registered"]] = "area.registered"


class AreaCorrected(AreaChange):
    """What is recorded of a contaminated area was corrected."""

    event_type: ClassVar[Literal["area.corrected"]] = "area.corrected"


class AreaReleased(AreaChange):
    """A contaminated area was released; `area.reason` says why."""

    event_type: ClassVar[Literal["area.released"]] = "area.released"


AREA_EVENTS: Final[tuple[type[AreaChange], ...]] = (AreaRegistered, AreaCorrected, AreaReleased)
