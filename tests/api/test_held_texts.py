"""A text that is withheld is in no answer, stream, file or log of the platform, but where it is reviewed."""

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
import structlog

from clearway_incidents.domain.content_guard import WITHHELD
from clearway_platform.auth.principals import Role
from clearway_platform.web.stream.start import MOST

from .mission import Mission, await_that, found_mission, instructions, made, report, settle
from .operations import Operation, in_every_format, operations
from .served import Served, served

READS = [item for item in operations() if item.method == "GET" and not item.streams]
SUBSTANCE = "flurbium"
assert SUBSTANCE in instructions("")
SHOWN_BY = {"held_texts.get"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="module")
def platform(folder: Path) -> Iterator[Served]:
    with served(folder) as running:
        yield running


@pytest.fixture(scope="module")
def logged() -> list[str]:
    return []


@pytest.fixture(scope="module")
def mission(platform: Served, logged: list[str]) -> Mission:
    """With texts that are withheld in every way in, near a subscription; each write is kept for its repeat."""
    mission = found_mission(platform, "unheld")
    settle(mission)
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    lines = {f"line_{name}": instructions(name) for name in ("4_type_of_ordnance", "7_impact_on_mission")}
    said = {"organisation": instructions("o"), "role": instructions("r"), "contact_ref": instructions("c")}
    location = report("x")["location"] | {"place_name": instructions("p"), "admin1": instructions("a")}
    body = report(
        "x",
        narrative=instructions("n"),
        location=location,
        report=said | {"nine_line": lines},
        external_refs=[{"system": "held", "id": "1"}],
    )
    with structlog.testing.capture_logs() as entries, mission.client(Role.REPORTER) as client:
        incident = made(client.post("/v1/incidents", json=body, headers={"Idempotency-Key": "1"}))
        address = f"/v1/incidents/{incident['incident_id']}"
        headers = {"If-Match": '"1"', "Idempotency-Key": "2"}
        asked = {"hazard_state": "active", "reason": instructions("h")}
        client.patch(address, json={"priority": "minor"}, params={"reason": instructions("q")}, headers=headers)
        client.post(f"{address}/hazard", json=asked, headers={"If-Match": '"2"'})
        text = {"text": f"LINE 2: 30Q VD 12345 67890 LINE 4: {instructions('t')}", "record": True}
        made(client.post("/v1/incidents:nine-line", json=text, headers={"Idempotency-Key": "3"}))
        # Refused, and said without the text.
        refused = client.post(
            "/v1/incidents", json=report("x", external_refs=[{"system": "s", "id": body["narrative"]}])
        )
        assert refused.status_code == 422
        assert SUBSTANCE not in refused.text
    logged += [json.dumps(entry, default=str) for entry in entries]
    logging.getLogger().removeHandler(handler)
    mission.ids["incident_id"] = incident["incident_id"]
    with mission.client() as client:
        about = {"incident_id": incident["incident_id"]}
        alerts = await_that(lambda: client.get("/v1/alerts", params=about).json()["items"], "an alert is raised")
        mission.ids["alert_id"] = alerts[0]["alert_id"]
    return mission


@pytest.mark.parametrize("operation", READS, ids=str)
def test_it_is_in_no_answer(operation: Operation, mission: Mission) -> None:
    with mission.client() as client:
        for answer in in_every_format(client, operation, mission.ids):
            assert (SUBSTANCE in answer.text) == (operation.name in SHOWN_BY), answer.text


def test_it_is_in_no_stream_and_what_stands_in_its_place_is(mission: Mission) -> None:
    with mission.client() as client, client.stream("GET", "/v1/incident-events", params={"last": str(MOST)}) as stream:
        text = ""
        for chunk in stream.iter_text():
            text += chunk
            if text.count(mission.ids["incident_id"]) > 2:
                break
    assert WITHHELD in text
    assert SUBSTANCE not in text


def test_it_is_in_no_file_but_in_its_table(mission: Mission, folder: Path, logged: list[str]) -> None:
    """Of the database of incidents every table is read; of all other files every byte."""
    own = folder / "incidents.db"
    assert own.is_file()
    with closing(connect(f"file:{own}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {
            table for table in tables if SUBSTANCE in str(database.execute(f'SELECT * FROM "{table}"').fetchall())
        }
    assert holding == {"held_text"}
    others = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(own.name)]
    assert len(others) > 3
    assert [file.name for file in others if SUBSTANCE.encode() in file.read_bytes()] == []
    assert logged
    assert SUBSTANCE not in "".join(logged)


def test_who_reads_it_is_on_record(mission: Mission) -> None:
    with mission.client(Role.VERIFIER) as client:
        held_id = mission.ids["held_id"]
        made(client.get(f"/v1/held-texts/{held_id}"))
        made(client.get("/v1/held-texts"))
    subject = {"kind": "restricted.read", "subject": f"held text {held_id}"}

    def read_by() -> set[str]:
        with mission.client() as client:
            return {one["actor"] for one in client.get("/v1/audit", params=subject).json()["items"]}

    await_that(lambda: mission.key_ids[Role.VERIFIER] in read_by(), "the read is on record")
