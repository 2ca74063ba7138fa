"""An event as readable text: time, type, location, reason and ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.cells import cell_len

from clearway_platform.cli.listing import printable
from clearway_platform.cli.streams import Data, Description

_INDENT: Final = "    "
_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """An event: its time, its type, and the parts of its text."""

    at: datetime
    kind: str
    parts: tuple[str, ...]

    def laid_out(self, width: int | None, paint: Callable[[str], str] = str) -> str:
        """One line; on a terminal of `width` broken between the parts, never within one that holds an id."""
        when = f"{self.at:%Y-%m-%d %H:%M:%S}Z"
        pieces = [piece for part in self.parts for piece in _pieces(part, width)]
        lines, used = [f"{when}{_GAP}{paint(self.kind)}"], len(when) + len(_GAP) + len(self.kind)
        for piece in pieces:
            if width is not None and used + len(_GAP) + cell_len(piece) > width:
                lines.append(_INDENT + piece)
                used = len(_INDENT) + cell_len(piece)
            else:
                lines[-1] += _GAP + piece
                used += len(_GAP) + cell_len(piece)
        return "\n".join(lines)


def line_of(kind: str, description: Description) -> Line:
    """The line of an event, from the text of its service."""
    at, parts = description
    return Line(at, kind, tuple(printable(part) for part in parts if part))


def place_in_words(point: Data, name: str | None) -> str:
    """A GeoJSON point as people write it, after its name."""
    longitude, latitude = point["coordinates"][:2]
    where = f"{abs(latitude):.4f}{'N' if latitude >= 0 else 'S'} {abs(longitude):.4f}{'E' if longitude >= 0 else 'W'}"
    return f"{name} ({where})" if name else where


def moment(text: str) -> datetime:
    """A time of an event, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _pieces(part: str, width: int | None) -> list[str]:
    """A part in one piece, or in lines of whole words if it is longer than a line."""
    if width is None or cell_len(part) + len(_INDENT) <= width:
        return [part]
    lines = [""]
    for word in part.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) + len(_INDENT) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
