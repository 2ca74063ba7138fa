"""What is left of an incident whose retention has ended: what statistics need, and nothing that quotes anyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from clearway_contracts.incident import IncidentState
from clearway_incidents.domain.life import Act, Kind, NewRevision, revise

REMOVED: Final = "removed: its retention has ended"

State = Mapping[str, Any]


def expire(incident: IncidentState, act: Act) -> NewRevision:
    """The revision with which its retention ends. It takes nothing from the hazard: place, time, category, outcome,
    casualties and state stay."""
    kept = IncidentState.model_validate(reduced(incident.model_dump(mode="json")))
    fields = {name: getattr(kept, name) for name in ("narrative", "external_refs", "reports", "location", "clearance")}
    return NewRevision(revise(incident, act.at, **fields), Kind.EXPIRED, act.reason)


def reduced(state: State) -> dict[str, Any]:
    """The fields of any revision, as JSON, without texts and without those who reported it. Reduced again, it stays as
    it is."""
    clearance = state.get("clearance")
    fields = {
        **state,
        "narrative": "",
        "external_refs": [],
        "reports": [_reduced_report(report) for report in state["reports"]],
        "location": {**state["location"], "place_name": None},
    }
    return fields if clearance is None else fields | {"clearance": _reduced_clearance(clearance)}


def reduced_event(data: State) -> dict[str, Any]:
    """The data of an event about it, in the same way."""
    return {**data, "incident": reduced(data["incident"])}


def _reduced_report(report: State) -> dict[str, Any]:
    return {**report, "organisation": REMOVED, "role": REMOVED, "contact_ref": None, "nine_line": None}


def _reduced_clearance(clearance: State) -> dict[str, Any]:
    """That one person did both is said all the same."""
    reason = REMOVED if clearance.get("override_reason") else None
    return {**clearance, "organisation": REMOVED, "extent": None, "reference": None, "override_reason": reason}
