"""How much an incident counts."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from clearway_analytics.domain.incident_view import IncidentView, credibility_word
from clearway_analytics.risk.location import location_sd
from clearway_analytics.risk.parameters import CREDIBILITY_WEIGHTS, SPARSE, STATUS_WEIGHTS
from clearway_contracts.vocabulary import InfoCredibility, Status

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
    ("credibility", "weight"), [(1, 1.0), (2, 0.85), (3, 0.6), (4, 0.3), (5, 0.1), (6, 0.4), (None, 0.4)]
)
@pytest.mark.parametrize(
    ("status", "factor"),
    [("reported", 1.0), ("under_review", 1.0), ("disputed", 0.5), ("retracted", 0.0), ("merged", 0.0)],
)
def test_a_report_is_believed_by_its_credibility(
    credibility: int | None, weight: float, status: str, factor: float
) -> None:
    report = replace(IED, status=status, info_credibility=credibility)
    assert SPARSE.weight(report) == pytest.approx(weight * factor)


@pytest.mark.parametrize("status", ["verified", "closed"])
@pytest.mark.parametrize("credibility", [1, 5, 6, None])
def test_what_is_verified_counts_whole(status: str, credibility: int | None) -> None:
    assert SPARSE.weight(replace(IED, status=status, info_credibility=credibility)) == 1.0


def test_every_status_and_every_grade_was_considered() -> None:
    assert set(Status) - set(STATUS_WEIGHTS) == {Status.RETRACTED, Status.MERGED}
    assert set(CREDIBILITY_WEIGHTS) == {credibility_word(grade) for grade in InfoCredibility}


def test_parameters_without_weights_for_credibility_count_by_status_alone() -> None:
    """Those of missions that began before there were any."""
    before = replace(SPARSE, status_weights={"reported": 0.4}, credibility_weights={})
    assert before.weight(replace(IED, status="reported", info_credibility=5)) == 0.4


@pytest.mark.parametrize(
    "change", [{"category": "not_explosive"}, {"outcome": "hoax"}, {"outcome": "false_alarm"}, {"exercise": True}]
)
def test_what_is_no_hazard_counts_nothing(change: dict[str, Any]) -> None:
    assert SPARSE.weight(replace(IED, **change)) == 0.0


@pytest.mark.parametrize(
    "change", [{"category": "unknown"}, {"outcome": "unknown"}, {"outcome": "found_cleared", "hazard_state": "cleared"}]
)
def test_what_may_be_or_was_a_hazard_counts(change: dict[str, Any]) -> None:
    assert SPARSE.weight(replace(IED, **change)) == 1.0


def test_nine_places_in_ten_lie_within_the_uncertainty() -> None:
    rng = np.random.default_rng(90)
    (sd,) = location_sd(np.array([300.0]))
    inside = np.hypot(*rng.normal(0.0, sd, (2, 200_000))) <= 300.0
    assert inside.mean() == pytest.approx(0.90, abs=0.005)
    assert 300.0 / sd == pytest.approx(math.sqrt(2 * math.log(10)))
