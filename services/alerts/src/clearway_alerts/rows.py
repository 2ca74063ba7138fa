"""This service's domain values as rows, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.areas import Ring
from clearway_alerts.domain.incident import Incident
from clearway_shared.events.alerts import AlertKind, Certainty, Severity, Urgency

_INCIDENT: Final = TypeAdapter(Incident)


def stored_incident(incident: Incident) -> Any:
    return _INCIDENT.dump_python(incident, mode="json")


def read_incident(stored: Any) -> Incident:
    return _INCIDENT.validate_python(stored)


def read_line(stored: Any) -> Ring:
    return tuple((lon, lat) for lon, lat in stored)


def alert_row(alert: Alert) -> dict[str, Any]:
    row = asdict(alert)
    row["refs"] = [str(reference) for reference in row.pop("references")]
    return row


def read_alert(row: RowMapping | Mapping[str, Any]) -> Alert:
    return Alert(
        id=row["id"],
        mission=row["mission"],
        subscription_id=row["subscription_id"],
        incident_id=row["incident_id"],
        revision=row["revision"],
        sequence=row["sequence"],
        kind=AlertKind(row["kind"]),
        reason=row["reason"],
        matched=row["matched"],
        severity=Severity(row["severity"]),
        urgency=Urgency(row["urgency"]),
        certainty=Certainty(row["certainty"]),
        headline=row["headline"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        references=tuple(UUID(reference) for reference in row["refs"]),
    )
