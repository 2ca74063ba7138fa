"""The Aid Worker Security Database: each row of its CSV as a report that the API takes."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from clearway_incidents.exchange.imports import cells
from clearway_incidents.exchange.imports.awsd_words import (
    CASUALTIES,
    CREDIBILITY,
    LOCATIONS_OF_2016,
    MEANS,
    MEANS_OF_2016,
    SETTINGS,
    Means,
)
from clearway_incidents.exchange.imports.importer import Importer, Row
from clearway_incidents.exchange.imports.rows import UnusableRow

SYSTEM: Final = "awsd"
SITE: Final = "https://www.aidworkersecurity.org/"
_NEEDED: Final = frozenset(
    {"Incident ID", "Year", "Month", "Day", "Country", "Means of attack", "Latitude", "Longitude"}
)


def report_of(row: Row) -> dict[str, Any]:
    """The report of one row. Raises UnusableRow with the reason.

    The database does not say what became of a hazard, so it is `unknown`. The same row gives the same report, so that
    a second import changes nothing.
    """
    means = _means(row)
    return {
        "external_refs": [{"system": SYSTEM, "id": cells.needed(row, "Incident ID"), "url": SITE}],
        "time": _time(row),
        "location": _location(row),
        "category": means.category,
        "actuation": means.actuation,
        "delivery": means.delivery,
        "outcome": "detonated" if means.explosive else "unknown",
        "hazard_state": "unknown",
        "target": "humanitarian",
        "casualties": _casualties(row),
        "grading": {"source_reliability": "B", "info_credibility": _credibility(row)},
        "sharing": {"tlp": "clear"},
        "narrative": _narrative(row),
        "report": {"organisation": "Aid Worker Security Database", "role": "database", "channel": "import"},
    }


def _means(row: Row) -> Means:
    word = _means_word(row)
    if word not in MEANS:
        raise UnusableRow(f"the means of attack {word!r} is not known")
    return MEANS[word]


def _means_word(row: Row) -> str:
    means = row["Means of attack"]
    return MEANS_OF_2016.get(means, means) or "Unknown"


def _time(row: Row) -> dict[str, Any]:
    """The day, where it is known; else the span of the month or of the year."""
    year, month, day = (cells.whole_number(row, name) for name in ("Year", "Month", "Day"))
    if year is None:
        raise UnusableRow("it has no year")
    try:
        first = date(year, month or 1, (day if month else None) or 1)
    except ValueError as error:
        raise UnusableRow(f"{year}-{month}-{day} is not a date") from error
    if month is None:
        return cells.span(first, date(year, 12, 31), "unknown")
    return cells.month_of(first) if day is None else cells.span(first, first, "day")


def _location(row: Row) -> dict[str, Any]:
    where = row.get("Location", "")
    whole: dict[str, Any] = {
        "point": cells.point(row, "Longitude", "Latitude"),
        "precision": _precision(row),
        "place_name": row.get("City"),
        "admin0": cells.country(row["Country"], row.get("Country Code", "")),
        "admin1": row.get("Region"),
        "admin2": row.get("District"),
        "setting": SETTINGS.get(LOCATIONS_OF_2016.get(where, where), "unknown"),
    }
    return cells.present(whole)


def _precision(row: Row) -> str:
    """How closely the point is known: as far as the names of the row go."""
    for column, precision in (("City", "locality"), ("District", "admin2"), ("Region", "admin1")):
        if row.get(column):
            return precision
    return "country"


def _casualties(row: Row) -> list[dict[str, Any]]:
    """Aid workers killed and wounded. The database gives one figure, so that the bounds are that figure."""
    counts = ((outcome, cells.whole_number(row, column)) for column, outcome in CASUALTIES.items())
    return [
        {"affiliation": "humanitarian", "outcome": outcome, "low": count, "best": count, "high": count}
        for outcome, count in counts
        if count
    ]


def _credibility(row: Row) -> int:
    return CREDIBILITY.get(row.get("Verified", ""), 6)


def _narrative(row: Row) -> str:
    """What has no field of its own: the database's own word for the attack."""
    return f"Attack on aid workers: {_means_word(row).lower()}."


IMPORTER: Final = Importer(SYSTEM, "the Aid Worker Security Database", _NEEDED, report_of, id_column="Incident ID")
