"""The line that incidents are asked for along: that of a route, or one that is sent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import Final
from uuid import UUID

from fastapi import Request

from clearway_incidents.domain.along import Along, Position
from clearway_incidents.domain.errors import UnknownRoute
from clearway_incidents.queries.places import route_line
from clearway_platform.auth.principals import Principal
from clearway_platform.refusals import Invalid
from clearway_platform.web.access import platform_of

MOST_WITHIN_M: Final = 100_000.0
_FORM: Final = "Send the id of a route, or longitude,latitude;longitude,latitude;… in degrees; one for a circle."


async def along_of(request: Request, principal: Principal, text: str | None, within_m: float | None) -> Along | None:
    """The line and the distance of a query. Raises a 422 problem where they are not both there, or no line."""
    if text is None and within_m is None:
        return None
    if text is None:
        raise Invalid("within", "is the distance from a line, and there is none", "Send `along` with it.", part="query")
    if within_m is None:
        raise Invalid("along", "has no distance", "Send `within` with it, in metres.", part="query")
    try:
        route_id = UUID(text)
    except ValueError:
        return Along(_line_of(text), within_m)
    async with platform_of(request).database.of(principal.mission).read() as connection:
        line = await route_line(connection, principal.mission, route_id)
    if line is None:
        raise UnknownRoute(route_id)
    return Along(line, within_m)


def _line_of(text: str) -> tuple[Position, ...]:
    try:
        line = tuple((float(x), float(y)) for x, y in (part.split(",") for part in text.strip(";").split(";")))
    except ValueError as error:
        raise Invalid("along", "is neither the id of a route nor a line", _FORM, part="query") from error
    _check(line)
    # Of one position it is what is around it.
    return line if line[1:] else line * 2


def _check(line: Sequence[Position]) -> None:
    if not all(isfinite(x) and abs(x) <= 180 and abs(y) <= 90 for x, y in line):
        raise Invalid("along", "has a position that is not on the globe", _FORM, part="query")
    if any(abs(end[0] - begin[0]) > 180 for begin, end in pairwise(line)):
        raise Invalid("along", "crosses the antimeridian", "Ask for the two sides one after the other.", part="query")
