"""What a browser may do with an answer is said with every answer: of each operation, page, file, refusal and error."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from clearway_platform.clock import new_id
from clearway_platform.web.connection import MAX_HEAD_BYTES
from clearway_platform.web.security_headers import EVERYWHERE

from .mission import Mission
from .operations import OBJECTS, Operation, operations
from .served import Served, served
from .test_pages import BROWSER, PAGES

KEPT = {"/openapi.json": "no-cache", "/asyncapi.json": "no-cache", "/dashboard.json": "no-cache"}
FILES = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "docs.js", "clearway.css"]
ADDRESSES = ["/healthz", "/readyz", "/metrics", "/v1", "/v1/nothing", "/openapi/incidents.json", "/docs/none", *KEPT]
HERE = "https://map.example.org"
CACHING = "Cache-Control"
RANDOM = {name: str(new_id()) for name in OBJECTS}


def hold(answer: httpx.Response, caching: str = "no-store") -> None:
    """Fail unless each header is there, once."""
    expected = EVERYWHERE | {CACHING: caching}
    said = {name: answer.headers.get_list(name) for name in expected}
    assert said == {name: [value] for name, value in expected.items()}
    [policy] = answer.headers.get_list("Content-Security-Policy")
    parts = {part.strip().partition(" ")[0]: part.strip().partition(" ")[2] for part in policy.split(";")}
    assert (parts["default-src"], parts["frame-ancestors"]) == ("'none'", "'none'")
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert parts["script-src"] == "'self'"
    else:
        # A photo is shown by itself where it is opened: in a sandbox.
        is_shown = "content-disposition" in answer.headers
        assert parts.keys() == {"default-src", "frame-ancestors", *(["sandbox"] if is_shown else [])}


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_every_answer_of_every_operation(operation: Operation, north: Mission, anyone: httpx.Client) -> None:
    request = operation.request(north.ids)
    if operation.is_public:
        read, unknown = anyone.request(**request), anyone.request(**operation.request({}))
        assert (read.status_code, unknown.status_code) == (200, 404)
        hold(read, "public, max-age=300")
        hold(unknown)
        return
    refused = anyone.request(**request)
    assert refused.status_code == 401
    hold(refused)
    hold(anyone.request(**request | {"headers": BROWSER}))
    with north.client() as client:
        if operation.method != "GET":
            unreadable = {"method": operation.method, "url": request["url"], "content": b"{"}
            hold(client.request(**unreadable, headers={"Content-Type": "application/json"}))
            return
        with client.stream(**request) as answer:
            assert answer.status_code == 200
            hold(answer)


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_what_is_public_is_read_by_every_page_and_nothing_else_is(
    operation: Operation, north: Mission, anyone: httpx.Client
) -> None:
    """Also what is refused: a page then sees why."""
    page = {"Origin": "https://map.example.org"}
    asked = operation.request(north.ids)
    for request in (asked, asked | {"params": {"colour": "red"}}, operation.request(RANDOM)):
        answer = anyone.request(**request | {"headers": request.get("headers", {}) | page})
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == ("*" if operation.is_public else None)
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("accept", ["text/csv", "application/geo+json", "text/html"])
def test_data_in_another_format(accept: str, north: Mission) -> None:
    with north.client() as client:
        hold(client.get("/v1/incidents", headers={"Accept": accept}))
        hold(client.get(f"/v1/routes/{north.ids['route_id']}/briefing", headers={"Accept": accept}))


@pytest.mark.parametrize("path", [*PAGES, *ADDRESSES])
def test_every_page_and_address_of_the_process(path: str, anyone: httpx.Client) -> None:
    for headers in ({}, BROWSER):
        hold(anyone.get(path, headers=headers), KEPT.get(path, "no-store"))


@pytest.mark.parametrize("name", FILES)
def test_the_files_of_the_documentation(name: str, anyone: httpx.Client) -> None:
    hold(anyone.get(f"/docs/{name}"), "max-age=86400")


def test_what_is_refused_before_an_application_sees_it(platform: Served, north: Mission) -> None:
    with north.client() as client:
        hold(client.post("/v1/incidents", content=b"x" * 2_000_000))
        hold(client.get("/v1/incidents", headers={"If-None-Match": "*"}))
        hold(client.put("/v1/incidents"))
        hold(client.head("/healthz"))
    for sent in (b"This is no HTTP\r\n\r\n", b"GET /" + b"x" * (MAX_HEAD_BYTES + 1) + b" HTTP/1.1\r\n\r\n"):
        hold(raw(platform, sent))


def raw(platform: Served, sent: bytes) -> httpx.Response:
    """The answer to what no client of HTTP would send."""
    place = urlsplit(platform.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(sent)
        received = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65_536):
                received += part
    first, *lines = received.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return httpx.Response(int(first.split()[1]), headers=headers)


@pytest.fixture(scope="module")
def open_to_a_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("open"), cors_origins=(HERE,)) as running:
        yield running


def test_a_page_of_another_origin_is_told_the_same(open_to_a_page: Served) -> None:
    asked = {"Origin": HERE, "Access-Control-Request-Method": "GET"}
    with httpx.Client(base_url=open_to_a_page.url, timeout=30) as client:
        before = client.options("/v1/incidents", headers=asked)
        answer = client.get("/v1/incidents", headers={"Origin": HERE})
        strange = client.options("/v1/incidents", headers=asked | {"Origin": "https://evil.example.org"})
        public = client.get("/v1/public/nobody/areas.geojson", headers={"Origin": "https://another.example.org"})
    assert public.headers["access-control-allow-origin"] == "*"
    for one in (before, answer, strange, public):
        hold(one)
    assert before.headers["access-control-allow-origin"] == answer.headers["access-control-allow-origin"] == HERE


def test_the_documentation_keeps_no_key_and_loads_nothing_from_elsewhere(anyone: httpx.Client) -> None:
    written = (Path(__file__).parents[2] / "shared/platform/src/clearway_platform/web/site/docs.js").read_text()
    script = anyone.get("/docs/docs.js").text
    assert script == written
    assert "persistAuthorization: false" in script
    assert "://" not in script + anyone.get("/docs").text
