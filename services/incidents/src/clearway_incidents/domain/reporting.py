"""A new incident from its first report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clearway_contracts.incident import Audit, ExternalRef, Grading, IncidentState, Links, Report
from clearway_contracts.vocabulary import Category, HazardState, Outcome, Priority, Status
from clearway_incidents.domain import moment
from clearway_incidents.domain.incident import UNGRADED, ReportedFacts
from clearway_incidents.domain.life import Kind, NewRevision

# The priority of a report that gives none. A hazard that nobody has examined may be live.
DEFAULT_PRIORITY: Final = {
    HazardState.ACTIVE: Priority.IMMEDIATE,
    HazardState.SUSPECTED: Priority.INDIRECT,
    HazardState.UNKNOWN: Priority.INDIRECT,
    HazardState.MARKED: Priority.MINOR,
    HazardState.CLEARED: Priority.NO_THREAT,
    HazardState.NONE: Priority.NO_THREAT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReport:
    """The first report of an incident: its facts, its reporter, and the names that other systems have for it."""

    incident_id: UUID
    facts: ReportedFacts
    report: Report
    grading: Grading = UNGRADED
    external_refs: tuple[ExternalRef, ...] = ()


def record(first: FirstReport, *, mission: str, by: str, at: datetime) -> NewRevision:
    """Revision 1. Raises InvalidFact when its times cannot be."""
    moment.check(first.facts.time, at)
    incident = IncidentState(
        incident_id=first.incident_id,
        revision=1,
        mission=mission,
        external_refs=first.external_refs,
        reports=(first.report,),
        grading=first.grading,
        status=Status.REPORTED,
        links=Links(related=first.facts.related),
        audit=Audit(created_by=by, created_at=at, updated_at=at),
        **first.facts.as_fields(),
    )
    return NewRevision(incident, Kind.REPORTED)


def default_hazard(outcome: Outcome, category: Category) -> HazardState:
    """The state of the hazard where the report does not give it: what the outcome implies, and no more."""
    match outcome:
        case Outcome.FOUND_CLEARED | Outcome.CACHE_RECOVERED:
            return HazardState.CLEARED
        case Outcome.FOUND_MARKED:
            return HazardState.MARKED
        case Outcome.FOUND_NOT_CLEARED:
            return HazardState.SUSPECTED if category is Category.UNKNOWN else HazardState.ACTIVE
        case Outcome.HOAX | Outcome.FALSE_ALARM:
            return HazardState.NONE
        case _:
            return HazardState.UNKNOWN
