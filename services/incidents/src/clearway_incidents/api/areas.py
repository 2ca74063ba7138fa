"""The areas that incidents are asked for in: outlines that are sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import Final, NoReturn

from clearway_incidents.domain.area import Ring, crossing_of
from clearway_platform.heavy import HeavyWork
from clearway_platform.refusals import Invalid

MOST_AREAS: Final = 10
MOST_POSITIONS: Final = 100
"""Of all outlines together: what fits into every address, and into the header that leads to the next page."""
FORM: Final = "longitude,latitude;longitude,latitude;… in degrees, the first position again at the end"
_FEWEST_POSITIONS: Final = 4


async def areas_of(heavy: HeavyWork, texts: Sequence[str]) -> tuple[Ring, ...]:
    """The outlines of a query. Raises a 422 problem that says which of them is none, and why."""
    rings = tuple(_ring_of(number, text) for number, text in enumerate(texts, 1))
    positions = sum(map(len, rings))
    if positions > MOST_POSITIONS:
        remedy = f"Simplify it to {MOST_POSITIONS}, or ask for its parts one after the other."
        raise Invalid("area", f"has {positions} positions, more than {MOST_POSITIONS}", remedy, part="query")
    for number, ring in enumerate(rings, 1):
        if (place := await heavy.run(crossing_of, ring)) is not None:
            near = f"{place[0]:g},{place[1]:g}"
            _refuse(number, f"crosses or touches itself at the side that begins at {near}", "Draw it without that.")
    return rings


def _ring_of(number: int, text: str) -> Ring:
    sent = [_position_of(number, place, part) for place, part in enumerate(text.strip(";").split(";"), 1)]
    if sent[0] != sent[-1]:
        # Else the rest of an address that was cut off would be an area too, and what is left out would not be missed.
        _refuse(number, "does not end where it begins", "Send the first position again at the end.")
    ring = (sent[0], *(end for begin, end in pairwise(sent) if begin != end))
    if len(ring) < _FEWEST_POSITIONS:
        _refuse(number, "has fewer than three corners", f"Send {FORM}.")
    if any(abs(end[0] - begin[0]) > 180 for begin, end in pairwise(ring)):
        _refuse(number, "crosses the antimeridian", "Cut it at 180 degrees, and send both parts, each as an `area`.")
    return ring


def _position_of(number: int, place: int, text: str) -> tuple[float, float]:
    try:
        longitude, latitude = map(float, text.split(","))
    except ValueError:
        _refuse(number, f"has a position {place} that is not two numbers: {text[:40]!r}", f"Send {FORM}.")
    if isfinite(longitude) and abs(longitude) <= 90 < abs(latitude) <= 180:
        _refuse(number, f"has a position {place} that looks swapped: {text[:40]}", "Send the longitude first.")
    if not (isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
        _refuse(number, f"has a position {place} that is not on the globe: {text[:40]}", f"Send {FORM}.")
    return longitude, latitude


def _refuse(number: int, problem: str, remedy: str) -> NoReturn:
    raise Invalid("area", f"{problem} (area {number})" if number > 1 else problem, remedy, part="query")
