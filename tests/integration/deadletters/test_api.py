"""Dead letters over HTTP, on both databases: what is shown to whom, and what becomes of a letter."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from clearway_platform.auth.principals import Principal, Role
from clearway_platform.clock import Clock
from clearway_platform.database.engines import Database
from clearway_platform.limiting.shares import Shares
from clearway_platform.limiting.stored import StoredBytes
from clearway_platform.messaging.dead_letters import DeadLetters, DeadLetterState
from clearway_platform.settings import Settings
from clearway_platform.web.app import create_app
from clearway_platform.web.dead_letters import dead_letter_router
from clearway_testing.plumbing import Plumbing, message_of, plumbing, record_of

__all__ = ["plumbing"]

PATH = "/v1/tests/dead-letters"
NARRATIVE = "Suspicious object at the culvert"


class Keys:
    async def principal(self, token: str) -> Principal | None:
        role, _, mission = token.partition("-")
        return Principal(id=token, name=token, mission=mission, role=Role(role))


@dataclass(frozen=True, slots=True)
class Platform:
    """As much of the platform as the API asks for."""

    database: Database
    clock: Clock
    dead_letters: DeadLetters
    keys: Keys
    shares: Shares
    stored: StoredBytes
    people: None = None


@pytest.fixture
async def client(plumbing: Plumbing) -> AsyncIterator[httpx.AsyncClient]:
    platform: Any = Platform(
        plumbing.database,
        plumbing.clock,
        plumbing.dead_letters,
        Keys(),
        Shares(Settings(), plumbing.clock),
        StoredBytes(plumbing.database, 0),
    )
    app = create_app(title="tests", description="", platform=platform)
    app.include_router(dead_letter_router(platform, PATH))
    transport, headers = httpx.ASGITransport(app), as_role("operator")["headers"]
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


def as_role(role: str, mission: str = "unmas") -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {role}-{mission}"}}


async def fail(plumbing: Plumbing, *, value: bytes | None = None, mission: str = "unmas", offset: int = 1) -> UUID:
    """A letter whose event is `value`, or one of a route."""
    message = message_of(plumbing.event(1, route=uuid4(), mission=mission))
    record = record_of(message if value is None else replace(message, value=value), offset=offset)
    async with plumbing.database.of_every_mission("a test").write() as transaction:
        return await plumbing.dead_letters.add(transaction, "reader", record, ValueError("it does not fit"), 5)


def incident_event(**marks: Any) -> bytes:
    reports = [{"contact_ref": "radio 7", "nine_line": {"line_3_contact_method": "7"}}, {"contact_ref": None}]
    sharing = {"tlp": "green", "classification": "unclassified"} | marks
    incident = {"narrative": NARRATIVE, "reports": reports, "sharing": sharing}
    return json.dumps({"mission": "unmas", "revision": 1, "incident": incident}).encode()


async def test_a_letter_is_listed_and_shown_with_its_event(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    letter = await fail(plumbing)
    (listed,) = (await client.get(PATH)).json()["items"]
    shown = (await client.get(f"{PATH}/{letter}")).json()
    assert listed.items() <= shown.items()
    assert (listed["letter_id"], listed["state"], listed["error"]) == (
        str(letter),
        "dead",
        "ValueError: it does not fit",
    )
    assert (listed["event_type"], listed["mission"], listed["attempts"]) == ("route.risk_changed", "unmas", 5)
    assert shown["event"]["mission"] == "unmas"
    assert shown["headers"]["ce_type"] == "route.risk_changed"
    assert shown["hidden"] == []


async def test_restricted_fields_are_for_those_who_assess(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    letter = await fail(plumbing, value=incident_event())
    operators = await client.get(f"{PATH}/{letter}")
    administrators = await client.get(f"{PATH}/{letter}", **as_role("admin"))
    assert operators.json()["hidden"] == [
        "incident.narrative",
        "incident.reports.0.contact_ref",
        "incident.reports.0.nine_line",
    ]
    assert operators.json()["event"]["incident"]["narrative"] is None
    assert NARRATIVE not in operators.text
    assert "radio 7" not in operators.text
    assert administrators.json()["hidden"] == []
    assert administrators.json()["event"] == json.loads(incident_event())


@pytest.mark.parametrize("value", [b"\xff\x00", b"{", b'{"mission": "unmas", "score": NaN}', b"", b"7"])
async def test_what_is_no_event_is_shown_as_far_as_it_goes(
    client: httpx.AsyncClient, plumbing: Plumbing, value: bytes
) -> None:
    answer = await client.get(f"{PATH}/{await fail(plumbing, value=value)}")
    assert answer.status_code == 200
    assert answer.json()["event"] == (7 if value == b"7" else None)
    assert answer.json()["headers"]["ce_mission"] == "unmas"


async def test_a_letter_is_its_missions_alone(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    theirs = await fail(plumbing, mission="monusco")
    mixed = await fail(plumbing, value=b'{"mission": "monusco"}', offset=2)
    assert (await client.get(PATH)).json()["items"] == []
    for letter in (theirs, mixed):
        requests = [
            await client.get(f"{PATH}/{letter}"),
            await client.post(f"{PATH}/{letter}/replay"),
            await client.post(f"{PATH}/{letter}/discard", json={"reason": "not ours"}),
        ]
        assert [answer.status_code for answer in requests] == [404, 404, 404]
    assert (await client.get(PATH, **as_role("admin", "monusco"))).json()["items"][0]["letter_id"] == str(theirs)
    assert [letter.state for letter in await plumbing.dead_letters.list()] == [DeadLetterState.DEAD] * 2


@pytest.mark.parametrize("role", ["reporter", "verifier", "analyst", "subscriber"])
async def test_only_operators_and_administrators_may(client: httpx.AsyncClient, role: str) -> None:
    assert (await client.get(PATH, **as_role(role))).status_code == 403


async def test_a_replay_is_asked_for_once(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    letter = await fail(plumbing)
    asked = await client.post(f"{PATH}/{letter}/replay")
    again = await client.post(f"{PATH}/{letter}/replay")
    assert (asked.status_code, again.status_code) == (202, 202)
    assert asked.json() == again.json()
    assert asked.json()["state"] == "replaying"
    assert plumbing.dead_letters.replay_requested.is_set()
    refused = await client.post(f"{PATH}/{letter}/discard", json={"reason": "too late"})
    assert refused.status_code == 409
    assert "being replayed" in refused.json()["detail"]


async def test_a_letter_is_discarded_for_a_reason(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    letter = await fail(plumbing)
    key = {"Idempotency-Key": "discard-1"} | as_role("operator")["headers"]
    assert (await client.post(f"{PATH}/{letter}/discard", json={"reason": "  "})).status_code == 422
    body = {"reason": "sent by a test"}
    first = await client.post(f"{PATH}/{letter}/discard", json=body, headers=key)
    second = await client.post(f"{PATH}/{letter}/discard", json=body, headers=key)
    assert (first.status_code, first.json()["state"], first.json()["reason"]) == (200, "discarded", "sent by a test")
    assert first.json() == second.json()
    for answer in (
        await client.post(f"{PATH}/{letter}/discard", json=body),
        await client.post(f"{PATH}/{letter}/replay"),
    ):
        assert answer.status_code == 409
        assert "discarded" in answer.json()["detail"]
    assert (await client.get(PATH)).json()["items"] == []
    (listed,) = (await client.get(PATH, params={"state": "discarded"})).json()["items"]
    assert listed["reason"] == "sent by a test"


async def test_the_list_has_pages(client: httpx.AsyncClient, plumbing: Plumbing) -> None:
    letters = {str(await fail(plumbing, offset=offset)) for offset in range(5)}
    seen: list[str] = []
    page: dict[str, Any] = {"next": None}
    while not seen or page.get("next"):
        query = {"limit": 2} | ({"cursor": page["next"]} if page["next"] else {})
        page = (await client.get(PATH, params=query)).json()
        seen += [item["letter_id"] for item in page["items"]]
    assert len(seen) == 5
    assert set(seen) == letters


@pytest.mark.parametrize("cursor", ["x", "WyJhIiwgImIiXQ", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgImIiXQ"])
async def test_a_foreign_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    assert (await client.get(PATH, params={"cursor": cursor})).status_code == 400


@pytest.mark.parametrize(
    "value",
    [
        incident_event(tlp="red"),
        incident_event(classification="strictly_confidential"),
        incident_event(classification=None),
        incident_event(tlp="purple"),
        json.dumps({"mission": "unmas", "revision": 1, "incident": {"narrative": NARRATIVE}}).encode(),
        json.dumps({"mission": "unmas", "revision": 1, "alert": {"tlp": "red", "headline": NARRATIVE}}).encode(),
    ],
)
async def test_above_the_ceiling_only_ids_are_shown(
    client: httpx.AsyncClient, plumbing: Plumbing, value: bytes
) -> None:
    letter = await fail(plumbing, value=value)
    shown = (await client.get(f"{PATH}/{letter}")).json()
    [part] = json.loads(value).keys() - {"mission", "revision"}
    assert shown["event"] == {"mission": "unmas", "revision": 1, part: None}
    assert shown["hidden"] == [part]
    [listed] = (await client.get(PATH)).json()["items"]
    assert shown["error"] == listed["error"] == "ValueError"
    administrators = (await client.get(f"{PATH}/{letter}", **as_role("admin"))).json()
    assert administrators["event"] == json.loads(value)
    assert administrators["error"] == "ValueError: it does not fit"
