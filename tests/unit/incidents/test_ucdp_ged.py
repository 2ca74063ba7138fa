"""The Georeferenced Event Dataset of the UCDP, row by row. The rows are made up."""

from datetime import UTC, datetime

import pytest

from clearway_incidents.api.reports import NewReport
from clearway_incidents.exchange.imports import ucdp_ged
from clearway_incidents.exchange.imports.rows import UnusableRow

ROW = {
    "id": "501234",
    "dyad_name": "Government of Mali - A group",
    "where_prec": "1",
    "where_coordinates": "Tessit village",
    "where_description": "near Tessit",
    "adm_1": "Gao region",
    "adm_2": "Ansongo cercle",
    "latitude": "15.2167",
    "longitude": "0.5833",
    "country": "Mali",
    "event_clarity": "1",
    "date_prec": "1",
    "date_start": "2025-03-14 00:00:00.000",
    "date_end": "2025-03-14 00:00:00.000",
    "deaths_civilians": "0",
    "best": "3",
    "high": "5",
    "low": "2",
}


def report(**changes: str) -> NewReport:
    return NewReport.model_validate(ucdp_ged.report_of(ROW | changes))


def test_a_row_becomes_a_report() -> None:
    made = report()
    assert (made.category, made.outcome, made.hazard_state) == ("unknown", "unknown", "unknown")
    assert (made.location.admin0, made.location.admin1) == ("MLI", "Gao region")
    assert [(one.affiliation, one.low, one.best, one.high) for one in made.casualties] == [("unknown", 2, 3, 5)]
    assert made.narrative == "Government of Mali - A group. near Tessit"
    assert made.grading is not None
    assert made.grading.info_credibility == 2
    assert [(ref.system, ref.id) for ref in made.external_refs] == [("ucdp-ged", "501234")]


@pytest.mark.parametrize(
    ("code", "precision"), [("1", "day"), ("2", "week"), ("3", "week"), ("4", "month"), ("5", "unknown")]
)
def test_a_time_is_the_span_of_the_row(code: str, precision: str) -> None:
    time = report(date_prec=code, date_end="2025-03-20").time
    assert (time.precision, time.earliest) == (precision, datetime(2025, 3, 14, tzinfo=UTC))
    assert time.latest == datetime(2025, 3, 20, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "precision"),
    [
        *(("1", "gps"), ("2", "near_locality"), ("3", "admin2"), ("4", "admin1")),
        *(("5", "admin1"), ("6", "country"), ("7", "country")),
    ],
)
def test_a_place_is_as_close_as_its_code(code: str, precision: str) -> None:
    assert report(where_prec=code).location.precision == precision


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"best": "0", "high": "0", "low": "0"}, []),
        ({"best": "0", "high": "4", "low": "0"}, [("unknown", 0, 0, 4)]),
        ({"best": "3", "high": "3", "low": "3", "deaths_civilians": "3"}, [("civilian", 3, 3, 3)]),
        # Of a row whose bounds do not hold its best figure.
        ({"best": "3", "high": "2", "low": "5"}, [("unknown", 3, 3, 3)]),
    ],
)
def test_only_the_sum_of_all_sides_has_bounds(
    counts: dict[str, str], expected: list[tuple[str, int, int, int]]
) -> None:
    assert [(one.affiliation, one.low, one.best, one.high) for one in report(**counts).casualties] == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DR Congo (Zaire)", "COD"),
        ("Yemen (North Yemen)", "YEM"),
        ("Myanmar (Burma)", "MMR"),
        ("Russia (Soviet Union)", "RUS"),
        ("Serbia (Yugoslavia)", "SRB"),
        ("Cambodia (Kampuchea)", "KHM"),
        ("Ivory Coast", "CIV"),
        ("Kosovo", "XKX"),
        ("Atlantis", None),
    ],
)
def test_countries_by_the_names_of_the_dataset(name: str, code: str | None) -> None:
    assert report(country=name).location.admin0 == code


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, "no id"),
        ({"where_prec": "8"}, "where_prec '8'"),
        ({"date_prec": ""}, "date_prec ''"),
        ({"date_start": "14th"}, "date_start '14th' is not a date"),
        ({"date_end": "2025-03-01"}, "date_end is before"),
        ({"best": "x"}, "best is not a number"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableRow, match=reason):
        report(**changes)
