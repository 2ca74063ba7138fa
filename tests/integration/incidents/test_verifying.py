"""Verified means verified: by someone else, and no longer when what was verified changes. Over HTTP."""

from typing import Any

import pytest
from sqlalchemy import update

from clearway_incidents.storage.tables import REVISIONS
from clearway_platform.service import Platform

from .conftest import Desk, a_report
from .test_life import refused, verified

MOVED = {"location": {"point": {"coordinates": [-3.9962, 17.0521]}}}
DECISIVE = [
    MOVED,
    {"location": {"uncertainty_m": 300}},
    {"time": {"occurred_at": "2026-03-01T04:00:00Z"}},
    {"category": "landmine"},
    {"outcome": "hoax"},
    {"exercise": True},
]
NAMES = [
    {"location": {"place_name": "km 12", "admin1": "Gao", "admin2": "Ansongo"}},
    {"narrative": "seen again"},
    {"location": {"point": {"coordinates": [-3.9962, 17.0422]}}},
]


async def corrected(
    desk: Desk, incident: dict[str, Any], patch: dict[str, Any], by: str = "unmix:reporter", **query: Any
) -> dict[str, Any]:
    path = f"/{incident['incident_id']}"
    answer = await desk.ask("PATCH", path, patch, by=by, seen=incident["revision"], **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def merged(desk: Desk, loser: dict[str, Any], survivor: dict[str, Any]) -> dict[str, Any]:
    """The loser as an alias."""
    loser = await desk.read(loser)
    return await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]}, by="unmix:verifier:merger")


@pytest.mark.parametrize("patch", DECISIVE)
async def test_a_decisive_correction_takes_a_verification_back(desk: Desk, patch: dict[str, Any]) -> None:
    incident = await corrected(desk, await verified(desk), patch)
    assert incident["status"] == "under_review"
    kinds = [kind for kind, _value in await desk.published()]
    assert kinds[-1] == "incident.corrected"
    history = (await desk.ask("GET", f"/{incident['incident_id']}/revisions")).json()["items"]
    assert "status" in history[0]["changed"]


@pytest.mark.parametrize("patch", NAMES)
async def test_a_name_or_a_finer_place_takes_nothing_back(desk: Desk, patch: dict[str, Any]) -> None:
    assert (await corrected(desk, await verified(desk), patch))["status"] == "verified"


async def test_many_small_moves_are_one_large_one(desk: Desk) -> None:
    incident = await verified(desk)
    for latitude, status in ((17.0422, "verified"), (17.0423, "verified"), (17.0424, "under_review")):
        patch = {"location": {"point": {"coordinates": [-3.9962, latitude]}}}
        incident = await corrected(desk, incident, patch)
        assert incident["status"] == status, latitude


@pytest.mark.parametrize("patch", DECISIVE)
async def test_corrected_by_a_verifier_it_stays_with_the_reason(desk: Desk, patch: dict[str, Any]) -> None:
    incident = await verified(desk)
    path = f"/{incident['incident_id']}"
    for query in ("", "?reason=%20"):
        answer = await desk.ask("PATCH", path + query, patch, seen=incident["revision"])
        assert (answer.status_code, "`reason`" in answer.json()["detail"]) == (409, True)
    incident = await corrected(desk, incident, patch, by="unmix:verifier", reason="measured on site")
    assert incident["status"] == "verified"
    history = (await desk.ask("GET", f"{path}/revisions")).json()["items"]
    assert history[0]["reason"] == "measured on site"
    # What is compared from now on is the corrected place.
    again = await corrected(desk, incident, {"narrative": "no more"})
    assert again["status"] == "verified"


async def test_a_newer_edition_of_a_source_takes_back_too(desk: Desk) -> None:
    item = a_report(external_refs=[{"system": "jocc", "id": "1"}])
    answer = await desk.ask("POST", "/v1/incident-imports", [item], by="unmix:operator")
    incident = await desk.read(answer.json()["items"][0])
    incident = await desk.step(incident, "review")
    incident = await desk.step(incident, "grade", {"info_credibility": 1}, by="unmix:verifier:grader")
    incident = await desk.step(incident, "verify")
    await desk.ask("POST", "/v1/incident-imports", [item | {"outcome": "detonated"}], by="unmix:admin:other")
    assert (await desk.read(incident))["status"] == "under_review"


async def test_who_corrected_a_decisive_fact_does_not_verify(desk: Desk) -> None:
    incident = await desk.step(await desk.report(), "review")
    incident = await corrected(desk, incident, MOVED, by="unmix:verifier:ann")
    incident = await corrected(desk, incident, {"narrative": "seen"}, by="unmix:verifier:ben")
    incident = await desk.step(incident, "grade", {"info_credibility": 1}, by="unmix:verifier:grader")
    assert await refused(desk, incident, "verify", by="unmix:verifier:ann") == 403
    assert (await desk.step(incident, "verify", by="unmix:verifier:ben"))["status"] == "verified"


async def test_who_alone_graded_it_does_not_verify(desk: Desk) -> None:
    incident = await desk.step(await desk.report(), "review")
    incident = await desk.step(incident, "grade", {"info_credibility": 1}, by="unmix:verifier:ann")
    assert await refused(desk, incident, "verify", by="unmix:verifier:ann") == 403
    incident = await desk.step(incident, "grade", {"info_credibility": 2}, by="unmix:verifier:ben")
    assert (await desk.step(incident, "verify", by="unmix:verifier:ann"))["status"] == "verified"


async def test_two_keys_of_one_person_are_one_principal(desk: Desk) -> None:
    incident = await desk.step(await desk.report(by="unmix:reporter:radio:Ann Ba"), "review")
    incident = await desk.step(incident, "reports", {"organisation": "Clinic"}, by="unmix:operator:desk:Ann Ba")
    assert await refused(desk, incident, "verify", by="unmix:verifier:ben") == 409
    incident = await desk.step(incident, "grade", {"info_credibility": 1}, by="unmix:verifier:grader")
    assert await refused(desk, incident, "verify", by="unmix:verifier:phone:ann ba") == 403
    assert (await desk.step(incident, "verify", by="unmix:verifier:ben"))["status"] == "verified"


async def test_one_organisation_in_two_reports_is_not_independent(desk: Desk) -> None:
    incident = await desk.step(await desk.report(), "review")
    incident = await desk.step(incident, "reports", {"organisation": "CONVOY 12"}, by="unmix:operator")
    assert await refused(desk, incident, "verify") == 409
    incident = await desk.step(incident, "reports", {}, by="unmix:operator")
    assert (await desk.step(incident, "verify"))["status"] == "verified"


async def test_reporters_are_found_through_merges_of_any_depth(desk: Desk) -> None:
    first = await desk.report(by="unmix:verifier:ann", report={"organisation": "Clinic"})
    second, third = await desk.report(by="unmix:reporter:two"), await desk.report(by="unmix:reporter:three")
    await corrected(desk, second, MOVED, by="unmix:verifier:cora")
    await merged(desk, first, second)
    await merged(desk, second, third)
    incident = await desk.step(await desk.read(third), "review")
    for principal in ("unmix:verifier:ann", "unmix:verifier:cora"):
        assert await refused(desk, incident, "verify", by=principal) == 403
    assert (await desk.step(incident, "verify", by="unmix:verifier:ben"))["status"] == "verified"


async def test_what_rested_on_a_report_that_leaves_goes_back(desk: Desk) -> None:
    survivor = await desk.report()
    alias = await merged(desk, await desk.report(by="unmix:reporter:two", report={"organisation": "Clinic"}), survivor)
    incident = await desk.step(await desk.step(await desk.read(survivor), "review"), "verify")
    await desk.step(alias, "unmerge")
    assert (await desk.read(incident))["status"] == "under_review"
    assert [kind for kind, _value in await desk.published()][-2:] == ["incident.unmerged"] * 2


@pytest.mark.parametrize("graded_before", [True, False])
async def test_a_grade_from_before_the_merge_holds_and_one_from_after_does_not(desk: Desk, graded_before: bool) -> None:
    grade = {"info_credibility": 1}
    incident, loser = await desk.report(), await desk.report(by="unmix:reporter:two")
    if graded_before:
        incident = await desk.step(incident, "grade", grade, by="unmix:verifier:grader")
    alias = await merged(desk, loser, incident)
    incident = await desk.read(incident)
    if not graded_before:
        incident = await desk.step(incident, "grade", grade, by="unmix:verifier:grader")
    incident = await desk.step(await desk.step(incident, "review"), "verify")
    await desk.step(alias, "unmerge")
    assert (await desk.read(incident))["status"] == ("verified" if graded_before else "under_review")


async def test_what_release_0_1_0_wrote_is_counted_too(desk: Desk, platform: Platform) -> None:
    incident = await desk.step(await desk.report(by="unmix:verifier:ann"), "review")
    incident = await desk.step(incident, "reports", {"organisation": "Clinic"}, by="unmix:reporter:two")
    incident = await corrected(desk, incident, MOVED, by="unmix:verifier:cora")
    async with platform.database.of_every_mission("a test").write() as transaction:
        bare = update(REVISIONS).values(person=None, report_id=None, decisive=None)
        await transaction.connection.execute(bare)
    for principal in ("unmix:verifier:ann", "unmix:verifier:cora"):
        assert await refused(desk, incident, "verify", by=principal) == 403
    assert (await desk.step(incident, "verify", by="unmix:verifier:ben"))["status"] == "verified"


@pytest.mark.parametrize("steps", [(), ("review",), ("review", "grade", "verify")])
async def test_a_dispute_may_begin_at_any_time_before_the_end(desk: Desk, steps: tuple[str, ...]) -> None:
    incident = await verified(desk) if "verify" in steps else await desk.report()
    incident = await desk.step(incident, "review") if steps == ("review",) else incident
    incident = await desk.step(incident, "dispute", {"reason": "another place is named"})
    assert (await desk.step(incident, "review"))["status"] == "under_review"
