"""A box of degrees: what a list is narrowed to, or a region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Degrees; west may be greater than east: then the box crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float
