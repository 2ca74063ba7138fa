"""The map as vector tiles (Mapbox Vector Tile 2.1): layers `incidents`, `cells` for what is reduced, and `clusters`."""

from __future__ import annotations

from dataclasses import dataclass
from math import asinh, atan, degrees, pi, radians, sinh, tan
from typing import Any, Final

from sqlalchemy import Row

from clearway_contracts.grid import cell_of
from clearway_contracts.vocabulary import Category
from clearway_incidents.domain.box import Box
from clearway_incidents.exchange.vector_tile import EXTENT, Feature, Value, tile_of
from clearway_incidents.queries.incident_map import Cluster, IncidentMap

# What makers of clients know comes first.
MEDIA_TYPES: Final = ("application/octet-stream", "application/vnd.mapbox-vector-tile")
MOST_ZOOM: Final = 22
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
        return x * EXTENT, y * EXTENT

    def has(self, longitude: float, latitude: float) -> bool:
        """Whether a point is in the tile: each is in one of a zoom."""
        return all(0 <= one < EXTENT for one in self.place(longitude, latitude))


def drawn_on(tile: Tile, found: IncidentMap) -> bytes:
    """The incidents of a tile's box, or their clusters, as a tile. An empty one has no bytes.

    A cluster is of a whole cell, and a cell may lie in two tiles: it is in the one that its middle is in."""
    return tile_of(
        {
            "clusters": (_cluster(one, tile) for one in found.clusters if tile.has(one.x, one.y)),
            "incidents": (_incident(row, tile) for row in found.incidents if row.whole),
            "cells": (_incident(row, tile) for row in found.incidents if not row.whole),
        }
    )


def _incident(row: Row[Any], tile: Tile) -> Feature:
    """A point, or the cell of one that is seen reduced."""
    place = (row.longitude, row.latitude)
    places = [place] if row.whole else cell_of(*place).polygon.coordinates[0]
    return Feature([tile.place(*one) for one in places], _facts(row))


def _facts(row: Row[Any]) -> dict[str, Value | None]:
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


def _cluster(one: Cluster, tile: Tile) -> Feature:
    counts = {name: getattr(one, name) for name in ("hazardous", "active", "unknown", "reduced")}
    return Feature([tile.place(one.x, one.y)], {"count": one.incidents, **counts, "gravest": str(one.gravest)})
