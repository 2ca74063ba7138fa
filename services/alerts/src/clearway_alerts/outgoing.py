"""Between this service's facts and what it says to others: the alert events, and the body of a webhook."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.incident_view import IncidentView
from clearway_contracts.alert import AlertState
from clearway_contracts.alerts import (
    AlertAcknowledged,
    AlertCancelled,
    AlertChange,
    AlertDowngraded,
    AlertIssued,
    AlertUpdated,
)
from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import AlertKind, Tlp

SOURCE: Final = "/clearway/alerts"
_CHANGES: Final[Mapping[AlertKind, type[AlertChange]]] = {
    AlertKind.ISSUED: AlertIssued,
    AlertKind.UPDATED: AlertUpdated,
    AlertKind.DOWNGRADED: AlertDowngraded,
    AlertKind.CANCELLED: AlertCancelled,
}
# What may not leave in full: the receiver fetches it with its own key.
THIN: Final = frozenset({Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER})
# All that a thin message says of an alert.
KEPT: Final = frozenset(
    {
        "alert_id",
        "mission",
        "subscription_id",
        "incident_id",
        "incident_revision",
        "sequence",
        "kind",
        "exercise",
        "severity",
        "expires_at",
        "references",
        "tlp",
    }
)


def state_of(alert: Alert, incident: IncidentView) -> AlertState:
    """The alert object as the contract has it."""
    return AlertState(
        alert_id=alert.id,
        mission=alert.mission,
        subscription_id=alert.subscription_id,
        incident_id=alert.incident_id,
        incident_revision=alert.revision,
        sequence=alert.sequence,
        kind=alert.kind,
        exercise=incident.exercise,
        severity=alert.severity,
        urgency=alert.urgency,
        certainty=alert.certainty,
        headline=alert.headline,
        point=Point(coordinates=(incident.longitude, incident.latitude)),
        uncertainty_m=incident.uncertainty_m,
        category=incident.category,
        outcome=incident.outcome,
        hazard_state=incident.hazard_state,
        status=incident.status,
        occurred_at=incident.occurred_at,
        issued_at=alert.issued_at,
        expires_at=alert.expires_at,
        references=alert.references,
        tlp=incident.tlp,
        reason=alert.reason,
    )


def change_of(alert: AlertState) -> AlertChange:
    """The event that tells of the alert."""
    return _CHANGES[alert.kind](
        mission=alert.mission, alert_id=alert.alert_id, incident_id=alert.incident_id, alert=alert
    )


def acknowledgement_of(alert: Alert, incident: IncidentView, by: str, at: datetime) -> AlertAcknowledged:
    return AlertAcknowledged(
        mission=alert.mission,
        alert_id=alert.id,
        incident_id=alert.incident_id,
        alert=state_of(alert, incident),
        by=by,
        at=at,
    )


def links_of(alert: AlertState) -> dict[str, str]:
    """Where the rest is read."""
    return {"alert": f"/v1/alerts/{alert.alert_id}", "incident": f"/v1/incidents/{alert.incident_id}"}


def why_thin(tlp: Tlp) -> str | None:
    """Why the message of an alert at this TLP leaves out the place and the description; None when it is full."""
    if tlp not in THIN:
        return None
    return (
        f"The incident is shared at TLP {tlp}: its place and its description are left out of webhooks. "
        "Read them at links.alert with an API key of the mission."
    )


def webhook_body(alert: AlertState) -> bytes:
    """The message of one alert, in the shape that it has everywhere. At TLP amber and above it is thin: what is not in
    KEPT is null, and named in `left_out`."""
    data, reason = alert.model_dump(mode="json"), why_thin(alert.tlp)
    left_out = [] if reason is None else sorted(data.keys() - KEPT)
    said = {"form": "full" if reason is None else "thin", "left_out": left_out, "why_thin": reason}
    data |= dict.fromkeys(left_out) | {"links": links_of(alert)}
    return _body(f"alert.{alert.kind}", alert.issued_at, said | data)


def test_body(subscription_id: UUID, mission: str, at: datetime) -> bytes:
    """The message of a test-fire: it looks like no alert, so that nobody is warned by it."""
    data = {"subscription_id": str(subscription_id), "mission": mission, "message": "This is a test. No incident."}
    return _body("subscription.test", at, data)


def _body(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    timestamp = at.isoformat().replace("+00:00", "Z")
    message = {"type": kind, "timestamp": timestamp, "data": data}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
