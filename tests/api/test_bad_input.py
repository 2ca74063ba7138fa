"""Bad input: a problem that names the field and the remedy, nothing written, nothing published, nothing logged."""

import asyncio
import codecs
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id

from .mission import Mission, area, clearance, made, report, route, subscription
from .operations import Operation, operations

SECRET = "do-not-write-me-down"
NOW = datetime.now(UTC)
RING = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def located(coordinates: list[float]) -> dict[str, Any]:
    return report(SECRET, location={"point": {"type": "Point", "coordinates": coordinates}, "precision": "gps"})


def timed(**time: Any) -> dict[str, Any]:
    return report(SECRET, time=time)


def around(area: dict[str, Any]) -> dict[str, Any]:
    return subscription(SECRET, filter={"area": area})


def ringed(ring: list[Any]) -> dict[str, Any]:
    return around({"type": "polygon", "polygon": {"type": "Polygon", "coordinates": [ring]}})


def bounded(ring: list[Any]) -> dict[str, Any]:
    return area(SECRET, polygon={"type": "Polygon", "coordinates": [ring]})


def lined(coordinates: list[Any]) -> dict[str, Any]:
    return route(SECRET, line={"type": "LineString", "coordinates": coordinates})


BAD_REPORTS: dict[str, tuple[object, str]] = {
    "unknown field": (report(SECRET, recipe=SECRET), "body.recipe"),
    "missing field": (report(SECRET, category=None), "body.category"),
    "wrong type": (report(SECRET, narrative=7), "body.narrative"),
    "not an object": ([SECRET], "body"),
    "unknown word": (report(SECRET, category=SECRET), "body.category"),
    "no number": (located([float("nan"), 0]), "body.location.point.coordinates"),
    "infinite": (located([float("inf"), 0]), "body.location.point.coordinates"),
    "out of range": (located([181, 0]), "body.location.point.coordinates"),
    "swapped": (located([17.04, 120]), "body.location.point.coordinates"),
    "empty point": (located([]), "body.location.point.coordinates"),
    "future": (timed(occurred_at=(NOW + timedelta(days=2)).isoformat()), "body.time.occurred_at"),
    "impossible time": (timed(occurred_at="2026-02-30T00:00:00Z"), "body.time.occurred_at"),
    "no zone": (timed(occurred_at="2026-01-31T06:00:00"), "body.time.occurred_at"),
    "ends before it begins": (timed(earliest="2026-01-02T00:00:00Z", latest="2026-01-01T00:00:00Z"), "body.time"),
    "NUL": (report(SECRET, narrative=f"{SECRET}\0"), "body.narrative"),
    "lone surrogate": (report(SECRET, narrative=f"{SECRET}\ud800"), "body"),
    "too long": (report(SECRET, narrative=SECRET * 1000), "body.narrative"),
}
BAD_SUBSCRIPTIONS: dict[str, tuple[object, str]] = {
    "unknown field": (subscription(SECRET, more=SECRET), "body.more"),
    "missing field": ({"name": SECRET}, "body.filter"),
    "self-crossing": (ringed([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "body.filter.area"),
    "open ring": (ringed(RING[:-1]), "body.filter.area"),
    "empty ring": (ringed([]), "body.filter.area"),
    "out of range": (ringed([[0, 0], [999, 0], [1, 1], [0, 0]]), "body.filter.area"),
    "no number": (ringed([[float("nan"), 0], *RING[1:]]), "body.filter.area"),
    "unknown route": (around({"type": "route", "route_id": str(new_id()), "width_m": 100}), "body.filter.area"),
    "private address": (subscription(SECRET, channel={"type": "webhook", "url": "https://10.0.0.1/"}), "body.channel"),
    "no https": (subscription(SECRET, channel={"type": "webhook", "url": "ftp://example.org"}), "body.channel"),
    "NUL": (subscription(f"{SECRET}\0"), "body.name"),
}
BAD_ROUTES: dict[str, tuple[object, str]] = {
    "unknown field": (route(SECRET, more=SECRET), "body.more"),
    "one point": (lined([[0, 0]]), "body.line"),
    "no length": (lined([[0, 0], [0, 0]]), "body.line"),
    "out of range": (lined([[0, 0], [0, 91]]), "body.line"),
    "no number": (lined([[0, 0], [float("nan"), 0]]), "body.line"),
    "infinite": (route(SECRET, half_width_m=float("inf")), "body.half_width_m"),
    "too wide": (route(SECRET, half_width_m=1e9), "body.half_width_m"),
    "NUL": (route(f"{SECRET}\0"), "body.name"),
}
BAD_CLEARANCES: dict[str, tuple[object, str]] = {
    "unknown field": (clearance(SECRET, more=SECRET), "body.more"),
    "no result": ({"at": clearance("")["at"], "organisation": SECRET}, "body.result"),
    "unknown word": (clearance(SECRET, method=SECRET), "body.method"),
    "future": (clearance(SECRET, at=(NOW + timedelta(days=2)).isoformat()), "body.at"),
    "no zone": (clearance(SECRET, at="2026-01-31T06:00:00"), "body.at"),
    "past the end": (clearance(SECRET, to_km=1_000), "body.to_km"),
    "ends before it begins": (clearance(SECRET, from_km=2), "body.from_km"),
    "before the start": (clearance(SECRET, from_km=-1), "body.from_km"),
    "no number": (clearance(SECRET, to_km=float("nan")), "body.to_km"),
    "NUL": (clearance(f"{SECRET}\0"), "body.organisation"),
}
BAD_AREAS: dict[str, tuple[object, str]] = {
    "unknown field": (area(SECRET, more=SECRET), "body.more"),
    "unknown word": (area(SECRET, status=SECRET), "body.status"),
    "self-crossing": (bounded([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "body.polygon"),
    "open ring": (bounded(RING[:-1]), "body.polygon"),
    "empty ring": (bounded([]), "body.polygon"),
    "out of range": (bounded([[0, 0], [999, 0], [1, 1], [0, 0]]), "body.polygon"),
    "no number": (bounded([[float("nan"), 0], *RING[1:]]), "body.polygon"),
    "NUL": (area(f"{SECRET}\0"), "body.name"),
}
CASES = [
    pytest.param(method, path, body, field, id=f"{path}: {name}")
    for method, path, table in (
        ("POST", "/v1/incidents", BAD_REPORTS),
        ("POST", "/v1/subscriptions", BAD_SUBSCRIPTIONS),
        ("PUT", f"/v1/routes/{new_id()}", BAD_ROUTES),
        ("POST", "/v1/routes/{route_id}/clearances", BAD_CLEARANCES),
        ("POST", "/v1/areas", BAD_AREAS),
    )
    for name, (body, field) in table.items()
]


class Record:
    """What the logs were told, by structlog and by the libraries."""

    def __init__(self, entries: list[Any], lines: pytest.LogCaptureFixture) -> None:
        self._entries = entries
        self._lines = lines

    def text(self) -> str:
        return repr(self._entries) + self._lines.text

    def holds(self, text: str, seconds: float = 20) -> bool:
        """Whether the text is there, or comes: a request's line is written after its answer."""
        deadline = time.monotonic() + seconds
        while text not in self.text() and time.monotonic() < deadline:
            time.sleep(0.01)
        return text in self.text()


@pytest.fixture
def record(caplog: pytest.LogCaptureFixture) -> Iterator[Record]:
    caplog.set_level(logging.DEBUG)
    # The tests' own client, which runs in this process too.
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=name)
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as entries:
        yield Record(entries, caplog)


@pytest.fixture
def client(north: Mission) -> Iterator[httpx.Client]:
    with north.client() as client:
        yield client


def on_record(mission: Mission) -> tuple[Any, ...]:
    """All that a mission has written and published: its lists, and how far each feed has come."""

    async def positions() -> list[int]:
        feeds = [member.platform.feed for member in mission.platform.stored]
        return list(await asyncio.gather(*(feed.last_position() for feed in feeds)))

    with mission.client() as client:
        incidents, subscriptions = client.get("/v1/incidents").text, client.get("/v1/subscriptions").json()["items"]
        for subscription in subscriptions:
            del subscription["proof"]  # its endpoint is challenged meanwhile
        routes = [item["route_id"] for item in client.get("/v1/routes").json()["items"]]
    return incidents, subscriptions, routes, mission.platform.run(positions())


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = answer.json()
    assert details["status"] == status
    assert details["request_id"] == answer.headers["x-request-id"]
    assert details["detail"]
    for error in details["errors"]:
        assert error["problem"]
        assert error["remedy"]
    return details


@pytest.mark.parametrize(("method", "path", "body", "field"), CASES)
def test_a_bad_body_leaves_no_trace(
    method: str, path: str, body: object, field: str, north: Mission, client: httpx.Client, record: Record
) -> None:
    path = path.format_map(north.ids)
    before = on_record(north)
    content = json.dumps(body).encode()
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    details = problem(answer, 422)
    assert any(error["field"].startswith(field) for error in details["errors"]), details
    assert SECRET not in answer.text
    assert on_record(north) == before
    assert record.holds(details["request_id"])
    assert SECRET not in record.text()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b'{"narrative": "\xff' + SECRET.encode() + b'"}', "application/json", 422, id="bad UTF-8"),
        pytest.param(json.dumps(report(SECRET)).encode("utf-16"), "application/json", 422, id="UTF-16"),
        pytest.param(
            b'{"narrative": "' + SECRET.encode() + b'\\ud800"}', "application/json", 422, id="half a character"
        ),
        pytest.param(b"{" + SECRET.encode(), "application/json", 422, id="no JSON"),
        pytest.param(b"[" * 100_000, "application/json", 422, id="deep nesting"),
        pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 422, id="deep objects"),
        pytest.param(b'{"narrative": ' + b"9" * 50_000 + b"}", "application/json", 422, id="a long number"),
        pytest.param(b"", "application/json", 422, id="empty"),
        pytest.param(json.dumps(report(SECRET)).encode(), "text/plain", 415, id="wrong content type"),
        pytest.param(SECRET.encode() * 60_000, "application/json", 413, id="over the limit"),
    ],
)
def test_a_body_that_cannot_be_read_leaves_no_trace(
    content: bytes, kind: str, status: int, north: Mission, client: httpx.Client, record: Record
) -> None:
    before = on_record(north)
    answer = client.post("/v1/incidents", content=content, headers={"Content-Type": kind})
    problem(answer, status)
    assert SECRET not in answer.text
    assert on_record(north) == before
    assert SECRET not in record.text()


# The lines of an import stand each for itself.
READING = [item for item in operations() if item.reads_json and item.name != "incidents.import_many"]


@pytest.mark.parametrize("operation", READING, ids=str)
def test_what_is_no_json_is_told_with_its_place(operation: Operation, north: Mission, client: httpx.Client) -> None:
    asked = operation.request(north.ids)
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    answer = client.request(
        asked["method"], asked["url"], content=b'{\n  "reason": "a reason",\n  oops', headers=headers
    )
    (error,) = problem(answer, 422)["errors"]
    assert error["field"] == "body"
    assert "line 3 column 3" in error["problem"]


def test_a_body_may_begin_with_a_byte_order_mark(client: httpx.Client) -> None:
    """As what Windows' tools write does."""
    content = codecs.BOM_UTF8 + json.dumps(report("marked")).encode()
    made(client.post("/v1/incidents", content=content, headers={"Content-Type": "application/json"}))
    several = codecs.BOM_UTF8 + json.dumps([report("many", external_refs=[{"system": "marked", "id": "1"}])]).encode()
    answer = client.post("/v1/incident-imports", content=several, headers={"Content-Type": "application/json"})
    assert answer.json()["created"] == 1, answer.text


def test_a_body_of_unknown_length_is_limited_too(client: httpx.Client) -> None:
    chunks = (b" " * 65_536 for _ in range(40))
    problem(client.post("/v1/incidents", content=chunks, headers={"Content-Type": "application/json"}), 413)


def test_an_unknown_id_is_not_found(client: httpx.Client) -> None:
    for kind in ("incidents", "alerts", "subscriptions", "routes"):
        problem(client.get(f"/v1/{kind}/{new_id()}"), 404)
        assert problem(client.get(f"/v1/{kind}/{SECRET}"), 422)["errors"][0]["field"].startswith("path.")


@pytest.mark.parametrize(("condition", "status"), [(None, 428), ('"9"', 412), ("three", 400)])
@pytest.mark.parametrize("kind", ["incident", "subscription", "route"])
def test_a_change_says_what_it_has_seen(
    condition: str | None, status: int, kind: str, north: Mission, client: httpx.Client
) -> None:
    before = on_record(north)
    headers = {"If-Match": condition} if condition else {}
    url = f"/v1/{kind}s/{north.ids[f'{kind}_id']}"
    change = {"outcome": "unknown"} if kind == "incident" else {"name": "other"}
    if kind == "route":
        answer = client.put(url, json=route("other"), headers=headers)
    else:
        answer = client.patch(url, json=change, headers=headers)
    assert problem(answer, status)["errors"][0]["field"] == "header.If-Match"
    assert on_record(north) == before


def test_an_idempotency_key_gives_the_first_answer_again(north: Mission, client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(new_id())}
    body = report(north.mark)
    first = client.post("/v1/incidents", json=body, headers=key)
    made(first)
    before = on_record(north)
    again = client.post("/v1/incidents", json=body, headers=key)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = client.post("/v1/incidents", json=report(SECRET), headers=key)
    assert problem(other, 422)["errors"][0]["field"] == "header.Idempotency-Key"
    assert on_record(north)[0] == before[0]


def test_a_key_that_was_refused_may_be_used_again(north: Mission, client: httpx.Client) -> None:
    key = {"Idempotency-Key": str(new_id())}
    problem(client.post("/v1/incidents", json={}, headers=key), 422)
    made(client.post("/v1/incidents", json=report(north.mark), headers=key))


def test_a_revoked_key_is_refused(north: Mission) -> None:
    keys = north.platform.process.keys
    issued = north.platform.run(keys.create(north.name, Role.ADMIN, "short-lived"))
    with httpx.Client(base_url=north.platform.url, headers={"Authorization": f"Bearer {issued.token}"}) as client:
        assert client.get("/v1/incidents").status_code == 200
        north.platform.run(keys.revoke(issued.principal.id))
        problem(client.get("/v1/incidents"), 401)


def test_a_key_is_never_written_down(north: Mission, client: httpx.Client, record: Record) -> None:
    client.get("/v1/incidents", params={"cursor": SECRET})
    assert record.holds("request")
    assert north.tokens[Role.ADMIN] not in record.text()
    assert SECRET not in record.text()
