"""The edge in front of services that run apart: a real Caddy with the committed configuration."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from clearway_incidents.api.bulk import GROUP, MOMENT_SECONDS
from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.service import service_names
from clearway_platform.web.joined import shipped
from clearway_testing.edge import running_edge
from clearway_testing.plugin import skipped_when_unavailable

from .mission import report
from .served import served
from .test_security_headers import hold


@dataclass
class Cluster:
    """Each service in a process's place of its own, and the edge; `stopping` ends one of the services. `operator` is
    a key of the one that records incidents."""

    client: httpx.Client
    stopping: dict[str, ExitStack]
    operator: str


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        stopping = {name: stack.enter_context(ExitStack()) for name in service_names()}
        running = {
            name: ending.enter_context(served(tmp_path_factory.mktemp(name), name)) for name, ending in stopping.items()
        }
        urls = {name: platform.url for name, platform in running.items()}
        keys = running["incidents"]
        operator = keys.run(keys.process.keys.create("unedge", Role.OPERATOR, "operator")).token
        with skipped_when_unavailable():
            url = stack.enter_context(running_edge(tmp_path_factory.mktemp("edge"), urls))
        yield Cluster(stack.enter_context(httpx.Client(base_url=url, timeout=20)), stopping, operator)


def documented(client: httpx.Client) -> None:
    for path in ("/about", "/docs", "/problems", "/problems/conflict"):
        page = client.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
    assert client.get("/docs/docs.js").headers["content-type"].startswith("text/javascript")
    whole = client.get("/openapi.json")
    assert whole.content == shipped()
    assert whole.headers["content-encoding"] == "gzip"
    assert client.get("/asyncapi.json").json()["asyncapi"].startswith("3.")


def test_the_joined_documentation_is_served(cluster: Cluster) -> None:
    documented(cluster.client)
    assert len(cluster.client.get("/openapi.json").json()["paths"]) > 20
    for name in service_names():
        assert cluster.client.get(f"/openapi/{name}.json").status_code == 200


def test_an_address_reaches_its_service(cluster: Cluster) -> None:
    for path in ("/v1/incidents", "/v1/alerts", "/v1/subscriptions", "/v1/routes"):
        assert cluster.client.get(path).json()["code"] == "no_key", path


def test_what_is_for_operators_stays_inside(cluster: Cluster) -> None:
    for path in ("/metrics", "/readyz", "/v1/nothing", "/docsx"):
        answer = cluster.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_address"), path
        assert answer.headers["content-type"] == "application/problem+json"
        hold(answer)
    hold(cluster.client.get("/healthz"))


def test_what_a_service_says_to_a_browser_passes_once(cluster: Cluster) -> None:
    for path in ("/about", "/v1/incidents"):
        hold(cluster.client.get(path))
    hold(cluster.client.get("/openapi.json"), "no-cache")


def test_bulk_passes_while_its_body_still_comes(cluster: Cluster) -> None:
    """The edge sends no more of a body once an answer has begun: none begins before."""

    def body() -> Iterator[bytes]:
        for _ in range(3):
            for _ in range(GROUP):
                yield json.dumps(report("edge", incident_id=str(new_id()))).encode() + b"\n"
            time.sleep(2 * MOMENT_SECONDS)

    headers = {"Authorization": f"Bearer {cluster.operator}", "Content-Type": "application/x-ndjson"}
    answer = cluster.client.post("/v1/incidents:bulk", content=body(), headers=headers)
    *results, end = map(json.loads, answer.text.splitlines())
    assert len(results) == end["created"] == 3 * GROUP
    assert end["problem"] is None


def test_the_documentation_outlives_a_service(cluster: Cluster) -> None:
    first = service_names()[0]
    cluster.stopping[first].close()
    documented(cluster.client)
    answer = cluster.client.get(f"/v1/{first}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    hold(answer)
