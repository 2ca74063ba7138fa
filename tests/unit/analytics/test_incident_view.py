"""How much an incident counts."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from clearway_analytics.domain.incident_view import IncidentView
from clearway_analytics.risk.location import location_sd
from clearway_analytics.risk.parameters import SPARSE, STATUS_WEIGHTS
from clearway_contracts.vocabulary import Status

IED = IncidentView(
    mission="unmis",
    incident_id=UUID(int=1),
    revision=1,
    occurred=datetime(2026, 3, 1, tzinfo=UTC),
    longitude=20.0,
    latitude=10.0,
    uncertainty_m=20.0,
    category="ied",
    outcome="detonated",
    hazard_state="none",
    status="verified",
    exercise=False,
)


@pytest.mark.parametrize(
    ("status", "weight"),
    [
        ("verified", 1.0),
        ("closed", 1.0),
        ("under_review", 0.8),
        ("reported", 0.4),
        ("disputed", 0.2),
        ("retracted", 0.0),
        ("merged", 0.0),
    ],
)
def test_a_status_is_believed_so_far(status: str, weight: float) -> None:
    assert replace(IED, status=status).weight(SPARSE.status_weights) == weight


def test_every_status_was_considered() -> None:
    assert set(Status) - set(STATUS_WEIGHTS) == {Status.RETRACTED, Status.MERGED}


@pytest.mark.parametrize(
    "change", [{"category": "other"}, {"outcome": "hoax"}, {"outcome": "false_alarm"}, {"exercise": True}]
)
def test_what_is_no_hazard_counts_nothing(change: dict[str, Any]) -> None:
    assert replace(IED, **change).weight(STATUS_WEIGHTS) == 0.0


@pytest.mark.parametrize(
    "change", [{"category": "unknown"}, {"outcome": "unknown"}, {"outcome": "found_cleared", "hazard_state": "cleared"}]
)
def test_what_may_be_or_was_a_hazard_counts(change: dict[str, Any]) -> None:
    assert replace(IED, **change).weight(STATUS_WEIGHTS) == 1.0


def test_nine_places_in_ten_lie_within_the_uncertainty() -> None:
    rng = np.random.default_rng(90)
    (sd,) = location_sd(np.array([300.0]))
    inside = np.hypot(*rng.normal(0.0, sd, (2, 200_000))) <= 300.0
    assert inside.mean() == pytest.approx(0.90, abs=0.005)
    assert 300.0 / sd == pytest.approx(math.sqrt(2 * math.log(10)))
