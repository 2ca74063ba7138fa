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
    gravest = [_headline(alert) for alert in digest["alerts"][:_GRAVEST]]
    ids = [f"digest {data['digest_id']}", f"subscription {data['subscription_id']}"]
    return moment(digest["issued_at"]), [digest["headline"], f"because: {digest['reason']}", *gravest, *ids]


def _said(kind: str, data: Data) -> Description:
    alert = data["alert"]
    ids = [_about(data), f"alert {data['alert_id']}"]
    headline = _headline(alert)
    point = place_in_words(alert["point"], None) if alert["point"] else ""
    if kind == "alert.acknowledged":
        return moment(data["at"]), [f"acknowledged by {data['by']}", headline, point, *ids]
    grave = ", ".join(word for word in (alert["severity"], alert["urgency"]) if word)
    because = f"because: {alert['reason']}" if alert["reason"] else ""
    if kind == "alert.cancelled":
        # First of all that it is over: what the headline says of the hazard would be read as a warning.
        said = ["NO LONGER STANDS", because, f"it was about: {headline}"]
    else:
        said = [grave, headline, because]
    return moment(alert["issued_at"]), [*said, point, *ids]


def _about(data: Data) -> str:
    """An event of an earlier program knows of no sources."""
    source_id = data.get("source_id")
    return f"source {source_id}" if source_id else f"incident {data['incident_id']}"


def _headline(alert: Data) -> str:
    """What a thin alert says instead: why it is thin."""
    return str(alert.get("why_thin") or alert["headline"])


stream: Final = Stream("/v1/alert-events", "red", describe, filters=frozenset({"subscription_id"}))
