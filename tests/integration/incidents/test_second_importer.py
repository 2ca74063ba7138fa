"""A second importer, written in this one file: its command, its rows as incidents, and a second run that changes
nothing, without a change anywhere else.

The columns are like those of UCDP's georeferenced events; the rows are made up.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clearway_incidents.cli.importing import app_of
from clearway_incidents.exchange.imports.importer import Importer, Row
from clearway_incidents.exchange.imports.rows import UnusableRow

from .conftest import Desk

# Their own words for how closely a place is known, and ours.
PRECISION = {"1": "locality", "3": "admin2", "4": "admin1", "6": "country"}


def report_of(row: Row) -> dict[str, Any]:
    if row["where_prec"] not in PRECISION:
        raise UnusableRow(f"its where_prec {row['where_prec']!r} is not known: give 1, 3, 4 or 6")
    point = {"type": "Point", "coordinates": [float(row["longitude"]), float(row["latitude"])]}
    return {
        "external_refs": [{"system": "georeferenced", "id": row["id"]}],
        "time": {"earliest": f"{row['date_start']}T00:00:00Z", "latest": f"{row['date_end']}T23:59:59Z"},
        "location": {"point": point, "precision": PRECISION[row["where_prec"]]},
        "category": "unknown",
        "outcome": "unknown",
        "hazard_state": "none",
        "report": {"organisation": "A made-up data set", "role": "database", "channel": "import"},
    }


COLUMNS = ("id", "date_start", "date_end", "where_prec", "latitude", "longitude")
GEOREFERENCED = Importer("georeferenced", "a made-up data set", frozenset(COLUMNS), report_of)
app = app_of((GEOREFERENCED,))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = (
        "1,2025-03-01,2025-03-02,1,17.04,-3.99",
        "2,2025-03-05,2025-03-05,4,17.1,-4",
        "3,2025-03-05,2025-03-05,9,1,1",
    )
    path = tmp_path / "events.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]))
    return path


def reports(file: Path) -> list[dict[str, Any]]:
    """Those of the rows that give one."""
    return [report_of(row) for row in GEOREFERENCED.read(file).rows if row["where_prec"] in PRECISION]


def test_its_command_reads_the_file_and_keeps_what_it_refuses(file: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    done = CliRunner().invoke(app, ["georeferenced", str(file), "--dry-run", "--json", "--rejects", str(rejects)])
    assert done.exit_code == 0, done.output
    counted = {row["result"]: row["rows"] for row in json.loads(done.stdout)}
    assert (counted["usable"], counted["refused"]) == (2, 1)
    assert "give 1, 3, 4 or 6" in rejects.read_text()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("id,year\n1,2025\n")
    done = CliRunner().invoke(app, ["georeferenced", str(tmp_path / "other.csv"), "--dry-run"])
    assert done.exit_code == 2
    assert "lacks the columns date_end, date_start, latitude" in " ".join(done.output.split())


def test_its_help_says_what_it_imports() -> None:
    help_of_all = CliRunner().invoke(app, ["--help"]).output
    assert "georeferenced" in help_of_all
    assert "Import a made-up data set" in help_of_all


async def test_a_second_run_changes_nothing(desk: Desk, file: Path) -> None:
    for result in ("created", "unchanged"):
        answer = await desk.ask("POST", "/v1/incident-imports", reports(file), by="unmix:operator")
        assert [item["result"] for item in answer.json()["items"]] == [result] * 2, answer.text
