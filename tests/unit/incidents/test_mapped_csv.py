"""A table of one's own, by a mapping of its columns and words."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clearway_incidents.api.reports import NewReport
from clearway_incidents.cli.importing import app
from clearway_incidents.exchange.imports.mapped_csv import UnusableMapping, importer_of, read_map
from clearway_incidents.exchange.imports.rows import UnusableRow

MAPPING = """
system = "mac-register"
organisation = "Mine action centre"

[columns]
id = "Ref"
occurred = "Date"
longitude = "X"
latitude = "Y"
mgrs = "Grid"
uncertainty_m = "Accuracy"
place_name = "Village"
category = "Type"
outcome = "Found"
killed = "Dead"
injured = "Wounded"
narrative = "Remarks"

[time]
format = "%d/%m/%Y %H:%M"
zone = "Africa/Bamako"

[constants]
precision = "gps"
admin0 = "MLI"
tlp = "green"
hazard_state = "active"

[values.category]
"Mine AP" = "landmine"
"EEI" = "ied"

[values.outcome]
"oui" = "found_not_cleared"
"""
ROW = {
    "Ref": "7",
    "Date": "14/03/2025 05:40",
    "X": "-3.9962",
    "Y": "17.0421",
    "Grid": "",
    "Accuracy": "40",
    "Village": "Tessit",
    "Type": "eei",
    "Found": "Oui",
    "Dead": "0",
    "Wounded": "2",
    "Remarks": "Beside the road.",
}


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    return path


def report(mapping: Path, text: str = MAPPING, **changes: str) -> NewReport:
    mapping.write_text(text)
    return NewReport.model_validate(importer_of(read_map(mapping)).report_of(ROW | changes))


def test_a_row_becomes_a_report(mapping: Path) -> None:
    made = report(mapping)
    assert (made.category, made.outcome, made.hazard_state) == ("ied", "found_not_cleared", "active")
    assert made.time.occurred_at == datetime(2025, 3, 14, 5, 40, tzinfo=UTC)
    assert made.location.point.coordinates == (-3.9962, 17.0421)
    assert (made.location.precision, made.location.uncertainty_m, made.location.admin0) == ("gps", 40, "MLI")
    assert made.location.place_name == "Tessit"
    assert [(one.outcome, one.best) for one in made.casualties] == [("injured", 2)]
    assert (made.sharing.tlp, made.narrative) == ("green", "Beside the road.")
    assert [(ref.system, ref.id) for ref in made.external_refs] == [("mac-register", "7")]
    assert made.report.organisation == "Mine action centre"


@pytest.mark.parametrize(
    ("time", "cell", "earliest", "latest"),
    [
        ('format = "%d.%m.%y"\nzone = "Africa/Nairobi"', "14.03.25", "2025-03-13T21:00Z", "2025-03-14T20:59:59Z"),
        ('zone = "UTC"', "2025-03-14", "2025-03-14T00:00Z", "2025-03-14T23:59:59Z"),
    ],
)
def test_a_day_is_that_of_its_zone(mapping: Path, time: str, cell: str, earliest: str, latest: str) -> None:
    text = MAPPING.replace('format = "%d/%m/%Y %H:%M"\nzone = "Africa/Bamako"', time)
    made = report(mapping, text, Date=cell).time
    assert made.precision == "day"
    assert (made.earliest, made.latest) == (datetime.fromisoformat(earliest), datetime.fromisoformat(latest))


def test_a_time_with_its_zone_keeps_it(mapping: Path) -> None:
    text = MAPPING.replace('format = "%d/%m/%Y %H:%M"\n', "")
    made = report(mapping, text, Date="2025-03-14T05:40:00+03:00").time
    assert made.occurred_at == datetime(2025, 3, 14, 2, 40, tzinfo=UTC)


def test_a_span_of_two_columns(mapping: Path) -> None:
    text = MAPPING.replace('occurred = "Date"', 'earliest = "From"\nlatest = "To"').replace(
        'format = "%d/%m/%Y %H:%M"\n', ""
    )
    made = report(mapping, text, From="2025-03-14", To="2025-03-16").time
    assert (made.earliest, made.latest) == (
        datetime(2025, 3, 14, tzinfo=UTC),
        datetime(2025, 3, 16, 23, 59, 59, tzinfo=UTC),
    )


def test_a_grid_reference_where_the_degrees_are_empty(mapping: Path) -> None:
    location = report(mapping, X="", Y="", Grid="30Q VD 12345 67890").location
    assert location.point.coordinates == pytest.approx((-3.8, 16.9), abs=0.3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Ref": ""}, "no Ref"),
        ({"Date": "2025-03-14"}, "Date '2025-03-14' is not a time as in %d/%m/%Y %H:%M"),
        ({"Date": ""}, "no Date"),
        ({"Type": "unheard of"}, r"Type 'unheard of' is not known: add it to \[values.category\]"),
        ({"X": "", "Y": "", "Grid": "99Z"}, "Grid '99Z' is not an MGRS reference"),
        ({"X": "", "Y": "", "Grid": ""}, "no Grid"),
        ({"X": "", "Y": "17"}, "no coordinates"),
        ({"Accuracy": "near"}, "Accuracy is not a number of metres"),
        ({"Dead": "a few"}, "Dead is not a number"),
    ],
)
def test_what_cannot_be_used_is_named(mapping: Path, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(UnusableRow, match=reason):
        report(mapping, **changes)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("system", "= =", "is not TOML"),
        ('id = "Ref"\n', "", "columns.id: Field required"),
        ('longitude = "X"\n', "", ""),
        ('mgrs = "Grid"\n', "", ""),
        ('longitude = "X"\nlatitude = "Y"\nmgrs = "Grid"\n', "", "give longitude and latitude, or mgrs"),
        ('occurred = "Date"', 'earliest = "Date"', "give occurred, or earliest and latest"),
        ("Africa/Bamako", "Africa/Nowhere", "no time zone 'Africa/Nowhere'"),
        ('precision = "gps"\n', "", "precision: say in constants"),
        ('precision = "gps"', 'precision = "very"', "constants.precision: 'very' is not one of gps"),
        ('admin0 = "MLI"', 'country = "MLI"', "constants.country: there is no such field"),
        ('"EEI" = "ied"', '"EEI" = "bomb"', "values.category: 'bomb' is not one of ied"),
        ("[values.outcome]", "[values.narrative]", "values.narrative: only these have words"),
        ("[time]", "[times]", "times: Extra inputs"),
    ],
)
def test_a_mapping_says_what_is_wrong_with_it(mapping: Path, before: str, after: str, reason: str) -> None:
    mapping.write_text(MAPPING.replace(before, after))
    if not reason:
        # The other way of saying where is enough.
        assert read_map(mapping).columns.id == "Ref"
        return
    with pytest.raises(UnusableMapping, match=reason):
        read_map(mapping)


def table(path: Path, *rows: dict[str, str]) -> Path:
    path.write_text("\n".join([",".join(ROW), *(",".join(row.values()) for row in rows)]))
    return path


def imported(*arguments: Path | str) -> Result:
    return CliRunner().invoke(app, ["csv", *map(str, arguments), "--dry-run", "--json"])


def test_its_command(mapping: Path, tmp_path: Path) -> None:
    file = table(tmp_path / "register.csv", ROW, ROW | {"Type": "a shoe"})
    done = imported(file, "--mapping", mapping)
    assert done.exit_code == 0, done.output
    assert {row["result"]: row["rows"] for row in json.loads(done.stdout)} == {
        "usable": 1,
        "refused": 1,
        "refused: its Type 'a shoe' is not known: add it to [values.category] of the mapping": 1,
    }


def test_a_file_that_lacks_a_column_of_the_mapping(mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("Ref,Date\n1,2\n")
    done = imported(tmp_path / "other.csv", "--mapping", mapping)
    assert done.exit_code == 2
    assert "lacks the columns" in done.stderr


def test_a_mapping_that_cannot_be_used_ends_the_command(mapping: Path, tmp_path: Path) -> None:
    mapping.write_text("system = 1")
    done = imported(table(tmp_path / "register.csv", ROW), "--mapping", mapping)
    assert done.exit_code == 2
    assert "system: Input should be a valid string" in done.stderr


def test_the_list_names_every_importer() -> None:
    done = CliRunner().invoke(app, ["--list"])
    assert done.exit_code == 0
    for name in ("acled", "awsd", "csv", "ucdp-ged"):
        assert name in done.stdout
