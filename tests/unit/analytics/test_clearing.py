"""What clearances leave of an incident's effect on a route, and kilometres along a line."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from clearway_analytics.domain.line import Position, Stretch, length_m
from clearway_analytics.risk.clearing import Clearing
from clearway_analytics.risk.footprint import Footprint
from clearway_analytics.risk.milestones import Milestones
from clearway_analytics.risk.parameters import SPARSE

ROAD: tuple[Position, ...] = ((30.0, 5.0), (30.2, 5.0), (30.4, 5.1))
LENGTH = length_m(ROAD)
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def share(clearings: list[Clearing], present: datetime, longitude: float = 30.1, latitude: float = 5.0) -> float:
    """c of an exactly known incident after the clearances."""
    footprint = Footprint.of(ROAD, 500.0, clearings)
    x, y, sd = np.array([longitude]), np.array([latitude]), np.zeros(1)
    left = footprint.left_of(present)
    if left is None:
        return float(footprint.reach(x, y, sd, SPARSE).share[0])
    return float(footprint.share_left(left, x, y, sd, SPARSE)[0])


WHOLE = share([], NOW)


def test_a_line_is_as_long_as_its_route_and_kilometres_count_along_it() -> None:
    milestones = Milestones.of(ROAD)
    assert milestones.along_m[0] == 0
    assert milestones.along_m[-1] == pytest.approx(LENGTH, abs=1e-6)
    corridor = milestones.corridor([Stretch(2_000.0, 5_000.0)], 500.0)
    assert corridor.line.length.sum() == pytest.approx(3_000.0, rel=1e-3)
    assert len(milestones.corridor([], 500.0).line.length) == 0


def test_the_parts_of_a_line_add_up_to_the_whole() -> None:
    first, second = Clearing(0.0, 14_000.0, NOW), Clearing(14_000.0, LENGTH, NOW)
    before = NOW - DAY
    assert share([first], before) + share([second], before) == pytest.approx(WHOLE, rel=1e-6)


def test_a_clearance_takes_out_what_was_before_it_and_not_what_came_after() -> None:
    cleared = [Clearing(0.0, LENGTH, NOW)]
    assert share(cleared, NOW - DAY) == 0
    assert share(cleared, NOW) == 0
    assert share(cleared, NOW + DAY) == WHOLE


def test_only_the_stretch_is_taken_out() -> None:
    """The incident is at kilometre 11: clearing around it leaves less of its effect than clearing far from it."""
    around, far = [Clearing(5_000.0, 17_000.0, NOW)], [Clearing(40_000.0, LENGTH, NOW)]
    assert 0 < share(around, NOW - DAY) < 0.5 * WHOLE
    assert 0.9 * WHOLE < share(far, NOW - DAY) < WHOLE


def test_several_clearances_take_out_their_union() -> None:
    apart = [Clearing(0.0, 20_000.0, NOW - 2 * DAY), Clearing(15_000.0, LENGTH, NOW)]
    assert share(apart, NOW - 3 * DAY) == 0
    assert share(apart, NOW - DAY) == share(apart[1:], NOW - DAY)
    assert share(apart[::-1], NOW - DAY) == share(apart, NOW - DAY)
