"""This service's domain values as rows, and back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import RowMapping

from clearway_alerts.domain.alert import Alert
from clearway_alerts.domain.areas import Ring
from clearway_alerts.storage.states import ALERT_SOURCE
from clearway_contracts.vocabulary import AlertKind, Certainty, Severity, Urgency

Word = TypeVar("Word", bound=StrEnum)


def known_word(words: type[Word], stored: str | None) -> Word | None:
    """None for a word that a newer program stored and this one does not know, as for none."""
    return next((word for word in words if word == stored), None)


def read_line(stored: Any) -> Ring:
    return tuple((longitude, latitude) for longitude, latitude in stored)


def alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "mission": alert.mission,
        "subscription_id": alert.subscription_id,
        "incident_id": alert.incident_id,
        "revision": alert.revision,
        "sequence": alert.sequence,
        # Release 0.1.0 reads the rows too, and knows no renewals.
        "kind": AlertKind.UPDATED if alert.kind is AlertKind.RENEWED else alert.kind,
        "reason": alert.reason,
        "matched": alert.matched,
        "severity": alert.severity,
        "urgency": alert.urgency,
        "certainty": alert.certainty,
        "headline": alert.headline,
        "issued_at": alert.issued_at,
        "expires_at": alert.expires_at,
        "refs": [str(reference) for reference in alert.references],
        "renewal": alert.renewal,
        # Whether a silence is said again is decided with its source.
        "renewal_decided": alert.kind is AlertKind.CANCELLED or alert.source is not None,
        "digest_id": alert.digest_id,
        "source": None if alert.source is None else ALERT_SOURCE.write(alert.source),
    }


def read_alert(row: RowMapping | Mapping[str, Any]) -> Alert:
    return Alert(
        id=row["id"],
        mission=row["mission"],
        subscription_id=row["subscription_id"],
        incident_id=row["incident_id"],
        revision=row["revision"],
        sequence=row["sequence"],
        kind=AlertKind.RENEWED if row["renewal"] else AlertKind(row["kind"]),
        reason=row["reason"],
        matched=row["matched"],
        severity=Severity(row["severity"]),
        urgency=Urgency(row["urgency"]),
        certainty=Certainty(row["certainty"]),
        headline=row["headline"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        references=tuple(UUID(reference) for reference in row["refs"]),
        renewal=row["renewal"],
        digest_id=row["digest_id"],
        source=None if row["source"] is None else ALERT_SOURCE.read(row["source"]),
    )
