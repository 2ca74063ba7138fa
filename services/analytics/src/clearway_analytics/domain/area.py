"""A contaminated area: a polygon that is suspected or confirmed to be hazardous, until it is released."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np
import shapely
from shapely.validation import explain_validity

from clearway_analytics.domain.line import MAX_LATITUDE, MAX_VERTICES, MAX_WIDTH_DEGREES, Position
from clearway_platform.refusals import Invalid

Ring = tuple[Position, ...]
Rings = tuple[Ring, ...]
Box = tuple[float, float, float, float]

PLACE: Final = "polygon.coordinates"


@dataclass(frozen=True, slots=True)
class AreaDraft:
    """What a person sends; the polygon is checked."""

    name: str
    status: str
    category: str
    polygon: Rings
    organisation: str
    reference: str | None
    surveyed_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Area:
    """One revision of an area. `reason` says why it was corrected or released."""

    mission: str
    area_id: UUID
    revision: int
    name: str
    status: str
    category: str
    polygon: Rings
    organisation: str
    reference: str | None
    surveyed_at: datetime | None
    note: str
    recorded_by: str
    recorded_at: datetime
    released: bool
    reason: str | None

    @property
    def box(self) -> Box:
        """West, south, east, north, degrees."""
        longitudes, latitudes = zip(*self.polygon[0], strict=True)
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def polygon_of(rings: Sequence[Sequence[Position]]) -> shapely.Polygon:
    """The polygon of an outer ring and its holes. From arrays it is made four times as fast as from tuples."""
    outer, *holes = map(np.array, rings)
    return shapely.Polygon(outer, holes)


def checked_polygon(rings: Sequence[Sequence[Position]]) -> Rings:
    """The outer ring and the holes, as sent. Raises Invalid with the place and the remedy."""
    number = sum(len(ring) for ring in rings)
    if number > MAX_VERTICES:
        raise Invalid(PLACE, f"the polygon has {number} positions", f"Send at most {MAX_VERTICES}: simplify it.")
    for index, ring in enumerate(rings):
        _check_ring(index, ring)
    _check_width(rings[0])
    polygon = polygon_of(rings)
    if not polygon.is_valid:
        problem = explain_validity(polygon).partition("[")[0].lower()
        raise Invalid(
            PLACE, f"the polygon is not valid: {problem}", "Send rings that do not cross or touch themselves."
        )
    return tuple(tuple(ring) for ring in rings)


def _check_ring(index: int, ring: Sequence[Position]) -> None:
    for vertex, (longitude, latitude) in enumerate(ring):
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            raise Invalid(f"{PLACE}.{index}.{vertex}", "a coordinate is not a finite number", "Send degrees.")
        if abs(longitude) > 180 or abs(latitude) > MAX_LATITUDE:
            problem = f"[{longitude:g}, {latitude:g}] is not a place: longitude ±180, latitude ±{MAX_LATITUDE:g}"
            raise Invalid(f"{PLACE}.{index}.{vertex}", problem, "Send WGS 84 degrees, longitude first.")
    if len(ring) < 4 or ring[0] != ring[-1]:
        problem = "the ring does not end where it begins" if len(ring) >= 4 else "the ring has fewer than 4 positions"
        raise Invalid(f"{PLACE}.{index}", problem, "Send at least three corners, and the first one again at the end.")


def _check_width(ring: Sequence[Position]) -> None:
    if any(abs(here[0] - before[0]) > 180 for before, here in pairwise(ring)):
        raise Invalid(f"{PLACE}.0", "the ring crosses the antimeridian", "Register the two sides as two areas.")
    width = max(longitude for longitude, _ in ring) - min(longitude for longitude, _ in ring)
    if width > MAX_WIDTH_DEGREES:
        problem = f"the polygon spans {width:.0f} degrees of longitude"
        raise Invalid(f"{PLACE}.0", problem, f"Register areas of at most {MAX_WIDTH_DEGREES:g} degrees each.")
