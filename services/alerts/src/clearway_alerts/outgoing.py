"""The only map between this service's domain and the events that it publishes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.incident_view import IncidentView
from clearway_alerts.domain.source import OF_SOURCES
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.alerts import (
    AlertAcknowledged,
    AlertCancelled,
    AlertChange,
    AlertDigestIssued,
    AlertDowngraded,
    AlertIssued,
    AlertRenewed,
    AlertUpdated,
)
from clearway_contracts.geometry import Point
from clearway_contracts.vocabulary import AlertKind

SOURCE: Final = "/clearway/alerts"
_CHANGES: Final[Mapping[AlertKind, type[AlertChange]]] = {
    AlertKind.ISSUED: AlertIssued,
    AlertKind.UPDATED: AlertUpdated,
    AlertKind.RENEWED: AlertRenewed,
    AlertKind.DOWNGRADED: AlertDowngraded,
    AlertKind.CANCELLED: AlertCancelled,
}


def state_of(alert: Alert, incident: IncidentView | None) -> AlertState:
    """The alert as its event has it. One of a source has no incident."""
    if alert.source is not None or incident is None:
        return _state_of_source(alert)
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
        place_name=incident.place_name,
        mgrs=incident.mgrs,
        route_id=incident.route_id,
        chainage_m=incident.chainage_m,
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
        classification=incident.classification,
        releasable_to=incident.releasable_to,
    )


def _state_of_source(alert: Alert) -> AlertState:
    return AlertState(
        alert_id=alert.id,
        mission=alert.mission,
        subscription_id=alert.subscription_id,
        source_id=alert.incident_id,
        source=alert.source,
        sequence=alert.sequence,
        kind=alert.kind,
        exercise=False,
        severity=alert.severity,
        urgency=alert.urgency,
        certainty=alert.certainty,
        headline=alert.headline,
        issued_at=alert.issued_at,
        expires_at=alert.expires_at,
        references=alert.references,
        tlp=OF_SOURCES.tlp,
        reason=alert.reason,
        classification=OF_SOURCES.classification,
        releasable_to=OF_SOURCES.releasable_to,
    )


def change_of(alert: AlertState) -> AlertChange:
    """The event of the alert."""
    return _CHANGES[alert.kind](
        mission=alert.mission,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        source_id=alert.source_id,
        alert=alert,
    )


def digest_event(digest: DigestState) -> AlertDigestIssued:
    return AlertDigestIssued(
        mission=digest.mission, subscription_id=digest.subscription_id, digest_id=digest.digest_id, digest=digest
    )


def acknowledgement_of(alert: AlertState, by: str, at: datetime) -> AlertAcknowledged:
    return AlertAcknowledged(
        mission=alert.mission,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        source_id=alert.source_id,
        alert=alert,
        by=by,
        at=at,
    )
