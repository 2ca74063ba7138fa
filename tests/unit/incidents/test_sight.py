"""What the stream sends of an incident's event: as published, reduced, or nothing; never a contact."""

import json
from typing import Any

import pytest

from clearway_contracts.vocabulary import Classification, Tlp
from clearway_incidents.domain.sight import LEFT_OUT, shown_event
from clearway_platform.auth.ceilings import UNLIMITED, Ceiling

SECRET = "behind the third culvert"
AMBER = Ceiling(Tlp.AMBER, Classification.UNCLASSIFIED, None)


def event(tlp: str, **reported: Any) -> dict[str, Any]:
    """An event whose every restricted field holds the secret."""
    report = {"report_id": "r", "organisation": SECRET, "contact_ref": None, "nine_line": None} | reported
    time = {
        "occurred_at": "2026-03-01T05:40:11Z",
        "earliest": "2026-03-01T05:40:11Z",
        "latest": "2026-03-01T05:41:11Z",
        "precision": "minute",
        "reported_at": "2026-03-01T06:11:00Z",
        "recorded_at": "2026-03-01T06:12:00Z",
    }
    point = {"type": "Point", "coordinates": [-3.9962, 17.0421]}
    names = dict.fromkeys(("place_name", "admin2", "mgrs", "route_id", "chainage_m"), SECRET)
    done = {
        "organisation": SECRET,
        "extent": SECRET,
        "reference": SECRET,
        "override_reason": SECRET,
        "at": "2026-03-01T05:50:00Z",
    }
    incident = {
        "sharing": {"tlp": tlp, "classification": "unclassified", "releasable_to": []},
        "time": time,
        "location": {"point": point, "uncertainty_m": 20.0, **names},
        "narrative": SECRET,
        "external_refs": [{"system": "register", "id": SECRET}],
        "reports": [report],
        "clearance": {"state": "confirmed", **done},
        "audit": {"created_by": "key", "hash": SECRET, "prev_hash": SECRET},
    }
    return {"mission": "unmix", "changed": ["narrative"], "incident": incident}


def test_what_may_be_read_is_sent_as_it_was_published() -> None:
    data = event("amber")
    assert shown_event(data, AMBER) is data


@pytest.mark.parametrize("tlp", ["amber_strict", "red"])
def test_the_reduced_event_has_no_secret_and_no_hour(tlp: str) -> None:
    seen = shown_event(event(tlp), AMBER)
    assert seen is not None
    text = json.dumps(seen)
    assert SECRET not in text
    assert "05:4" not in text
    assert "-3.9962" not in text
    assert seen["incident"]["left_out"] == list(LEFT_OUT)
    # That one person did both is said all the same.
    assert seen["incident"]["clearance"]["override_reason"]


def test_contacts_that_were_published_once_are_sent_to_nobody() -> None:
    data = event("clear", nine_line={"line_3_contact_method": SECRET}, organisation="x")
    seen = shown_event(data, AMBER)
    assert seen is not None
    assert seen["incident"]["reports"][0]["nine_line"] == {"line_3_contact_method": None}


def test_above_the_classification_there_is_nothing() -> None:
    data = event("clear")
    data["incident"]["sharing"]["classification"] = "confidential"
    assert shown_event(data, AMBER) is None
    assert shown_event(data, UNLIMITED) is data
