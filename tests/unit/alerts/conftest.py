"""Incidents for the tests of alerts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest

from clearway_alerts.domain.incident_view import IncidentView
from clearway_contracts.vocabulary import (
    Category,
    Classification,
    HazardState,
    InfoCredibility,
    Outcome,
    SourceReliability,
    Status,
    Tlp,
)

NOW: Final = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
_INCIDENT: Final = IncidentView(
    mission="unmix",
    incident_id=UUID("01890000-0000-7000-8000-000000000001"),
    revision=1,
    exercise=False,
    status=Status.REPORTED,
    category=Category.IED,
    outcome=Outcome.FOUND_NOT_CLEARED,
    hazard_state=HazardState.ACTIVE,
    longitude=-1.0,
    latitude=17.0,
    uncertainty_m=50.0,
    place_name="Ansongo",
    earliest=NOW,
    latest=NOW,
    occurred_at=NOW,
    killed_high=0,
    injured_high=0,
    reliability=SourceReliability.B,
    credibility=InfoCredibility.PROBABLY_TRUE,
    tlp=Tlp.GREEN,
    classification=Classification.UNCLASSIFIED,
)


def incident(**changes: Any) -> IncidentView:
    return replace(_INCIDENT, **changes)


@pytest.fixture
def make() -> Callable[..., IncidentView]:
    return incident
