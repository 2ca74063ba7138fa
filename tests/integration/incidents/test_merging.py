"""Merging and parting."""

from typing import Any

from .conftest import Desk

DEAD = [{"outcome": "killed", "low": 2, "best": 2, "high": 2}]
HURT = [{"outcome": "injured", "low": 1, "best": 1, "high": 3}]


async def pair(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    loser = await desk.report(casualties=DEAD, report={"organisation": "Clinic"})
    return await desk.step(loser, "review"), await desk.read(await desk.report(casualties=HURT))


async def merged(desk: Desk, loser: dict[str, Any], survivor: dict[str, Any], **body: Any) -> dict[str, Any]:
    return await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"], **body})


async def test_an_alias_answers_308_to_its_survivor_and_keeps_its_past(desk: Desk) -> None:
    loser, survivor = await pair(desk)
    before = desk.clock.now().isoformat()
    alias = await merged(desk, loser, survivor)
    assert (alias["status"], alias["links"]["merged_into"]) == ("merged", survivor["incident_id"])
    answer = await desk.ask("GET", f"/{loser['incident_id']}")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/incidents/{survivor['incident_id']}")
    assert (await desk.ask("GET", f"/{loser['incident_id']}", as_of=before)).status_code == 200
    assert [kind for kind, _value in await desk.published()][-2:] == ["incident.merged", "incident.merged"]


async def test_casualties_are_chosen_and_reports_joined(desk: Desk) -> None:
    loser, survivor = await pair(desk)
    await merged(desk, loser, survivor, casualties="merged")
    joined = await desk.read(survivor)
    assert joined["casualties"] == loser["casualties"]
    assert joined["links"]["merged_from"] == [loser["incident_id"]]
    assert {report["organisation"] for report in joined["reports"]} == {"Clinic", "Convoy 12"}


async def test_unmerging_restores_both(desk: Desk) -> None:
    loser, survivor = await pair(desk)
    alias = await merged(desk, loser, survivor, casualties="merged")
    joined = await desk.read(survivor)
    patch = {"narrative": "corrected meanwhile"}
    await desk.ask("PATCH", f"/{joined['incident_id']}", patch, seen=joined["revision"])
    restored = await desk.step(alias, "unmerge")
    parted = await desk.read(survivor)
    assert facts(restored) == facts(loser)
    assert facts(parted) == facts(survivor) | patch
    assert restored["revision"] == 4


async def test_casualties_that_were_corrected_since_stay(desk: Desk) -> None:
    loser, survivor = await pair(desk)
    alias = await merged(desk, loser, survivor, casualties="merged")
    joined = await desk.read(survivor)
    corrected = [{"outcome": "killed", "low": 3, "best": 3, "high": 3}]
    await desk.ask("PATCH", f"/{joined['incident_id']}", {"casualties": corrected}, seen=joined["revision"])
    await desk.step(alias, "unmerge")
    assert (await desk.read(survivor))["casualties"][0]["best"] == 3


async def test_what_cannot_be_merged_is_refused(desk: Desk) -> None:
    loser, survivor = await pair(desk)
    foreign = await desk.report(by="other:reporter")
    exercise = await desk.report(exercise=True)
    retracted = await desk.step(await desk.report(), "retract", {"reason": "duplicate"})
    path = f"/{loser['incident_id']}/merge"
    statuses = [
        (await desk.ask("POST", path, {"survivor_id": other["incident_id"]}, seen=2)).status_code
        for other in (loser, foreign, exercise, retracted)
    ]
    assert statuses == [409, 422, 409, 409]
    alias = await merged(desk, loser, survivor)
    again = {"survivor_id": survivor["incident_id"]}
    assert (await desk.ask("POST", path, again, seen=alias["revision"])).status_code == 409


async def test_who_reported_the_alias_cannot_verify_the_survivor(desk: Desk) -> None:
    loser = await desk.report(by="unmix:verifier:ann", report={"organisation": "Clinic"})
    survivor = await desk.report()
    await merged(desk, loser, survivor)
    joined = await desk.step(await desk.read(survivor), "review")
    path = f"/{joined['incident_id']}/verify"
    assert (await desk.ask("POST", path, {}, seen=joined["revision"], by="unmix:verifier:ann")).status_code == 403
    assert (await desk.step(joined, "verify", by="unmix:verifier:ben"))["status"] == "verified"


def facts(incident: dict[str, Any]) -> dict[str, Any]:
    """What is said of the event, and where it stands."""
    return {name: value for name, value in incident.items() if name not in ("revision", "audit")}
