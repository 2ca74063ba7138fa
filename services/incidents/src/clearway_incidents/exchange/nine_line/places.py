"""Where, as it is spoken and typed: a grid reference or degrees, in English and French."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clearway_contracts.vocabulary import LocationPrecision
from clearway_incidents.domain.place import point_of

# Half of the diagonal of a square of one metre.
_TO_CORNER: Final = math.sqrt(0.5)
# A position fix is not better than this under field conditions, however many digits are said.
_FIX_M: Final = 25.0
_METRES_PER_DEGREE: Final = 111_320.0

# "30Q VD 12345 67890", "30QVD1234567890", "30 Q VD 123 678", also behind the words MGRS or GRID.
_GRID: Final = re.compile(
    r"\b(?P<zone>[1-9]|[0-5]\d|60)\s?(?P<band>[C-HJ-NP-X])\s?(?P<square>[A-HJ-NP-Z]\s?[A-HJ-NP-V])\s?"
    r"(?:(?P<east>\d{2,5})\s{1,3}(?P<north>\d{2,5})|(?P<digits>\d{4,10}))\b"
)
_NUMBER: Final = r"\d{1,3}(?:[.,]\d{1,8})?"
_NORTH: Final = "N(?:ORTH|ORD)?|S(?:OUTH|UD)?"
_EAST: Final = "E(?:AST|ST)?|W(?:EST)?|O(?:UEST)?"


def _angle_of(number: int) -> str:
    """Degrees, with minutes and seconds where they are said. Their marks are left out on the radio."""
    minutes = rf"(?P<m{number}>\d{{1,2}}(?:[.,]\d{{1,8}})?)\s{{0,3}}(?:'|MIN(?:UTES)?)?\s{{0,3}}"
    seconds = rf"(?P<s{number}>\d{{1,2}}(?:[.,]\d{{1,8}})?)\s{{0,3}}(?:\"|''|SEC(?:ONDES|ONDS)?)?\s{{0,3}}"
    return rf"(?P<d{number}>[+-]?{_NUMBER})\s{{0,3}}(?:°|DEG(?:REES|RES|\.)?)?\s{{0,3}}(?:{minutes}(?:{seconds})?)?"


def _side(name: str, sides: str) -> str:
    return f"(?P<{name}>{sides})(?![A-Z])"


_DEGREES: Final = re.compile(
    "|".join(
        (
            # 17.0421N 3.9962W; 17°02'31"N 003°59'46"W
            rf"{_angle_of(1)}{_side('n1', _NORTH)}[\s,;/]{{0,4}}{_angle_of(2)}{_side('e1', _EAST)}",
            # N17.0421 W003.9962
            rf"{_side('n2', _NORTH)}\s{{0,3}}{_angle_of(3)}[\s,;/]{{0,4}}{_side('e2', _EAST)}\s{{0,3}}{_angle_of(4)}",
            # LAT 17.0421 LONG -3.9962
            (
                rf"LAT(?:ITUDE)?\.?\s{{0,3}}[:=]?\s{{0,3}}{_angle_of(5)}(?:{_side('n3', _NORTH)})?[\s,;/]{{0,4}}"
                rf"LON(?:G(?:ITUDE)?)?\.?\s{{0,3}}[:=]?\s{{0,3}}{_angle_of(6)}(?:{_side('e3', _EAST)})?"
            ),
            # 17.0421, -3.9962: the latitude first, as it is spoken
            r"(?<![\d.])(?P<latitude>[+-]?\d{1,2}[.]\d{2,8})\s{0,3}[,;/\s]\s{0,3}(?P<longitude>[+-]?\d{1,3}[.]\d{2,8})(?![\d.])",
        )
    )
)


@dataclass(frozen=True, slots=True)
class Position:
    """A point in WGS-84 degrees, how far off it may be in metres, and the span of the text that said it. `assumed`
    names what was not said: which angle is the latitude."""

    longitude: float
    latitude: float
    uncertainty_m: float
    start: int
    end: int
    assumed: tuple[str, ...] = ()

    @property
    def precision(self) -> LocationPrecision:
        """What the point stands for: a fix while its square or its last digit is small."""
        return LocationPrecision.GPS if self.uncertainty_m <= 100 else LocationPrecision.NEAR_LOCALITY


def first_position(text: str) -> Position | None:
    """The first position in a text that is `plain`. None where there is none, or an impossible one."""
    found = [*_grids(text), *_degrees(text)]
    return min(found, key=lambda position: position.start, default=None)


def _grids(text: str) -> Iterator[Position]:
    for match in _GRID.finditer(text):
        said = match.groupdict()
        east, north = said["east"], said["north"]
        if said["digits"] is not None:
            half = len(said["digits"]) // 2
            east, north = said["digits"][:half], said["digits"][half:]
        if len(east) != len(north):
            continue
        square = said["square"].replace(" ", "")
        side = 10.0 ** (5 - len(east))
        try:
            point = point_of(_middle(said, square, east, north))
        except ValueError:
            continue
        yield Position(point.longitude, point.latitude, max(_FIX_M, side * _TO_CORNER), *match.span())


def _middle(said: dict[str, str | None], square: str, east: str, north: str) -> str:
    """The reference of the middle of the square that was said."""
    if len(east) < 5:
        east, north = f"{east}5".ljust(5, "0"), f"{north}5".ljust(5, "0")
    return f"{said['zone']}{said['band']}{square}{east}{north}"


def _degrees(text: str) -> Iterator[Position]:
    for match in _DEGREES.finditer(text):
        (latitude, one), (longitude, other) = _angles(match.groupdict())
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            off = max(one, other) * _METRES_PER_DEGREE * _TO_CORNER
            assumed = () if match["latitude"] is None else ("order",)
            yield Position(longitude, latitude, max(_FIX_M, off), *match.span(), assumed)


def _angles(said: dict[str, str | None]) -> tuple[tuple[float, float], tuple[float, float]]:
    """The latitude and the longitude, each with the unit of its last digit."""
    for number, (north, east) in ((1, ("n1", "e1")), (3, ("n2", "e2")), (5, ("n3", "e3"))):
        if said[f"d{number}"] is not None:
            return (
                _angle(said[f"d{number}"], said[f"m{number}"], said[f"s{number}"], said[north]),
                _angle(said[f"d{number + 1}"], said[f"m{number + 1}"], said[f"s{number + 1}"], said[east]),
            )
    return _angle(said["latitude"]), _angle(said["longitude"])


def _angle(
    degrees: str | None, minutes: str | None = None, seconds: str | None = None, side: str | None = None
) -> tuple[float, float]:
    values = [float((part or "0").replace(",", ".")) for part in (degrees, minutes, seconds)]
    last, unit = next((part, size) for part, size in ((seconds, 3600), (minutes, 60), (degrees or "0", 1)) if part)
    fraction = last.replace(",", ".").partition(".")[2]
    size = abs(values[0]) + values[1] / 60 + values[2] / 3600
    is_negative = (degrees or "").startswith("-") or (side is not None and side[0] in "SWO")
    return -size if is_negative else size, 10.0 ** -len(fraction) / unit
