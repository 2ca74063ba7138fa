"""Where an incident is: a WGS-84 point, how far off it may be, and its grid reference."""

from __future__ import annotations

import warnings
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Final

from mgrs import MGRS
from mgrs.core import MGRSError

from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import LocationPrecision

# The radius in metres of the circle that holds the true point with 90 %, where the reporter gives none. A position fix
# under field conditions; a surveyed benchmark; a point near a named place and the place itself, after the extent of a
# village and of a small town; then the typical radius of a district, of a province and of a country.
DEFAULT_UNCERTAINTY_M: Final = {
    LocationPrecision.GPS: 25.0,
    LocationPrecision.SURVEYED_POINT: 10.0,
    LocationPrecision.NEAR_LOCALITY: 1_000.0,
    LocationPrecision.LOCALITY: 2_500.0,
    LocationPrecision.ADMIN2: 25_000.0,
    LocationPrecision.ADMIN1: 100_000.0,
    LocationPrecision.COUNTRY: 500_000.0,
}


# The mean radius of the earth, in metres: distances are up to 0.6 % off, less than any uncertainty is known.
_RADIUS_M: Final = 6_371_009.0


def distance_m(one: Point, other: Point) -> float:
    """The great circle between two points, in metres (haversine)."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    across = cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * _RADIUS_M * asin(sqrt(min(1.0, sin(north / 2) ** 2 + across)))


def grid_reference(point: Point) -> str:
    """The MGRS reference to one metre; near the poles in its polar (UPS) form. Derived, never taken from a report."""
    reference: str = _converter().toMGRS(point.latitude, point.longitude, MGRSPrecision=5)
    return reference


def point_of(reference: str) -> Point:
    """The south-western corner of an MGRS square, which is written without blanks: `30QVD1234567890`.

    Raises ValueError for a square that is not on the earth, or not in the band of latitude that it names.
    """
    try:
        # Of a wrong band the library only warns.
        with warnings.catch_warnings(action="error", category=RuntimeWarning):
            latitude, longitude = _converter().toLatLon(reference)
    except (MGRSError, RuntimeWarning) as error:
        raise ValueError(f"{reference} is not a place") from error
    return Point(coordinates=(longitude, latitude))


@cache
def _converter() -> MGRS:
    """The converter loads a C library: once, when first needed."""
    return MGRS()
