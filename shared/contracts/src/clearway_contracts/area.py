"""A contaminated area as others see it."""

from typing import ClassVar, Literal
from uuid import UUID

from clearway_contracts.envelope import Mission, State, Utc
from clearway_contracts.geometry import Polygon
from clearway_contracts.incident import Revision
from clearway_contracts.route_vocabulary import AreaStatus
from clearway_contracts.vocabulary import Category


class AreaState(State):
    """A suspected or confirmed hazardous area, at one revision. It stands until it is released."""

    state_name: ClassVar[Literal["area"]] = "area"

    area_id: UUID
    mission: Mission
    name: str
    status: AreaStatus
    category: Category
    polygon: Polygon
    organisation: str
    reference: str | None = None
    surveyed_at: Utc | None = None
    revision: Revision
    recorded_at: Utc
    released: bool = False
    reason: str | None = None
