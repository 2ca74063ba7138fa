"""Two revisions compared, as each key may see them."""

from typing import Any

import httpx
import pytest

from .conftest import Desk, a_report
from .test_who_reads_what import SECRET, SEEN_BY_NONE, SUBSCRIBER, is_told, marked

ADMIN, OPERATOR = "unmix:admin", "unmix:operator"


async def difference(
    desk: Desk, incident: dict[str, Any], number: int, *, by: str = ADMIN, other: int | None = None
) -> httpx.Response:
    query: dict[str, Any] = {} if other is None else {"from": other}
    return await desk.ask("GET", f"/{incident['incident_id']}/revisions/{number}/difference", by=by, **query)


async def corrected(
    desk: Desk, incident: dict[str, Any], patch: object, *, by: str = ADMIN, **query: Any
) -> dict[str, Any]:
    path = f"/{incident['incident_id']}"
    answer = await desk.ask("PATCH", path, patch, seen=incident["revision"], by=by, **query)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def fields(answer: httpx.Response) -> dict[str, tuple[Any, Any]]:
    assert answer.status_code == 200, answer.text
    return {change["field"]: (change["before"], change["after"]) for change in answer.json()["changes"]}


async def test_a_revision_is_compared_with_the_one_before_or_any_other(desk: Desk) -> None:
    made = await desk.report(narrative="at the bridge")
    moved = await corrected(desk, made, {"narrative": "north of the bridge", "location": {"place_name": "Hill"}})
    graded = await desk.step(moved, "grade", {"info_credibility": "2"}, by="unmix:verifier:Vera")
    text = ("at the bridge", "north of the bridge")
    assert fields(await difference(desk, made, 2)) == {"narrative": text, "location.place_name": (None, "Hill")}
    answer = (await difference(desk, made, 3, other=1)).json()
    assert [change["field"] for change in answer["changes"]] == [
        "grading.info_credibility",
        "location.place_name",
        "narrative",
    ]
    assert [(step["revision"], step["kind"]) for step in answer["steps"]] == [(3, "graded"), (2, "corrected")]
    assert answer["steps"][0]["by"] == "unmix:verifier:Vera"
    assert (answer["from_revision"], answer["to_revision"], answer["form"]) == (1, 3, "full")
    backwards = await difference(desk, made, 1, other=3)
    assert fields(backwards)["narrative"] == (text[1], text[0])
    assert [step["revision"] for step in backwards.json()["steps"]] == [3, 2]
    assert graded["revision"] == 3


async def test_the_first_is_compared_with_nothing_and_any_with_itself(desk: Desk) -> None:
    made = await desk.report(narrative="at the bridge")
    first = await difference(desk, made, 1)
    assert fields(first)["narrative"] == (None, "at the bridge")
    assert [step["kind"] for step in first.json()["steps"]] == ["reported"]
    same = await difference(desk, made, 1, other=1)
    assert (same.json()["changes"], same.json()["steps"]) == ([], [])
    assert fields(await difference(desk, made, 1, other=0)) == fields(first)


@pytest.mark.parametrize("number", [1, 2])
async def test_a_reduced_reader_learns_nothing_that_was_ever_hidden(desk: Desk, number: int) -> None:
    made = await desk.report(**marked(tlp="red"))
    location = {"place_name": f"{SECRET} 2", "point": {"type": "Point", "coordinates": [-3.9961, 17.0421]}}
    patch = {"narrative": f"{SECRET} 2", "location": location, "outcome": "unknown", "sharing": {"tlp": "green"}}
    await corrected(desk, made, patch, reason="a slip")
    answer = await difference(desk, made, number, by=SUBSCRIBER)
    assert answer.json()["form"] == "reduced"
    assert not is_told(answer.text)
    assert "-3.996" not in answer.text
    assert fields(answer)["outcome"][1] == ("found_not_cleared", "unknown")[number - 1]
    if number == 2:
        assert set(fields(answer)) == {"outcome", "sharing.tlp"}


async def test_contacts_are_compared_for_those_who_assess_alone(desk: Desk) -> None:
    made = await desk.report(**marked(tlp="green"))
    more = {"organisation": "Unit 4", "role": "clerk", "contact_ref": "book-99"}
    await desk.step(made, "reports", more, by=OPERATOR)
    assert "book-99" in (await difference(desk, made, 2)).text
    thin = await difference(desk, made, 2, by=SUBSCRIBER)
    assert "Unit 4" in thin.text
    assert "book-99" not in thin.text


async def test_what_is_not_there_or_not_to_be_seen_is_not_found(desk: Desk) -> None:
    made = await desk.report()
    for number, other in ((2, None), (1, 2), (2, 1)):
        assert (await difference(desk, made, number, other=other)).status_code == 404
    unknown = {"incident_id": "01890000-0000-7000-8000-000000000009"}
    assert (await difference(desk, unknown, 1)).status_code == 404
    assert (await difference(desk, made, 1, by="other:admin")).status_code == 404
    await corrected(desk, made, {"sharing": SEEN_BY_NONE})
    assert (await difference(desk, made, 1, by=SUBSCRIBER)).status_code == 404
    assert (await difference(desk, made, 2, other=-1)).status_code == 422


async def test_a_merged_incident_is_compared_as_its_history_is_read(desk: Desk) -> None:
    made, other = await desk.report(), await desk.report(narrative="the same", time=a_report()["time"])
    await desk.step(made, "merge", {"survivor_id": other["incident_id"]})
    answer = await difference(desk, made, 2)
    assert fields(answer)["links.merged_into"] == (None, other["incident_id"])
