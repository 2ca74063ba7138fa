"""The clauses of a filter that do not look at the place, each with its reason in words."""

from collections.abc import Callable
from typing import Final, NamedTuple

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import rank, severity
from clearway_alerts.domain.subscription import Filter
from clearway_contracts.vocabulary import Inclusion, InfoCredibility, SourceReliability, Tlp

_TLP: Final = tuple(reversed(Tlp))  # from clear, the widest circle, to red


class Clause(NamedTuple):
    """One clause of a filter, applied to one incident."""

    name: str
    holds: bool
    says: str


def categories(chosen: Filter, incident: IncidentView) -> Clause:
    names = ", ".join(sorted(chosen.categories))
    return Clause("categories", incident.category in chosen.categories, f"{incident.category}; watched: {names}")


def min_severity(chosen: Filter, incident: IncidentView) -> Clause:
    is_now = severity(incident)
    return Clause(
        "min_severity", rank(is_now) >= rank(chosen.min_severity), f"{is_now}; watched from: {chosen.min_severity}"
    )


def statuses(chosen: Filter, incident: IncidentView) -> Clause:
    watched = ", ".join(sorted(chosen.statuses)) or "all"
    return Clause(
        "statuses", not chosen.statuses or incident.status in chosen.statuses, f"{incident.status}; watched: {watched}"
    )


def hazard_states(chosen: Filter, incident: IncidentView) -> Clause:
    watched = ", ".join(sorted(chosen.hazard_states)) or "all"
    holds = not chosen.hazard_states or incident.hazard_state in chosen.hazard_states
    return Clause("hazard_states", holds, f"{incident.hazard_state}; watched: {watched}")


def min_grade(chosen: Filter, incident: IncidentView) -> Clause:
    wanted = chosen.min_grade
    reliable = wanted.reliability is None or _as_reliable(incident.reliability, wanted.reliability)
    credible = wanted.credibility is None or _as_credible(incident.credibility, wanted.credibility)
    asked = f"{wanted.reliability or 'any'}/{wanted.credibility or 'any'}"
    return Clause(
        "min_grade", reliable and credible, f"{incident.reliability}{incident.credibility:d}; watched: {asked}"
    )


def _as_reliable(grade: SourceReliability, wanted: SourceReliability) -> bool:
    return grade is not SourceReliability.F and grade <= wanted


def _as_credible(grade: InfoCredibility, wanted: InfoCredibility) -> bool:
    return grade is not InfoCredibility.CANNOT_BE_JUDGED and grade <= wanted


def tlp_max(chosen: Filter, incident: IncidentView) -> Clause:
    holds = _TLP.index(incident.tlp) <= _TLP.index(chosen.tlp_max)
    return Clause("tlp_max", holds, f"{incident.tlp}; watched up to: {chosen.tlp_max}")


def exercises(chosen: Filter, incident: IncidentView) -> Clause:
    kept_out = Inclusion.EXCLUDE if incident.exercise else Inclusion.ONLY
    is_now = "an exercise" if incident.exercise else "no exercise"
    return Clause("exercises", chosen.exercises is not kept_out, f"{is_now}; exercises: {chosen.exercises}")


def sources(chosen: Filter, incident: IncidentView) -> Clause:
    return Clause("sources", chosen.sources is not Inclusion.ONLY, f"an incident; silent sources: {chosen.sources}")


CLAUSES: Final[tuple[Callable[[Filter, IncidentView], Clause], ...]] = (
    categories,
    min_severity,
    statuses,
    hazard_states,
    min_grade,
    tlp_max,
    exercises,
    sources,
)


def clauses_hold(chosen: Filter, incident: IncidentView) -> bool:
    return all(clause(chosen, incident).holds for clause in CLAUSES)


def source_clauses(chosen: Filter, tlp: Tlp) -> list[Clause]:
    """What the filter says of a silent source. It has no place, no category and no grade, and a silence is no exercise:
    no other clause is asked."""
    wanted = chosen.sources is not Inclusion.EXCLUDE
    return [
        Clause("sources", wanted, f"a silent source; silent sources: {chosen.sources}"),
        Clause("tlp_max", _TLP.index(tlp) <= _TLP.index(chosen.tlp_max), f"{tlp}; watched up to: {chosen.tlp_max}"),
        Clause("exercises", chosen.exercises is not Inclusion.ONLY, f"no exercise; exercises: {chosen.exercises}"),
    ]
