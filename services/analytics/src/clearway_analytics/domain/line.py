"""The line of a route: which lines are accepted, and the error for each other one."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, get_coordinates, segmentize

Position = tuple[float, float]

MAX_VERTICES: Final = 5_000
# Stored routes may have more.
STORED_VERTICES: Final = 10_000
MIN_LENGTH_M: Final = 1.0
MAX_LENGTH_M: Final = 2_000_000.0
# Beyond it a degree of longitude is too short for a map: a line of some kilometres may go round the pole many times.
MAX_LATITUDE: Final = 85.0
# A line is measured in one projection, which distorts wider lines, and cannot represent the widest at all.
MAX_WIDTH_DEGREES: Final = 60.0
EARTH: Final = Geod(ellps="WGS84")

# A straight line on the map is not straight in metres: in steps of this size the error is below five metres.
STEP_DEGREES: Final = 0.1


class Stretch(NamedTuple):
    """A part of a line, in metres along it from its start."""

    start_m: float
    end_m: float


class InvalidLine(ValueError):
    """A line that cannot be a route. `position` is the index of the wrong vertex; None when it is the whole line."""

    def __init__(self, problem: str, remedy: str, position: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.position = position


def checked(positions: Sequence[Position]) -> tuple[Position, ...]:
    """The line without repeated points. WGS 84 degrees, longitude first. Raises InvalidLine."""
    if len(positions) > MAX_VERTICES:
        raise InvalidLine(f"the line has {len(positions)} positions", f"send at most {MAX_VERTICES}: simplify the line")
    for index, (longitude, latitude) in enumerate(positions):
        _check_position(index, longitude, latitude)
    line = _without_repeats(positions)
    if len(line) < 2:
        raise InvalidLine("the line does not have two distinct positions", "send the line that patrols follow")
    _check_extent(line)
    return line


def length_m(line: Sequence[Position]) -> float:
    """Length along the ellipsoid."""
    longitudes, latitudes = zip(*line, strict=True)
    return float(EARTH.line_length(longitudes, latitudes))


def middle(line: Sequence[Position]) -> Position:
    """The point half-way along the line as drawn."""
    point = LineString(np.array(line)).interpolate(0.5, normalized=True)
    return point.x, point.y


def stepped(line: Sequence[Position]) -> NDArray[np.float64]:
    """The line as drawn on a map, (n, 2), with vertices close enough to be projected one by one."""
    coordinates: NDArray[np.float64] = get_coordinates(segmentize(LineString(np.array(line)), STEP_DEGREES))
    return coordinates


def _check_position(index: int, longitude: float, latitude: float) -> None:
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise InvalidLine("a coordinate is not a finite number", "send numbers in degrees", index)
    if abs(longitude) <= 180 and abs(latitude) <= MAX_LATITUDE:
        return
    if abs(longitude) <= 180 and abs(latitude) <= 90:
        problem = f"[{longitude:g}, {latitude:g}] is beyond {MAX_LATITUDE:g} degrees of latitude"
        raise InvalidLine(problem, "routes so near to a pole are not rated", index)
    swapped = abs(latitude) <= 180 and abs(longitude) <= 90
    remedy = "longitude comes first: latitude and longitude look swapped" if swapped else "send WGS 84 degrees"
    raise InvalidLine(f"[{longitude:g}, {latitude:g}] is not a place: longitude ±180, latitude ±90", remedy, index)


def _without_repeats(positions: Sequence[Position]) -> tuple[Position, ...]:
    return tuple(positions[:1]) + tuple(here for before, here in pairwise(positions) if here != before)


def _check_extent(line: Sequence[Position]) -> None:
    for index, (before, here) in enumerate(pairwise(line), start=1):
        if abs(here[0] - before[0]) > 180:
            raise InvalidLine("the line crosses the antimeridian", "register the two sides as two routes", index)
    width = max(longitude for longitude, _latitude in line) - min(longitude for longitude, _latitude in line)
    if width > MAX_WIDTH_DEGREES:
        limit = f"{MAX_WIDTH_DEGREES:g} degrees"
        raise InvalidLine(
            f"the line spans {width:.0f} degrees of longitude", f"register stretches of at most {limit} each"
        )
    length = length_m(line)
    if length < MIN_LENGTH_M:
        raise InvalidLine(
            f"the line is shorter than {MIN_LENGTH_M:g} m", "send the line that patrols follow, in degrees"
        )
    if length > MAX_LENGTH_M:
        limit = f"{MAX_LENGTH_M / 1000:,.0f} km"
        raise InvalidLine(f"the line is {length / 1000:,.0f} km long", f"register stretches of at most {limit} each")
