"""Stored rows that this process cannot read: each is counted, logged once, and keeps no other row from being read."""

from enum import StrEnum
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from clearway_alerts.sealing.envelope import NotSealedHere
from clearway_alerts.sealing.keys import MissingKey
from clearway_platform.database.states import NewerState

UNREADABLE: Final = Counter(
    "clearway_alert_unreadable_rows", "Times that a stored row could not be read, by what the row holds", ["row"]
)
# So many rows are remembered as logged; with more of them all are logged anew.
_REMEMBERED: Final = 10_000
# So many fields that are not valid are named.
_NAMED: Final = 5

_log = structlog.get_logger(__name__)


class RowKind(StrEnum):
    """What the row holds. The key of an incident view is its incident and revision, that of the others their id."""

    FILTER = "filter"
    CHANNEL = "channel"
    INCIDENT_VIEW = "incident_view"
    ALERT = "alert"


class UnreadableRows:
    """Counts them each time, and logs each once."""

    def __init__(self) -> None:
        self._logged: set[tuple[RowKind, object]] = set()

    def note(self, row: RowKind, key: object, why: str) -> None:
        UNREADABLE.labels(row).inc()
        if (row, key) in self._logged:
            return
        if len(self._logged) >= _REMEMBERED:
            self._logged.clear()
        self._logged.add((row, key))
        _log.warning("row_not_readable", row=row.value, key=_in_words(key), why=why)


def _in_words(key: object) -> str:
    return " revision ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def why_unreadable(error: Exception) -> str:
    """In words, and without what the row holds: a log leaves the mission more easily than its records."""
    match error:
        case NewerState() | MissingKey() | NotSealedHere():
            return str(error)
        case ValidationError():
            places = sorted({".".join(map(str, problem["loc"])) or "all of it" for problem in error.errors()})
            return f"not valid: {', '.join(places[:_NAMED])}"
        case _:
            return f"not valid: {type(error).__name__}"
