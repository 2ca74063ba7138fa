"""The versions of what this service stores as JSON. Each has golden examples in `examples/`, kept for ever.

Release 0.1.0 reads and writes parameters and lines beside this program. It ignores the `v` of an object. A line it
stores as a bare list of [longitude, latitude]: that is still what is written, and it is version 1.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from clearway_analytics.domain.line import Position
from clearway_analytics.risk.comparison import Summary
from clearway_analytics.risk.parameters import Parameters
from clearway_platform.database.states import StateVersions

PARAMETERS: Final[StateVersions[Parameters]] = StateVersions("parameters", TypeAdapter(Parameters))
SUMMARY: Final[StateVersions[Summary]] = StateVersions("comparison", TypeAdapter(Summary))
LINE: Final[StateVersions[tuple[Position, ...]]] = StateVersions("line", TypeAdapter(tuple[Position, ...]))

STATES: Final[tuple[StateVersions[Any], ...]] = (PARAMETERS, SUMMARY, LINE)


def stored_line(line: tuple[Position, ...]) -> Any:
    """What is stored of a line."""
    return LINE.form.dump_python(line, mode="json")
