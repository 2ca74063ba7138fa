"""When a photo may be added to an incident."""

from __future__ import annotations

from datetime import datetime

from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.errors import NotNow
from clearway_incidents.domain.life import LIVE


def check_open(incident: IncidentState, now: datetime) -> None:
    """Raise NotNow unless the incident takes photos: it is live, and its retention has not ended."""
    if incident.status is Status.MERGED:
        raise NotNow(f"the incident was merged into {incident.links.merged_into}", "Send the photo to that one.")
    if incident.status not in LIVE:
        raise NotNow("the incident was retracted, which is final", "Report it anew if it did happen.")
    until = incident.sharing.retention_until
    if until is not None and until <= now:
        raise NotNow("the retention of the incident has ended: no photo of it is kept", "Correct `sharing` first.")


def check_room(held: int, most: int) -> None:
    """Raise NotNow when the incident has as many photos as it may."""
    if held >= most:
        raise NotNow(
            f"the incident has {most} photos, which is as many as one may have",
            "Let a verifier remove one that is not needed, or send this one with a report of its own.",
        )
