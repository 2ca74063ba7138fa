"""What a stream asks and says: tickets in place of a key, filters, other origins, and how it is measured."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.web.stream.start import MOST

from .mission import Mission, await_that, found_mission, made, report, settle, subscription
from .served import Served, served

STREAMS = ["/v1/incident-events", "/v1/alert-events", "/v1/route-events"]
HERE, ELSEWHERE = "https://map.example.org", "https://evil.example.org"
READ_SECONDS = 20
SLOW_SECONDS = 0.5


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("platform"), cors_origins=(HERE,)) as running:
        yield running


@pytest.fixture(scope="module")
def mission(platform: Served) -> Mission:
    mission = found_mission(platform, "unnorth")
    settle(mission)
    return mission


@pytest.fixture
def anyone(platform: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.url, timeout=READ_SECONDS) as client:
        yield client


def ticket_of(mission: Mission, role: Role = Role.SUBSCRIBER) -> str:
    with mission.client(role) as client:
        answer = client.post("/v1/stream-tickets")
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()) == {"ticket", "expires_at"}
        return str(answer.json()["ticket"])


def first_chunk(client: httpx.Client, path: str, **options: Any) -> str:
    with client.stream("GET", path, **options) as stream:
        assert stream.status_code == 200, stream.read()
        return next(stream.iter_text())


@pytest.mark.parametrize("path", STREAMS)
def test_a_ticket_opens_a_stream_once(anyone: httpx.Client, mission: Mission, path: str) -> None:
    ticket = {"ticket": ticket_of(mission)}
    assert "event: cursor" in first_chunk(anyone, path, params=ticket)
    again = anyone.get(path, params=ticket)
    assert again.status_code == 401
    assert "/v1/stream-tickets" in again.json()["detail"]
    assert ticket["ticket"] not in again.text


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/alerts", "/v1/routes", "/v1/stream-tickets"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_ticket_opens_nothing_else(anyone: httpx.Client, mission: Mission, method: str, path: str) -> None:
    ticket = ticket_of(mission)
    assert anyone.request(method, path, params={"ticket": ticket}).status_code in (401, 405)
    bearer = {"Authorization": f"Bearer {ticket}"}
    assert anyone.request(method, path, headers=bearer).status_code in (401, 405)
    assert "event: cursor" in first_chunk(anyone, STREAMS[0], params={"ticket": ticket})


def test_a_key_does_not_pass_for_a_ticket(anyone: httpx.Client, mission: Mission) -> None:
    assert anyone.get(STREAMS[0], params={"ticket": mission.tokens[Role.ADMIN]}).status_code == 401


def test_a_ticket_shows_what_its_key_may_see(anyone: httpx.Client, mission: Mission, platform: Served) -> None:
    other = found_mission(platform, "unsouth")
    ours = {"ticket": ticket_of(mission), "last": str(MOST)}
    with anyone.stream("GET", STREAMS[0], params=ours) as stream:
        assert any(mission.ids["incident_id"] in line for line in stream.iter_lines() if line.startswith("data:"))
    with anyone.stream("GET", STREAMS[0], params={**ours, "ticket": ticket_of(other)}) as stream:
        lines = stream.iter_lines()
        types = [next(line for line in lines if line.startswith("event: ")) for _ in range(2)]
    assert types == ["event: cursor"] * 2


@pytest.mark.timeout(READ_SECONDS * 3)
def test_a_stream_that_a_ticket_opened_ends_with_the_key(anyone: httpx.Client, mission: Mission) -> None:
    keys = mission.platform.process.keys
    issued = mission.platform.run(keys.create(mission.name, Role.SUBSCRIBER, "short-lived"))
    ticket = mission.platform.run(keys.tickets.issue(issued.principal))
    assert ticket is not None
    with anyone.stream("GET", STREAMS[1], params={"ticket": ticket.ticket}) as stream:
        chunks = stream.iter_text()
        assert "event: cursor" in next(chunks)
        assert mission.platform.run(keys.revoke(issued.principal.id))
        assert all(": ping" not in chunk for chunk in chunks)


def test_a_ticket_is_in_no_log(anyone: httpx.Client, mission: Mission, capfd: pytest.CaptureFixture[str]) -> None:
    ticket = ticket_of(mission)
    first_chunk(anyone, STREAMS[0], params={"ticket": ticket})
    anyone.get(STREAMS[0], params={"ticket": ticket})
    await_that(lambda: "stream_ended" in (seen := capfd.readouterr().out) and _holds_none(seen, ticket), "it is logged")


def _holds_none(seen: str, ticket: str) -> bool:
    assert ticket not in seen
    return True


@pytest.mark.timeout(READ_SECONDS * 3)
def test_alerts_of_one_subscription(mission: Mission) -> None:
    with mission.client() as client:
        other = made(client.post("/v1/subscriptions", json=subscription("other")))["subscription_id"]
        only = {"subscription_id": other}
        with client.stream("GET", "/v1/alert-events", params=only, timeout=READ_SECONDS) as stream:
            lines = stream.iter_lines()
            assert "event: cursor" in next(line for line in lines if line.startswith("event: "))
            incident = made(client.post("/v1/incidents", json=report("two are warned")))["incident_id"]
            # What stands already is news to the new subscription, and may come first.
            data = next(line for line in lines if line.startswith("data: ") and incident in line)
        both = await_that(lambda: _two(client, incident), "two alerts are raised")
        assert {alert["subscription_id"] for alert in both} == {other, mission.ids["subscription_id"]}
        assert other in data
        replayed = {**only, "last": str(MOST)}
        with client.stream("GET", "/v1/alert-events", params=replayed, timeout=READ_SECONDS) as stream:
            data = next(line for line in stream.iter_lines() if line.startswith("data: ") and "cursor" not in line)
            assert other in data
        for unknown in (str(new_id()), "nonsense"):
            answer = client.get("/v1/alert-events", params={"subscription_id": unknown})
            assert answer.status_code in (404, 422)


def _two(client: httpx.Client, incident: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/alerts", params={"incident_id": incident}).json()["items"]
    return found if len(found) == 2 else []


@pytest.mark.parametrize("path", STREAMS)
def test_what_is_no_cursor_is_refused_as_in_a_list(mission: Mission, path: str) -> None:
    now = datetime.now(UTC).isoformat()
    slips: list[tuple[str, dict[str, Any]]] = [
        ("query.since", {"params": {"since": "nonsense"}}),
        ("query.since", {"params": {"since": now}}),
        ("header.Last-Event-ID", {"headers": {"Last-Event-ID": "nonsense"}}),
    ]
    with mission.client() as client:
        listed = client.get("/v1/incidents", params={"cursor": "nonsense"}).json()
        for place, asked in slips:
            refused = client.get(path, **asked)
            assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")
            assert refused.json()["detail"] == listed["detail"]
            assert [error["field"] for error in refused.json()["errors"]] == [place]
        unknown = client.get(path, params={"sinse": "x"})
        assert (unknown.json()["code"], "since" in unknown.json()["detail"]) == ("unknown_parameter", True)


@pytest.mark.timeout(READ_SECONDS * 3)
def test_a_stream_begins_at_a_time(mission: Mission) -> None:
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with (
        mission.client() as client,
        client.stream("GET", STREAMS[0], params={"from": hour_ago}, timeout=READ_SECONDS) as stream,
    ):
        assert any(line == "event: incident.reported" for line in stream.iter_lines())


def test_a_type_that_there_is_not_is_refused(mission: Mission) -> None:
    """Else its reader would wait for ever."""
    with mission.client() as client:
        answer = client.get("/v1/incident-events", params={"types": ["incident.reported", "bogus"]})
    assert answer.status_code == 400
    assert "incident.retracted" in answer.json()["errors"][0]["remedy"]


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/nothing", "/v1/nothing", "/readyz", STREAMS[0]])
def test_every_answer_may_be_read_by_pages_of_the_origins_that_are_set(
    anyone: httpx.Client, mission: Mission, path: str
) -> None:
    """Refusals and streams too: a page that may not read a problem can say nothing of it."""
    bearer = {"Authorization": f"Bearer {mission.tokens[Role.ADMIN]}"}
    for headers in ({}, bearer):
        with anyone.stream("GET", path, headers={"Origin": HERE, **headers}) as answer:
            assert answer.headers["access-control-allow-origin"] == HERE
            assert "Origin" in answer.headers["vary"]
            assert "ETag" in answer.headers["access-control-expose-headers"]
        with anyone.stream("GET", path, headers={"Origin": ELSEWHERE, **headers}) as answer:
            assert "access-control-allow-origin" not in answer.headers


def test_a_browser_may_send_what_the_api_asks_for(anyone: httpx.Client) -> None:
    asked = "authorization,content-type,idempotency-key,if-match,if-none-match,last-event-id,x-request-id"
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        headers = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
        assert anyone.options("/v1/incidents", headers={"Origin": HERE, **headers}).status_code == 200
        assert anyone.options("/v1/incidents", headers={"Origin": ELSEWHERE, **headers}).status_code == 400


def test_a_stream_is_no_slow_request(anyone: httpx.Client, mission: Mission) -> None:
    """It counts once it begins, and its length counts apart."""
    before = _measured(anyone)
    with mission.client() as client, client.stream("GET", STREAMS[2]) as stream:
        chunks = stream.iter_text()
        assert "event: cursor" in next(chunks)
        begun = _measured(anyone)
        mission.platform.run(asyncio.sleep(SLOW_SECONDS + 0.1))
    await_that(lambda: _measured(anyone)["streams"] > before["streams"], "it has ended")
    ended = _measured(anyone)
    assert (begun["open"], ended["open"]) == (1, 0)
    assert begun["requests"] == ended["requests"] == before["requests"] + 1
    assert ended["slow"] == before["slow"]
    assert ended["streams"] == before["streams"] + 1


def _measured(client: httpx.Client) -> dict[str, float]:
    text = client.get("/metrics").text
    route = f'route="{STREAMS[2]}"'
    labels = f'method="GET",{route},status="200"'
    requests = _sample(text, f"clearway_http_request_seconds_count{{{labels}}}")
    quick = _sample(text, f'clearway_http_request_seconds_bucket{{le="{SLOW_SECONDS}",{labels}}}')
    return {
        "requests": requests,
        "slow": requests - quick,
        "streams": _sample(text, f"clearway_http_stream_seconds_count{{{route}}}"),
        "open": _sample(text, 'clearway_stream_clients{stream="routes"}'),
    }


def _sample(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0
