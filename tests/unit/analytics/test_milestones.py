"""Places beside a line, told by the distance along it."""

from dataclasses import replace

import numpy as np
import pytest

from clearway_analytics.domain.line import EARTH
from clearway_analytics.risk.milestones import Milestones


def test_what_is_within_a_radius_is_told_by_the_distance_along_the_line() -> None:
    """Against points along the line, each measured by itself. The projection and the ellipsoid differ by a thousandth
    here, so what is nearer to the edge than that is not held."""
    rng = np.random.default_rng(33)
    line = rng.uniform((3.0, 14.0), (3.1, 14.1), (12, 2))
    milestones = Milestones.of([(longitude, latitude) for longitude, latitude in line.tolist()])
    vertices = np.concatenate(([0.0], np.cumsum(EARTH.line_lengths(line[:, 0], line[:, 1]))))
    steps = np.arange(0.0, milestones.along_m[-1], 2.0)
    on_line = np.column_stack([np.interp(steps, vertices, line[:, axis]) for axis in (0, 1)])
    places, radii = rng.uniform((3.0, 14.0), (3.1, 14.1), (30, 2)), rng.uniform(100.0, 3_000.0, 30)
    several, within = 0, milestones.within(places[:, 0], places[:, 1], radii)
    for place, radius, found in zip(places, radii, within, strict=True):
        inside = np.zeros(len(steps), dtype=bool)
        for stretch in found:
            inside |= (stretch.start_m <= steps) & (steps <= stretch.end_m)
        away = EARTH.inv(*on_line.T, *np.broadcast_to(place, on_line.shape).T)[2]
        clear = np.abs(away - radius) > 0.001 * radius + 5.0
        assert (inside == (away <= radius))[clear].all()
        assert clear.mean() > 0.9
        assert [stretch.start_m for stretch in found] == sorted(stretch.start_m for stretch in found)
        several += len(found) > 1
    assert several > 3


def test_a_circle_that_only_touches_the_end_of_a_line_is_found() -> None:
    milestones = Milestones.of([(3.0, 14.0), (3.1, 14.0)])
    beyond_m = EARTH.inv(3.1, 14.0, 3.101, 14.0)[2]
    [found, nothing] = milestones.within(
        np.array([3.101, 3.101]), np.array([14.0, 14.0]), np.array([beyond_m * 1.01, beyond_m * 0.99])
    )
    assert nothing == []
    [stretch] = found
    assert stretch.end_m == pytest.approx(milestones.along_m[-1])
    assert 0 < stretch.end_m - stretch.start_m < 0.02 * beyond_m


def test_a_step_that_is_too_short_to_be_measured_touches_nothing() -> None:
    milestones = Milestones.of([(3.0, 14.0), (3.05, 14.0), (3.1, 14.0)])
    milestones = replace(
        milestones,
        x=np.insert(milestones.x, 1, milestones.x[1]),
        y=np.insert(milestones.y, 1, milestones.y[1]),
        along_m=np.insert(milestones.along_m, 1, milestones.along_m[1]),
    )
    assert 0.0 in np.hypot(np.diff(milestones.x), np.diff(milestones.y))
    [[stretch]] = milestones.within(np.array([3.0]), np.array([14.0]), np.array([100.0]))
    assert stretch.end_m == pytest.approx(100.0, rel=0.01)
