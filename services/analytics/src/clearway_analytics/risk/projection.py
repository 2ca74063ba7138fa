"""Projection from degrees to metres: each route is measured in the UTM zone of its own middle.

The zone depends on the route alone, so that the same incident gives the same contribution whenever it is computed.
Far from the zone's meridian distances stretch (0.12 % at 300 km, 1.2 % at 1,000 km), which is small beside the
kernels' widths.
"""

import threading
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

WGS84: Final = "EPSG:4326"
BEYOND_M: Final = 1e9


def utm_zone(longitude: float, latitude: float) -> int:
    """The EPSG code of the UTM zone (WGS 84) that contains a point."""
    number = min(int((longitude + 180.0) // 6.0), 59) + 1
    return (32600 if latitude >= 0 else 32700) + number


class _Transformers(threading.local):
    """The transformers of one thread by zone, at most 120. Making one takes milliseconds, and pyproj allows no other
    thread to use it: it belongs to the PROJ context of the thread that made it, and ends with that thread."""

    def __init__(self) -> None:
        self._by_zone: dict[int, Transformer] = {}

    def to(self, zone: int) -> Transformer:
        if zone not in self._by_zone:
            self._by_zone[zone] = Transformer.from_crs(WGS84, f"EPSG:{zone}", always_xy=True)
        return self._by_zone[zone]


_transformers: Final = _Transformers()


def project(zone: int, longitude: ArrayLike, latitude: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Easting and northing in metres of WGS 84 degrees, (m,) each. A point that the zone cannot show is far away."""
    x, y = _transformers.to(zone).transform(np.atleast_1d(longitude), np.atleast_1d(latitude))
    return np.where(np.isfinite(x), x, BEYOND_M), np.where(np.isfinite(y), y, BEYOND_M)
