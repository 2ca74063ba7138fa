"""A nine-line report is read back, and recorded when somebody has looked at it, or at once where asked."""

import json
from typing import Any

import httpx
import pytest

from clearway_incidents.storage.tables import INCIDENTS
from clearway_platform.clock import new_id

from .conftest import Desk

PATH = "/v1/incidents:nine-line"
LINES = {
    1: "281040ZFEB26",
    2: "Convoy 12, 30Q VD 12345 67890, 3 km north of the well",
    4: "1 x IED found on roadside",
    7: "convoy halted, road closed",
    8: "cordon, EOD requested",
    9: "immediate",
}
TEXT = "\n".join(f"LINE {number}: {text}" for number, text in LINES.items())


async def read(desk: Desk, text: str = TEXT, *, by: str = "unmix:reporter", **body: Any) -> httpx.Response:
    return await desk.ask("POST", PATH, {"text": text, **body}, by=by)


async def test_a_text_is_read_back_line_by_line_and_nothing_is_recorded(desk: Desk) -> None:
    answer = await read(desk)
    said = answer.json()
    assert answer.status_code == 200
    assert [line["line"] for line in said["lines"]] == [*range(1, 10)]
    assert {line["line"]: line["text"] for line in said["lines"] if line["text"]} == LINES
    category = said["lines"][3]["understood"][0]
    assert category == {"field": "category", "value": "ied", "words": "IED", "assumed": []}
    assert said["lines"][3]["not_understood"] == ["1 x"]
    assert (said["missing"], said["held_back"], said["incident"]) == ([], [], None)
    assert await desk.count(INCIDENTS) == 0
    assert await desk.published() == []


async def test_the_draft_is_confirmed_as_a_report(desk: Desk) -> None:
    draft = (await read(desk, report={"organisation": "Convoy 12", "channel": "radio"})).json()["draft"]
    answer = await desk.ask("POST", body=draft, by="unmix:reporter")
    assert answer.status_code == 201
    incident = answer.json()
    assert incident["incident_id"] == draft["incident_id"]
    assert incident["time"]["occurred_at"] == "2026-02-28T10:40:00Z"
    assert incident["location"]["point"]["coordinates"] == pytest.approx([-3.822996, 16.892904])
    assert incident["location"]["setting"] == "water_point"
    assert (incident["category"], incident["outcome"]) == ("ied", "found_not_cleared")
    assert incident["impact"]["mission_impact"] == "halt"
    assert incident["protective_measures"] == ["cordon", "eod_requested"]
    assert incident["reports"][0]["organisation"] == "Convoy 12"
    assert incident["reports"][0]["nine_line"]["line_4_type_of_ordnance"] == LINES[4]
    # Whoever confirms twice reports once.
    assert (await desk.ask("POST", body=draft, by="unmix:reporter")).status_code == 200
    assert await desk.count(INCIDENTS) == 1


async def test_it_is_recorded_at_once_where_asked(desk: Desk) -> None:
    mine = str(new_id())
    answer = await read(desk, record=True, incident_id=mine, report={"channel": "sms"})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/incidents/{mine}"
    incident = answer.json()["incident"]
    assert (incident["incident_id"], incident["reports"][0]["channel"]) == (mine, "sms")
    [(kind, value)] = await desk.published()
    assert kind == "incident.reported"
    assert json.loads(value)["incident"]["category"] == "ied"
    again = await read(desk, record=True, incident_id=mine, report={"channel": "sms"})
    assert (again.status_code, again.json()["incident"]) == (200, incident)
    assert await desk.count(INCIDENTS) == 1


async def test_messages_are_joined_in_the_order_that_they_say(desk: Desk) -> None:
    words = TEXT.split()
    parts = [" ".join(words[at : at + 4]) for at in range(0, len(words), 4)]
    messages = [f"{number}/{len(parts)} {part}" for number, part in enumerate(parts, start=1)]
    assert 2 < len(messages) <= 10
    answer = await desk.ask("POST", PATH, {"messages": messages[::-1]}, by="unmix:reporter")
    kept = answer.json()["draft"]["report"]["nine_line"].values()
    assert [text.split() for text in kept] == [text.split() for text in LINES.values()]


@pytest.mark.parametrize(
    ("text", "held_back"),
    [
        ("LINE 4: IED, destroyed by EOD team", ["outcome"]),
        ("LINE 4: fausse alerte, rien d'explosif", ["category", "outcome"]),
        ("LINE 7: road open LINE 9: no threat", ["impact.road_passable", "priority"]),
        ("EXERCISE EXERCISE EXERCISE LINE 4: IED found", ["exercise"]),
    ],
)
async def test_what_makes_the_hazard_less_is_not_recorded_unseen(desk: Desk, text: str, held_back: list[str]) -> None:
    whole = f"{text} LINE 2: 30Q VD 12345 67890"
    assert (await read(desk, whole)).json()["held_back"] == held_back
    answer = (await read(desk, whole, record=True)).json()
    incident = answer["incident"]
    assert answer["held_back"] == held_back
    assert incident["category"] != "not_explosive"
    assert incident["outcome"] in ("unknown", "found_not_cleared")
    assert incident["hazard_state"] not in ("cleared", "none")
    assert (incident["priority"], incident["impact"]["road_passable"]) != ("no_threat", "yes")
    assert incident["exercise"] is False


async def test_what_is_possible_beside_it_makes_a_found_device_no_less(desk: Desk) -> None:
    answer = (await read(desk, "LINE 2: 30Q VD 12345 67890 LINE 4: IED found, possible secondary", record=True)).json()
    assert answer["held_back"] == ["hazard_state"]
    assert (answer["incident"]["outcome"], answer["incident"]["hazard_state"]) == ("found_not_cleared", "active")


async def test_a_sender_may_say_that_it_is_an_exercise(desk: Desk) -> None:
    assert (await read(desk, record=True, exercise=True)).json()["incident"]["exercise"] is True


async def test_without_a_position_nothing_is_recorded_and_it_says_what_to_give(desk: Desk) -> None:
    said = (await read(desk, "LINE 4: IED seen")).json()
    assert said["missing"] == ["location"]
    assert "location" not in said["draft"]
    refused = await read(desk, "LINE 4: IED seen", record=True)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], "30Q VD 12345 67890" in error["remedy"]) == ("body.text", True)
    assert await desk.count(INCIDENTS) == 0


async def test_a_long_line_is_kept_whole(desk: Desk) -> None:
    seen = " ".join(f"seen{number}" for number in range(150))
    draft = (await read(desk, f"LINE 2: 30Q VD 12345 67890 LINE 4: IED {seen}")).json()["draft"]
    kept = draft["report"]["nine_line"]["line_4_type_of_ordnance"] + draft["narrative"].partition("…")[2]
    assert kept == f"IED {seen}"
    assert (await desk.ask("POST", body=draft, by="unmix:reporter")).status_code == 201


async def test_a_contact_never_becomes_a_narrative(desk: Desk) -> None:
    contact = "LINE 3: " + "VHF 45.250 " * 46
    refused = await read(desk, f"LINE 2: 30Q VD 12345 67890\n{contact}\nLINE 4: IED", record=True)
    assert (refused.status_code, "in line 3" in refused.json()["detail"]) == (422, True)
    said = await read(desk, "LINE 2: 30Q VD 12345 67890\nLINE 3: VHF 45.250\nLINE 4: IED", record=True)
    assert said.json()["incident"]["reports"][0]["nine_line"]["line_3_contact_method"] is None
    assert "45.250" not in (await desk.published())[0][1].decode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"text": " \n "}, "body"),
        ({"text": "a", "messages": ["b"]}, "body"),
        ({"messages": []}, "body.messages"),
        ({"messages": ["a"] * 11}, "body.messages"),
        ({"messages": ["a" * 400] * 10}, "body"),
        ({"text": "a" * 3501}, "body.text"),
        ({"text": "a\x00"}, "body.text"),
        ({"text": "a", "report": {"nine_line": {}}}, "body.report.nine_line"),
    ],
)
async def test_what_is_no_text_is_refused_with_its_place(desk: Desk, body: dict[str, Any], field: str) -> None:
    answer = await desk.ask("POST", PATH, body, by="unmix:reporter")
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_subscriber_may_not_report(desk: Desk) -> None:
    assert (await read(desk, by="unmix:subscriber")).status_code == 403


async def test_a_mission_reads_only_its_own(desk: Desk) -> None:
    mine = str(new_id())
    await read(desk, record=True, incident_id=mine)
    answer = await read(desk, record=True, incident_id=mine, by="other:reporter")
    assert answer.status_code == 201
    assert (await desk.ask("GET", f"/{mine}", by="other:reporter")).json()["mission"] == "other"
