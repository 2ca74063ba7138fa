"""The versions of the JSON that this service stores. Each has golden examples in `examples/`, kept for ever.

Release 0.1.0 may read and write parameters and lines at the same time as this program. It ignores the `v` of an object,
and the fields that it does not know.
It stores a line as a bare list of [longitude, latitude], which is version 1 and is still written.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from clearway_analytics.domain.area import Rings
from clearway_analytics.domain.line import Position
from clearway_analytics.risk.comparison import Summary
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.database.states import StateVersions, only_added

PARAMETERS: Final[StateVersions[Parameters]] = StateVersions(
    "parameters", TypeAdapter(Parameters), (only_added,), compatible_from=1
)
SUMMARY: Final[StateVersions[Summary]] = StateVersions("comparison", TypeAdapter(Summary))
POLYGON: Final[StateVersions[Rings]] = StateVersions("polygon", TypeAdapter(Rings))
LINE: Final[StateVersions[tuple[Position, ...]]] = StateVersions("line", TypeAdapter(tuple[Position, ...]))

STATES: Final[tuple[StateVersions[Any], ...]] = (PARAMETERS, SUMMARY, LINE, POLYGON)


def stored_line(line: tuple[Position, ...]) -> Any:
    """A line as it is stored."""
    return LINE.form.dump_python(line, mode="json")


def stored_polygon(rings: Rings) -> Any:
    """A polygon as it is stored: a bare list of rings, like a line."""
    return POLYGON.form.dump_python(rings, mode="json")
