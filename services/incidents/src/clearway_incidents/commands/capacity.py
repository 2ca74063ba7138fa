"""How large one incident may become. Additions are refused early, so that closing and retracting always fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from clearway_contracts.topics import INCIDENTS
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.life import Kind, NewRevision

MAX_BYTES: Final = 256 * 1024
# Two full incidents can be merged; what comes of it takes no more.
MAX_MERGED_BYTES: Final = 2 * MAX_BYTES
# The commands that can add without end. All others change fields of a fixed size, or take away: they fit into what is
# left of a message, several times.
ADDING: Final = frozenset({Kind.REPORT_ADDED, Kind.CORRECTED, Kind.MERGED})

if INCIDENTS.max_message_bytes < MAX_MERGED_BYTES * 3 // 2:
    raise RuntimeError(f"a full incident must leave a third of a message of {INCIDENTS.name} free for what ends it")

_REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.REPORT_ADDED: "Report it as an incident of its own, with this one in links.related.",
    Kind.CORRECTED: "Shorten what the correction adds, or report it as an incident of its own with this one in "
    "links.related.",
    Kind.MERGED: "Merge into an incident that holds less, or retract one of the two as a duplicate.",
}


def check_room(change: NewRevision, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise NotNow when the change makes the incident hold more than it may. An incident that became an alias holds
    nothing new, and one that holds too much may be made smaller."""
    if change.kind not in ADDING or change.incident.status is Status.MERGED:
        return
    size, most = len(to_json(after)), MAX_MERGED_BYTES if change.kind is Kind.MERGED else MAX_BYTES
    if size > most and size > len(to_json(before)):
        raise NotNow(
            f"the incident {change.incident.incident_id} would hold {size} bytes, and may hold {most}; it can "
            "still be graded, closed and retracted",
            _REMEDIES[change.kind],
        )
