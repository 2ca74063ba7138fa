"""Correcting the facts of an incident: a new revision, never in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import ClearanceMethod, Status
from clearway_incidents.domain import moment
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.hazard import Claim, hazard_values, is_less, open_clearance
from clearway_incidents.domain.incident import ReportedFacts
from clearway_incidents.domain.life import Act, Kind, NewRevision, allow, revise
from clearway_incidents.domain.verifying import decisive_changes


def correct(
    incident: IncidentState,
    act: Act,
    *,
    facts: ReportedFacts,
    verified: IncidentState | None = None,
    organisation: str = "unknown",
) -> NewRevision:
    """Other facts, which `organisation` reports; `recorded_at` stays the moment when the incident was first recorded.
    Decisive ones are compared with the incident as it was `verified`, so that many small steps do not go unnoticed.
    Raises InvalidFact when the times cannot be."""
    allow(incident, Kind.CORRECTED)
    if facts.time != incident.time:
        moment.check(facts.time, act.at)
    time = facts.time.model_copy(update={"recorded_at": incident.time.recorded_at})
    links = incident.links.model_copy(update={"related": facts.related})
    values = {**facts.as_fields(), "time": time, "links": links, **_hazard(incident, act, facts, organisation)}
    corrected = revise(incident, act.at, **values)
    changes = decisive_changes(verified or incident, corrected)
    if changes and incident.status is Status.VERIFIED:
        corrected = corrected.model_copy(update={"status": _status(act, changes)})
    return NewRevision(corrected, Kind.CORRECTED, act.reason, decisive=bool(changes))


def _status(act: Act, changes: Sequence[str]) -> Status:
    """Of a verified incident, when decisive facts are corrected."""
    if not act.assesses:
        return Status.UNDER_REVIEW
    if not (act.reason or "").strip():
        raise NotNow(
            f"the incident is verified, and the correction changes its {', '.join(changes)}",
            "Give `reason`, which says why it stays verified; or let a reporter correct it, and verify it again.",
        )
    return Status.VERIFIED


def _hazard(incident: IncidentState, act: Act, facts: ReportedFacts, organisation: str) -> dict[str, Any]:
    """A correction that makes the hazard less claims that it is: it stands until a second person confirms it."""
    if facts.hazard_state == incident.hazard_state:
        return {}
    if not is_less(incident.hazard_state, facts.hazard_state):
        return hazard_values(incident, facts.hazard_state)
    if incident.clearance is not None:
        return {"hazard_state": incident.hazard_state}
    claimed = Claim(facts.hazard_state, organisation, ClearanceMethod.UNKNOWN, act.at)
    return {"hazard_state": incident.hazard_state, "clearance": open_clearance(claimed, act)}
