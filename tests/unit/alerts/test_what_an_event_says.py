"""What alerts take from an event of the record beside its facts: a clearance, a verification that was taken back."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from clearway_alerts.consumers.incidents import incident_of
from clearway_contracts.incidents import INCIDENT_EVENTS, IncidentChange
from clearway_contracts.vocabulary import ClearanceState

EXAMPLES = Path(str(files("clearway_contracts") / "examples"))
EVENTS = {event.event_type: event for event in INCIDENT_EVENTS}


def event(
    kind: str, example: str = "plain", *, changed: tuple[str, ...] | None = None, **values: Any
) -> IncidentChange:
    """An event as it was once published; the fields of the incident that are given differ."""
    value = json.loads((EXAMPLES / f"incident.{kind}.v1.{example}.json").read_text(encoding="utf-8"))["value"]
    value["incident"] |= values
    if changed is not None:
        value["changed"] = list(changed)
    return EVENTS[f"incident.{kind}"].model_validate(value)


def test_a_claim_is_seen_and_a_confirmation_by_one_person() -> None:
    claimed = event("clearance_claimed")
    assert incident_of(claimed).clearance is ClearanceState.CLAIMED
    assert incident_of(event("clearance_dismissed")).clearance is None
    assert claimed.incident.clearance is not None
    confirmed = claimed.incident.clearance.model_dump() | {"state": "confirmed", "confirmed_by": "verifier-1"}
    assert not incident_of(event("hazard_changed", "cleared", clearance=confirmed)).by_one_person
    alone = incident_of(event("hazard_changed", "cleared", clearance=confirmed | {"override_reason": "no one else"}))
    assert (alone.clearance, alone.by_one_person) == (ClearanceState.CONFIRMED, True)


@pytest.mark.parametrize(
    ("kind", "changed", "status", "taken_back"),
    [
        ("corrected", ("category", "status"), "under_review", True),
        ("unmerged", ("reports", "status"), "under_review", True),
        ("corrected", ("category",), "under_review", False),
        ("review_started", ("status",), "under_review", False),
        ("reopened", ("status",), "under_review", False),
        ("unmerged", ("status",), "reported", False),
    ],
)
def test_only_a_correction_or_a_report_that_left_takes_a_verification_back(
    kind: str, changed: tuple[str, ...], status: str, taken_back: bool
) -> None:
    assert incident_of(event(kind, changed=changed, status=status)).taken_back is taken_back
