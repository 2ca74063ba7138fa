"""The map as vector tiles (Mapbox Vector Tile 2.1): layers `incidents`, `cells` for what is reduced, and `clusters`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import asinh, atan, degrees, pi, radians, sinh, tan
from typing import Any, Final

from shapely import Point, Polygon
from sqlalchemy import Row

from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import Category
from clearway_incidents.queries.incident_map import BY_GRAVITY, IncidentMap
from clearway_incidents.queries.narrowing import Box

# What makers of clients know comes first.
MEDIA_TYPES: Final = ("application/octet-stream", "application/vnd.mapbox-vector-tile")
MOST_ZOOM: Final = 22
_EXTENT: Final = 4096
# Beyond it the projection has no tiles.
_NORTHMOST: Final = degrees(atan(sinh(pi)))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the web's map (EPSG:3857): the north-western one has column and row 0."""

    zoom: int
    column: int
    row: int

    @property
    def exists(self) -> bool:
        return 0 <= self.zoom <= MOST_ZOOM and 0 <= self.column < 2**self.zoom and 0 <= self.row < 2**self.zoom

    @property
    def box(self) -> Box:
        """What the tile shows, in degrees."""
        count = 2**self.zoom
        west, east = (column / count * 360 - 180 for column in (self.column, self.column + 1))
        north, south = (degrees(atan(sinh(pi * (1 - 2 * row / count)))) for row in (self.row, self.row + 1))
        return Box(west=west, south=south, east=east, north=north)

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a point is in the tile, in its units, from the north-western corner."""
        count = 2**self.zoom
        north = asinh(tan(radians(max(-_NORTHMOST, min(_NORTHMOST, latitude)))))
        x, y = (longitude + 180) / 360 * count - self.column, (1 - north / pi) / 2 * count - self.row
        return x * _EXTENT, y * _EXTENT


def tile_of(found: IncidentMap, tile: Tile) -> bytes:
    """The incidents of a tile's box, or their clusters, as a tile. An empty one has no bytes."""
    # It loads NumPy's and Shapely's parts for a quarter of a second, and most processes draw no tile.
    import mapbox_vector_tile  # noqa: PLC0415

    layers = [
        {"name": name, "features": features}
        for name, features in (
            ("clusters", [_cluster(row, tile) for row in found.rows] if found.grid is not None else []),
            ("incidents", list(_incidents(found, tile, whole=True))),
            ("cells", list(_incidents(found, tile, whole=False))),
        )
        if features
    ]
    content: bytes = mapbox_vector_tile.encode(
        layers, default_options={"extents": _EXTENT, "y_coord_down": True, "check_winding_order": True}
    )
    return content


def _incidents(found: IncidentMap, tile: Tile, *, whole: bool) -> Iterator[dict[str, Any]]:
    for row in found.rows if found.grid is None else ():
        if bool(row.whole) is whole:
            place = (row.longitude, row.latitude)
            ring = () if whole else cell_of(*place).polygon.coordinates[0]
            geometry = Point(tile.place(*place)) if whole else Polygon([tile.place(*corner) for corner in ring])
            yield {"geometry": geometry, "properties": _facts(row)}


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "incident_id": str(row.incident_id),
        "revision": row.revision,
        "category": Category(row.category).value,
        "status": row.status,
        "hazard_state": row.hazard_state,
        "outcome": row.outcome,
        "exercise": bool(row.exercise),
        "uncertainty_m": row.uncertainty_m,
    }


def _cluster(row: Row[Any], tile: Tile) -> dict[str, Any]:
    counts = {name: getattr(row, name) for name in ("hazardous", "active", "unknown", "reduced")}
    properties = {"count": row.incidents, **counts, "gravest": str(BY_GRAVITY[row.gravest])}
    return {"geometry": Point(tile.place(row.x, row.y)), "properties": properties}
