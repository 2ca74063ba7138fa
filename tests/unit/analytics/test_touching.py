"""Which polygons are areas, and where they touch a route's corridor."""

import numpy as np
import pytest

from clearway_analytics.domain.area import Ring, Rings, checked_polygon
from clearway_analytics.domain.line import Position, Stretch, length_m
from clearway_analytics.risk.touching import Polygons, around, box_of
from clearway_platform.refusals import Invalid

ROAD: tuple[Position, ...] = ((30.0, 5.0), (30.2, 5.0))
LENGTH = length_m(ROAD)


def square(west: float, south: float, size: float = 0.02) -> Ring:
    east, north = west + size, south + size
    return (west, south), (east, south), (east, north), (west, north), (west, south)


def touched(line: tuple[Position, ...], half_width_m: float, polygon: Rings) -> list[Stretch]:
    return Polygons.of([polygon]).touched(line, half_width_m).get(0, [])


def test_an_area_across_the_road_touches_it_where_it_is() -> None:
    """It is 2.2 km wide, and the corridor reaches 500 m beyond it on either side."""
    [(start, end)] = touched(ROAD, 500.0, (square(30.1, 4.99),))
    assert start == pytest.approx(LENGTH / 2 - 500, abs=20)
    assert end == pytest.approx(LENGTH / 2 + 0.1 * LENGTH + 500, abs=20)


def test_an_area_beside_the_road_touches_it_within_the_half_width() -> None:
    """Its southern edge is about 442 m north of the road."""
    beside = (square(30.1, 5.004),)
    assert touched(ROAD, 500.0, beside)
    assert touched(ROAD, 400.0, beside) == []
    assert touched(ROAD, 500.0, (square(31.5, 5.0),)) == []


def test_an_area_with_a_hole_or_two_arms_touches_twice() -> None:
    hole = square(30.08, 4.98, 0.04)
    whole = touched(ROAD, 50.0, (square(30.05, 4.95, 0.1),))
    parts = touched(ROAD, 50.0, (square(30.05, 4.95, 0.1), hole[::-1]))
    assert (len(whole), len(parts)) == (1, 2)
    assert parts[0][0] == pytest.approx(whole[0][0], abs=1)
    assert parts[1][0] - parts[0][1] == pytest.approx(0.04 / 0.2 * LENGTH - 100, abs=20)


def test_a_very_large_area_covers_the_whole_route() -> None:
    [(start, end)] = touched(ROAD, 500.0, (square(10.0, -15.0, 40.0),))
    assert start == pytest.approx(0, abs=1)
    assert end == pytest.approx(LENGTH, abs=1)


def test_of_several_areas_those_that_touch_are_found_by_number() -> None:
    far, across, beside = (square(31.5, 5.0),), (square(30.1, 4.99),), (square(30.05, 5.004),)
    found = Polygons.of([far, across, beside]).touched(ROAD, 500.0)
    assert sorted(found) == [1, 2]
    assert found[1] == touched(ROAD, 500.0, across)
    assert Polygons.of([]).touched(ROAD, 500.0) == {}


def test_a_box_with_its_corridor_is_near_what_touches_it() -> None:
    boxes = np.concatenate([box_of(ROAD), box_of(((31.0, 6.0), (31.2, 6.0)))])
    beside = Polygons.of([(square(30.1, 5.004),)])
    assert beside.near(around(boxes, np.array([500.0, 500.0]))).tolist() == [0]
    assert beside.near(around(boxes, np.array([300.0, 5_000.0]))).tolist() == []
    assert Polygons.of([(square(10.0, -15.0, 40.0),)]).near(around(boxes, np.zeros(2))).tolist() == [0, 1]


def test_an_area_that_is_valid_is_kept_as_sent() -> None:
    assert checked_polygon([list(square(30.0, 5.0))]) == (square(30.0, 5.0),)


@pytest.mark.parametrize(
    ("rings", "place", "word"),
    [
        ([square(30, 5)[:-1]], "polygon.coordinates.0", "end where it begins"),
        ([square(30, 5)[:2]], "polygon.coordinates.0", "fewer"),
        ([[]], "polygon.coordinates.0", "fewer"),
        ([((30, 5), (31, 6), (31, 5), (30, 6), (30, 5))], "polygon.coordinates", "self-intersection"),
        ([((30, 5), (31, 5), (32, 5), (30, 5))], "polygon.coordinates", "valid"),
        ([((30, 5), (190, 5), (31, 6), (30, 5))], "polygon.coordinates.0.1", "longitude"),
        ([((30, 5), (31, 88), (31, 6), (30, 5))], "polygon.coordinates.0.1", "latitude"),
        ([((179, 5), (-179, 5), (-179, 6), (179, 5))], "polygon.coordinates.0", "antimeridian"),
        ([square(-60, -80, 70.0)], "polygon.coordinates.0", "spans"),
        ([square(30, 5), square(40, 5)], "polygon.coordinates", "valid"),
        ([((30, 5),) * 6_000], "polygon.coordinates", "positions"),
    ],
)
def test_a_polygon_that_is_no_area_is_refused(rings: list[Ring], place: str, word: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_polygon(rings)
    assert refusal.value.fault.place == place
    assert word in refusal.value.fault.problem
    assert refusal.value.fault.remedy
