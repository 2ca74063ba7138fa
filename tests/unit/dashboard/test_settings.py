"""The settings of the dashboard: an address of tiles that is none ends the start, with what is wrong."""

from pathlib import Path

import pytest

from clearway_dashboard.serving import content_policy
from clearway_dashboard.settings import DashboardSettings
from clearway_platform.cli.configuration import Misconfigured, read_own_settings
from clearway_platform.service import load_service

TILES = "CLEARWAY_DASHBOARD_TILES"


def directives(settings: DashboardSettings) -> dict[str, list[str]]:
    """The directives of the page's policy, by name."""
    parts = [part.split() for part in content_policy(settings).split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize(
    ("tiles", "origin"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("https://tiles.example.org/{z}/{x}/{y}.png?key=abc", "https://tiles.example.org"),
        ("http://10.1.2.3:8081/map.pmtiles", "http://10.1.2.3:8081"),
        ("http://[2001:db8::1]:8081/map.pmtiles", "http://[2001:db8::1]:8081"),
    ],
)
def test_the_page_may_load_tiles_from_their_origin_and_no_other(tiles: str, origin: str) -> None:
    policy = directives(DashboardSettings(dashboard_tiles=tiles))
    assert policy["connect-src"] == ["'self'", origin]
    assert policy["img-src"] == ["'self'", "data:", "blob:", origin]
    assert policy["script-src"] == ["'self'"]


def test_tiles_of_this_machine_are_loaded_from_nowhere_else(tmp_path: Path) -> None:
    tiles = tmp_path / "map.pmtiles"
    tiles.write_bytes(b"PMTiles")
    settings = DashboardSettings(dashboard_tiles=str(tiles))
    assert settings.tiles_file == tiles
    assert directives(settings)["connect-src"] == ["'self'"]


def test_without_tiles_the_page_loads_nothing_from_elsewhere() -> None:
    policy = directives(DashboardSettings())
    assert policy["connect-src"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:", "blob:"]
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]


@pytest.mark.parametrize(
    ("tiles", "said"),
    [
        ("tiles.example.org/{z}/{x}/{y}.png", "begins with http:// or https://"),
        ("file:///map.pmtiles", "begins with http:// or https://"),
        ("https:///{z}/{x}/{y}.png", "begins with http:// or https://"),
        ("https://user:secret@tiles.example.org/map.pmtiles", "begins with http:// or https://"),
        ("https://{s}.example.org/{z}/{x}/{y}.png", "begins with http:// or https://"),
        ("https://a.example.org;script-src */map.pmtiles", "begins with http:// or https://"),
        ("https://[2001:db8::1/map.pmtiles", "Invalid IPv6 URL"),
        ("https://tiles.example.org/style.json", "it names no tiles"),
        ("https://tiles.example.org/{z}/{x}.png", "it names no tiles"),
        ("/nowhere/map.pmtiles", "a file on this machine"),
        ("/etc/hosts", "ends with .pmtiles"),
    ],
)
def test_what_is_no_address_of_tiles_is_refused(tiles: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TILES, tiles)
    with pytest.raises(Misconfigured, match=said) as refused:
        read_own_settings([load_service("dashboard")])
    assert str(refused.value).startswith(TILES)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file cannot be read: No such file"),
        ("roads", "the file is no GeoJSON"),
        ('{"type": "LineString", "coordinates": []}', "no GeoJSON FeatureCollection"),
    ],
)
def test_what_is_no_file_of_roads_is_refused(
    content: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roads = tmp_path / "roads.geojson"
    if content is not None:
        roads.write_text(content)
    monkeypatch.setenv("CLEARWAY_DASHBOARD_ROADS", str(roads))
    with pytest.raises(Misconfigured, match=said) as refused:
        read_own_settings([load_service("dashboard")])
    assert str(refused.value).startswith("CLEARWAY_DASHBOARD_ROADS")
