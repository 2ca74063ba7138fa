"""How an event of an alert reads in `clearway tail`."""

from __future__ import annotations

from typing import Final

from clearway_contracts.alerts import ALERT_EVENTS
from clearway_platform.cli.event_lines import moment, place_in_words
from clearway_platform.cli.streams import Data, Description, Names, Stream

_KNOWN: Final = frozenset(event.event_type for event in ALERT_EVENTS)


async def describe(kind: str, data: Data, _names: Names) -> Description | None:
    """What to heed, why, and the ids that lead to it. Of an exercise this is said first."""
    if kind not in _KNOWN:
        return None
    at, said = _said(kind, data)
    return at, ["EXERCISE", *said] if data["alert"]["exercise"] else said


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
