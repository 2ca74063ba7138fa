"""The places that a subscription can watch, and what makes one impossible."""

import itertools
import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import shapely

from clearway_alerts.domain.errors import ImpossibleArea
from clearway_alerts.domain.geometry import line_length_m, polygon_of

Position: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Position, ...]

# What a new or changed area may have; what is stored already goes on being watched, up to STORED_POSITIONS.
MAX_POSITIONS: Final = 5_000
STORED_POSITIONS: Final = 10_000
MAX_RINGS: Final = 1_000
_EXPLAINED_POSITIONS: Final = 1_000
MAX_LINE_M: Final = 2_000_000.0
MIN_REACH_M: Final = 1.0
MAX_REACH_M: Final = 500_000.0


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole mission."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """Rings of [longitude, latitude], closed; the first is the outside, the others are holes."""

    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    center: Position
    radius_m: float


@dataclass(frozen=True, slots=True)
class Corridor:
    """What lies within `width_m` metres of the line, to either side."""

    line: Ring
    width_m: float


@dataclass(frozen=True, slots=True)
class RouteCorridor:
    """What lies within `width_m` metres of a registered route, wherever it is drawn at the moment."""

    route_id: UUID
    width_m: float


Area: TypeAlias = Everything | Polygon | Circle | Corridor | RouteCorridor


def check_area(area: Area) -> None:
    """Raise ImpossibleArea when the area's geometry makes no sense, or is larger than an area may be.

    A polygon of thousands of positions takes a quarter of a second: call it off the event loop and outside of a
    transaction.
    """
    match area:
        case Circle(center, radius_m):
            _check_positions("center.coordinates", (center,))
            _check_reach("radius_m", radius_m)
        case Corridor(line, width_m):
            _check_line(line)
            _check_reach("width_m", width_m)
        case RouteCorridor(_, width_m):
            _check_reach("width_m", width_m)
        case Polygon(rings):
            _check_polygon(rings)
        case Everything():
            pass


def _check_reach(field: str, metres: float) -> None:
    if not (math.isfinite(metres) and MIN_REACH_M <= metres <= MAX_REACH_M):
        raise ImpossibleArea(
            field, f"is not between {MIN_REACH_M:g} and {MAX_REACH_M:g} metres", "Give the distance in metres."
        )


def _check_positions(field: str, positions: Ring) -> None:
    _check_count(field, len(positions))
    for index, (longitude, latitude) in enumerate(positions):
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            raise ImpossibleArea(f"{field}.{index}", "is not finite", "Give decimal degrees.")
        if abs(latitude) > 90 and abs(longitude) <= 90:
            raise ImpossibleArea(
                f"{field}.{index}", "has a latitude out of range; it looks swapped", "Write [longitude, latitude]."
            )
        if abs(longitude) > 180 or abs(latitude) > 90:
            raise ImpossibleArea(f"{field}.{index}", "is out of range", "Longitude within ±180, latitude within ±90.")
    if any(abs(after[0] - before[0]) > 180 for before, after in itertools.pairwise(positions)):
        raise ImpossibleArea(field, "crosses the antimeridian", "Cut it there and make two subscriptions (RFC 7946).")


def _check_count(field: str, positions: int) -> None:
    if positions > MAX_POSITIONS:
        raise ImpossibleArea(
            field,
            f"has {positions} positions, more than {MAX_POSITIONS}",
            f"Simplify it to at most {MAX_POSITIONS}, or make two subscriptions.",
        )


def _check_line(line: Ring) -> None:
    _check_positions("line.coordinates", line)
    if len(set(line)) < 2:
        raise ImpossibleArea("line.coordinates", "has no length", "Give at least two different positions.")
    length = line_length_m(line)
    if length > MAX_LINE_M:
        raise ImpossibleArea(
            "line.coordinates",
            f"is {length / 1000:.0f} km long, more than {MAX_LINE_M / 1000:.0f} km",
            "Make a subscription for each part of it.",
        )


def _check_polygon(rings: tuple[Ring, ...]) -> None:
    if not rings:
        raise ImpossibleArea("polygon.coordinates", "is empty", "Give at least the outer ring.")
    _check_count("polygon.coordinates", sum(map(len, rings)))
    for index, ring in enumerate(rings):
        field = f"polygon.coordinates.{index}"
        _check_positions(field, ring)
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ImpossibleArea(field, "is not a closed ring", "Give four or more positions, the last as the first.")
    drawn = polygon_of(rings)
    if not shapely.is_valid(drawn):
        raise ImpossibleArea("polygon.coordinates", f"is not valid: {_why(drawn)}", "Draw it without crossing itself.")


def _why(drawn: Any) -> str:
    """Only of a small polygon: finding the reason, unlike finding that there is one, holds the interpreter."""
    if shapely.get_num_coordinates(drawn) > _EXPLAINED_POSITIONS:
        return "it crosses or touches itself"
    reason: str = shapely.is_valid_reason(drawn)
    return reason
