"""`clearway import` beside a platform that is served: cut off and started again, and with a newer file of a part."""

import csv
import json
import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clearway_platform.clock import new_id
from clearway_testing.server import await_ready

from .conftest import SECONDS, Program, Up

COLUMNS = (
    *("event_id_cnty", "event_date", "time_precision", "sub_event_type", "iso", "country", "latitude", "longitude"),
    *("geo_precision", "fatalities", "notes"),
)
COUNTRIES = {"MLI": ("466", "Mali"), "NER": ("562", "Niger")}


def event(number: int, code: str = "MLI", **changes: str) -> dict[str, str]:
    """A made-up event."""
    iso, country = COUNTRIES[code]
    row = (f"{code}{number}", f"2025-03-{number % 28 + 1:02}", "1", "Remote explosive/landmine/IED", iso, country)
    place = (f"{14 + number % 300 / 100}", f"{number % 200 / 100}", "1", "0", "On the road.")
    return dict(zip(COLUMNS, (*row, *place), strict=True)) | changes


def file_of(path: Path, rows: Iterable[dict[str, str]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@pytest.fixture
def running(program: Program, up: Up) -> tuple[Program, httpx.Client]:
    _, address = up()
    key = (program.folder / "data/admin.key").read_text().strip()
    return program, httpx.Client(
        base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS, trust_env=False
    )


def recorded(client: httpx.Client) -> int:
    total: int = client.get("/v1/incident-counts").raise_for_status().json()["total"]
    return total


def imported(program: Program, file: str, *arguments: str) -> dict[str, int]:
    """How many rows had which result."""
    done = program.run("import", "acled", file, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {row["result"]: row["rows"] for row in json.loads(done.stdout)}


@pytest.mark.timeout(300)
def test_an_import_that_was_killed_is_finished_by_the_next_run(running: tuple[Program, httpx.Client]) -> None:
    program, client = running
    count = 5_000
    file = file_of(program.folder / "events.csv", (event(number) for number in range(count)))
    with client:
        cut = program.start("import", "acled", file)
        await_ready(lambda: recorded(client) > 0, seconds=SECONDS, process=cut.process, log=cut.err)
        cut.process.kill()
        cut.process.wait(SECONDS)
        assert recorded(client) < count
        results = imported(program, file)
        assert results["unchanged"] > 0
        assert results["created"] + results["unchanged"] == count
        assert recorded(client) == count
        assert imported(program, file) == {"unchanged": count}


def test_a_newer_file_of_a_part_corrects_and_proposes_within_its_part(running: tuple[Program, httpx.Client]) -> None:
    program, client = running
    protest = event(90, sub_event_type="Peaceful protest")
    older = [*(event(number) for number in range(20)), event(1, "NER"), protest]
    with client:
        assert imported(program, file_of(program.folder / "all.csv", older)) == {
            "created": 21,
            "left out: not about explosives": 1,
        }
        # Somebody here knows the place better: the newer file corrects the deaths, and keeps the place.
        [ours] = [one for one in listed(client) if one["external_refs"][0]["id"] == "MLI3"]
        patch = {"location": {"place_name": "Bridge north of the village"}}
        client.patch(f"/v1/incidents/{ours['incident_id']}", json=patch, headers={"If-Match": '"1"'}).raise_for_status()
        newer = [event(number) for number in range(20) if number not in {3, 7}] + [event(3, fatalities="4")]
        assert imported(program, file_of(program.folder / "mali.csv", newer)) == {
            "corrected": 1,
            "unchanged": 18,
            "gone, proposed to be retracted": 1,
        }
        [proposal] = client.get("/v1/proposals").raise_for_status().json()["items"]
        assert (proposal["external_id"], proposal["edition"]) == ("MLI7", "mali.csv")
        corrected = client.get(f"/v1/incidents/{ours['incident_id']}").raise_for_status().json()
        assert corrected["location"]["place_name"] == "Bridge north of the village"
        assert corrected["casualties"][0]["best"] == 4


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/incidents").raise_for_status().json()["items"]
    return items


def test_refused_rows_are_kept_with_their_reason(running: tuple[Program, httpx.Client]) -> None:
    program, client = running
    rows = [event(1), event(2, latitude=""), event(3, event_date="2999-01-01")]
    rejects = program.folder / "rejects.csv"
    with client:
        results = imported(program, file_of(program.folder / "events.csv", rows), "--rejects", str(rejects))
        assert (results["created"], results["refused"]) == (1, 2)
        assert recorded(client) == 1
    kept = list(csv.DictReader(rejects.read_text().splitlines()))
    assert [row["event_id_cnty"] for row in kept] == ["MLI2", "MLI3"]
    assert "no coordinates" in kept[0]["refused because"]
    assert "future" in kept[1]["refused because"]


def test_the_mapping_and_the_bulk_of_the_guide(running: tuple[Program, httpx.Client]) -> None:
    """As they stand there, with a file that has the columns and a report that has an id."""
    program, client = running
    guide = (Path(__file__).parents[3] / "docs/guide/integrator.md").read_text()
    [mapping] = re.findall(r"```toml\n(.*?)```", guide, re.S)
    [command] = re.findall(r"clearway (import csv \S+ --mapping \S+)", guide)
    [curl] = re.findall(r"```sh\n(curl --fail \S+/v1/incidents:bulk .*?)```", guide, re.S)
    (program.folder / "mapping.toml").write_text(mapping)
    (program.folder / "register.csv").write_text(
        "Ref,Date,X,Y,Village,Type,Status,Wounded,Remarks\n"
        "1,14/03/2025 05:40,-3.99,17.04,Tessit,EEI,trouvé,2,Beside the road.\n"
    )
    with client:
        done = program.run(*shlex.split(command))
        assert done.returncode == 0, done.stderr
        [recorded_here] = listed(client)
        assert (recorded_here["category"], recorded_here["outcome"]) == ("ied", "found_not_cleared")
        body = {"time": {"occurred_at": "2025-03-14T05:40:00Z"}, "category": "ied", "incident_id": str(new_id())}
        place = {"point": {"type": "Point", "coordinates": [-3.9, 17.0]}, "precision": "gps"}
        (program.folder / "reports.ndjson").write_text(json.dumps(body | {"location": place}) + "\n")
        key = client.headers["authorization"].removeprefix("Bearer ")
        sent = subprocess.run(
            ["bash", "-c", curl.replace("http://127.0.0.1:8080", str(client.base_url).rstrip("/"))],
            cwd=program.folder,
            env=program.environment | {"CLEARWAY_API_KEY": key},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        result, end = map(json.loads, sent.stdout.splitlines())
        assert (result["result"], end["created"], end["end"]) == ("created", 1, True)
