"""What a page needs to know of its key and of the services, as the whole platform answers it."""

from typing import Any

import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.service import installed_services, permissions_of

from .mission import Mission, await_that, dead_letter, made

STATUS = {
    "/v1/incident-status": "/v1/incident-events",
    "/v1/alert-status": "/v1/alert-events",
    "/v1/route-status": "/v1/route-events",
}
SHARED_WORKERS = {"heartbeat", "housekeeping", "relay", "stream"}
CONSUMERS = {
    "/v1/incident-status": ["incidents"],
    "/v1/alert-status": ["alerts"],
    "/v1/route-status": ["analytics"],
}
DEAD_LETTERS = {
    "/v1/incident-status": "/v1/incident-dead-letters",
    "/v1/alert-status": "/v1/alert-dead-letters",
    "/v1/route-status": "/v1/route-dead-letters",
}
READ_SECONDS = 20


def status(mission: Mission, path: str) -> dict[str, Any]:
    with mission.client(Role.OPERATOR) as client:
        return made(client.get(path))


@pytest.mark.parametrize("role", Role)
def test_a_session_names_the_permissions_of_its_role_in_all_services(role: Role, north: Mission) -> None:
    with north.client(role) as client:
        said = made(client.get("/v1/session"))
    every = permissions_of(installed_services().values())
    assert said["permissions"] == sorted(one.name for one in every if one.belongs_to(role))
    assert (said["key_id"], said["role"], said["mission"]) == (north.key_ids[role], role, north.name)
    assert said["zone"] == "UTC"


@pytest.mark.parametrize("path", STATUS)
def test_what_runs_is_said_to_run(path: str, north: Mission) -> None:
    found = status(north, path)
    assert {one["worker"] for one in found["workers"]} >= SHARED_WORKERS
    assert [one for one in found["workers"] if not one["runs"] or one["problem"]] == []
    assert [one["consumer"] for one in found["consumers"]] == CONSUMERS[path]
    assert [one["absent_since"] for one in found["consumers"]] == [None] * len(CONSUMERS[path])


@pytest.mark.parametrize("path", STATUS)
def test_what_is_done_does_not_wait(path: str, north: Mission) -> None:
    def waits() -> bool:
        found = status(north, path)
        return bool(found["outbox"]["waiting"] or any(one["waits"] for one in found["consumers"]))

    await_that(lambda: not waits(), "everything is published and handled")
    assert all(one["handled_until"] for one in status(north, path)["consumers"])


@pytest.mark.timeout(READ_SECONDS * 3)
@pytest.mark.parametrize("path", STATUS)
def test_a_stream_is_counted_for_its_own_mission(path: str, north: Mission, south: Mission) -> None:
    before, theirs = status(north, path)["stream_clients"], status(south, path)
    with north.client() as client, client.stream("GET", STATUS[path], timeout=READ_SECONDS) as stream:
        chunks = stream.iter_text()
        assert "event: cursor" in next(chunks)
        assert status(north, path)["stream_clients"] == before + 1
        assert status(south, path)["stream_clients"] == theirs["stream_clients"]
    await_that(lambda: status(north, path)["stream_clients"] == before, "the stream is seen to be closed")


@pytest.mark.parametrize("path", DEAD_LETTERS)
def test_a_dead_letter_is_counted_for_its_own_mission(path: str, north: Mission, south: Mission) -> None:
    theirs = status(south, path)["dead_letters"]
    north.platform.run(dead_letter(north))
    with north.client(Role.OPERATOR) as client:
        listed = made(client.get(DEAD_LETTERS[path], params={"state": "dead"}))["items"]
    assert status(north, path)["dead_letters"] == len(listed) > 0
    assert status(south, path)["dead_letters"] == theirs
