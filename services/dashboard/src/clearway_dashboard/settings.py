"""The settings of the dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from clearway_platform.settings import ServiceSettings

# It becomes a part of the page's Content-Security-Policy: a scheme, a host and a port, and no other character.
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


class DashboardSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`. Everyone who opens the page can read them."""

    dashboard_tiles: str | None = Field(
        default=None,
        description="The map's tiles, as https://host/{z}/{x}/{y}.png or https://host/map.pmtiles, or the path of a "
        "PMTiles file on this machine.",
    )
    dashboard_roads: Path | None = Field(
        default=None, description="The path of a GeoJSON file with the mission's roads, which the map draws."
    )
    dashboard_disclaimer: str | None = Field(
        default=None, max_length=500, description="What stands on the map about its boundaries; unset: the page's own."
    )

    oidc_client_id: str = Field(
        default="clearway-dashboard", min_length=1, description="The public client as which the page signs people in."
    )
    oidc_scope: str = Field(default="openid profile", min_length=1, description="The scopes that the page asks for.")

    @field_validator("dashboard_tiles")
    @classmethod
    def _are_tiles(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if Path(value).is_absolute():
            if not value.endswith(".pmtiles") or not Path(value).is_file():
                raise ValueError("a path is that of a file on this machine, and ends with .pmtiles")
            return value
        if not _ORIGIN.fullmatch(_origin(value)):
            raise ValueError("an address begins with http:// or https:// and a host, as in https://tiles.example.org/")
        path = urlsplit(value).path
        if not path.endswith(".pmtiles") and not all(part in value for part in ("{z}", "{x}", "{y}")):
            raise ValueError("it names no tiles: it ends with .pmtiles, or has {z}, {x} and {y}")
        return value

    @field_validator("dashboard_roads")
    @classmethod
    def _are_roads(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            roads = json.loads(value.read_bytes())
        except OSError as error:
            raise ValueError(f"the file cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ValueError(f"the file is no GeoJSON: {error}") from error
        if not isinstance(roads, dict) or roads.get("type") != "FeatureCollection":
            raise ValueError("the file is no GeoJSON FeatureCollection")
        return value

    @property
    def tiles_file(self) -> Path | None:
        """The tiles that this service itself serves."""
        own = self.dashboard_tiles is not None and Path(self.dashboard_tiles).is_absolute()
        return Path(self.dashboard_tiles or "") if own else None

    @property
    def tiles_origin(self) -> str | None:
        """The origin that the page may load tiles from, beside its own."""
        if self.dashboard_tiles is None or self.tiles_file is not None:
            return None
        return _origin(self.dashboard_tiles)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
