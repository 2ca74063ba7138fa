"""Strategies of the parts that many events have."""

from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from clearway_contracts.geometry import Point

MOMENTS: Final = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
IDS: Final = st.uuids()
TEXT: Final = st.text(max_size=40)
NAMES: Final = st.text(min_size=1, max_size=20)
REVISIONS: Final = st.integers(1, 10_000)
METRES: Final = st.floats(0, 1e7)
AMOUNTS: Final = st.floats(0, 1e9)
COUNTS: Final = st.integers(0, 10_000)
POSITIONS: Final = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
POINTS: Final = st.builds(Point, coordinates=POSITIONS)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)
