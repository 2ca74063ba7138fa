"""A patrol route."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clearway_analytics.domain.line import Position

MAX_HALF_WIDTH_M: Final = 5_000.0


@dataclass(frozen=True, slots=True)
class RouteDraft:
    """A requested route: a checked line, and the half-width of its corridor in metres."""

    name: str
    line: tuple[Position, ...]
    half_width_m: float


@dataclass(frozen=True, slots=True)
class Route:
    """A registered route. `length_m` is along the ellipsoid."""

    mission: str
    route_id: UUID
    name: str
    line: tuple[Position, ...]
    half_width_m: float
    length_m: float
    revision: int
    registered_by: str
    registered_at: datetime
    updated_at: datetime
    retired_at: datetime | None
