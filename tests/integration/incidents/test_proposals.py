"""What a newer edition no longer has is proposed to be retracted, and a person decides."""

from typing import Any

import httpx

from .conftest import Desk, a_claim, a_report

SYSTEM = "register"


async def imported(desk: Desk, *names: str) -> None:
    items = [a_report(external_refs=[{"system": SYSTEM, "id": name}]) for name in names]
    answer = await desk.ask("POST", "/v1/incident-imports", items, by="unmix:operator")
    assert answer.json()["refused"] == 0


async def compared(desk: Desk, *names: str, edition: str = "2026.csv", by: str = "unmix:operator") -> httpx.Response:
    body = {"system": SYSTEM, "edition": edition, "ids": list(names)}
    return await desk.ask("POST", "/v1/proposals", body, by=by)


async def listed(desk: Desk, by: str = "unmix:verifier", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.ask("GET", "/v1/proposals", by=by, **query)).json()["items"]
    return found


async def decided(desk: Desk, proposal: dict[str, Any], how: str, body: object, **options: Any) -> httpx.Response:
    path = f"/v1/proposals/{proposal['proposal_id']}/{how}"
    return await desk.ask("POST", path, body, **{"seen": proposal["revision"], **options})


async def test_what_is_gone_is_proposed_and_nothing_is_retracted(desk: Desk) -> None:
    await imported(desk, "1", "2", "3")
    await desk.report()
    answer = await compared(desk, "1", "3", "4")
    assert answer.json() == {"proposed": 1, "withdrawn": 0, "open": 1}
    [proposal] = await listed(desk)
    assert (proposal["external_id"], proposal["state"], proposal["edition"]) == ("2", "open", "2026.csv")
    assert (await desk.read(proposal))["status"] == "reported"
    assert await listed(desk, by="other:verifier") == []
    assert (await compared(desk, "1", "3", "4")).json() == {"proposed": 0, "withdrawn": 0, "open": 1}
    assert (await compared(desk, "1", by="unmix:reporter")).status_code == 403


async def test_accepting_retracts_it_once(desk: Desk) -> None:
    await imported(desk, "1", "2")
    await compared(desk, "1")
    [proposal] = await listed(desk)
    body = {"reason": "false_report"}
    assert (await decided(desk, proposal, "accept", body, by="unmix:operator")).status_code == 403
    assert (await decided(desk, proposal, "accept", body, by="other:verifier")).status_code == 404
    assert (await decided(desk, proposal, "accept", body, seen=7)).status_code == 412
    accepted = (await decided(desk, proposal, "accept", body)).json()
    assert (accepted["state"], accepted["revision"], accepted["decided_by"]) == ("accepted", 2, "unmix:verifier")
    assert (await desk.read(proposal))["retraction"]["reason"] == "false_report"
    assert (await desk.published())[-1][0] == "incident.retracted"
    assert (await decided(desk, accepted, "accept", body)).status_code == 409
    assert (await compared(desk, "1")).json() == {"proposed": 0, "withdrawn": 0, "open": 0}
    assert [one["state"] for one in await listed(desk, state="accepted")] == ["accepted"]


async def test_what_was_dismissed_is_not_proposed_again(desk: Desk) -> None:
    await imported(desk, "1", "2")
    await compared(desk, "1")
    [proposal] = await listed(desk)
    dismissed = (await decided(desk, proposal, "dismiss", {"reason": "we were there"})).json()
    assert (dismissed["state"], dismissed["reason"]) == ("dismissed", "we were there")
    assert (await desk.read(proposal))["status"] == "reported"
    assert (await compared(desk, "1", edition="2027.csv")).json()["proposed"] == 0


async def test_a_row_that_comes_back_withdraws_its_proposal(desk: Desk) -> None:
    await imported(desk, "1", "2")
    await compared(desk, "1")
    assert (await compared(desk, "1", "2", edition="2027.csv")).json() == {"proposed": 0, "withdrawn": 1, "open": 0}
    assert (await compared(desk, "1", edition="2028.csv")).json() == {"proposed": 1, "withdrawn": 0, "open": 1}
    [proposal] = await listed(desk)
    assert (proposal["edition"], proposal["revision"], proposal["decided_by"]) == ("2028.csv", 3, None)


async def test_an_incident_that_is_over_cannot_be_accepted(desk: Desk) -> None:
    await imported(desk, "1", "2")
    await compared(desk, "1")
    [proposal] = await listed(desk)
    await desk.step(await desk.read(proposal), "retract", {"reason": "privacy"})
    assert (await decided(desk, proposal, "accept", {"reason": "false_report"})).status_code == 409
    [still] = await listed(desk)
    assert still["revision"] == 1


async def test_a_part_of_an_edition_proposes_nothing(desk: Desk) -> None:
    await imported(desk, *(str(number) for number in range(20)))
    answer = await compared(desk, "0", "1")
    assert (answer.status_code, "whole edition" in answer.json()["detail"]) == (409, True)
    assert await listed(desk) == []


async def test_proposals_come_in_pages(desk: Desk) -> None:
    await imported(desk, *(str(number) for number in range(5)))
    await compared(desk, "none")
    page = (await desk.ask("GET", "/v1/proposals", limit=3)).json()
    rest = (await desk.ask("GET", "/v1/proposals", limit=3, cursor=page["next"])).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
    one = await desk.ask("GET", f"/v1/proposals/{page['items'][0]['proposal_id']}")
    assert (one.json(), one.headers["etag"]) == (page["items"][0], '"1"')


async def test_a_claim_does_not_hinder_a_retraction(desk: Desk) -> None:
    await imported(desk, "1", "2")
    await compared(desk, "1")
    [proposal] = await listed(desk)
    await desk.step(await desk.read(proposal), "clearance", a_claim())
    assert (await decided(desk, proposal, "accept", {"reason": "false_report"})).status_code == 200


async def within(desk: Desk, names: list[str], **scope: object) -> int:
    """How much an edition of a part proposes."""
    body = {"system": SYSTEM, "edition": "a part", "ids": names, "scope": scope}
    answer = await desk.ask("POST", "/v1/proposals", body, by="unmix:operator")
    assert answer.status_code == 200, answer.text
    proposed: int = answer.json()["proposed"]
    return proposed


async def test_an_edition_of_a_part_says_nothing_of_the_rest(desk: Desk) -> None:
    place = {"point": {"type": "Point", "coordinates": [0, 15]}, "precision": "locality"}
    days = ("2025-01-10", "2025-02-10", "2026-01-10")
    items = [
        a_report(
            external_refs=[{"system": SYSTEM, "id": f"{country}{day}"}],
            location=place | {"admin0": country},
            time={"earliest": f"{day}T00:00:00Z", "latest": f"{day}T23:59:59Z"},
        )
        for country in ("MLI", "NER")
        for day in days
    ]
    answer = await desk.ask("POST", "/v1/incident-imports", items, by="unmix:operator")
    assert answer.json()["created"] == 6
    year = {"earliest": "2025-01-01T00:00:00Z", "latest": "2025-12-31T23:59:59Z"}
    assert await within(desk, ["MLI2025-01-10"], countries=["MLI"], **year) == 1
    assert [one["external_id"] for one in await listed(desk)] == ["MLI2025-02-10"]
    assert await within(desk, ["x"], countries=["TCD"]) == 0
    assert await within(desk, ["x"], from_id="NER", before_id="NER2025-02-10") == 1
    assert await within(desk, ["x"], from_id="NER2025-02-10", before_id="NER2026") == 1
    assert {one["external_id"] for one in await listed(desk)} == {"MLI2025-02-10", "NER2025-01-10", "NER2025-02-10"}
