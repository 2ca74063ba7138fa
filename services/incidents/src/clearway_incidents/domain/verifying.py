"""Verifying: by someone else than those whom the incident rests on, and taken back when what was verified changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.errors import NotNow, NotYours
from clearway_incidents.domain.grading import credible, independent
from clearway_incidents.domain.life import Act, Kind, NewRevision, allow, move
from clearway_incidents.domain.place import distance_m


@dataclass(frozen=True, slots=True)
class Basis:
    """The identities that an incident rests on, with all that were merged into it: who gave each report, who corrected
    a decisive fact, and who graded the incident itself."""

    reporters: Mapping[UUID, str]
    correctors: frozenset[str] = frozenset()
    graders: frozenset[str] = frozenset()


def verify(incident: IncidentState, act: Act, *, basis: Basis) -> NewRevision:
    """Raises NotYours for a principal that the incident rests on, and NotNow where too little speaks for it."""
    allow(incident, Kind.VERIFIED)
    if act.identity in basis.reporters.values():
        raise NotYours("A report cannot be verified by the person who gave it. Ask another verifier.")
    if act.identity in basis.correctors:
        raise NotYours(
            "An incident cannot be verified by a person who corrected its place, time, category, outcome or exercise. "
            "Ask another verifier."
        )
    if basis.graders == {act.identity}:
        raise NotYours(
            "An incident cannot be verified by the only person who graded it. Ask another verifier to verify it, or to "
            "grade it too."
        )
    if not credible(incident.grading) and not independent(incident.reports, basis.reporters):
        raise NotNow(
            "verifying needs credibility 1 or 2, or two independent reports",
            "Grade it, or let another principal add a report of another organisation.",
        )
    return move(incident, act, Kind.VERIFIED, Status.VERIFIED)


def still_holds(incident: IncidentState, before: IncidentState, basis: Basis) -> bool:
    """Whether a verification holds without the reports that leave. `before` is the incident before they came: a grade
    that was given since may rest on them."""
    graded = credible(incident.grading) and credible(before.grading)
    return graded or independent(incident.reports, basis.reporters)


def decisive_changes(verified: IncidentState, after: IncidentState) -> tuple[str, ...]:
    """The decisive facts that differ. A place within the uncertainty and a time within the span are the same, only
    known better."""
    where, now_where = verified.location, after.location
    when, now_when = verified.time, after.time
    changed = {
        "place": distance_m(where.point, now_where.point) > where.uncertainty_m
        or now_where.uncertainty_m > where.uncertainty_m,
        "time": now_when.earliest < when.earliest or now_when.latest > when.latest,
        "category": verified.category is not after.category,
        "outcome": verified.outcome is not after.outcome,
        "exercise": verified.exercise is not after.exercise,
    }
    return tuple(name for name, is_changed in changed.items() if is_changed)
