"""An incident to start from."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from clearway_contracts.incident import IncidentState
from clearway_incidents.api.reports import NewReport
from clearway_incidents.domain.reporting import record

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
BODY: dict[str, Any] = {
    "time": {"occurred_at": "2026-03-01T05:40:00Z"},
    "location": {"point": {"type": "Point", "coordinates": [-3.9962, 17.0421]}, "precision": "gps"},
    "category": "ied",
    "outcome": "found_not_cleared",
    "report": {"organisation": "Convoy 12"},
}


@pytest.fixture
def make_incident() -> Callable[..., IncidentState]:
    """A reported incident; the fields that are given differ."""

    def make(**changes: Any) -> IncidentState:
        first = NewReport.model_validate(BODY).submission(NOW).first
        return record(first, mission="unmix", by="reporter", at=NOW).incident.model_copy(update=changes)

    return make
