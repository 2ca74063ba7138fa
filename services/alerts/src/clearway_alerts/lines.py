"""How an event of an alert reads in `clearway tail`."""

from __future__ import annotations

from typing import Final

from clearway_contracts.alerts import ALERT_EVENTS
from clearway_platform.cli.event_lines import moment, place_in_words
from clearway_platform.cli.streams import Data, Description, Names, Stream

# So many alerts of a digest are named in its line.
_GRAVEST: Final = 3
_KNOWN: Final = frozenset(event.event_type for event in ALERT_EVENTS)


async def describe(kind: str, data: Data, _names: Names) -> Description | None:
    """What to heed, why, and the ids that lead to it. Of an exercise this is said first."""
    if kind not in _KNOWN:
        return None
    at, said = _digest(data) if kind == "alert.digest_issued" else _said(kind, data)
    is_exercise = data.get("alert", data.get("digest"))["exercise"]
    return at, ["EXERCISE", *said] if is_exercise else said


def _digest(data: Data) -> Description:
    digest = data["digest"]
    gravest = [alert["headline"] for alert in digest["alerts"][:_GRAVEST]]
    ids = [f"digest {data['digest_id']}", f"subscription {data['subscription_id']}"]
    return moment(digest["issued_at"]), [digest["headline"], f"because: {digest['reason']}", *gravest, *ids]


def _said(kind: str, data: Data) -> Description:
    alert = data["alert"]
    ids = [f"incident {data['incident_id']}", f"alert {data['alert_id']}"]
    point = place_in_words(alert["point"], None)
    if kind == "alert.acknowledged":
        return moment(data["at"]), [f"acknowledged by {data['by']}", alert["headline"], point, *ids]
    if kind == "alert.cancelled":
        # First of all that it is over: what the headline says of the hazard would be read as a warning.
        said = ["NO LONGER STANDS", f"because: {alert['reason']}", f"it was about: {alert['headline']}"]
    else:
        said = [f"{alert['severity']}, {alert['urgency']}", alert["headline"], f"because: {alert['reason']}"]
    return moment(alert["issued_at"]), [*said, point, *ids]


stream: Final = Stream("/v1/alert-events", "red", describe)
