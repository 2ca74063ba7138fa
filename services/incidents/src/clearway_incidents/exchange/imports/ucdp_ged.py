"""The Georeferenced Event Dataset of the Uppsala Conflict Data Program: each row as a report that the API takes."""

from __future__ import annotations

from typing import Any, Final

from clearway_incidents.exchange.imports import cells
from clearway_incidents.exchange.imports.importer import Importer, Row
from clearway_incidents.exchange.imports.rows import UnusableRow

SYSTEM: Final = "ucdp-ged"
SITE: Final = "https://ucdp.uu.se/"
_NEEDED: Final = frozenset(
    {
        *("id", "where_prec", "latitude", "longitude", "country", "event_clarity", "date_prec", "date_start"),
        *("date_end", "best", "high", "low", "deaths_civilians"),
    }
)
_DATES: Final = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p")
# How closely a place is known. The code 2 is within 25 km of a known point; 5 is a line or an area without a border; 7
# is in international waters or airspace.
_PLACES: Final[dict[str, dict[str, Any]]] = {
    "1": {"precision": "gps", "uncertainty_m": 1_000},
    "2": {"precision": "near_locality", "uncertainty_m": 25_000},
    "3": {"precision": "admin2"},
    "4": {"precision": "admin1"},
    "5": {"precision": "admin1"},
    "6": {"precision": "country"},
    "7": {"precision": "country"},
}
# How closely a time is known: the day, less than a week, a week, a month, more than that.
_PRECISIONS: Final = {"1": "day", "2": "week", "3": "week", "4": "month", "5": "unknown"}
# An event is clear where the sources tell it apart from others.
_CREDIBILITY: Final = {"1": 2, "2": 3}
_LONGEST: Final = 4_000


def report_of(row: Row) -> dict[str, Any]:
    """The report of one row. Raises UnusableRow with the reason.

    The dataset has every event of organised violence with a death, and says neither by what means nor what became of a
    hazard: the category and the hazard are `unknown`.
    """
    return {
        "external_refs": [{"system": SYSTEM, "id": cells.needed(row, "id"), "url": SITE}],
        "time": _time(row),
        "location": _location(row),
        "category": "unknown",
        "outcome": "unknown",
        "hazard_state": "unknown",
        "casualties": _casualties(row),
        "grading": {"source_reliability": "B", "info_credibility": _CREDIBILITY.get(row["event_clarity"], 6)},
        "sharing": {"tlp": "clear"},
        "narrative": _narrative(row),
        "report": {"organisation": "Uppsala Conflict Data Program", "role": "database", "channel": "import"},
    }


def _time(row: Row) -> dict[str, Any]:
    precision = _PRECISIONS.get(row["date_prec"])
    if precision is None:
        raise UnusableRow(f"its date_prec {row['date_prec'][:40]!r} is not 1 to 5")
    first, last = cells.day(row, "date_start", *_DATES), cells.day(row, "date_end", *_DATES)
    if last < first:
        raise UnusableRow("its date_end is before its date_start")
    return cells.span(first, last, precision)


def _location(row: Row) -> dict[str, Any]:
    precision = _PLACES.get(row["where_prec"])
    if precision is None:
        raise UnusableRow(f"its where_prec {row['where_prec'][:40]!r} is not 1 to 7")
    named = {
        "place_name": row.get("where_coordinates"),
        "admin0": cells.country(row["country"]),
        "admin1": row.get("adm_1"),
        "admin2": row.get("adm_2"),
    }
    return {"point": cells.point(row, "longitude", "latitude"), **precision, **cells.present(named)}


def _casualties(row: Row) -> list[dict[str, Any]]:
    """Those killed, on all sides together: only this figure has bounds. They are civilians where all of them are."""
    low, best, high = (cells.whole_number(row, column) or 0 for column in ("low", "best", "high"))
    if not high and not best:
        return []
    civilians = cells.whole_number(row, "deaths_civilians") or 0
    affiliation = {"affiliation": "civilian"} if civilians == best == high else {}
    return [{**affiliation, "outcome": "killed", "low": min(low, best), "best": best, "high": max(best, high)}]


def _narrative(row: Row) -> str:
    """What has no field of its own: who fought, and where in words."""
    said = [row.get("dyad_name", ""), row.get("where_description", "")]
    return ". ".join(part for part in said if part)[:_LONGEST]


IMPORTER: Final = Importer(
    SYSTEM,
    "the UCDP Georeferenced Event Dataset",
    _NEEDED,
    report_of,
    id_column="id",
    comes_in_parts=True,
)
