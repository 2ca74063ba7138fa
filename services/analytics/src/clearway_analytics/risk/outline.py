"""The outline of a corridor, and the mass of a Gaussian inside an outline.

A corridor is the union of the ground within the half-width of its line: ground that the line meets again, out and back
or in a bend, is in it once. By Gauss's theorem the mass of a circular Gaussian of standard deviation s around x in
a region is the flux through the region's outline of a field whose divergence is that Gaussian,

    F(z) = (1 − e^{−q/2s²}) · (z − x) / (2πq),    q = |z − x|²,

so that each edge of the outline has a term of its own, as each segment had in formula (2); for a straight route they
add up to the same. Where the exponential is nothing the term is the angle under which the edge is seen, over 2π.
Elsewhere it is integrated along the edge by Gauss and Legendre's rule: the field is as smooth as the Gaussian, and the
error of a term is below 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from clearway_analytics.risk.arrays import Floats
from clearway_analytics.risk.segments import Segments

# The corners of an outline may be off by this part of the half-width, and by twice that where many points are thinned
# to few: a route is not known better.
TOLERANCE: Final = 0.01
POINTS_AT_ONCE: Final = 25
# A line is thinned in parts: Douglas and Peucker's rule takes the square of their points, and shapely keeps the
# interpreter for itself meanwhile, 0.1 s for 5,000 of them.
THINNED_AT_ONCE: Final = 250
# A triangle, whose last point is its first. What is thinned to less has no ground inside.
SMALLEST_RING: Final = 4
# To the micrometre: GEOS divides by zero where the square of a difference is too small for a number.
_DECIMALS: Final = 6
# Beyond so many standard deviations the exponential is less than 3e-11.
NEAR_SD: Final = 7.0
# Edges up to so many standard deviations long, and longer ones, have rules of their own.
_LONGEST: Final = np.array([0.1, 1.0, 4.0])
_RULES: Final = tuple(np.polynomial.legendre.leggauss(points) for points in (2, 4, 8, 24))


def around(lines: Sequence[Floats], half_width_m: float) -> tuple[Segments, float]:
    """The outline of the corridor around lines, (n, 2) each, with the inside to the left of each edge; and its area,
    m².

    It ends flat where a line ends, and is round outside a bend.
    """
    tolerance = TOLERANCE * half_width_m / 2
    region = shapely.union_all([_ground(points, half_width_m, tolerance) for points in lines])
    polygons = shapely.get_parts(shapely.orient_polygons(region))
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygons)]
    thinned = [ring for ring in (_thinned(ring, tolerance) for ring in rings) if len(ring) >= SMALLEST_RING]
    return Segments.joined([Segments.between(ring) for ring in thinned or rings]), float(region.area)


def _ground(points: Floats, half_width_m: float, tolerance: float) -> BaseGeometry:
    """The ground within the half-width of one line."""
    points = np.round(points, _DECIMALS)
    line = _straightened(points, min(tolerance, shapely.LineString(points).length / 100))
    line = _as_it_ends(line, points, tolerance / half_width_m)[::-1]
    line = _as_it_ends(line, points[::-1], tolerance / half_width_m)[::-1]
    region = _round(line, half_width_m)
    for end, inner in ((line[0], line[1]), (line[-1], line[-2])):
        region = region.difference(_beyond(end, inner, half_width_m).difference(_near(line, end, half_width_m)))
    return region


def _straightened(points: Floats, tolerance: float) -> Floats:
    """The line without points that do not matter. One at which it turns back does: the corridor is round there."""
    steps = Segments.between(points)
    points = np.concatenate((steps.start, points[-1:]))
    corners = np.flatnonzero((steps.direction[:-1] * steps.direction[1:]).sum(axis=1) < 0.0) + 1
    stretches = np.split(points, corners)
    ends = [stretch[:1] for stretch in stretches[1:]] + [points[:0]]
    parts = [_thinned(np.concatenate((part, end)), tolerance) for part, end in zip(stretches, ends, strict=True)]
    return np.concatenate([points[:1], *(part[1:] for part in parts)])


def _as_it_ends(line: Floats, points: Floats, turn: float) -> Floats:
    """A line that was made of points, with the first of their steps if its own begins in another direction, by more
    than `turn` radians: the corridor ends flat across it, and the end of a short step turns far when its inner point
    moves a little."""
    first, own = Segments.between(points), Segments.between(line[:2])
    if np.hypot(*(first.direction[0] - own.direction[0])) <= turn:
        return line
    return np.concatenate((line[:1], first.start[1:2], line[1:]))


def _thinned(points: Floats, tolerance: float) -> Floats:
    """A line or a ring without points that do not matter: in parts, and then as a whole if few points are left.

    An outline that crosses itself a little after it has the same mass inside.
    """
    last = len(points) - 1
    parts = [points[first : first + THINNED_AT_ONCE + 1] for first in range(0, last, THINNED_AT_ONCE)]
    left = np.concatenate([points[:1], *(_simplified(part, tolerance)[1:] for part in parts)])
    return _simplified(left, tolerance) if len(parts) > 1 and len(left) <= THINNED_AT_ONCE else left


def _simplified(points: Floats, tolerance: float) -> Floats:
    simple: Floats = shapely.get_coordinates(shapely.LineString(points).simplify(tolerance, preserve_topology=False))
    return simple


def _round(line: Floats, half_width_m: float) -> BaseGeometry:
    """The ground within the half-width of a line. In parts, because a line that crosses itself often takes very long as
    a whole."""
    parts = [line[first : first + POINTS_AT_ONCE + 1] for first in range(0, len(line) - 1, POINTS_AT_ONCE)]
    return shapely.union_all(shapely.buffer([shapely.LineString(part) for part in parts], half_width_m))


def _beyond(end: Floats, inner: Floats, half_width_m: float) -> BaseGeometry:
    """A rectangle that holds the round end of a line, from the end on."""
    ahead = end - inner
    ahead = 1.01 * half_width_m * ahead / np.hypot(*ahead)
    aside = np.array([-ahead[1], ahead[0]])
    return shapely.Polygon([end + aside, end + ahead + aside, end + ahead - aside, end - aside])


def _near(line: Floats, end: Floats, half_width_m: float) -> BaseGeometry:
    """The corridor with flat ends as far as it may reach the round end: the ground beside segments, and round bends."""
    starts, steps = line[:-1], np.diff(line, axis=0)
    where = np.clip(((end - starts) * steps).sum(axis=1) / np.maximum((steps**2).sum(axis=1), 1e-9), 0.0, 1.0)
    is_near = np.hypot(*(starts + where[:, None] * steps - end).T) <= 3.0 * half_width_m
    beside = shapely.linestrings(np.stack((starts, line[1:]), axis=1)[is_near])
    bends = np.flatnonzero(np.hypot(*(line[1:-1] - end).T) <= 3.0 * half_width_m) + 1
    return shapely.union_all(
        [
            *shapely.buffer(beside, half_width_m, cap_style="flat"),
            *(_bend(line[bend - 1], line[bend], line[bend + 1], half_width_m) for bend in bends.tolist()),
        ]
    )


def _bend(before: Floats, bend: Floats, after: Floats, half_width_m: float) -> BaseGeometry:
    """The sector outside a bend, between the grounds beside the two segments that meet there."""
    first, second = (float(np.arctan2(*(step[::-1]))) for step in (bend - before, after - bend))
    turn = (second - first + math.pi) % (2.0 * math.pi) - math.pi
    outside = first - math.copysign(math.pi / 2, turn)
    angles = outside + turn * np.linspace(0.0, 1.0, 17)
    arc = bend + half_width_m * np.column_stack((np.cos(angles), np.sin(angles)))
    return shapely.Polygon([bend, *arc])


def fluxes(edges: Segments, x: Floats, y: Floats, s: Floats) -> Floats:
    """The term of each edge to the mass of a Gaussian around (x, y) inside; points as in `Segments.locate`, and `s`
    of a shape that fits."""
    along, left = edges.locate(x, y)
    s, along, left = np.broadcast_arrays(s, along, left)
    begin, end = -along, edges.length - along
    near = np.sqrt(np.maximum((NEAR_SD * s) ** 2 - left**2, 0.0))
    low, high = np.clip(begin, -near, near), np.clip(end, -near, near)
    terms = _angle(left, begin, end)
    is_near = high > low
    if is_near.any():
        part = left[is_near], low[is_near], high[is_near]
        terms[is_near] += _integral(*part, s[is_near]) - _angle(*part)
    return terms


def _angle(left: Floats, begin: Floats, end: Floats) -> Floats:
    """The angle, over 2π, of an edge from `begin` to `end` on a line that is `left` away."""
    seen: Floats = np.arctan2(left * (end - begin), left * left + begin * end) / (2.0 * math.pi)
    return seen


def _integral(left: Floats, begin: Floats, end: Floats, s: Floats) -> Floats:
    """The flux through each edge."""
    found = np.zeros(len(s))
    rules = np.searchsorted(_LONGEST, (end - begin) / s)
    for number, (nodes, weights) in enumerate(_RULES):
        (some,) = np.nonzero(rules == number)
        half = 0.5 * (end[some] - begin[some])
        position = 0.5 * (end[some] + begin[some])[:, None] + half[:, None] * nodes
        q = left[some, None] ** 2 + position * position
        # At x itself the field's density is 1/4πs²; there is no number for 0/0.
        q = np.maximum(q, 1e-12 * s[some, None] ** 2)
        density = -np.expm1(-q / (2.0 * s[some, None] ** 2)) / (2.0 * math.pi * q)
        found[some] = left[some] * half * (density @ weights)
    return found
