"""Lines of routes: what is accepted, and how a refusal reads."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway_analytics.domain.line import MAX_VERTICES, InvalidLine, Position, checked, length_m, middle, stepped
from clearway_analytics.risk.footprint import Footprint


def refusal(line: list[Position]) -> InvalidLine:
    with pytest.raises(InvalidLine) as caught:
        checked(line)
    return caught.value


def test_a_line_is_kept_without_repeated_points() -> None:
    assert checked([(20, 10), (20, 10), (20.1, 10), (20, 10)]) == ((20, 10), (20.1, 10), (20, 10))


def test_swapped_coordinates_are_recognised() -> None:
    error = refusal([(20, 10), (-33.9, 151.2)])
    assert "swapped" in error.remedy
    assert error.position == 1


@pytest.mark.parametrize("line", [[(20, 10), (400, 10)], [(20, 10), (20, 95)], [(20, 10), (500, 500)]])
def test_places_off_the_globe_are_refused(line: list[Position]) -> None:
    assert "is not a place" in refusal(line).problem


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(number: float) -> None:
    assert "finite" in refusal([(20, 10), (20, number)]).problem


@pytest.mark.parametrize("line", [[], [(20, 10)], [(20, 10), (20, 10)]])
def test_two_distinct_places_are_needed(line: list[Position]) -> None:
    assert "two distinct" in refusal(line).problem


def test_the_antimeridian_is_not_crossed() -> None:
    error = refusal([(179.9, -17), (-179.9, -17)])
    assert "antimeridian" in error.problem
    assert error.position == 1


def test_limits_of_size() -> None:
    assert "at most" in refusal([(20, 10 + i * 1e-5) for i in range(MAX_VERTICES + 1)]).remedy
    assert "km long" in refusal([(0, 10), (30, 10)]).problem
    assert "shorter than 1 m" in refusal([(0, 0), (1e-300, 0)]).problem
    assert "shorter than 1 m" in refusal([(0, 0), (1e-6, 0)]).problem
    assert "60 degrees" in refusal([(-31, 80), (31, 80)]).remedy
    assert refusal([(0, 84), (0, 85.1)]).position == 1
    assert "latitude" in refusal([(0, -84), (0, -85.1)]).problem


def test_lines_at_the_limits_are_measured() -> None:
    zigzag = [(20 + turn % 2 * 0.003, 10 + turn * 1e-6) for turn in range(MAX_VERTICES)]
    for line in (zigzag, [(-30, 80), (30, 80)], [(0, 84), (0, 85)], [(0, 0), (1e-5, 0)], [(0, -85), (10, -85)]):
        footprint = Footprint.of(checked(line), 500.0)
        assert len(footprint.corridor.line.length) < MAX_VERTICES + 2_000
        assert float(footprint.corridor.line.length.sum()) == pytest.approx(length_m(checked(line)), rel=0.06)


def test_length_is_along_the_ellipsoid() -> None:
    assert length_m([(0, 0), (1, 0)]) == pytest.approx(111_319.49, abs=0.01)


def test_the_middle_is_half_way() -> None:
    assert middle([(20, 10), (20.2, 10), (20.2, 10.2)]) == pytest.approx((20.2, 10.0))


@given(st.lists(st.tuples(st.floats(20, 25), st.floats(5, 10)), min_size=2, max_size=20, unique=True))
def test_steps_keep_the_vertices_and_the_ends(line: list[Position]) -> None:
    points = {tuple(point) for point in stepped(line).tolist()}
    assert set(line) <= points
