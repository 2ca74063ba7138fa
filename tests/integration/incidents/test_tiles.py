"""The map as vector tiles: where the map has them, as each reader may see them, in the tiles that hold them."""

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from math import asinh, pi, radians, tan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx
import pytest

from clearway_incidents.exchange.tiles import Tile
from clearway_incidents.queries import incident_map

from .conftest import Desk

PLACE = (-3.9962, 17.0421)


class Feature(NamedTuple):
    geometry: dict[str, Any]
    properties: dict[str, Any]


def around(zoom: int, longitude: float = PLACE[0], latitude: float = PLACE[1]) -> tuple[int, int]:
    """The column and row of the tile that holds a place."""
    north = asinh(tan(radians(latitude)))
    return int((longitude + 180) / 360 * 2**zoom), int((1 - north / pi) / 2 * 2**zoom)


async def asked(
    desk: Desk, zoom: int, at: tuple[int, int], by: str = "unmix:analyst", **options: Any
) -> httpx.Response:
    return await desk.ask("GET", f"/v1/incident-tiles/{zoom}/{at[0]}/{at[1]}", by=by, **options)


def read(content: bytes) -> dict[str, list[Feature]]:
    """The features of each layer as GDAL reads them: a place in the units of the tile, and their properties."""
    if shutil.which("ogr2ogr") is None:
        reason = "ogr2ogr is not installed (Debian: gdal-bin)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    if not content:
        return {}
    found: dict[str, list[Feature]] = {}
    with TemporaryDirectory() as folder:
        tile = Path(folder) / "tile.mvt"
        tile.write_bytes(content)
        for name in re.findall(r"^\d+: (\w+)", gdal("ogrinfo", f"MVT:{tile}"), re.M):
            written = gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", f"MVT:{tile}", name)
            found[name] = [Feature(one["geometry"], one["properties"]) for one in json.loads(written)["features"]]
    return found


def gdal(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


async def layers(desk: Desk, zoom: int, at: tuple[int, int] | None = None, **options: Any) -> dict[str, list[Feature]]:
    answer = await asked(desk, zoom, at or around(zoom), **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    return read(answer.content)


@pytest.mark.parametrize("zoom", [0, 5, 12, 18])
async def test_an_incident_is_where_it_is(desk: Desk, zoom: int) -> None:
    made = await desk.report()
    [feature] = (await layers(desk, zoom))["incidents"]
    x, y = feature.geometry["coordinates"]
    column, row = around(zoom)
    exact_x = ((PLACE[0] + 180) / 360 * 2**zoom - column) * 4096
    exact_y = ((1 - asinh(tan(radians(PLACE[1]))) / pi) / 2 * 2**zoom - row) * 4096
    # GDAL counts rows from the south.
    assert (x, 4096 - y) == pytest.approx((exact_x, exact_y), abs=1)
    properties = feature.properties
    for name in ("incident_id", "revision", "category", "status", "hazard_state", "outcome", "exercise"):
        assert properties[name] == made[name]
    beside = (column + 1 if zoom else 0, row)
    assert zoom == 0 or await layers(desk, zoom, beside) == {}


async def test_each_incident_is_in_one_tile_of_a_zoom(desk: Desk) -> None:
    places = [(-179.99, -60.0), (0.001, 0.001), (-0.001, -0.001), (89.99, 45.0), (179.99, 84.9), PLACE]
    made = set()
    for place in places:
        where = {"point": {"type": "Point", "coordinates": place}, "precision": "gps"}
        made.add((await desk.report(location=where))["incident_id"])
    seen = []
    for column in range(4):
        for row in range(4):
            features = (await layers(desk, 2, (column, row))).get("incidents", [])
            seen += [feature.properties["incident_id"] for feature in features]
    assert sorted(seen) == sorted(made)


async def test_what_is_reduced_is_a_cell_and_what_may_not_be_seen_is_in_no_tile(desk: Desk) -> None:
    red = await desk.report(sharing={"tlp": "red"}, by="unmix:admin")
    await desk.report(sharing={"classification": "strictly_confidential"}, by="unmix:admin")
    seen = await layers(desk, 8, by="unmix:subscriber")
    assert [one.properties["incident_id"] for one in seen["cells"]] == [red["incident_id"]]
    assert seen["cells"][0].geometry["type"] == "Polygon"
    assert set(seen) == {"cells"}
    assert len((await layers(desk, 8, by="unmix:admin"))["incidents"]) == 2
    assert await layers(desk, 8, by="other:admin") == {}


async def test_many_are_clusters_whose_numbers_are_those_of_the_map(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await desk.report()
    monkeypatch.setattr(incident_map, "MOST_DRAWN", 2)
    [cluster] = (await layers(desk, 6))["clusters"]
    box = Tile(6, *around(6)).box
    bbox = f"{box.west},{box.south},{box.east},{box.north}"
    drawn = (await desk.ask("GET", "/v1/incident-map", by="unmix:analyst", bbox=bbox, zoom=6)).json()
    [feature] = drawn["features"]
    assert cluster.properties == {name: feature["properties"][name] for name in cluster.properties}
    assert cluster.properties["count"] == 3


async def test_a_filter_narrows_and_nothing_is_sent_again(desk: Desk) -> None:
    await desk.report(category="landmine")
    assert await layers(desk, 4, category="ied") == {}
    first = await asked(desk, 4, around(4))
    kept = {"If-None-Match": first.headers["etag"]}
    assert (await asked(desk, 4, around(4), headers=kept)).status_code == 304
    await desk.report()
    assert (await asked(desk, 4, around(4), headers=kept)).status_code == 200


async def test_what_is_along_a_line_and_found_by_its_words(desk: Desk) -> None:
    near = await desk.report(narrative="At the ford")
    far = {"point": {"type": "Point", "coordinates": [PLACE[0], PLACE[1] + 0.1]}, "precision": "gps"}
    await desk.report(location=far, narrative="At the bridge")
    line = f"{PLACE[0] - 0.1},{PLACE[1]};{PLACE[0] + 0.1},{PLACE[1]}"
    for query in ({"along": line, "within": 500}, {"text": "ford"}, {"along": f"{PLACE[0]},{PLACE[1]}", "within": 50}):
        features = (await layers(desk, 6, **query))["incidents"]
        assert [one.properties["incident_id"] for one in features] == [near["incident_id"]], query


async def test_a_tile_as_it_was(desk: Desk) -> None:
    made = await desk.report()
    before = desk.clock.now()
    desk.clock.advance(timedelta(minutes=1))
    moved = {"location": {"point": {"type": "Point", "coordinates": [40.0, -20.0]}}}
    answer = await desk.ask("PATCH", f"/{made['incident_id']}", moved, seen=1, by="unmix:reporter")
    assert answer.status_code == 200, answer.text
    assert await layers(desk, 6) == {}
    [then] = (await layers(desk, 6, as_of=before.isoformat()))["incidents"]
    assert (then.properties["incident_id"], then.properties["revision"]) == (made["incident_id"], 1)


async def test_it_has_its_own_type_for_who_asks(desk: Desk) -> None:
    own = "application/vnd.mapbox-vector-tile"
    assert (await asked(desk, 4, around(4), headers={"Accept": own})).headers["content-type"] == own
    assert (await asked(desk, 4, around(4), headers={"Accept": "application/json"})).status_code == 406


async def test_a_tile_that_there_is_not(desk: Desk) -> None:
    assert (await asked(desk, 2, (4, 0))).status_code == 404
    assert (await asked(desk, 23, (0, 0))).status_code == 422
