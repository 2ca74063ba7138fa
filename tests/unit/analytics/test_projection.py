"""The projection from degrees to metres."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pyproj import Transformer

from clearway_analytics.risk import projection
from clearway_analytics.risk.projection import BEYOND_M, project, utm_zone


class OfOneThread:
    """A transformer that only the thread which made it may use, as pyproj asks."""

    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer
        self._thread = threading.get_ident()

    @classmethod
    def from_crs(cls, source: str, target: str, *, always_xy: bool) -> "OfOneThread":
        return cls(Transformer.from_crs(source, target, always_xy=always_xy))

    def transform(self, x: object, y: object) -> tuple[object, object]:
        assert threading.get_ident() == self._thread, "used in another thread than the one that made it"
        easting, northing = self._transformer.transform(x, y)
        return easting, northing


def test_no_thread_uses_the_transformer_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "Transformer", OfOneThread)
    zone = utm_zone(51.3, -41.0)
    expected = project(zone, 51.3, -41.0)
    with ThreadPoolExecutor(1) as thread:
        assert np.array_equal(thread.submit(project, zone, 51.3, -41.0).result(), expected)
    assert np.array_equal(project(zone, 51.3, -41.0), expected)


def test_a_place_that_the_zone_cannot_show_is_far_away() -> None:
    x, y = project(utm_zone(30.0, 5.0), 30.0, np.inf)
    assert [*x, *y] == [BEYOND_M, BEYOND_M]
