"""`clearway texts` beside a platform that is served."""

import json
from typing import Any

import httpx
import pytest

from clearway_testing.server import free_port

from .conftest import SECONDS, Program, Up

TOLD = "Mix two cups of flurbium with one cup of blenk and stir until smooth."


def key(program: Program) -> str:
    return (program.folder / "data/admin.key").read_text().strip()


def sent(address: str, token: str) -> dict[str, Any]:
    body = {
        "time": {"earliest": "2026-11-25T06:00:00Z", "latest": "2026-11-25T07:00:00Z", "precision": "hour"},
        "location": {"point": {"type": "Point", "coordinates": [-30.1, 10.025]}, "precision": "gps"},
        "category": "ied",
        "narrative": TOLD,
    }
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{address}/v1/incidents", json=body, headers=headers, trust_env=False, timeout=SECONDS)
    incident: dict[str, Any] = answer.raise_for_status().json()
    return incident


@pytest.fixture
def running(program: Program, up: Up) -> tuple[Program, str]:
    _, address = up()
    return program, address


def test_a_text_is_listed_shown_and_removed(running: tuple[Program, str]) -> None:
    program, address = running
    empty = program.run("texts", "list")
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "No text is open.\n")
    incident = sent(address, key(program))
    [listed] = json.loads(program.run("texts", "list", "--json").stdout)
    assert (listed["incident_id"], listed["field"]) == (incident["incident_id"], "narrative")
    assert "flurbium" not in program.run("texts", "list").stdout
    held_id = listed["held_id"]
    assert TOLD in program.run("texts", "show", held_id).stdout
    own = program.run("texts", "release", held_id)
    assert own.returncode == 2
    assert "not released by the person who sent it" in own.stderr
    removed = program.run("texts", "remove", held_id, "--reason", "says how something is made")
    assert (removed.returncode, removed.stdout) == (0, "The text stays out.\n")
    [removed_one] = json.loads(program.run("texts", "list", "--state", "removed", "--json").stdout)
    assert removed_one["reason"] == "says how something is made"


def test_somebody_else_releases_it(running: tuple[Program, str]) -> None:
    program, address = running
    mission = httpx.get(
        f"{address}/v1/session", headers={"Authorization": f"Bearer {key(program)}"}, trust_env=False, timeout=SECONDS
    ).json()["mission"]
    other = program.run("keys", "create", "--mission", mission, "--role", "verifier").stdout.strip()
    incident = sent(address, key(program))
    [listed] = json.loads(program.run("texts", "list", "--json").stdout)
    done = program.run("texts", "release", listed["held_id"], "--text", "A workshop.", CLEARWAY_API_KEY=other)
    assert (done.returncode, done.stdout) == (0, "The text is released.\n")
    path = f"{address}/v1/incidents/{incident['incident_id']}"
    now = httpx.get(path, headers={"Authorization": f"Bearer {other}"}, trust_env=False, timeout=SECONDS).json()
    assert (now["narrative"], now["withheld"]) == ("A workshop.", [])


def test_without_a_platform_it_says_what_to_do(program: Program) -> None:
    done = program.run("texts", "list", "--url", f"http://127.0.0.1:{free_port()}", "--key", "clw_x")
    assert done.returncode == 1
    assert "Is Clearway running?" in done.stderr
