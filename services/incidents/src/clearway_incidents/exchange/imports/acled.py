"""The Armed Conflict Location and Event Data: each row of an export about explosives as a report that the API takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clearway_incidents.exchange.imports import cells
from clearway_incidents.exchange.imports.importer import Importer, Row
from clearway_incidents.exchange.imports.rows import LeftOut, UnusableRow

SYSTEM: Final = "acled"
SITE: Final = "https://acleddata.com/"
_NEEDED: Final = frozenset(
    {
        *("event_id_cnty", "event_date", "time_precision", "sub_event_type", "country", "latitude", "longitude"),
        *("geo_precision", "fatalities"),
    }
)
# The API writes the first, the export of the site the second, older files the others.
_DATES: Final = ("%Y-%m-%d", "%d %B %Y", "%d-%B-%Y", "%d-%b-%Y", "%d-%m-%Y", "%d/%m/%Y")
_LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of event is here. The source does not tell a landmine from an improvised device."""

    category: str
    actuation: str
    delivery: str
    outcome: str


# The kinds of event that are about explosives. Of a suicide bomb it is not said whether a person or a vehicle bore it.
KINDS: Final = {
    "Remote explosive/landmine/IED": Kind("unknown", "unknown", "unknown", "detonated"),
    "Suicide bomb": Kind("ied", "unknown", "unknown", "detonated"),
    "Grenade": Kind("grenade", "unknown", "other", "detonated"),
    "Shelling/artillery/missile attack": Kind("other_explosive", "not_applicable", "other", "detonated"),
    "Air/drone strike": Kind("other_explosive", "not_applicable", "other", "detonated"),
    "Disrupted weapons use": Kind("unknown", "unknown", "unknown", "unknown"),
}
# The code 1 is the named place itself; 2 is near one, or a part of a region; 3 is a region, drawn at its capital.
_PLACES: Final[dict[str, dict[str, Any]]] = {
    "1": {"precision": "locality"},
    "2": {"precision": "near_locality", "uncertainty_m": 25_000},
    "3": {"precision": "admin1"},
}


def report_of(row: Row) -> dict[str, Any]:
    """The report of one row. Raises UnusableRow with the reason, LeftOut for events without explosives.

    The source does not say what became of a hazard, so it is `unknown`. What it writes is for those who have its
    licence: amber.
    """
    kind = KINDS.get(row["sub_event_type"])
    if kind is None:
        raise LeftOut("not about explosives")
    return {
        "external_refs": [{"system": SYSTEM, "id": cells.needed(row, "event_id_cnty"), "url": SITE}],
        "time": _time(row),
        "location": _location(row),
        "category": kind.category,
        "actuation": kind.actuation,
        "delivery": kind.delivery,
        "outcome": kind.outcome,
        "hazard_state": "unknown",
        "casualties": _casualties(row),
        "grading": {"source_reliability": "C", "info_credibility": 3},
        "sharing": {"tlp": "amber"},
        "narrative": row.get("notes", "")[:_LONGEST],
        "report": {
            "organisation": "Armed Conflict Location and Event Data",
            "role": "database",
            "channel": "import",
        },
    }


def _time(row: Row) -> dict[str, Any]:
    """The day; of a week the days around its middle, of a month all of it."""
    day = cells.day(row, "event_date", *_DATES)
    match row["time_precision"]:
        case "1":
            return cells.span(day, day, "day")
        case "2":
            return cells.around(day, 6, "week")
        case "3":
            return cells.month_of(day)
    raise UnusableRow(f"its time_precision {row['time_precision'][:40]!r} is not 1, 2 or 3")


def _location(row: Row) -> dict[str, Any]:
    precision = _PLACES.get(row["geo_precision"])
    if precision is None:
        raise UnusableRow(f"its geo_precision {row['geo_precision'][:40]!r} is not 1, 2 or 3")
    named = {
        "place_name": row.get("location"),
        "admin0": cells.country(row["country"], row.get("iso") or row.get("iso3") or ""),
        "admin1": row.get("admin1"),
        "admin2": row.get("admin2"),
    }
    return {"point": cells.point(row, "longitude", "latitude"), **precision, **cells.present(named)}


def _casualties(row: Row) -> list[dict[str, Any]]:
    """Those killed. The source gives one figure and does not say on whose side, so that the bounds are that figure."""
    killed = cells.whole_number(row, "fatalities")
    return [{"outcome": "killed", "low": killed, "best": killed, "high": killed}] if killed else []


IMPORTER: Final = Importer(
    SYSTEM,
    "the Armed Conflict Location and Event Data",
    _NEEDED,
    report_of,
    id_column="event_id_cnty",
    comes_in_parts=True,
)
