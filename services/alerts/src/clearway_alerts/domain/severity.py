"""How bad, how soon and how sure, in CAP 1.2's words, and until when an alert stands."""

from datetime import datetime, timedelta
from typing import Final

from clearway_alerts.domain.incident_view import IncidentView
from clearway_contracts.vocabulary import (
    Certainty,
    ClearanceState,
    HazardState,
    InfoCredibility,
    Outcome,
    Severity,
    Urgency,
)

DANGERS: Final = frozenset({HazardState.ACTIVE, HazardState.SUSPECTED, HazardState.MARKED})
# The first word of all that is said of one.
EXERCISE: Final = "EXERCISE"
NO_LONGER: Final = frozenset({HazardState.CLEARED, HazardState.NONE})
UNFOUNDED: Final = frozenset({Outcome.HOAX, Outcome.FALSE_ALARM})

IMMEDIATE_WITHIN: Final = timedelta(hours=6)
EXPECTED_WITHIN: Final = timedelta(hours=24)
NEWS_STANDS: Final = timedelta(hours=24)

_RANK: Final = (Severity.MINOR, Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)
_CERTAINTY: Final = {
    InfoCredibility.CONFIRMED: Certainty.OBSERVED,
    InfoCredibility.PROBABLY_TRUE: Certainty.LIKELY,
    InfoCredibility.POSSIBLY_TRUE: Certainty.POSSIBLE,
    InfoCredibility.DOUBTFUL: Certainty.UNLIKELY,
    InfoCredibility.IMPROBABLE: Certainty.UNLIKELY,
    InfoCredibility.CANNOT_BE_JUDGED: Certainty.UNKNOWN,
}


def severity(incident: IncidentView) -> Severity:
    """From outcome, casualties (their upper bound: in doubt the worse) and hazard state."""
    if incident.outcome in UNFOUNDED and incident.hazard_state not in DANGERS:
        return Severity.MINOR
    over = incident.hazard_state in NO_LONGER
    if incident.killed_high:
        return Severity.SEVERE if over else Severity.EXTREME
    if incident.injured_high:
        return Severity.MODERATE if over else Severity.SEVERE
    return _without_casualties(incident)


def _without_casualties(incident: IncidentView) -> Severity:
    if incident.hazard_state is HazardState.ACTIVE:
        return Severity.SEVERE
    if incident.hazard_state in NO_LONGER and incident.outcome not in {Outcome.DETONATED, Outcome.PARTIAL}:
        return Severity.MINOR
    return Severity.MODERATE


def rank(value: Severity) -> int:
    """The order of severities, 0 for minor. Unknown counts as moderate: it must not be filtered away."""
    return _RANK.index(Severity.MODERATE if value is Severity.UNKNOWN else value)


def urgency(incident: IncidentView, now: datetime) -> Urgency:
    """Past when nothing is there any more; else by age, from the latest moment at which it can have happened."""
    if incident.hazard_state in NO_LONGER:
        return Urgency.PAST
    age = now - incident.latest
    if age <= IMMEDIATE_WITHIN and incident.hazard_state is not HazardState.MARKED:
        return Urgency.IMMEDIATE
    if age <= EXPECTED_WITHIN:
        return Urgency.EXPECTED
    return Urgency.FUTURE if incident.hazard_state in DANGERS else Urgency.UNKNOWN


def certainty(incident: IncidentView) -> Certainty:
    """From the credibility of the information alone; the source's reliability is another question."""
    return _CERTAINTY[incident.credibility]


def expires_at(incident: IncidentView, now: datetime, danger_stands: timedelta) -> datetime:
    """When it lapses if no other follows: after `danger_stands` for a danger, a day for news and cancellations."""
    return now + (danger_stands if incident.hazard_state in DANGERS else NEWS_STANDS)


def headline(incident: IncidentView) -> str:
    """One line for a person, without anything but what, whether it is there, and roughly where."""
    what = {"ied": "IED", "uxo_erw": "Unexploded ordnance", "unknown": "Explosive hazard"}.get(
        incident.category, incident.category.replace("_", " ").capitalize()
    )
    state = {"none": "no hazard left", "unknown": "hazard unknown"}.get(
        incident.hazard_state, incident.hazard_state.value
    )
    if incident.clearance is ClearanceState.CLAIMED:
        state += ", reported cleared, not confirmed"
    elif incident.by_one_person:
        state += ", by one person"
    where = f" near {incident.place_name}" if incident.place_name else ""
    exercise = f"{EXERCISE}: " if incident.exercise else ""
    return f"{exercise}{what}, {state}{where} (within {incident.uncertainty_m:.0f} m)"[:250]
