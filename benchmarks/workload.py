"""The workload: synthetic reports along one road in the open sea, a subscription to them, and a route."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

# In the open Gulf of Guinea: no real road can be meant.
ROAD: Final = [[0.0, 0.5], [0.2, 0.6], [0.4, 0.5], [0.6, 0.65]]


def report(incident_id: UUID, chance: random.Random) -> dict[str, Any]:
    """A report of an active hazard on the road, of the size that people send (about 700 bytes)."""
    occurred = datetime.now(UTC) - timedelta(minutes=chance.randint(2, 90))
    return {
        "incident_id": str(incident_id),
        "time": {"occurred_at": occurred.isoformat(), "precision": "minute"},
        "location": {
            "point": {"type": "Point", "coordinates": _on_the_road(chance)},
            "precision": "gps",
            "place_name": "Benchmark road, by the culvert",
            "setting": "road",
        },
        "category": "ied",
        "delivery": "roadside",
        "outcome": "found_not_cleared",
        "hazard_state": "active",
        "target": "un_convoy",
        "activity": "convoy",
        "protective_measures": ["cordon", "eod_requested"],
        "priority": "immediate",
        "narrative": "Suspicious object at the culvert. Convoy halted 300 m short; road closed. Synthetic.",
        "report": {"organisation": "Benchmark convoy", "role": "convoy commander", "channel": "radio"},
    }


def _on_the_road(chance: random.Random) -> list[float]:
    leg = chance.randrange(len(ROAD) - 1)
    (west, south), (east, north) = ROAD[leg], ROAD[leg + 1]
    share = chance.random()
    return [round(west + (east - west) * share, 6), round(south + (north - south) * share, 6)]


def subscription(webhook: str) -> dict[str, Any]:
    """Warn this webhook of what lies within 2 km of the road."""
    corridor = {"type": "corridor", "line": {"type": "LineString", "coordinates": ROAD}, "width_m": 2000}
    return {"name": "benchmark", "filter": {"area": corridor}, "channel": {"type": "webhook", "url": webhook}}


def route() -> dict[str, Any]:
    """The road as a patrol route, so that analytics has its work as well."""
    return {"name": "Benchmark road", "line": {"type": "LineString", "coordinates": ROAD}}


def as_body(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
