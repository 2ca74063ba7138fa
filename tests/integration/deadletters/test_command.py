"""`clearway dead-letters`, as an operator types it, on both databases."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from clearway_platform.cli.main import app
from clearway_platform.log.base import Record
from clearway_platform.messaging.dead_letters import DeadLetter
from clearway_testing.plumbing import OCCURRED, Plumbing, plumb

Found = TypeVar("Found")
NARRATIVE = "Suspicious object at the culvert"
VALUE = json.dumps({"mission": "unmas", "incident": {"narrative": NARRATIVE}}).encode()
READABLE = Record("incidents.v1", 2, 41, OCCURRED, b"key", VALUE, (("ce_mission", b"unmas"),))
UNREADABLE = Record("incidents.v1", 2, 42, OCCURRED, b"key", b"\xff", ())


@pytest.fixture
def letters(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UUID]]:
    """Two letters of the alerts service, the second of no mission; the other services have no database here."""
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLEARWAY_ALERTS_DATABASE_URL", database_url)

    async def fail(plumbing: Plumbing) -> list[UUID]:
        async with plumbing.database.of_every_mission("a test").write() as transaction:
            add = plumbing.dead_letters.add
            return [await add(transaction, "reader", record, ValueError("no"), 3) for record in (READABLE, UNREADABLE)]

    yield asyncio.run(_with(database_url, fail))
    assert sorted(path.name for path in tmp_path.glob("*.db") if path.name.startswith(("analytics", "incidents"))) == []


async def _with(url: str, work: Callable[[Plumbing], Awaitable[Found]]) -> Found:
    plumbing = await plumb(url)
    try:
        return await work(plumbing)
    finally:
        await plumbing.database.close()


def stored(url: str, letter_id: UUID) -> DeadLetter:
    async def read(plumbing: Plumbing) -> DeadLetter | None:
        return await plumbing.dead_letters.get(letter_id)

    found = asyncio.run(_with(url, read))
    assert found is not None
    return found


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["dead-letters", *map(str, arguments)])


def test_the_list_gives_whole_ids_of_all_missions_and_of_none(letters: list[UUID]) -> None:
    plain, found = run("list").output, json.loads(run("list", "--json").stdout)
    assert all(str(letter) in plain for letter in letters)
    assert {item["letter_id"]: (item["mission"], item["service"], item["from"]) for item in found} == {
        str(letters[0]): ("unmas", "alerts", "incidents.v1/2@41"),
        str(letters[1]): (None, "alerts", "incidents.v1/2@42"),
    }


def test_a_letter_is_shown_without_restricted_fields(letters: list[UUID]) -> None:
    plain, found = run("show", letters[0]).output, json.loads(run("show", letters[0], "--json").stdout)
    assert "incident.narrative" in plain
    assert NARRATIVE not in plain
    assert (found["hidden"], found["event"]["incident"]["narrative"]) == (["incident.narrative"], None)
    whole = json.loads(run("show", letters[0], "--restricted", "--json").stdout)
    assert (whole["hidden"], whole["event"]["incident"]["narrative"]) == ([], NARRATIVE)
    assert json.loads(run("show", letters[1], "--json").stdout)["event"] is None


def test_a_letter_is_replayed_or_discarded_with_a_reason(letters: list[UUID], database_url: str) -> None:
    first, second = letters
    assert run("replay", first).exit_code == 0
    assert run("replay", first).exit_code == 0
    assert stored(database_url, first).state == "replaying"
    assert run("discard", second).exit_code == 2
    assert run("discard", second, "--reason", " ").exit_code == 2
    assert run("discard", second, "--reason", "not ours", "--service", "alerts").exit_code == 0
    assert (stored(database_url, second).state, stored(database_url, second).reason) == ("discarded", "not ours")
    refused = run("replay", second)
    assert refused.exit_code == 1
    assert "discarded since" in refused.output
    assert [item["letter_id"] for item in json.loads(run("list", "--json", "--state", "discarded").stdout)] == [
        str(second)
    ]


def test_a_letter_that_is_not_there_is_said_so(letters: list[UUID]) -> None:
    for command in (("show",), ("replay",), ("discard", "--reason", "why")):
        answer = run(*command, uuid4())
        assert answer.exit_code == 1
        assert "There is no dead letter" in answer.output


def test_a_wrong_folder_is_said_so_and_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path / "elsewhere"))
    for arguments in (("list",), ("list", "--service", "alerts"), ("show", uuid4())):
        answer = run(*arguments)
        assert answer.exit_code == 2
        assert "CLEARWAY_DATA_DIR" in answer.output
    assert run("list", "--service", "nothing").exit_code == 2
    assert list(tmp_path.iterdir()) == []
