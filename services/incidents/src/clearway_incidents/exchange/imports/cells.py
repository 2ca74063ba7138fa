"""The values of a row's cells: numbers, degrees, days, countries. What is none raises UnusableRow with its column."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import iso3166

from clearway_incidents.exchange.imports.rows import UnusableRow

# Names of countries in the files that ISO 3166 does not have in this form, in capitals. Chechnya is a part of Russia
# there; Kashmir and rows without a country stay without one.
COUNTRIES: Final = {
    "BOLIVIA": "BOL",
    "BOSNIA-HERZEGOVINA": "BIH",
    "CAPE VERDE": "CPV",
    "CHECHNYA": "RUS",
    "COTE D'IVOIRE": "CIV",
    "CZECH REPUBLIC": "CZE",
    "DEMOCRATIC REPUBLIC OF CONGO": "COD",
    "DR CONGO": "COD",
    "EAST TIMOR": "TLS",
    "ESWATINI": "SWZ",
    "IRAN": "IRN",
    "IVORY COAST": "CIV",
    "KINGDOM OF ESWATINI": "SWZ",
    "LAOS": "LAO",
    "LIBYAN ARAB JAMAHIRIYA": "LBY",
    "MACEDONIA, FYR": "MKD",
    "MOLDOVA": "MDA",
    "NORTH KOREA": "PRK",
    "NORTH MACEDONIA": "MKD",
    "OCCUPIED PALESTINIAN TERRITORIES": "PSE",
    "PALESTINE": "PSE",
    "REPUBLIC OF CONGO": "COG",
    "RUMANIA": "ROU",
    "RUSSIA": "RUS",
    "SOUTH KOREA": "KOR",
    "SWAZILAND": "SWZ",
    "SYRIA": "SYR",
    "TANZANIA": "TZA",
    "TURKEY": "TUR",
    "UNITED KINGDOM": "GBR",
    "UNITED STATES": "USA",
    "VENEZUELA": "VEN",
    "VIETNAM": "VNM",
    "YUGOSLAVIA": "SRB",
}


def needed(row: Mapping[str, str], column: str) -> str:
    """The text of a cell that must not be empty."""
    if text := row.get(column, ""):
        return text
    raise UnusableRow(f"it has no {column}")


def whole_number(row: Mapping[str, str], column: str) -> int | None:
    """The number of a cell; None where it is empty."""
    text = row.get(column, "")
    if not text:
        return None
    if not text.isdecimal():
        raise UnusableRow(f"its {column} is not a number")
    return int(text)


def point(row: Mapping[str, str], longitude: str, latitude: str) -> dict[str, Any]:
    """A GeoJSON point of the degrees in two columns."""
    return {"type": "Point", "coordinates": [_degrees(row, longitude, 180), _degrees(row, latitude, 90)]}


def _degrees(row: Mapping[str, str], column: str, most: float) -> float:
    text = row[column]
    if not text:
        raise UnusableRow("it has no coordinates")
    try:
        degrees = float(text)
    except ValueError as error:
        raise UnusableRow(f"its {column} is not a number") from error
    if not -most <= degrees <= most:
        raise UnusableRow(f"its {column} is not on the globe")
    return degrees


def day(row: Mapping[str, str], column: str, *formats: str) -> date:
    """The day of a cell, in one of these formats."""
    text = needed(row, column)
    for form in formats:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise UnusableRow(f"its {column} {text[:40]!r} is not a date")


def span(first: date, last: date, precision: str) -> dict[str, Any]:
    """The time of an incident from the beginning of one day to the end of another one, in UTC."""
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)
    return {"earliest": begin.isoformat(), "latest": end.isoformat(), "precision": precision}


def around(middle: date, days: int, precision: str) -> dict[str, Any]:
    """So many days before and after a day."""
    return span(middle - timedelta(days=days), middle + timedelta(days=days), precision)


def month_of(any_day: date) -> dict[str, Any]:
    """The whole month of a day."""
    _weekday, days = calendar.monthrange(any_day.year, any_day.month)
    return span(any_day.replace(day=1), any_day.replace(day=days), "month")


def country(name: str, code: str = "") -> str | None:
    """The country's ISO 3166-1 alpha-3, by its code (letters or number) or its name; None for one that is not known."""
    plain = name.partition(" (")[0].strip().upper()
    found = (
        iso3166.countries_by_alpha2.get(code.upper())
        or iso3166.countries_by_alpha3.get(code.upper())
        or iso3166.countries_by_numeric.get(code.zfill(3))
        or iso3166.countries_by_name.get(plain)
    )
    return found.alpha3 if found else COUNTRIES.get(plain)


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in (None, "")}
