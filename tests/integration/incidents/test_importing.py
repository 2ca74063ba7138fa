"""Imports: each item by its external name created, corrected, left or refused."""

import json
from typing import Any

from clearway_platform.clock import new_id

from .conftest import Desk, a_report


def item(name: str, **changes: Any) -> dict[str, Any]:
    return a_report(external_refs=[{"system": "awsd", "id": name}], grading={"info_credibility": 2}, **changes)


async def imported(desk: Desk, items: list[Any], by: str = "unmix:operator") -> dict[str, Any]:
    answer = await desk.ask("POST", "/v1/incident-imports", items, by=by)
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


async def results(desk: Desk, items: list[Any]) -> list[str]:
    return [result["result"] for result in (await imported(desk, items))["items"]]


async def test_a_second_run_changes_nothing(desk: Desk) -> None:
    items = [item(str(number)) for number in range(3)]
    assert await results(desk, items) == ["created"] * 3
    assert await results(desk, items) == ["unchanged"] * 3
    assert len(await desk.published()) == 3


async def test_a_newer_edition_becomes_a_correction_and_keeps_what_was_corrected_here(desk: Desk) -> None:
    [first] = (await imported(desk, [item("1", casualties=[])]))["items"]
    incident = {"incident_id": first["incident_id"], "revision": 1}
    await desk.clear(incident)
    newer = item("1", casualties=[{"outcome": "killed", "low": 1, "best": 1, "high": 1}])
    assert await results(desk, [newer]) == ["corrected"]
    assert await results(desk, [newer]) == ["unchanged"]
    now = await desk.read(incident)
    assert now["casualties"][0]["best"] == 1
    assert (now["hazard_state"], now["revision"]) == ("cleared", 4)


async def test_a_bad_item_does_not_stop_the_others(desk: Desk) -> None:
    future = item("4", time={"occurred_at": "2030-01-01T00:00:00Z"})
    answer = await imported(desk, [item("1"), {"category": "bomb"}, a_report(), future, 7, item("5")])
    assert (answer["created"], answer["refused"]) == (2, 4)
    refused = {result["line"]: result for result in answer["items"] if result["result"] == "refused"}
    assert sorted(refused) == [2, 3, 4, 5]
    assert "time.occurred_at" in refused[4]["problem"]
    assert any(error["field"] == "category" for error in refused[2]["errors"])


async def test_lines_are_taken_one_by_one(desk: Desk) -> None:
    body = "\n".join([json.dumps(item("1")), "{broken", json.dumps(item("2"))]).encode()
    headers = {"Authorization": "Bearer unmix:admin", "Content-Type": "application/x-ndjson"}
    answer = await desk.http.post("/v1/incident-imports", content=body, headers=headers)
    assert [result["result"] for result in answer.json()["items"]] == ["created", "refused", "created"]


async def test_one_name_twice_in_a_batch_is_one_incident(desk: Desk) -> None:
    assert await results(desk, [item("1"), item("1"), item("1", outcome="detonated")]) == [
        "created",
        "unchanged",
        "corrected",
    ]


async def test_a_merged_or_retracted_incident_is_not_revived(desk: Desk) -> None:
    [first] = (await imported(desk, [item("1")]))["items"]
    await desk.step({"incident_id": first["incident_id"], "revision": 1}, "retract", {"reason": "privacy"})
    assert await results(desk, [item("1", outcome="detonated")]) == ["refused"]
    assert await results(desk, [item("1")]) == ["unchanged"]


async def test_the_size_of_a_batch_is_bounded(desk: Desk) -> None:
    too_many = [item(str(number)) for number in range(501)]
    assert (await desk.ask("POST", "/v1/incident-imports", too_many, by="unmix:admin")).status_code == 413
    assert set(await results(desk, too_many[:500])) == {"created"}


async def test_an_id_that_is_taken_is_refused_alone(desk: Desk) -> None:
    taken = str(new_id())
    await desk.report(incident_id=taken)
    assert await results(desk, [item("1"), item("2", incident_id=taken)]) == ["created", "refused"]
    # The name was not taken with it.
    assert await results(desk, [item("2")]) == ["created"]


async def test_an_edition_that_contradicts_a_correction_made_here_is_refused_alone(desk: Desk) -> None:
    span = {"earliest": "2026-02-01T00:00:00Z", "latest": "2026-02-10T00:00:00Z"}
    [first] = (await imported(desk, [item("1", time=span)]))["items"]
    later = {"time": {"earliest": "2026-02-08T00:00:00Z"}}
    assert (await desk.ask("PATCH", f"/{first['incident_id']}", later, seen=1)).status_code == 200
    newer = item("1", time=span | {"latest": "2026-02-05T00:00:00Z"})
    assert await results(desk, [newer, item("2")]) == ["refused", "created"]


async def test_an_edition_that_only_grades_otherwise_corrects_nothing(desk: Desk) -> None:
    assert await results(desk, [item("1")]) == ["created"]
    assert await results(desk, [item("1") | {"grading": {"info_credibility": 3}}]) == ["unchanged"]
    assert len(await desk.published()) == 1
