"""Bulk: many reports in one request, read and answered line by line, each of them once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import httpx
import pytest

from clearway_incidents.api import bulk
from clearway_incidents.api.items import LONGEST_LINE
from clearway_incidents.commands.imports import Imported, Imports
from clearway_incidents.storage.tables import IncidentRow
from clearway_platform.clock import new_id

from .conftest import Desk, a_report

BULK = "/v1/incidents:bulk"
NDJSON = "application/x-ndjson"


def item(**changes: Any) -> dict[str, Any]:
    return a_report(incident_id=str(new_id()), **changes)


def named(name: str, **changes: Any) -> dict[str, Any]:
    return a_report(external_refs=[{"system": "acled", "id": name}], **changes)


def lines_of(items: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in items)


async def sent(
    desk: Desk, body: bytes | AsyncIterator[bytes], by: str = "unmix:operator", kind: str = NDJSON, **query: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {by}", "Content-Type": kind}
    return await desk.http.post(BULK, content=body, headers=headers, params=query)


async def answered(desk: Desk, items: Iterable[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The results of the items, and the end of the answer."""
    answer = await sent(desk, lines_of(items))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == NDJSON
    *results, end = map(json.loads, answer.text.splitlines())
    assert end["end"] is True
    return results, end


async def test_each_line_has_a_result_and_a_repeat_changes_nothing(desk: Desk) -> None:
    items = [item() for _ in range(600)] + [named(str(number)) for number in range(30)]
    results, end = await answered(desk, items)
    assert [one["line"] for one in results] == list(range(1, 631))
    assert {one["result"] for one in results} == {"created"}
    assert [one["incident_id"] for one in results[:600]] == [one["incident_id"] for one in items[:600]]
    assert (end["created"], end["refused"], end["problem"]) == (630, 0, None)
    results, end = await answered(desk, items)
    assert (end["unchanged"], end["created"], end["corrected"]) == (630, 0, 0)
    assert await desk.count(IncidentRow) == len(await desk.published()) == 630


async def test_a_line_that_is_refused_stops_no_other(desk: Desk) -> None:
    own = item()
    body = b"\n".join(
        [
            b"\xef\xbb\xbf" + json.dumps(own).encode(),
            b"  ",
            b"{broken",
            b"7",
            json.dumps(a_report()).encode(),
            b'"' + b"a" * LONGEST_LINE + b'"',
            json.dumps({"category": "bomb"}).encode(),
            json.dumps({**own, "category": "landmine"}).encode(),
            b"\xff\xfe",
            json.dumps(named("1")).encode(),
        ]
    )
    answer = await sent(desk, body)
    *results, end = map(json.loads, answer.text.splitlines())
    found = {one["line"]: one["result"] for one in results}
    assert found == {1: "created", **dict.fromkeys((3, 4, 5, 6, 7, 8, 9), "refused"), 10: "created"}
    problems = {one["line"]: one["problem"] for one in results}
    assert "incident_id" in problems[5]
    assert "bytes" in problems[6]
    assert "taken by a report of other content" in problems[8]
    assert (end["created"], end["refused"], end["problem"]) == (2, 7, None)


async def test_an_id_of_ones_own_and_a_name_lead_to_the_same_incident(desk: Desk) -> None:
    first = named("1", incident_id=str(new_id()))
    assert (await answered(desk, [first]))[1]["created"] == 1
    newer = {**first, "outcome": "detonated"}
    results, _end = await answered(desk, [newer, newer, named("1", outcome="detonated")])
    assert [one["result"] for one in results] == ["corrected", "unchanged", "unchanged"]
    assert {one["incident_id"] for one in results} == {first["incident_id"]}
    # The id of another one, under a name that is new.
    [stolen], _end = await answered(desk, [named("2", incident_id=first["incident_id"])])
    assert stolen["result"] == "refused"
    [free], _end = await answered(desk, [named("2")])
    assert free["result"] == "created"


async def test_a_repeat_within_one_body(desk: Desk) -> None:
    one = item()
    results, _end = await answered(desk, [one, one, {**one, "outcome": "detonated"}])
    assert [result["result"] for result in results] == ["created", "unchanged", "refused"]


@pytest.mark.parametrize("body", [b"", b"\n \n"])
async def test_an_empty_body(desk: Desk, body: bytes) -> None:
    answer = await sent(desk, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_another_format(desk: Desk) -> None:
    answer = await sent(desk, b"[]", kind="application/json")
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


async def test_who_may_not_import(desk: Desk) -> None:
    answer = await sent(desk, lines_of([item()]), by="unmix:reporter")
    assert answer.status_code == 403
    assert await desk.count(IncidentRow) == 0


async def slow(groups: list[list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    """Lines in groups, between which more time passes than the service waits for the next one."""
    for group in groups:
        yield lines_of(group)
        await asyncio.sleep(bulk.MOMENT_SECONDS * 2)


async def test_a_fault_after_the_first_group_is_told_at_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [[item()], [item()], [item()]]
    written = Imports.import_batch
    calls = 0

    async def failing(*given: Any) -> Sequence[Imported]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("the disk is full")
        return await written(*given)

    monkeypatch.setattr(Imports, "import_batch", failing)
    answer = await sent(desk, slow(groups))
    assert answer.status_code == 200
    *results, end = map(json.loads, answer.text.splitlines())
    assert [one["line"] for one in results] == [1]
    assert (end["problem"]["status"], end["problem"]["code"], end["created"]) == (503, "unavailable", 1)
    assert await desk.count(IncidentRow) == 1
    assert (await answered(desk, [one for group in groups for one in group]))[1]["created"] == 2


async def test_a_fault_before_anything_is_recorded_has_its_status(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_given: object) -> Sequence[Imported]:
        raise OSError("the disk is full")

    monkeypatch.setattr(Imports, "import_batch", failing)
    answer = await sent(desk, lines_of([item()]))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_two_at_the_same_time_record_each_report_once(desk: Desk) -> None:
    items = [item() for _ in range(100)]
    both = await asyncio.gather(*(answered(desk, items) for _ in range(2)))
    assert sum(end["created"] for _results, end in both) == 100
    assert sum(end["unchanged"] for _results, end in both) == 100
    assert await desk.count(IncidentRow) == len(await desk.published()) == 100
