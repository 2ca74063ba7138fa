"""What the process shows of itself, and what surrounds every request."""

import asyncio
import re
from collections import defaultdict

import httpx
import pytest
import schemathesis
from prometheus_client.parser import text_string_to_metric_families

from clearway_contracts.topics import INCIDENTS
from clearway_platform.auth.principals import Role
from clearway_platform.log.base import Record
from clearway_platform.service import installed_services
from clearway_platform.version import VERSION

from .mission import Mission, await_that, made, report
from .operations import operations
from .served import Served

READ_SECONDS = 20


def test_it_is_alive_and_ready(anyone: httpx.Client) -> None:
    assert anyone.get("/healthz").json() == {"status": "alive", "version": VERSION}
    answer = anyone.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "problems": {}})


def test_it_is_measured_by_route_and_not_by_id(anyone: httpx.Client, north: Mission) -> None:
    with north.client() as client:
        made(client.get(f"/v1/incidents/{north.ids['incident_id']}"))
    text = anyone.get("/metrics").text
    assert 'route="/v1/incidents/{incident_id}"' in text
    assert north.ids["incident_id"] not in text


def test_what_operators_watch_is_measured(anyone: httpx.Client, north: Mission) -> None:
    """A report has raised an alert, a delivery waits for a receiver that is not there, a dead letter for a person."""

    def figures() -> dict[str, float]:
        families = text_string_to_metric_families(anyone.get("/metrics").text)
        found: dict[str, float] = defaultdict(float)
        for sample in (sample for family in families for sample in family.samples):
            found[sample.name] += sample.value
        return found

    await_that(lambda: figures()["clearway_alert_latency_seconds_count"], "the alert's latency is measured")
    await_that(lambda: figures()["clearway_alert_deliveries_pending"], "the delivery is seen to wait")
    await_that(lambda: figures()["clearway_dead_letters"], "the dead letter is seen to wait")
    measured = figures()
    for name in ("clearway_consumer_lag_messages", "clearway_outbox_depth", "clearway_outbox_age_seconds"):
        assert name in measured


def test_the_documentation_needs_no_internet(anyone: httpx.Client) -> None:
    page = anyone.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"(?:src|href|url)[=:]\s*[\"'](?:https?:)?//", page.text)
    for asset in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
        answer = anyone.get(asset)
        assert answer.status_code == 200, asset
        assert answer.content
    assert anyone.get("/docs/nothing.js").status_code == 404


def test_one_document_describes_all_services(anyone: httpx.Client) -> None:
    document = anyone.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    said = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert said == {(item.method, item.path) for item in operations()}


@pytest.mark.parametrize("name", installed_services())
def test_each_service_describes_itself(name: str, anyone: httpx.Client) -> None:
    document = anyone.get(f"/openapi/{name}.json").json()
    schemathesis.openapi.from_dict(document).validate()
    mounts = installed_services()[name].mounts
    assert all("/".join(path.split("/")[:3]) in mounts for path in document["paths"])


def test_an_unknown_address_is_a_problem(anyone: httpx.Client) -> None:
    for path in ("/v1/nothing", "/nothing", "/openapi/nothing.json", "/v1"):
        answer = anyone.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_request_keeps_the_id_that_it_came_with(anyone: httpx.Client) -> None:
    given = "0123456789abcdef"
    answer = anyone.get("/v1/incidents", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("bad", ["short", "x" * 65, "with a space", 'quote"quote'])
def test_a_bad_request_id_is_replaced(bad: str, anyone: httpx.Client) -> None:
    answer = anyone.get("/healthz", headers={"X-Request-Id": bad})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_an_address_names_its_methods(north: Mission) -> None:
    with north.client() as client:
        answer = client.put("/v1/incidents")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.timeout(READ_SECONDS * 3)
def test_a_trace_goes_from_the_request_into_the_event(north: Mission) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with north.client() as client:
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        incident = made(client.post("/v1/incidents", json=report(north.mark), headers=headers))["incident_id"]
    record = north.platform.run(_published(north.platform, incident.encode()), READ_SECONDS)
    assert dict(record.headers)["traceparent"].decode().split("-")[1] == trace


async def _published(platform: Served, key: bytes) -> Record:
    """The first event about an incident, as it stands in the log."""
    broker = platform.process.members[0].platform.broker
    async with asyncio.timeout(READ_SECONDS), await broker.reader([INCIDENTS.name], group=None) as reader:
        while True:
            for records in (await reader.fetch()).values():
                for record in records:
                    if record.key is not None and key in record.key:
                        return record


@pytest.mark.timeout(READ_SECONDS * 3)
def test_a_stream_ends_with_its_key(north: Mission) -> None:
    keys = north.platform.process.keys
    issued = north.platform.run(keys.create(north.name, Role.SUBSCRIBER, "short-lived"))
    bearer = {"Authorization": f"Bearer {issued.token}"}
    with (
        httpx.Client(base_url=north.platform.url, headers=bearer, timeout=READ_SECONDS) as client,
        client.stream("GET", "/v1/alert-events") as stream,
    ):
        chunks = stream.iter_text()
        assert "event: cursor" in next(chunks)
        assert north.platform.run(keys.revoke(issued.principal.id))
        # The server ends it in good order; were it to go on, this would not end.
        assert all(": ping" not in chunk for chunk in chunks)
