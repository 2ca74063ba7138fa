"""GDAL, QGIS and OWSLib read the incidents by OGC API – Features as they are, over HTTP, with a key."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from owslib.ogcapi.features import Features

from clearway_platform.clock import new_id

from .conftest import SECONDS, Program, Up

SOUTH, NORTH = (-30.1, 10.025), (-30.1, 40.0)


class Served:
    """A platform with incidents in two places, and a key for it."""

    def __init__(self, address: str, key: str) -> None:
        self.ogc = f"{address}/v1/ogc"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=address, headers=self.headers, trust_env=False, timeout=SECONDS)

    def report(self, place: tuple[float, float], **changes: Any) -> str:
        body = {
            "incident_id": str(new_id()),
            "time": {"occurred_at": "2026-11-25T06:00:00Z", "precision": "minute"},
            "location": {
                "point": {"type": "Point", "coordinates": place},
                "precision": "gps",
                "place_name": "The ford",
            },
            "category": "ied",
            "outcome": "found_not_cleared",
        }
        self.http.post("/v1/incidents", json=body | changes).raise_for_status()
        return str(body["incident_id"])


@pytest.fixture
def served(program: Program, up: Up) -> Iterator[Served]:
    _, address = up()
    served = Served(address, (program.folder / "data/admin.key").read_text().strip())
    yield served
    served.http.close()


def gdal(served: Served, *command: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed (Debian: gdal-bin)")
    header = f"Authorization: {served.headers['Authorization']}"
    done = subprocess.run(
        [command[0], "--config", "GDAL_HTTP_HEADERS", header, *command[1:]],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_ogr2ogr_takes_all_of_them_page_by_page(served: Served, tmp_path: Path) -> None:
    made = {served.report(SOUTH) for _ in range(7)}
    target = tmp_path / "incidents.geojson"
    gdal(served, "ogr2ogr", "-f", "GeoJSON", str(target), f"OAPIF:{served.ogc}", "incidents", "-oo", "PAGE_SIZE=3")
    features = json.loads(target.read_text())["features"]
    assert {feature["properties"]["url"].rpartition("/")[2] for feature in features} == made
    assert features[0]["geometry"] == {"type": "Point", "coordinates": list(SOUTH)}
    assert features[0]["properties"]["place_name"] == "The ford"
    assert features[0]["properties"]["mgrs"].startswith("25P")


def test_ogrinfo_knows_the_columns_and_asks_for_a_box_and_a_time(served: Served) -> None:
    served.report(SOUTH)
    served.report(NORTH, time={"occurred_at": "2026-11-20T06:00:00Z", "precision": "minute"})
    said = gdal(served, "ogrinfo", "-so", f"OAPIF:{served.ogc}", "incidents")
    for column in ("category: String", "uncertainty_m: Real", "killed: Integer", "earliest: DateTime"):
        assert column in said
    boxed = gdal(served, "ogrinfo", "-spat", "-31", "9", "-30", "11", f"OAPIF:{served.ogc}", "incidents")
    assert "Feature Count: 1" in boxed
    assert "POINT (-30.1 10.025)" in boxed


def test_qgis_reads_them_as_a_layer(served: Served, program: Program) -> None:
    """QGIS comes with a Python of its own: the one of the machine."""
    script = Path(__file__).parent / "qgis_reads.py"
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False).returncode:
        pytest.skip("QGIS is not installed (Debian: python3-qgis, qgis-providers)")
    one, _other = served.report(SOUTH), served.report(NORTH)
    key = served.headers["Authorization"].removeprefix("Bearer ")
    done = subprocess.run(
        [python, str(script), served.ogc, key],
        env={"PATH": "/usr/bin:/bin", "HOME": str(program.folder), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["is_valid"], seen["crs"]) == (True, "EPSG:4326")
    assert seen["places"] == ["Point (-30.1 10.025)", "Point (-30.1 40)"]
    assert seen["in_box"] == [one]
    assert {seen["fields"][name] for name in ("category", "earliest", "killed")} == {"String", "DateTime", "Integer"}


def test_owslib_reads_what_is_kept_and_each_incident(served: Served) -> None:
    one, other = served.report(SOUTH), served.report(NORTH, category="landmine")
    client = Features(f"{served.ogc}/", headers=served.headers)
    assert client.conformance()["conformsTo"] == [
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    ]
    assert client.feature_collections() == ["incidents"]
    assert client.collection("incidents")["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    items = client.collection_items("incidents", bbox=[-31, 9, -30, 11])
    assert [feature["id"] for feature in items["features"]] == [one]
    narrowed = client.collection_items("incidents", datetime_="2026-11-01/..", limit=1_000, category="landmine")
    assert [feature["id"] for feature in narrowed["features"]] == [other]
    assert client.collection_item("incidents", one)["properties"]["category"] == "ied"
