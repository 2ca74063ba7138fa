"""One caller does not use up what is others', and nothing that ends a warning is ever refused for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.web.never_limited import MARK

from .mission import Mission, await_that, found_mission, made, report
from .operations import Operation, operations
from .scene import Scene, scene
from .served import Served, served
from .spent import used_up
from .succeeding import prepared

# Retractions, cancellations and acknowledgements. Each ends something for good: to repeat it, something that is counted
# must be asked for first.
NEVER_LIMITED = {
    "alerts.acknowledge",
    "areas.release",
    "clearances.withdraw",
    "incidents.close",
    "incidents.confirm_clearance",
    "incidents.dismiss_clearance",
    "incidents.retract",
    "passes.withdraw",
    "proposals.accept",
}
HEALTH = ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")


@pytest.fixture(scope="module")
def stage(north: Mission, south: Mission) -> Iterator[Scene]:
    with scene(north, south) as whole:
        yield whole


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A platform with small shares."""
    with served(
        tmp_path_factory.mktemp("strict"),
        key_requests_per_minute=8,
        mission_requests_per_minute=20,
        key_writes_per_minute=4,
        mission_writes_per_minute=0,
        failed_authentications_per_minute=3,
        key_streams=1,
        mission_streams=2,
        mission_stored_bytes=1_000,
    ) as running:
        yield running


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_documents_name_what_is_never_limited() -> None:
    assert {operation.name for operation in operations() if MARK in operation.document} == NEVER_LIMITED
    for operation in operations():
        assert ((429, "quota_used_up") in operation.codes) is (operation.name not in NEVER_LIMITED)


@pytest.mark.parametrize(
    "operation", [operation for operation in operations() if operation.name in NEVER_LIMITED], ids=str
)
def test_what_ends_a_warning_is_granted_when_every_share_is_used_up(operation: Operation, stage: Scene) -> None:
    asked, mission = prepared(operation, stage)
    with used_up():
        answer = stage.ask(asked, mission=mission)
        assert code_of(stage.ask({"method": "GET", "url": "/v1/incidents"})) == (429, "quota_used_up")
    assert answer.status_code < 400, answer.text
    assert "ratelimit" not in answer.headers


def test_health_is_never_refused(anyone: httpx.Client) -> None:
    with used_up():
        assert {anyone.get(path).status_code for path in HEALTH} == {200}


def test_an_answer_says_what_is_left(strict: Served) -> None:
    mission = found_mission(strict, "unleft")
    with mission.client() as client:
        first, second = client.get("/v1/incidents"), client.post("/v1/incidents", json={})
    assert first.headers["ratelimit-policy"] == '"key-requests";q=8;w=60, "mission-requests";q=20;w=60'
    assert first.headers["ratelimit"].startswith('"key-requests";r=7;t=')
    assert '"mission-requests";r=18;t=' in second.headers["ratelimit"]
    assert '"key-writes";r=3;t=' in second.headers["ratelimit"]


def test_a_key_that_has_used_up_its_share_is_told_when_it_is_whole_again(strict: Served) -> None:
    mission = found_mission(strict, "unkeys")
    with mission.client() as greedy, mission.client(Role.ANALYST) as other:
        for _ in range(8):
            made(greedy.get("/v1/incidents"))
        refused = greedy.get("/v1/incidents")
        assert code_of(refused) == (429, "quota_used_up")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit"].startswith('"key-requests";r=0;t=')
        assert "CLEARWAY_KEY_REQUESTS_PER_MINUTE" in refused.json()["detail"]
        # What a key is refused takes nothing of its mission's share: of that 12 are left.
        for _ in range(20):
            greedy.get("/v1/incidents")
        for _ in range(8):
            made(other.get("/v1/incidents"))


def test_a_mission_that_has_used_up_its_share_takes_nothing_of_another_ones(strict: Served) -> None:
    mission, other = found_mission(strict, "unmany"), found_mission(strict, "unelse")
    answers = []
    for role in (Role.ADMIN, Role.ANALYST, Role.OPERATOR):
        with mission.client(role) as client:
            answers += [client.get("/v1/incidents") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 4
    assert answers[-1].headers["ratelimit-policy"] == '"mission-requests";q=20;w=60'
    with other.client() as client:
        made(client.get("/v1/incidents"))


def test_changes_have_a_share_of_their_own(strict: Served) -> None:
    mission = found_mission(strict, "unwrit")
    with mission.client() as client:
        answers = [client.post("/v1/incidents", json={}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [422] * 4 + [429]
        made(client.get("/v1/incidents"))


def test_an_address_without_valid_keys_is_slowed_down_and_a_valid_key_behind_it_is_not(strict: Served) -> None:
    mission = found_mission(strict, "unaddr")
    wrong = {"Authorization": "Bearer cwk_0123456789abcdef_nobody"}
    with httpx.Client(base_url=strict.url) as stranger, mission.client() as known:
        answers = [stranger.get("/v1/incidents", headers=wrong) for _ in range(4)]
        assert [code_of(answer) for answer in answers] == [(401, "bad_key")] * 3 + [(429, "quota_used_up")]
        made(known.get("/v1/incidents"))


def test_a_key_has_so_many_streams_open_at_a_time(strict: Served) -> None:
    mission = found_mission(strict, "unstre")
    with mission.client() as client:
        with client.stream("GET", "/v1/incident-events") as first:
            assert first.status_code == 200
            refused = client.get("/v1/alert-events")
            assert code_of(refused) == (429, "quota_used_up")
            assert refused.headers["ratelimit-policy"] == '"key-streams";q=1;qu="concurrent-requests"'

        def opens() -> bool:
            with client.stream("GET", "/v1/alert-events") as again:
                return again.status_code == 200

        await_that(opens, "the place of the stream that ended is free")


def test_a_mission_puts_so_much_on_record(strict: Served) -> None:
    mission = found_mission(strict, "unfull")
    with mission.client() as client:
        incident = made(client.post("/v1/incidents", json=report(mission.mark)))
        refused = client.post("/v1/incidents", json=report(mission.mark))
        assert code_of(refused) == (429, "quota_used_up")
        assert "CLEARWAY_MISSION_STORED_BYTES" in refused.json()["detail"]
        address = f"/v1/incidents/{incident['incident_id']}/retract"
        made(client.post(address, json={"reason": "duplicate"}, headers={"If-Match": '"1"'}))


def test_what_is_on_record_is_known_after_a_start(tmp_path: Path) -> None:
    with served(tmp_path, mission_stored_bytes=1_000) as running:
        mission = found_mission(running, "unkept")
        with mission.client() as client:
            made(client.post("/v1/incidents", json=report(mission.mark)))
        [incidents] = [member for member in running.stored if member.service.name == "incidents"]
        running.run(incidents.platform.stored.keep())
    with served(tmp_path, mission_stored_bytes=1_000) as running:
        headers = {"Authorization": f"Bearer {mission.tokens[Role.ADMIN]}"}
        with httpx.Client(base_url=running.url, headers=headers) as client:

            def refused() -> bool:
                return client.post("/v1/incidents", json=report(mission.mark)).status_code == 429

            await_that(refused, "the sums are read")


def test_two_requests_at_once_do_not_take_the_same_room(strict: Served) -> None:
    async def ask() -> list[int]:
        async with httpx.AsyncClient(base_url=strict.url, headers=headers) as client:
            return [one.status_code for one in await asyncio.gather(*(client.get("/v1/incidents") for _ in range(12)))]

    headers = {"Authorization": f"Bearer {found_mission(strict, 'unonce').tokens[Role.ADMIN]}"}
    assert sorted(asyncio.run(ask())) == [200] * 8 + [429] * 4
