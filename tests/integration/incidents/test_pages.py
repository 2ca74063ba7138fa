"""A page is bounded in bytes, and pages lead through the whole list: nothing is left out, and nothing comes twice."""

from typing import Any

import pytest

from clearway_platform import paging

from .conftest import Desk

WORDS = "x" * 4000


async def pages(desk: Desk, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    """Every page of a list, each under the bound."""
    found: list[list[dict[str, Any]]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await desk.ask("GET", path, **query, **cursor)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["items"]) == 1 or len(answer.content) < paging.PAGE_SIZE * 2
        found.append(body["items"])
        if body["next"] is None:
            return found
        cursor = {"cursor": body["next"]}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 12_000)


async def test_incidents_come_in_pages_of_bytes(desk: Desk) -> None:
    made = [(await desk.report(narrative=WORDS))["incident_id"] for _ in range(7)]
    found = await pages(desk, "", limit=5)
    assert [item["incident_id"] for page in found for item in page] == made[::-1]
    assert [len(page) for page in found] == [3, 3, 1]


async def test_a_number_bounds_them_too(desk: Desk) -> None:
    made = [(await desk.report())["incident_id"] for _ in range(5)]
    for limit, sizes in ((2, [2, 2, 1]), (5, [5]), (4, [4, 1])):
        found = await pages(desk, "", limit=limit)
        assert [item["incident_id"] for page in found for item in page] == made[::-1]
        assert [len(page) for page in found] == sizes
    found = await pages(desk, "", limit=2, as_of=desk.clock.now().isoformat())
    assert [len(page) for page in found] == [2, 2, 1]


async def test_one_item_over_the_bound_is_a_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 10)
    await desk.report(narrative=WORDS)
    await desk.report(narrative=WORDS)
    assert [len(page) for page in await pages(desk, "")] == [1, 1]


async def test_an_empty_list_has_one_page(desk: Desk) -> None:
    assert await pages(desk, "") == [[]]
    assert await pages(desk, "/v1/retracted-incidents") == [[]]


async def test_what_was_retracted_comes_in_pages_of_bytes(desk: Desk) -> None:
    made = [await desk.report(narrative=WORDS) for _ in range(5)]
    for incident in made:
        await desk.step(incident, "retract", {"reason": "privacy"})
    found = await pages(desk, "/v1/retracted-incidents")
    assert [item["incident_id"] for page in found for item in page] == [incident["incident_id"] for incident in made]
    assert [len(page) for page in found] == [3, 2]


async def test_a_history_comes_in_pages_the_last_revision_first(desk: Desk) -> None:
    incident = await desk.report(narrative=WORDS)
    for state in ("marked", "active", "marked", "active"):
        incident = await desk.step(incident, "hazard", {"hazard_state": state})
    path = f"/{incident['incident_id']}/revisions"
    found = await pages(desk, path, with_incident=True)
    assert [[item["revision"] for item in page] for page in found] == [[5, 4, 3], [2, 1]]
    assert [item["incident"]["revision"] for page in found for item in page] == [5, 4, 3, 2, 1]
    # Without the incidents all of them are one small page.
    [page] = await pages(desk, path)
    assert [(item["revision"], item["incident"]) for item in page] == [(number, None) for number in (5, 4, 3, 2, 1)]
    assert [[item["revision"] for item in page] for page in await pages(desk, path, limit=2)] == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize("cursor", ["MA", "WzFd", "WzBd", "Wy0xXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTld", "W3RydWVd"])
async def test_a_cursor_of_a_history_is_a_revision(desk: Desk, cursor: str) -> None:
    """0; [1]; [0]; [-1]; a number that no database holds; [true]."""
    incident = await desk.report()
    answer = await desk.ask("GET", f"/{incident['incident_id']}/revisions", cursor=cursor)
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert len(answer.json()["items"]) == (cursor == "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTld")
