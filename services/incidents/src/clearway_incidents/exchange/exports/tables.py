"""Incidents as CSV with a row of HXL tags (hxlstandard.org), and as a JSON document a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from clearway_incidents.exchange.exports.columns import columns_of
from clearway_incidents.exchange.exports.format import Format

# By the column. What the standard has no tag for is `#meta` or `#event` with an attribute of its own.
_TAGS: Final = {
    "incident_id": "#event+id",
    "revision": "#meta+revision",
    "category": "#event+type",
    "outcome": "#event+outcome",
    "hazard_state": "#event+hazard",
    "status": "#status",
    "actuation": "#event+actuation",
    "delivery": "#event+delivery",
    "target": "#event+target",
    "activity": "#event+activity",
    "priority": "#severity",
    "exercise": "#meta+exercise",
    "occurred_at": "#date+occurred",
    "earliest": "#date+start",
    "latest": "#date+end",
    "time_precision": "#meta+date_precision",
    "updated": "#date+updated",
    "longitude": "#geo+lon",
    "latitude": "#geo+lat",
    "place_name": "#loc+name",
    "admin0": "#country+code+v_iso3",
    "admin1": "#adm1+name",
    "admin2": "#adm2+name",
    "setting": "#loc+type",
    "location_precision": "#geo+precision",
    "uncertainty_m": "#geo+radius",
    "mgrs": "#geo+mgrs",
    "killed": "#affected+killed",
    "injured": "#affected+injured",
    "missing": "#affected+missing",
    "road_passable": "#access+road",
    "source_reliability": "#meta+reliability",
    "info_credibility": "#meta+credibility",
    "tlp": "#meta+tlp",
    "form": "#meta+form",
    "url": "#meta+url",
}
# A program that calculates runs a cell that begins with one of these.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _csv(incidents: Sequence[Mapping[str, Any]], _following: str | None) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerows([list(_TAGS), list(_TAGS.values())])
    for incident in incidents:
        point = (incident["location"].get("point") or {}).get("coordinates", (None, None))
        found = {"incident_id": incident["incident_id"], "longitude": point[0], "latitude": point[1]}
        found |= columns_of(incident)
        rows.writerow([_cell(found[name]) for name in _TAGS])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _ndjson(incidents: Sequence[Mapping[str, Any]], _following: str | None) -> bytes:
    return b"".join(to_json(incident) + b"\n" for incident in incidents)


CSV: Final = Format("text/csv", _csv)
NDJSON: Final = Format("application/x-ndjson", _ndjson)
