"""The messages that are posted to a webhook: whole, or thin where the incident may not be shared so widely."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clearway_alerts.alert_shape import ThinAlert, shape_of
from clearway_contracts.alert import AlertState, DigestState

# What a digest says of each of its alerts; of a thin one only what it has.
LISTED: Final = (
    *("alert_id", "incident_id", "incident_revision", "sequence", "severity", "headline", "point", "uncertainty_m"),
    *("read_out", "category", "hazard_state", "expires_at", "tlp", "exercise"),
)
# A message stays under 20 kB.
MOST_BYTES: Final = 19_500
MOST_LISTED_BYTES: Final = 17_000


def alert_body(alert: AlertState | ThinAlert) -> bytes:
    """The message of one alert, in the shape that it has everywhere. Of a thin one, what is left out is null, and named
    in `left_out`. Of an exercise this is said first, also where the headline is left out."""
    data = {"exercise": alert.exercise} | shape_of(alert)
    body = _body(f"alert.{alert.kind}", alert.issued_at, data)
    if len(body) <= MOST_BYTES:
        return body
    # Of what an alert has, only the names of organisations can be so long: at links.alert they are read.
    shortened = {"releasable_to": None, "left_out": [*data["left_out"], "releasable_to"]}
    return _body(f"alert.{alert.kind}", alert.issued_at, data | shortened)


def digest_body(digest: DigestState, alerts: Sequence[AlertState | ThinAlert]) -> bytes:
    """The message of a digest: its gravest alerts, as many as fit in, and where the list of all of them is read."""
    about = {
        "exercise": digest.exercise,
        "digest_id": str(digest.digest_id),
        "mission": digest.mission,
        "subscription_id": str(digest.subscription_id),
        "count": digest.count,
        "headline": digest.headline,
        "issued_at": _moment(digest.issued_at),
        "reason": digest.reason,
        "links": {"alerts": f"/v1/alerts?digest_id={digest.digest_id}"},
    }
    listed: list[dict[str, Any]] = []
    room = MOST_LISTED_BYTES
    for alert in alerts:
        entry = _listed(alert)
        room -= len(_json(entry))
        if room < 0:
            break
        listed.append(entry)
    return _body("alert.digest", digest.issued_at, about | {"alerts": listed})


def _listed(alert: AlertState | ThinAlert) -> dict[str, Any]:
    """An alert in a digest: what is needed to keep away, to know it again and to drop what is older."""
    shape = shape_of(alert)
    return {"exercise": alert.exercise, "form": shape["form"]} | {name: shape[name] for name in LISTED}


def test_body(subscription_id: UUID, mission: str, at: datetime) -> bytes:
    """A test message: it looks like no alert, so that nobody is warned by it."""
    data = {"subscription_id": str(subscription_id), "mission": mission, "message": "This is a test. No incident."}
    return _body("subscription.test", at, data)


def challenge_body(subscription_id: UUID, mission: str, token: str, at: datetime) -> bytes:
    """A challenge: it looks like no alert, and says what to answer."""
    said = "Answer with status 200 and the text of `challenge` alone, to be sent whole alerts. This is no incident."
    data = {"subscription_id": str(subscription_id), "mission": mission, "challenge": token, "message": said}
    return _body("challenge", at, data)


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _body(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    message = {"type": kind, "timestamp": _moment(at), "data": data}
    return _json(message)
