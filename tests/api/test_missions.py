"""No mission reads, changes or notices another's. Generated from the OpenAPI documents: a new route is covered too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.web.stream.start import MOST

from .mission import Mission, await_that, made, report, subscription, uuids_in
from .operations import OBJECTS, Operation, operations
from .scene import sending
from .served import Served

# It answers numbers alone, which say of no mission whose they are.
COUNTS = "/v1/incident-counts"
# They describe what there is to read, which is the same for every mission.
DESCRIBING = ("/v1/ogc", "/v1/ogc/conformance", "/v1/ogc/collections", "/v1/ogc/collections/incidents")
# They have nothing here, where no incident is like another one, and are tested where some are.
OF_SOME = ("/v1/incidents/{incident_id}/duplicates", "/v1/incident-duplicates")
LISTS = [item for item in operations() if item.lists and item.path not in (COUNTS, *DESCRIBING, *OF_SOME)]
STREAMS = [item for item in operations() if item.streams]
ABOUT_ONE = [item for item in operations() if OBJECTS & {*item.parameters("path")}]
REFERRING = [item for item in operations() if item.references()]
KEYED = [item for item in operations() if not item.is_public]
READ_SECONDS = 20


def random_ids() -> dict[str, str]:
    return {name: str(new_id()) for name in OBJECTS}


def without_ids(answer: httpx.Response) -> tuple[int, str | None, str]:
    """An answer without what differs from request to request."""
    text = answer.text
    for identifier in uuids_in(text):
        text = text.replace(identifier, "id")
    request_id = answer.headers["x-request-id"]
    return answer.status_code, answer.headers["content-type"], text.replace(request_id, "request")


def reveals(text: str, mission: Mission) -> list[str]:
    return sorted(trace for trace in mission.traces() if trace in text)


def snapshot(mission: Mission) -> dict[str, Any]:
    """Everything that the mission has, but for what time alone changes."""
    reads = [item for item in ABOUT_ONE if item.method == "GET" and not item.of_the_moment]
    with mission.client() as client:
        answers = {str(item): client.request(**item.request(mission.ids)) for item in reads}
    found: dict[str, Any] = {
        name: answer.content if item.gives_bytes else answer.json()
        for item, (name, answer) in zip(reads, answers.items(), strict=True)
        if "deliveries" not in name
    }
    found["GET /v1/subscriptions/{subscription_id}"].pop("proof")  # its endpoint is challenged meanwhile
    return found


def test_there_is_something_to_test() -> None:
    assert len(LISTS) >= 4
    assert len(STREAMS) >= 3
    assert len(ABOUT_ONE) >= 20


def test_these_alone_are_read_without_a_key() -> None:
    """Each of them gives what a mission decided to publish (docs/adr/0059-coarse-areas-for-everyone.md)."""
    assert {str(item) for item in operations() if item.is_public} == {
        "GET /v1/public/{public_name}/areas.csv",
        "GET /v1/public/{public_name}/areas.geojson",
        "GET /v1/public/{public_name}/risk-education.geojson",
    }


@pytest.mark.parametrize("operation", KEYED, ids=str)
def test_a_key_is_needed(operation: Operation, platform: Served) -> None:
    with httpx.Client(base_url=platform.url) as client:
        asked = operation.request(random_ids())
        nobody = client.request(**asked)
        unknown = client.request(**asked | {"headers": {"Authorization": "Bearer cwk_0123456789abcdef_nobody"}})
        # The framework reads a body before it asks for the key.
        unread = [client.request(**sending(asked, content)) for content in (b"{", b'"\xff"') if "json" in asked]
    for answer in (nobody, unknown, *unread):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", [item for item in operations() if item.is_public], ids=str)
def test_what_is_public_is_the_same_with_any_key_and_with_none(
    operation: Operation, north: Mission, south: Mission, anyone: httpx.Client
) -> None:
    asked = operation.request(north.ids)
    without = anyone.request(**asked)
    # The table has no title.
    is_named = not without.headers["content-type"].startswith("text/csv")
    assert (without.status_code, north.mark in without.text) == (200, is_named)
    assert not reveals(without.text, south)
    for mission in (north, south):
        with mission.client() as client:
            assert client.request(**asked).content == without.content


@pytest.mark.parametrize("operation", KEYED, ids=str)
def test_a_role_is_needed(operation: Operation, north: Mission) -> None:
    """Each role that lacks what the route asks for gets 403, even about things that exist."""
    assert operation.permissions, f"{operation} asks for no permission: add `require(…)`"
    for role in Role:
        if not all(permission.belongs_to(role) for permission in operation.permissions):
            with north.client(role) as client:
                answer = client.request(**operation.request(north.ids))
            assert answer.status_code == 403, role
            assert role in answer.json()["detail"]


@pytest.mark.parametrize("operation", ABOUT_ONE, ids=str)
def test_what_is_anothers_does_not_exist(operation: Operation, north: Mission, south: Mission) -> None:
    before = snapshot(north)
    with south.client() as client:
        foreign = client.request(**operation.request(north.ids))
        random = client.request(**operation.request(random_ids()))
    assert foreign.status_code == 404
    assert without_ids(foreign) == without_ids(random)
    assert snapshot(north) == before


@pytest.mark.parametrize(
    "operation",
    [item for item in ABOUT_ONE if item.method == "GET" and item.path not in OF_SOME],
    ids=str,
)
def test_what_is_ones_own_exists(operation: Operation, north: Mission) -> None:
    """Else the test above would pass for a wrong address too."""
    with north.client() as client:
        answer = client.request(**operation.request(north.ids))
    assert answer.status_code == 200
    assert reveals(answer.text, north) or operation.gives_bytes


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_list_holds_ones_own(operation: Operation, north: Mission, south: Mission) -> None:
    with north.client() as client:
        theirs = client.request(**operation.request(north.ids))
    with south.client() as client:
        ours = client.request(**operation.request(south.ids))
    assert reveals(theirs.text, north)
    assert reveals(ours.text, south)
    assert not reveals(theirs.text, south)
    assert not reveals(ours.text, north)


def test_counts_are_of_ones_own(north: Mission, south: Mission) -> None:
    with north.client() as theirs, south.client() as ours:
        before = [made(client.get(COUNTS))["total"] for client in (theirs, ours)]
        made(theirs.post("/v1/incidents", json=report(north.mark)))
        after = [made(client.get(COUNTS))["total"] for client in (theirs, ours)]
    assert after == [before[0] + 1, before[1]]


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_cursor_leads_nowhere_else(operation: Operation, north: Mission, south: Mission) -> None:
    """The cursor of another mission's list is refused, or a place in one's own."""
    if "cursor" not in operation.parameters("query"):
        return
    with north.client() as client:
        for _ in range(2):
            made(client.post("/v1/incidents", json=report(north.mark)))
        cursor = client.get(operation.path, params={"limit": 1}).json().get("next")
    with south.client() as client:
        assert not reveals(client.get(operation.path, params={"cursor": cursor} if cursor else {}).text, north)


@pytest.mark.parametrize("operation", REFERRING, ids=str)
def test_a_query_about_anothers_finds_nothing(operation: Operation, north: Mission, south: Mission) -> None:
    foreign = south.ids | {name: value for name, value in north.ids.items() if name not in _own(operation)}
    random = south.ids | {name: value for name, value in random_ids().items() if name not in _own(operation)}
    with south.client() as client:
        answers = [client.get(operation.address(ids), params=operation.referring(ids)) for ids in (foreign, random)]
    assert without_ids(answers[0]) == without_ids(answers[1])


def _own(operation: Operation) -> list[str]:
    return operation.parameters("path")


@pytest.mark.timeout(READ_SECONDS * 3)
@pytest.mark.parametrize("operation", STREAMS, ids=str)
def test_a_stream_holds_ones_own(operation: Operation, north: Mission, south: Mission) -> None:
    """From the first event on: what the other mission did before came earlier in the same feed."""
    with south.client() as client:
        text = _until(client, operation.path, {"last": str(MOST)}, '"mission":')
    assert reveals(text, south)
    assert not reveals(text, north)


@pytest.mark.timeout(READ_SECONDS * 3)
def test_a_stream_stays_ones_own(north: Mission, south: Mission) -> None:
    """While it is followed, another mission reports, and then one's own."""
    with south.client() as ours, north.client() as theirs, ours.stream("GET", "/v1/incident-events") as stream:
        chunks = stream.iter_text()
        text = next(chunks)
        made(theirs.post("/v1/incidents", json=report(north.mark)))
        own = made(ours.post("/v1/incidents", json=report(south.mark)))["incident_id"]
        while own not in text:
            text += next(chunks)
    assert not reveals(text, north)


def _until(client: httpx.Client, path: str, query: dict[str, str], sign: str) -> str:
    text = ""
    with client.stream("GET", path, params=query, timeout=READ_SECONDS) as stream:
        for chunk in stream.iter_text():
            text += chunk
            if sign in text:
                break
    return text


def test_a_chosen_id_is_ones_own(north: Mission, south: Mission) -> None:
    """A client may choose the id of its report. One that another mission has is as good as any, in every service."""
    chosen = {"incident_id": str(new_id())}
    with north.client() as client:
        theirs = made(client.post("/v1/incidents", json=report(north.mark, **chosen)))
        before = client.get(f"/v1/incidents/{theirs['incident_id']}").json()
    past, world = {"as_of": datetime.now(UTC).isoformat()}, {"bbox": "-180,-90,180,90", "zoom": "22"}
    address, known = f"/v1/incidents/{chosen['incident_id']}", {"incident_id": chosen["incident_id"]}
    with south.client() as client:
        body = report(south.mark, **chosen)
        ours = client.post("/v1/incidents", json=body)
        assert (ours.status_code, ours.json()["incident_id"], ours.json()["revision"]) == (201, *chosen.values(), 1)
        again = client.post("/v1/incidents", json=body)
        assert (again.status_code, again.json()) == (200, ours.json())
        assert client.post("/v1/incidents", json=report("another", **chosen)).status_code == 409
        graded = client.post(f"{address}/grade", json={"source_reliability": "B"}, headers={"If-Match": '"1"'})
        assert made(graded)["revision"] == 2
        alerts = await_that(lambda: client.get("/v1/alerts", params=known).json()["items"], "one's own alert is raised")
        answers = [client.get(address), client.get(f"{address}/revisions"), client.get(address, params=past)]
        answers += [client.get("/v1/incidents", params=past), client.get("/v1/incident-map", params=world)]
        texts = [answer.text.replace(chosen["incident_id"], "") for answer in answers]
        assert [reveals(text, north) for text in [*texts, str(alerts).replace(chosen["incident_id"], "")]] == [[]] * 6
    with north.client() as client:
        assert client.get(address).json() == before
        assert [one["revision"] for one in client.get(f"{address}/revisions").json()["items"]] == [1]


def test_a_cursor_is_of_ones_own_mission(north: Mission, south: Mission) -> None:
    """Positions are of all missions: a cursor shows none, and one of another mission is none."""
    world = {"bbox": "-180,-90,180,90", "zoom": "0"}
    with north.client() as theirs, south.client() as ours:
        for operation in STREAMS:
            foreign = _until(theirs, operation.path, {}, "event: cursor").split("id: ")[1].split("\n")[0]
            assert "event: resync" in _until(ours, operation.path, {"since": foreign}, "event: ")
        shown = ours.get("/v1/incident-map", params=world).json()["cursor"]
        assert shown != ours.get("/v1/incident-map", params=world).json()["cursor"]
        assert "event: cursor" in _until(ours, "/v1/incident-events", {"since": shown}, "event: ")


def test_an_external_reference_is_ones_own(north: Mission, south: Mission) -> None:
    shared = [{"system": "register", "id": "4711"}]
    with north.client() as theirs, south.client() as ours:
        first = made(theirs.post("/v1/incidents", json=report(north.mark, external_refs=shared)))
        second = ours.post("/v1/incidents", json=report(south.mark, external_refs=shared))
    assert second.status_code == 201
    assert second.json()["incident_id"] != first["incident_id"]


def test_an_idempotency_key_is_ones_own(north: Mission, south: Mission) -> None:
    key = {"Idempotency-Key": f"{new_id()}"}
    body = report("neither")
    with north.client() as theirs, south.client() as ours:
        first = made(theirs.post("/v1/incidents", json=body, headers=key))
        second = ours.post("/v1/incidents", json=body, headers=key)
    assert second.status_code == 201
    assert "idempotency-replayed" not in second.headers
    assert second.json()["incident_id"] != first["incident_id"]


def _bodies_that_refer(identifiers: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests whose body names an object."""
    area = {"type": "route", "route_id": identifiers["route_id"], "width_m": 1000}
    yield "/v1/subscriptions", {"json": subscription("ours", filter={"area": area})}
    merge = {"survivor_id": identifiers["incident_id"]}
    yield "/v1/incidents/{incident_id}/merge", {"json": merge, "headers": {"If-Match": '"1"'}}


def test_a_body_that_names_anothers_is_refused(north: Mission, south: Mission) -> None:
    with south.client() as client:
        await_that(lambda: client.get("/v1/routes").json()["items"], "the route is on record")
        pairs = zip(_bodies_that_refer(north.ids), _bodies_that_refer(random_ids()), strict=True)
        for (path, foreign), (_, random) in pairs:
            url = path.format_map(south.ids)
            answers = client.post(url, **foreign), client.post(url, **random)
            assert answers[0].status_code in (404, 422), answers[0].text
            assert without_ids(answers[0]) == without_ids(answers[1])


def test_metrics_name_no_mission(north: Mission, south: Mission) -> None:
    with httpx.Client(base_url=north.platform.url) as client:
        text = client.get("/metrics").text
    assert "clearway_http_request_seconds" in text
    assert not reveals(text, north)
    assert not reveals(text, south)
