"""Clearing a hazard under four eyes, over HTTP: it stands until a second person confirms that it is gone."""

from typing import Any

import pytest

from .conftest import Desk, a_claim, a_report
from .test_life import refused


async def claimed(desk: Desk, incident: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """The incident with a clearance that a reporter claimed."""
    options = {"by": "unmix:reporter"} | options
    return await desk.step(incident or await desk.report(), "clearance", a_claim(), **options)


async def imported(desk: Desk, **changes: Any) -> dict[str, Any]:
    """The one item of an import."""
    item = a_report(external_refs=[{"system": "jocc", "id": "1"}], **changes)
    answer = await desk.ask("POST", "/v1/incident-imports", [item], by="unmix:admin:import")
    item = answer.json()["items"][0]
    assert item["result"] in ("created", "corrected"), item
    found: dict[str, Any] = await desk.read(item)
    return found


async def test_a_claim_clears_nothing_and_has_its_evidence(desk: Desk) -> None:
    incident = await claimed(desk)
    assert incident["hazard_state"] == "active"
    assert incident["clearance"] == a_claim() | {
        "state": "claimed",
        "hazard_state": "cleared",
        "reference": None,
        "claimed_by": "unmix:reporter",
        "confirmed_by": None,
        "override_reason": None,
    }
    assert [kind for kind, _value in await desk.published()][1:] == ["incident.clearance_claimed"]
    assert await refused(desk, incident, "clearance", a_claim()) == 409


@pytest.mark.parametrize("missing", ["organisation", "method", "at"])
async def test_a_claim_says_who_did_what_and_when(desk: Desk, missing: str) -> None:
    body = {name: value for name, value in a_claim().items() if name != missing}
    assert await refused(desk, await desk.report(), "clearance", body) == 422


@pytest.mark.parametrize("at", ["2026-02-28T05:40:00Z", "2027-03-01T00:00:00Z"])
async def test_a_hazard_is_not_cleared_before_it_was_there_nor_in_the_future(desk: Desk, at: str) -> None:
    assert await refused(desk, await desk.report(), "clearance", a_claim(at=at)) == 422


@pytest.mark.parametrize("state", ["cleared", "none"])
async def test_another_verifier_confirms_it_and_only_then_the_hazard_falls(desk: Desk, state: str) -> None:
    incident = await desk.step(await desk.report(), "clearance", a_claim(hazard_state=state), by="unmix:verifier:ann")
    assert await refused(desk, incident, "confirm-clearance", by="unmix:verifier:ann") == 403
    assert await refused(desk, incident, "confirm-clearance", by="unmix:operator") == 403
    incident = await desk.step(incident, "confirm-clearance", by="unmix:verifier:ben")
    assert incident["hazard_state"] == state
    assert incident["clearance"]["confirmed_by"] == "unmix:verifier:ben"
    assert incident["clearance"]["override_reason"] is None
    assert (await desk.published())[-1][0] == "incident.hazard_changed"


async def test_two_keys_of_one_person_are_one_pair_of_eyes(desk: Desk) -> None:
    incident = await claimed(desk, by="unmix:operator:radio:Ann Ba")
    assert await refused(desk, incident, "confirm-clearance", by="unmix:verifier:desk: ann  BA") == 403
    assert await refused(desk, incident, "confirm-clearance", by="unmix:verifier:phone:Ann Ba") == 403
    incident = await desk.step(incident, "confirm-clearance", by="unmix:verifier:desk:Ben Ko")
    assert incident["hazard_state"] == "cleared"


async def test_one_person_alone_needs_a_reason_that_everyone_sees(desk: Desk) -> None:
    incident = await claimed(desk, by="unmix:verifier:ann")
    alone = {"override_reason": "no second verifier within a day"}
    assert await refused(desk, incident, "confirm-clearance", alone, by="unmix:verifier:ben") == 422
    incident = await desk.step(incident, "confirm-clearance", alone, by="unmix:verifier:ann")
    assert (incident["hazard_state"], incident["clearance"]["override_reason"]) == ("cleared", alone["override_reason"])
    history = (await desk.ask("GET", f"/{incident['incident_id']}/revisions")).json()["items"]
    assert history[0]["reason"] == alone["override_reason"]


async def test_a_claim_is_withdrawn_by_its_claimant_or_refused_by_a_verifier(desk: Desk) -> None:
    why = {"reason": "a second device was seen"}
    incident = await claimed(desk)
    assert await refused(desk, incident, "dismiss-clearance", why, by="unmix:operator") == 403
    for principal in ("unmix:reporter", "unmix:verifier"):
        dismissed = await desk.step(incident, "dismiss-clearance", why, by=principal)
        assert (dismissed["hazard_state"], dismissed["clearance"]) == ("active", None)
        assert await refused(desk, dismissed, "confirm-clearance", by="unmix:verifier:ben") == 409
        assert await refused(desk, dismissed, "dismiss-clearance", why) == 409
        incident = await claimed(desk, dismissed)


@pytest.mark.parametrize("before", ["active", "suspected", "marked", "unknown"])
@pytest.mark.parametrize("state", ["cleared", "none"])
async def test_no_report_makes_a_hazard_less_by_itself(desk: Desk, before: str, state: str) -> None:
    incident = await desk.report(hazard_state=before)
    assert await refused(desk, incident, "hazard", {"hazard_state": state}) == 409
    path = f"/{incident['incident_id']}"
    for patch in ({"hazard_state": state}, {"hazard_state": None}, {"clearance": {"state": "confirmed"}}):
        assert (await desk.ask("PATCH", path, patch, seen=1)).status_code == 422
    assert (await desk.ask("PATCH", path, {"outcome": "found_cleared"}, seen=1)).json()["hazard_state"] == before


async def test_that_a_hazard_stands_is_said_at_once_and_ends_a_claim(desk: Desk) -> None:
    incident = await desk.step(await claimed(desk), "hazard", {"hazard_state": "active"}, by="unmix:reporter:two")
    assert (incident["hazard_state"], incident["clearance"]) == ("active", None)
    cleared = await desk.clear(incident)
    graver = await desk.step(cleared, "hazard", {"hazard_state": "suspected"}, by="unmix:reporter")
    assert (graver["hazard_state"], graver["clearance"]) == ("suspected", None)


async def test_what_was_found_cleared_needs_no_second_person(desk: Desk) -> None:
    incident = await desk.report(outcome="found_cleared", hazard_state=None)
    assert (incident["hazard_state"], incident["clearance"]) == ("cleared", None)
    assert await refused(desk, incident, "clearance", a_claim()) == 409


async def test_an_import_claims_what_its_source_makes_less(desk: Desk) -> None:
    await imported(desk)
    newer = await imported(desk, hazard_state="cleared", narrative="cleared by the team")
    assert (newer["hazard_state"], newer["narrative"]) == ("active", "cleared by the team")
    assert newer["clearance"]["organisation"] == "Convoy 12"
    assert await refused(desk, newer, "confirm-clearance", by="unmix:admin:import") == 403
    confirmed = await desk.step(newer, "confirm-clearance")
    assert confirmed["hazard_state"] == "cleared"
    assert (await imported(desk, hazard_state="suspected"))["hazard_state"] == "suspected"


async def test_a_merge_clears_nothing_and_parting_restores(desk: Desk) -> None:
    survivor = await desk.clear(await desk.report())
    loser = await desk.report()
    alias = await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    joined = await desk.read(survivor)
    assert (joined["hazard_state"], joined["clearance"]) == ("active", None)
    assert (await desk.step(alias, "unmerge"))["hazard_state"] == "active"
    parted = await desk.read(survivor)
    assert (parted["hazard_state"], parted["clearance"]) == ("cleared", survivor["clearance"])


async def test_a_hazard_is_not_merged_into_what_is_closed(desk: Desk) -> None:
    survivor = await desk.step(await desk.report(), "review")
    survivor = await desk.step(survivor, "grade", {"info_credibility": 1}, by="unmix:verifier:ann")
    survivor = await desk.step(await desk.step(survivor, "verify"), "close", {"override_reason": "handed over"})
    body = {"survivor_id": survivor["incident_id"]}
    assert await refused(desk, await desk.report(), "merge", body) == 409
    assert (await desk.step(await desk.clear(await desk.report()), "merge", body))["status"] == "merged"
