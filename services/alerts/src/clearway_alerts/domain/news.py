"""Which incidents may raise a first alert: all but the past that was imported, and what is no explosive hazard."""

from datetime import datetime, timedelta
from typing import Final

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import DANGERS
from clearway_contracts.vocabulary import Category, Status

ENDED: Final = frozenset({Status.RETRACTED, Status.MERGED, Status.CLOSED})


def why_no_first_alert(incident: IncidentView, now: datetime, news_hours: int) -> str | None:
    """None when the incident may raise a first alert at `now`, else the reason why not.

    Age silences only what came through an import, and that only when it is no danger (active, suspected or marked) and
    cannot have happened within the last `news_hours`. What is retracted, merged, closed or not explosive never may.
    """
    if why := why_never(incident):
        return why
    if incident.is_imported and not is_danger(incident) and now - incident.latest > timedelta(hours=news_hours):
        return f"imported, hazard {incident.hazard_state}, and older than {news_hours} hours: neither a danger nor news"
    return None


def why_never(incident: IncidentView) -> str | None:
    """Why nobody is warned of it for the first time, however new it is; None when somebody may be."""
    if incident.status in ENDED:
        return f"the incident is {incident.status}"
    if incident.category is Category.NOT_EXPLOSIVE:
        return "the incident is not_explosive, which warns nobody"
    return None


def is_danger(incident: IncidentView) -> bool:
    """Whether something is known, or suspected, to be there."""
    return incident.hazard_state in DANGERS


def stands(incident: IncidentView) -> bool:
    """Whether it is a standing hazard: a danger that was neither retracted, merged nor closed."""
    return is_danger(incident) and why_never(incident) is None
