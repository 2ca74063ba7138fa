"""What requests leave in the audit, and what administrators of a mission read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from clearway_incidents.commands.linking import Linking
from clearway_platform.audit.reading import Wanted, records
from clearway_platform.audit.records import NO_MISSION
from clearway_platform.auth.principals import Role

from .mission import Mission, attached, await_that, found_mission, made, public_areas, report
from .served import Served, served

# A mission has a key of each role, and one that is limited.
KEYS = len(Role) + 1


@pytest.fixture
def mission(platform: Served, request: pytest.FixtureRequest) -> Mission:
    return found_mission(platform, f"un-{abs(hash(request.node.name)) % 10**9}")


def audit_of(mission: Mission, **narrowed: str) -> list[dict[str, Any]]:
    with mission.client() as client:
        items: list[dict[str, Any]] = client.get("/v1/audit", params=narrowed).raise_for_status().json()["items"]
    return items


def some(mission: Mission, **narrowed: str) -> list[dict[str, Any]]:
    """The records, once there are any."""
    return await_that(lambda: audit_of(mission, **narrowed), f"a record of {narrowed}")


def test_a_denial_is_on_record_once(mission: Mission) -> None:
    with mission.client(Role.REPORTER) as client:
        for _ in range(5):
            answer = client.get("/v1/keys")
            assert answer.status_code == 403
    [denied] = some(mission, kind="request.denied")
    assert denied["actor"] == mission.key_ids[Role.REPORTER]
    assert denied["subject"] == "not_permitted GET /v1/keys"
    assert denied["request_id"]


def test_what_is_published_is_on_record(mission: Mission) -> None:
    with mission.client() as client:
        off = public_areas("areas", published=False, public_name="a-valley")
        made(client.put("/v1/public-areas", json=off, headers={"If-Match": '"0"'}))
        made(client.put("/v1/public-areas", json=off | {"published": True}, headers={"If-Match": '"1"'}))
    await_that(lambda: len(audit_of(mission, kind="publication.changed")) == 2, "both are on record")
    on, before = audit_of(mission, kind="publication.changed")
    assert (on["subject"], on["actor"]) == ("public areas: on, as a-valley", mission.key_ids[Role.ADMIN])
    assert before["subject"] == "public areas: off, as a-valley"


def test_a_request_without_a_valid_key_is_on_record_of_no_mission(platform: Served, mission: Mission) -> None:
    with httpx.Client(base_url=platform.url) as client:
        assert client.get("/v1/routes", headers={"Authorization": "Bearer cwk_0_0"}).status_code == 401

    def there() -> bool:
        database = platform.stored[0].platform.audit
        found = platform.run(records(database, NO_MISSION, Wanted(), before=None, limit=100))
        return any(one.entry.subject == "bad_key GET /v1/routes" for one in found)

    assert await_that(there, "a record of the denial")
    assert audit_of(mission, kind="request.denied") == []


def test_keys_are_on_record(mission: Mission) -> None:
    created = [one["subject"] for one in audit_of(mission, kind="key.created")]
    assert set(created) > set(mission.key_ids.values())
    assert len(created) == KEYS


def test_a_read_of_what_is_kept_from_others_is_on_record(mission: Mission) -> None:
    with mission.client() as client:
        secret = made(client.post("/v1/incidents", json=report("x", sharing={"tlp": "red"})))["incident_id"]
        known = made(client.post("/v1/incidents", json=report("x", sharing={"tlp": "green"})))["incident_id"]
        for _ in range(2):
            client.get(f"/v1/incidents/{secret}").raise_for_status()
            client.get(f"/v1/incidents/{known}").raise_for_status()
            client.get("/v1/incidents").raise_for_status()
    with mission.client(Role.REPORTER) as client:
        assert client.get(f"/v1/incidents/{secret}").json()["form"] == "reduced"
    [read] = some(mission, kind="restricted.read")
    assert (read["subject"], read["actor"]) == (f"incident {secret}", mission.key_ids[Role.ADMIN])
    assert some(mission, subject=f"incident {secret}") == [read]


def test_photos_that_come_and_go_are_on_record(mission: Mission) -> None:
    with mission.client() as client:
        incident_id = made(client.post("/v1/incidents", json=report("x", sharing={"tlp": "red"})))["incident_id"]
        attachment_id = attached(client, incident_id, "x")
        assert attached(client, incident_id, "x") == attachment_id
        address = f"/v1/incidents/{incident_id}/attachments/{attachment_id}"
        client.get(address).raise_for_status()
        for _ in range(2):
            made(client.post(f"{address}/remove", json={"reason": "a face is seen"}))
    for kind in ("file.added", "file.removed"):
        [record] = some(mission, kind=kind)
        assert record["subject"] == f"attachment {attachment_id} of incident {incident_id}"
        assert record["actor"] == mission.key_ids[Role.ADMIN]
    assert [one["kind"] for one in some(mission, subject=f"incident {incident_id}")] == ["restricted.read"]


def test_a_stream_that_is_opened_is_an_export(mission: Mission) -> None:
    with mission.client() as client, client.stream("GET", "/v1/incident-events") as stream:
        assert stream.status_code == 200
    [exported] = some(mission, kind="data.exported")
    assert exported["subject"] == "stream of incidents"


def test_pages_lead_to_the_first_record(mission: Mission) -> None:
    with mission.client() as client:
        seen, cursor = [], None
        while True:
            asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = client.get("/v1/audit", params=asked).raise_for_status().json()
            seen += [item["sequence"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert seen == list(range(KEYS, 0, -1))


def test_only_administrators_read_it_and_only_of_their_mission(platform: Served, mission: Mission) -> None:
    other = found_mission(platform, f"{mission.name}-other")
    theirs = {one["subject"] for one in audit_of(other)}
    assert theirs > set(other.key_ids.values())
    assert theirs.isdisjoint(mission.key_ids.values())
    for role in set(Role) - {Role.ADMIN}:
        with mission.client(role) as client:
            assert client.get("/v1/audit").status_code == 403


def test_the_status_names_checkpoints_and_places(mission: Mission) -> None:
    def status() -> dict[str, Any] | None:
        with mission.client() as client:
            found: dict[str, Any] = client.get("/v1/audit/status").raise_for_status().json()
        return found if found["places"] else None

    found = await_that(status, "a checkpoint at a place")
    assert found is not None
    assert found["mission"] == mission.name
    assert found["checkpoint"] >= 1
    [place] = found["places"]
    assert place["place"].endswith("audit-checkpoints.jsonl")
    assert place["problem"] is None


def test_an_audit_that_cannot_be_written_stops_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that links revisions fails, again and again: the service is ready all the same."""

    async def fail(_self: Linking) -> None:
        raise RuntimeError("nothing is linked")

    monkeypatch.setattr(Linking, "run", fail)
    with served(tmp_path, "incidents") as platform:
        own = found_mission(platform, "unready")
        failed = 'clearway_worker_restarts_total{worker="audit of incidents linking"}'
        await_that(lambda: failed in httpx.get(f"{platform.url}/metrics").text, "a worker that failed")
        assert httpx.get(f"{platform.url}/readyz").json()["status"] == "ready"
        with own.client(Role.REPORTER) as client:
            assert client.post("/v1/incidents", json=report("unready")).status_code == httpx.codes.CREATED
