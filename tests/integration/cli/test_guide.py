"""What the guide tells people to type about incidents, run as it stands there beside a platform that is served."""

import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from .conftest import SECONDS, Program, Up
from .test_import import event, file_of

GUIDE = Path(__file__).parents[3] / "docs/guide"
HERE = "http://127.0.0.1:8080"
AWSD = (
    "Incident ID,Year,Month,Day,Country,Means of attack,Latitude,Longitude\n"
    "1,2025,3,14,Mali,Roadside IED,15.66,0.5\n2,2025,3,15,Mali,Roadside IED,,\n"
)


@pytest.fixture
def running(program: Program, up: Up) -> tuple[Program, str]:
    _, address = up()
    return program, address


def snippets(page: str, kind: str = "sh") -> list[str]:
    """The blocks of a page that are of a kind."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", (GUIDE / page).read_text(), re.S | re.M)
    return [block for of, block in blocks if of == kind]


def commands(page: str, word: str) -> list[list[str]]:
    """The `clearway` commands of a page that begin with a word, each without its comment."""
    lines = "\n".join(snippets(page)).splitlines()
    found = [line.partition("#")[0].split() for line in lines if f"clearway {word}" in line]
    return [line[1:] for line in found]


def typed(program: Program, command: str, address: str) -> subprocess.CompletedProcess[str]:
    """A command of a shell, with the address of this platform in place of the usual one."""
    return subprocess.run(
        ["bash", "-c", command.replace(HERE, address)],
        cwd=program.folder,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_the_imports(running: tuple[Program, str]) -> None:
    program, _address = running
    (program.folder / "FILE").write_text(AWSD)
    listing, dry_run, whole = commands("integrator.md", "import")[:3]
    listed = program.run(*listing)
    assert (listed.returncode, "acled" in listed.stdout) == (0, True), listed.stderr
    checked = program.run(*dry_run, "--json")
    assert {row["result"]: row["rows"] for row in json.loads(checked.stdout)}["usable"] == 1, checked.stderr
    sent = program.run(*whole, "--json")
    assert {row["result"]: row["rows"] for row in json.loads(sent.stdout)}["created"] == 1, sent.stderr
    assert "no coordinates" in (program.folder / "refused.csv").read_text()


def test_a_geographic_file(running: tuple[Program, str]) -> None:
    if shutil.which("ogr2ogr") is None:
        reason = "ogr2ogr is not installed (Debian: gdal-bin)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    program, address = running
    file = file_of(program.folder / "events.csv", [event(number) for number in range(3)])
    assert program.run("import", "acled", file).returncode == 0
    [command] = re.findall(r"`(ogr2ogr [^`]+)`", (GUIDE / "integrator.md").read_text())
    done = typed(program, command, address)
    assert done.returncode == 0, done.stderr
    said = typed(program, "ogrinfo -so incidents.gpkg incidents", address)
    assert "Feature Count: 3" in said.stdout


def ids_of(page: Path) -> list[str]:
    """The incidents of a page that was taken out."""
    if page.suffix == ".csv":
        return [row["incident_id"] for row in list(csv.DictReader(page.read_text().splitlines()))[1:]]
    return [feature["id"] for feature in json.loads(page.read_text())["features"]]


@pytest.mark.parametrize(("kind", "ending"), [("text/csv", "csv"), ("application/geo+json", "geojson")])
def test_the_incidents_of_one_area(running: tuple[Program, str], kind: str, ending: str) -> None:
    program, address = running
    inside = [event(number, latitude=f"{17.01 + number / 100}", longitude="-4.0") for number in range(3)]
    beside = event(3, latitude="17.3", longitude="-4.0")
    assert program.run("import", "acled", file_of(program.folder / "events.csv", [*inside, beside])).returncode == 0
    [command] = [one for one in snippets("integrator.md") if one.startswith("area=")]
    command = command.replace("text/csv", kind).replace(".csv", f".{ending}").replace("limit=500", "limit=2")
    done = typed(program, command, address)
    assert (done.returncode, done.stderr) == (0, "")
    pages = [ids_of(program.folder / f"area-{page}.{ending}") for page in (1, 2)]
    assert [len(page) for page in pages] == [2, 1]
    assert len({*pages[0], *pages[1]}) == 3
    refused = typed(program, command.replace("-4.1,17.0", "-4.1;17.0"), address)
    assert "No page 1: begin again." in refused.stderr


def test_the_nine_lines(running: tuple[Program, str]) -> None:
    """As the reporter's page has them: all that they say is understood."""
    program, address = running
    [text] = [one for one in snippets("reporter.md", "") if "LINE 1" in one]
    key = (program.folder / "data/admin.key").read_text().strip()
    answer = httpx.post(
        f"{address}/v1/incidents:nine-line",
        json={"text": text, "record": True},
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["missing"] == []


def test_retention_is_applied(running: tuple[Program, str]) -> None:
    program, _address = running
    [command] = commands("operator.md", "retention")
    done = program.run(*command)
    assert done.returncode == 0, done.stderr
