"""The Armed Conflict Location and Event Data, row by row. The rows are made up."""

from datetime import UTC, datetime

import pytest

from clearway_incidents.api.reports import NewReport
from clearway_incidents.exchange.imports import acled
from clearway_incidents.exchange.imports.rows import LeftOut, UnusableRow

ROW = {
    "event_id_cnty": "MLI31234",
    "event_date": "2025-03-14",
    "year": "2025",
    "time_precision": "1",
    "event_type": "Explosions/Remote violence",
    "sub_event_type": "Remote explosive/landmine/IED",
    "iso": "466",
    "country": "Mali",
    "admin1": "Gao",
    "admin2": "Ansongo",
    "location": "Tessit",
    "latitude": "15.2167",
    "longitude": "0.5833",
    "geo_precision": "1",
    "notes": "A vehicle set off a device on the road.",
    "fatalities": "2",
}


def report(**changes: str) -> NewReport:
    return NewReport.model_validate(acled.report_of(ROW | changes))


def test_a_row_becomes_a_report() -> None:
    made = report()
    assert (made.category, made.outcome, made.hazard_state) == ("unknown", "detonated", "unknown")
    assert made.location.point.coordinates == (0.5833, 15.2167)
    assert (made.location.admin0, made.location.admin2, made.location.place_name) == ("MLI", "Ansongo", "Tessit")
    assert made.location.precision == "locality"
    assert [(one.outcome, one.low, one.best, one.high) for one in made.casualties] == [("killed", 2, 2, 2)]
    assert made.sharing.tlp == "amber"
    assert made.narrative == ROW["notes"]
    assert [(ref.system, ref.id) for ref in made.external_refs] == [("acled", "MLI31234")]


@pytest.mark.parametrize("kind", acled.KINDS)
def test_every_kind_about_explosives_is_a_report(kind: str) -> None:
    assert report(sub_event_type=kind).category != "not_explosive"


@pytest.mark.parametrize("kind", ["Peaceful protest", "Armed clash", "Agreement", ""])
def test_other_events_are_left_out_and_not_refused(kind: str) -> None:
    with pytest.raises(LeftOut):
        report(sub_event_type=kind)


@pytest.mark.parametrize("text", ["2025-03-14", "14 March 2025", "14-March-2025", "14-03-2025", "14/03/2025"])
def test_the_dates_of_every_edition(text: str) -> None:
    assert report(event_date=text).time.earliest == datetime(2025, 3, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "precision", "first", "last"),
    [
        ("1", "day", (2025, 3, 14), (2025, 3, 14)),
        ("2", "week", (2025, 3, 8), (2025, 3, 20)),
        ("3", "month", (2025, 3, 1), (2025, 3, 31)),
    ],
)
def test_a_date_is_a_span_as_wide_as_it_is_unknown(
    code: str, precision: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    time = report(time_precision=code).time
    assert time.precision == precision
    assert time.earliest == datetime(*first, tzinfo=UTC)
    assert time.latest == datetime(*last, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "precision", "uncertainty"),
    [("1", "locality", None), ("2", "near_locality", 25_000), ("3", "admin1", None)],
)
def test_a_place_is_as_close_as_its_code(code: str, precision: str, uncertainty: float | None) -> None:
    location = report(geo_precision=code).location
    assert (location.precision, location.uncertainty_m) == (precision, uncertainty)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event_id_cnty": ""}, "no event_id_cnty"),
        ({"event_date": "soon"}, "event_date 'soon' is not a date"),
        ({"time_precision": "9"}, "time_precision '9'"),
        ({"geo_precision": ""}, "geo_precision ''"),
        ({"latitude": "91"}, "latitude is not on the globe"),
        ({"longitude": "east"}, "longitude is not a number"),
        ({"latitude": ""}, "no coordinates"),
        ({"fatalities": "many"}, "fatalities is not a number"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableRow, match=reason):
        report(**changes)
