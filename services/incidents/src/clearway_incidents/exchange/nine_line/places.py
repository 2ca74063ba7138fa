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
    r"\b(?P<zone>[1-9]|[0-5]\d|60)(?P<gap>[\s-]?)(?P<band>[C-HJ-NP-X])(?P<gap2>[\s-]?)"
    r"(?P<square>[A-HJ-NP-Z]\s?[A-HJ-NP-V])[\s-]?"
    r"(?:(?P<east>\d{2,5})[\s-]{1,3}(?P<north>\d{2,5})|(?P<digits>\d{4,10}))\b"
)
_SIDE: Final = "N(?:ORTH|ORD)?|S(?:OUTH|UD)?|E(?:AST|ST)?|W(?:EST)?|O(?:UEST)?"
_BETWEEN: Final = r"[\s,;/]{0,4}"
_LATITUDE: Final = r"LAT(?:ITUDE)?\.?\s{0,3}[:=]?\s{0,3}"
_LONGITUDE: Final = r"LON(?:G(?:ITUDE)?)?\.?\s{0,3}[:=]?\s{0,3}"


def _angle_of(which: int, parts: int) -> str:
    """Degrees (`parts` is 1), with minutes (2), with seconds (3). Their marks are left out on the radio, but not what
    stands between them: whether 0102 is 1°02' or 10°2' nobody can say."""
    ends = (r"°|DEG(?:REES|RES|\.)?", r"'|MIN(?:UTES)?", r"\"|''|SEC(?:ONDES|ONDS)?")
    written = f"(?P<sign{which}>[+-]?)"
    for name, end in zip("dms"[: parts - 1], ends, strict=False):
        written += rf"(?P<{name}{which}>\d{{1,3}})(?:\s{{0,3}}(?:{end})\s{{0,3}}|\s{{1,3}}|-)"
    last, end = "dms"[parts - 1], ends[parts - 1]
    return rf"{written}(?P<{last}{which}>\d{{1,3}}(?:[.,]\d{{1,8}})?)\s{{0,3}}(?:{end})?\s{{0,3}}"


def _side(name: str) -> str:
    return f"(?P<{name}>{_SIDE})(?![A-Z])"


# Both angles have the same parts: in "Convoy 12 17.0421N 3.9962W" the 12 is no degree.
_DEGREES: Final = tuple(
    re.compile(layout)
    for parts in (1, 2, 3)
    for one, other in ((_angle_of(1, parts), _angle_of(2, parts)),)
    for layout in (
        # 17.0421N 3.9962W; 17°02'31"N 003°59'46"W
        rf"(?<![\d.])(?<!\d,){one}{_side('side1')}{_BETWEEN}{other}{_side('side2')}",
        # N17.0421 W003.9962
        rf"(?<![A-Z]){_side('side1')}\s{{0,3}}{one}{_BETWEEN}(?:{_LONGITUDE})?{_side('side2')}\s{{0,3}}{other}(?!\d)",
        # LAT 17.0421 LONG -3.9962
        rf"{_LATITUDE}{one}(?:{_side('side1')})?{_BETWEEN}{_LONGITUDE}{other}(?:{_side('side2')})?(?!\d)",
    )
)
# 17.0421, -3.9962: the latitude first, as it is spoken. With fewer digits it may be two frequencies.
_BARE: Final = re.compile(
    r"(?<![\d.])(?P<sign1>[+-]?)(?P<d1>\d{1,2}[.]\d{4,8})\s{0,3}[,;/\s]\s{0,3}"
    r"(?P<sign2>[+-]?)(?P<d2>\d{1,3}[.]\d{4,8})(?![\d.])"
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
        # "4 men 12 14" is no place, though there is a square 4M EN 12 14.
        is_words = len(east) == 2 and said["gap"] and not said["gap2"]
        if len(east) != len(north) or is_words:
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
    for pattern, assumed in (*((one, ()) for one in _DEGREES), (_BARE, ("order",))):
        for match in pattern.finditer(text):
            try:
                latitude, longitude, unit = _angles(match.groupdict())
            except ValueError:
                continue
            off = unit * _METRES_PER_DEGREE * _TO_CORNER
            yield Position(longitude, latitude, max(_FIX_M, off), *match.span(), assumed)


def _angles(said: dict[str, str | None]) -> tuple[float, float, float]:
    """The latitude, the longitude, and the unit of the last digit of the coarser one. Raises ValueError for angles that
    no place has."""
    (one, of_one), (other, of_other) = _angle(said, 1), _angle(said, 2)
    sides = (said.get("side1") or "N")[0], (said.get("side2") or "E")[0]
    if sides[0] not in "NS":
        (one, other), sides = (other, one), (sides[1], sides[0])
    if sides[0] not in "NS" or sides[1] in "NS" or abs(one) > 90 or abs(other) > 180:
        raise ValueError("no place")
    return one, other, max(of_one, of_other)


def _angle(said: dict[str, str | None], which: int) -> tuple[float, float]:
    parts = [part.replace(",", ".") for name in "dms" if (part := said.get(f"{name}{which}"))]
    if any(float(part) >= 60 for part in parts[1:]):
        raise ValueError("no minutes or seconds")
    size = sum(float(part) / 60**at for at, part in enumerate(parts))
    unit = 10.0 ** -len(parts[-1].partition(".")[2]) / 60 ** (len(parts) - 1)
    is_negative = said[f"sign{which}"] == "-" or (said.get(f"side{which}") or "N")[0] in "SWO"
    return -size if is_negative else size, unit
