"""Which incidents may raise a first alert: a danger, or news. So an import of the past warns no one."""

from datetime import datetime, timedelta
from typing import Final

from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.severity import DANGERS
from clearway_contracts.vocabulary import Status

ENDED: Final = frozenset({Status.RETRACTED, Status.MERGED, Status.CLOSED})


def why_no_first_alert(incident: IncidentView, now: datetime, news_hours: int) -> str | None:
    """None when the incident may raise a first alert at `now`, else the reason why not.

    It may when it is still a danger (active, suspected or marked), or still news: it can have happened within
    the last `news_hours`. What is retracted, merged or closed never does.
    """
    if incident.status in ENDED:
        return f"the incident is {incident.status}"
    if incident.hazard_state in DANGERS or now - incident.latest <= timedelta(hours=news_hours):
        return None
    return f"hazard {incident.hazard_state}, and older than {news_hours} hours: neither a danger nor news"
