"""Places on the wire: GeoJSON geometries in WGS-84 degrees, longitude first (RFC 7946)."""

from typing import Annotated, Literal

from pydantic import Field

from clearway_contracts.envelope import Payload

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Position = tuple[Longitude, Latitude]
Metres = Annotated[float, Field(ge=0)]


class Point(Payload):
    """A GeoJSON Point. `coordinates` are [longitude, latitude]."""

    type: Literal["Point"] = "Point"
    coordinates: Position

    @property
    def longitude(self) -> float:
        return self.coordinates[0]

    @property
    def latitude(self) -> float:
        return self.coordinates[1]


class LineString(Payload):
    """A GeoJSON LineString of at least two positions."""

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[tuple[Position, ...], Field(min_length=2)]


Ring = Annotated[tuple[Position, ...], Field(min_length=4)]


class Polygon(Payload):
    """A GeoJSON Polygon: its outer ring, then its holes. Each ring ends where it begins."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: Annotated[tuple[Ring, ...], Field(min_length=1)]
