"""The Aid Worker Security Database, row by row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearway_incidents.api.reports import NewReport
from clearway_incidents.exchange.imports import awsd
from clearway_incidents.exchange.imports.awsd_words import LOCATIONS_OF_2016, MEANS, MEANS_OF_2016, SETTINGS
from clearway_incidents.exchange.imports.rows import REASON, Summary, UnusableRow

ROW = {
    "Incident ID": "4711",
    "Year": "2019",
    "Month": "2",
    "Day": "28",
    "Country Code": "ML",
    "Country": "Mali",
    "Region": "Gao",
    "District": "Ansongo",
    "City": "",
    "Means of attack": "Roadside IED",
    "Location": "Road",
    "Latitude": "15.66",
    "Longitude": "0.50",
    "Total killed": "1",
    "Total wounded": "0",
    "Verified": "Yes",
}


def report(**changes: str) -> NewReport:
    return NewReport.model_validate(awsd.report_of(ROW | changes))


def test_a_row_becomes_a_report() -> None:
    made = report()
    assert (made.category, made.delivery, made.outcome, made.hazard_state) == (
        "ied",
        "roadside",
        "detonated",
        "unknown",
    )
    assert made.location.point.coordinates == (0.5, 15.66)
    assert (made.location.admin0, made.location.precision, made.location.setting) == ("MLI", "admin2", "road")
    assert [(item.outcome, item.low, item.high) for item in made.casualties] == [("killed", 1, 1)]
    assert made.grading is not None
    assert made.grading.info_credibility == 2
    assert [(ref.system, ref.id) for ref in made.external_refs] == [("awsd", "4711")]


@pytest.mark.parametrize(
    ("month", "day", "precision", "earliest", "latest"),
    [
        ("2", "28", "day", (2019, 2, 28), (2019, 2, 28)),
        ("2", "", "month", (2019, 2, 1), (2019, 2, 28)),
        ("", "", "unknown", (2019, 1, 1), (2019, 12, 31)),
    ],
)
def test_a_date_is_a_span_as_wide_as_it_is_unknown(
    month: str, day: str, precision: str, earliest: tuple[int, int, int], latest: tuple[int, int, int]
) -> None:
    time = report(Month=month, Day=day).time
    assert time.precision == precision
    assert time.earliest == datetime(*earliest, tzinfo=UTC)
    assert time.latest == datetime(*latest, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("means", [*MEANS, *MEANS_OF_2016])
def test_every_means_of_attack_is_known(means: str) -> None:
    assert report(**{"Means of attack": means}).category


@pytest.mark.parametrize(
    ("means", "category"),
    [
        ("Unknown", "unknown"),
        ("U", "unknown"),
        ("", "unknown"),
        ("Other Explosives", "other_explosive"),
        ("B", "other_explosive"),
        ("Aerial bombardment", "other_explosive"),
        ("Shooting", "not_explosive"),
    ],
)
def test_what_the_source_does_not_say_stays_unknown(means: str, category: str) -> None:
    made = report(**{"Means of attack": means})
    assert (made.category, made.hazard_state) == (category, "unknown")


@pytest.mark.parametrize("place", [*SETTINGS, *LOCATIONS_OF_2016, "somewhere new"])
def test_every_kind_of_place_is_known(place: str) -> None:
    assert report(Location=place).location.setting


@pytest.mark.parametrize(
    ("country", "code", "expected"),
    [
        ("DR Congo", "", "COD"),
        ("Kosovo", "XK", "XKX"),
        ("Afghanistan", "", "AFG"),
        ("Chechnya", "", "RUS"),
        ("Kashmir", "", None),
        ("", "", None),
    ],
)
def test_countries_are_named_by_their_code(country: str, code: str, expected: str | None) -> None:
    assert report(**{"Country": country, "Country Code": code}).location.admin0 == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Latitude": ""}, "no coordinates"),
        ({"Latitude": "11.9, 24.9"}, "Latitude is not a number"),
        ({"Longitude": "190"}, "not on the globe"),
        ({"Latitude": "nan"}, "not on the globe"),
        ({"Year": ""}, "no year"),
        ({"Month": "2", "Day": "30"}, "not a date"),
        ({"Total killed": "some"}, "Total killed is not a number"),
        ({"Means of attack": "Magic"}, "not known"),
        ({"Incident ID": ""}, "no Incident ID"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableRow, match=reason):
        awsd.report_of(ROW | changes)


def test_a_file_of_something_else_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="lacks the columns"):
        awsd.IMPORTER.read(file)


def test_refused_rows_are_written_with_their_reason(tmp_path: Path) -> None:
    summary, file = Summary(), tmp_path / "rejects.csv"
    summary.refuse(ROW, "it has no coordinates")
    summary.write_rejects(file)
    header, line = file.read_text().splitlines()
    assert header.endswith(REASON)
    assert line.endswith("it has no coordinates")
