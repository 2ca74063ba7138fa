"""The page of the dashboard, as a browser and a program get it. The files stand in for those of its build."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import clearway_dashboard.main
from clearway_platform.web.security_headers import EVERYWHERE
from clearway_testing.browser import chromium
from clearway_testing.plugin import skipped_when_unavailable

from .served import Served, served

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SCRIPT = "/assets/index-B1a2C3d4.js"
TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
FILES = {
    "index.html": "<!doctype html><title>The page</title>" + "<p>Now</p>" * 400,
    "field.html": "<!doctype html><title>The field page</title>",
    SCRIPT[1:]: "export const words = [" + '"hazard",' * 4000 + "];",
    "assets/world-A1.json": "[" + "0," * 4000 + "0]",
    "manifest.webmanifest": "{}",
    "sw.js": "// worker",
    "icons/192.png": "no image",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "built"
    write(folder, FILES)
    (folder.parent / "beside.html").write_text("not of the page")
    return folder


@pytest.fixture(scope="module")
def dashboard(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service alone, with those files and with tiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clearway_dashboard.main, "BUILT", built)
        patch.setenv("CLEARWAY_DASHBOARD_TILES", TILES)
        with served(tmp_path_factory.mktemp("dashboard"), "dashboard") as running:
            yield running


@pytest.fixture
def page(dashboard: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=dashboard.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/incidents/0197", "/routes?band=high", "/alerts", "/trends", "/system", "/v2"])
def test_every_address_of_the_page_gives_it(path: str, page: httpx.Client) -> None:
    answer = page.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, FILES["index.html"])
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert {part.strip() for part in answer.headers["vary"].split(",")} == {"Accept-Encoding", "Accept"}


@pytest.mark.parametrize("path", ["/field", "/field/", "/field/drafts/1"])
def test_the_page_of_the_field_is_its_own(path: str, page: httpx.Client) -> None:
    assert page.get(path, headers=HTML).text == FILES["field.html"]
    assert page.get("/fields", headers=HTML).text == FILES["index.html"]


def test_whoever_opens_the_first_address_gets_the_page(page: httpx.Client) -> None:
    for path, file in (("/", "index.html"), ("/field", "field.html")):
        assert page.get(path).text == FILES[file]


@pytest.mark.parametrize("path", ["/incidents", "/v2/incidents", SCRIPT + "x", "/assets", "/nothing.js"])
def test_a_program_that_mistypes_an_address_is_told_so(path: str, page: httpx.Client) -> None:
    answer = page.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_address")


@pytest.mark.parametrize("path", ["/assets/gone-1.js", "/assets/", "/assets/gone.html"])
def test_an_asset_that_is_not_there_is_not_the_page(path: str, page: httpx.Client) -> None:
    """Or a page of the last version would take the first line of HTML for a script."""
    assert page.get(path, headers=HTML).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../beside.html", "/assets/%2e%2e/%2e%2e/beside.html", "/..%2fbeside.html", "/a%00b", "/" + "x" * 5000]
)
def test_no_file_outside_the_build_is_served(path: str, page: httpx.Client) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert "not of the page" not in answer.text


def test_assets_are_kept_for_ever_and_all_else_is_asked_for_again(page: httpx.Client) -> None:
    asset = page.get(SCRIPT)
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    for path, media_type in (
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icons/192.png", "image/png"),
    ):
        answer = page.get(path)
        assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-cache", media_type)


@pytest.mark.parametrize(
    "path", ["/", "/field", "/routes", *(f"/{name}" for name in FILES), "/dashboard.json", "/no.js"]
)
def test_every_file_says_what_a_browser_may_do(path: str, page: httpx.Client) -> None:
    answer = page.get(path, headers=HTML if "." not in path else {})
    said = {name: answer.headers.get_list(name) for name in EVERYWHERE if name != "Cache-Control"}
    assert said == {name: [EVERYWHERE[name]] for name in said}
    [policy] = answer.headers.get_list("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", SCRIPT, "/assets/world-A1.json"])
def test_a_file_is_sent_compressed_once_and_not_again_while_it_is_the_same(path: str, page: httpx.Client) -> None:
    plain = page.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with page.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(sent) < len(plain.content) / 5
    assert gzip.decompress(sent) == plain.content
    again = page.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert again.headers["cache-control"] == answer.headers["cache-control"]


def test_a_new_build_is_served_at_once(page: httpx.Client, built: Path) -> None:
    first = page.get("/field")
    write(built, {"field.html": FILES["field.html"].replace("The", "New")})  # as many bytes
    second = page.get("/field", headers={"If-None-Match": first.headers["etag"]})
    write(built, {"field.html": FILES["field.html"]})  # as the other tests of this module expect it
    assert (second.status_code, "New field" in second.text) == (200, True)


@pytest.mark.parametrize("path", ["/", "/field", SCRIPT, "/sw.js"])
def test_the_page_may_load_what_this_server_has_and_tiles(path: str, page: httpx.Client) -> None:
    answer = page.get(path)
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob: https://tiles.example.org; connect-src 'self' https://tiles.example.org; "
        "worker-src 'self' blob:; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_page_is_told_of_the_installation(page: httpx.Client) -> None:
    answer = page.get("/dashboard.json")
    assert answer.json() == {"tiles": TILES, "roads": None, "disclaimer": None, "sign_in": None}
    assert answer.headers["cache-control"] == "no-cache"


def test_a_map_of_the_installation_is_served_in_parts(tmp_path: Path) -> None:
    """PMTiles are read by ranges: a browser asks for a few kilobytes of gigabytes."""
    tiles, roads = tmp_path / "mission.pmtiles", tmp_path / "mission.geojson"
    tiles.write_bytes(bytes(range(256)) * 64)
    roads.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEARWAY_DASHBOARD_TILES", str(tiles))
        patch.setenv("CLEARWAY_DASHBOARD_ROADS", str(roads))
        with served(tmp_path / "data", "dashboard") as running, httpx.Client(base_url=running.url, timeout=30) as page:
            known = page.get("/dashboard.json").json()
            assert (known["tiles"], known["roads"]) == ("/map/tiles.pmtiles", "/map/roads.geojson")
            part = page.get(known["tiles"], headers={"Range": "bytes=256-259"})
            assert (part.status_code, part.content) == (206, bytes([0, 1, 2, 3]))
            assert part.headers["content-range"] == f"bytes 256-259/{256 * 64}"
            assert page.get(known["roads"]).json()["type"] == "FeatureCollection"
            assert str(tmp_path) not in page.get("/dashboard.json").text


def test_the_page_takes_the_place_of_nothing_else(page: httpx.Client) -> None:
    assert page.get("/healthz").json()["status"] == "alive"
    assert page.get("/readyz").json()["status"] == "ready"
    for path in ("/about", "/docs", "/problems"):
        assert "The page" not in page.get(path, headers=HTML).text
    for path in ("/v1/incidents", "/v1", "/openapi/nothing.json", "/docs/nothing.js"):
        assert page.get(path, headers=HTML).status_code == 404
    assert page.post("/").status_code == 405
    assert page.head("/").headers["etag"] == page.get("/").headers["etag"]


@pytest.fixture
def unbuilt(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    """The service before the build has written anything, and the folder of the build."""
    folder = tmp_path / "built"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clearway_dashboard.main, "BUILT", folder)
        with served(tmp_path / "data", "dashboard") as running:
            yield running, folder


def test_a_page_that_is_not_built_says_so_and_looks_again(unbuilt: tuple[Served, Path]) -> None:
    running, folder = unbuilt
    with httpx.Client(base_url=running.url, timeout=30) as client:
        for path in ("/", "/field", "/routes"):
            answer = client.get(path, headers=HTML)
            assert answer.status_code == 503
            assert "is being built" in answer.text
            assert answer.headers["retry-after"] == "3"
            assert answer.headers["cache-control"] == "no-store"
        assert client.get("/dashboard.json").status_code == client.get("/healthz").status_code == 200
        assert client.get(SCRIPT).status_code == 404
        write(folder, FILES)
        assert client.get("/routes", headers=HTML).text == FILES["index.html"]


@pytest.mark.timeout(120)
async def test_it_opens_by_itself_when_it_is_built_with_the_key_of_the_link(unbuilt: tuple[Served, Path]) -> None:
    running, folder = unbuilt
    with skipped_when_unavailable():
        async with chromium() as browser:
            tab = await browser.new_page()
            await tab.goto(f"{running.url}/#key=cwk_x")
            assert "being built" in await tab.title()
            write(folder, FILES)
            await tab.get_by_text("Now").first.wait_for(timeout=60_000)
            assert await tab.evaluate("location.hash") == "#key=cwk_x"
