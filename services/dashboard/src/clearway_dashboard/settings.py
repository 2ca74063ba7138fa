"""The settings of the dashboard."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from clearway_platform.settings import ServiceSettings

# It becomes a part of the page's Content-Security-Policy: a scheme, a host and a port, and no other character.
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


class DashboardSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`. Everyone who opens the page can read them."""

    dashboard_tiles: str | None = Field(
        default=None, description="The map's tiles, as https://host/{z}/{x}/{y}.png or https://host/map.pmtiles."
    )
    dashboard_disclaimer: str | None = Field(
        default=None, max_length=500, description="What stands on the map about its boundaries; unset: the page's own."
    )

    @field_validator("dashboard_tiles")
    @classmethod
    def _are_tiles(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _ORIGIN.fullmatch(_origin(value)):
            raise ValueError("an address begins with http:// or https:// and a host, as in https://tiles.example.org/")
        path = urlsplit(value).path
        if not path.endswith(".pmtiles") and not all(part in value for part in ("{z}", "{x}", "{y}")):
            raise ValueError("it names no tiles: it ends with .pmtiles, or has {z}, {x} and {y}")
        return value

    @property
    def tiles_origin(self) -> str | None:
        """The origin that the page may load tiles from, beside its own."""
        return None if self.dashboard_tiles is None else _origin(self.dashboard_tiles)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
