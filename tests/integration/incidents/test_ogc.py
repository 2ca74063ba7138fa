"""OGC API – Features by its letter: links, bounds and filters; and the formats of lists that are tables."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from .conftest import Desk

ITEMS = "/v1/ogc/collections/incidents/items"


async def asked(desk: Desk, path: str = ITEMS, by: str = "unmix:analyst", **query: Any) -> httpx.Response:
    return await desk.ask("GET", path, by=by, **query)


async def ids(desk: Desk, **query: Any) -> list[str]:
    answer = await asked(desk, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["numberReturned"] == len(body["features"])
    return [feature["id"] for feature in body["features"]]


async def test_every_link_leads_somewhere(desk: Desk) -> None:
    made = await desk.report()
    seen, waiting = set[str](), ["/v1/ogc"]
    while waiting:
        path = waiting.pop()
        answer = await asked(desk, path)
        assert answer.status_code == 200, path
        body = answer.json()
        links = [*body.get("links", []), *(link for one in body.get("collections", []) for link in one["links"])]
        for link in links:
            target = link["href"].removeprefix("http://clearway.test")
            assert target.startswith("/"), link
            if target.startswith("/v1/ogc") and target not in seen:
                seen.add(target)
                waiting.append(target)
    assert {"/v1/ogc/conformance", "/v1/ogc/collections", "/v1/ogc/collections/incidents", ITEMS} <= seen
    item = (await asked(desk, f"{ITEMS}/{made['incident_id']}")).json()
    assert (item["id"], item["geometry"]) == (made["incident_id"], made["location"]["point"])
    assert {link["rel"] for link in item["links"]} == {"self", "collection"}


async def test_pages_lead_on_to_the_end(desk: Desk) -> None:
    made = {(await desk.report())["incident_id"] for _ in range(5)}
    seen, path = list[str](), f"{ITEMS}?limit=2&category=ied"
    for _ in range(3):
        body = (await asked(desk, path)).json()
        seen += [feature["id"] for feature in body["features"]]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        path = following[0].removeprefix("http://clearway.test") if following else ""
    assert (path, sorted(seen)) == ("", sorted(made))
    assert len(await ids(desk, limit=1_000_000)) == 5


async def test_box_time_and_properties_narrow(desk: Desk) -> None:
    near = await desk.report(time={"occurred_at": "2026-02-28T05:40:00Z"})
    desk.clock.advance(timedelta(days=1))
    point = {"type": "Point", "coordinates": [100.0, 60.0]}
    far = await desk.report(
        location={"point": point, "precision": "gps"}, category="landmine", time={"occurred_at": "2026-03-01T06:00:00Z"}
    )
    assert await ids(desk, bbox="-5,16,-3,18") == [near["incident_id"]]
    assert await ids(desk, bbox="99,59,-100,101,61,100") == [far["incident_id"]]
    assert await ids(desk, category="landmine") == [far["incident_id"]]
    assert await ids(desk, datetime="2026-03-01T00:00:00Z/..") == [far["incident_id"]]
    assert await ids(desk, datetime="/2026-02-28T23:00:00Z") == [near["incident_id"]]
    assert await ids(desk, datetime="2026-03-01") == [far["incident_id"]]
    body = (await asked(desk, properties="category,mgrs")).json()
    assert [set(feature["properties"]) for feature in body["features"]] == [{"category", "mgrs"}] * 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"bbox": "1,2,3"}, 422),
        ({"datetime": "yesterday"}, 422),
        ({"datetime": "2026-03-01/x"}, 422),
        ({"properties": "colour"}, 422),
        ({"colour": "red"}, 400),
        ({"limit": 0}, 422),
    ],
)
async def test_what_is_wrong_is_refused(desk: Desk, query: dict[str, Any], status: int) -> None:
    assert (await asked(desk, **query)).status_code == status


async def test_a_key_sees_what_it_may_read(desk: Desk) -> None:
    red = await desk.report(sharing={"tlp": "red"}, by="unmix:admin")
    hidden = await desk.report(sharing={"classification": "strictly_confidential"}, by="unmix:admin")
    [feature] = (await asked(desk, by="unmix:subscriber")).json()["features"]
    assert (feature["id"], feature["geometry"]["type"]) == (red["incident_id"], "Polygon")
    assert (feature["properties"]["mgrs"], feature["properties"]["place_name"]) == (None, None)
    assert (await asked(desk, f"{ITEMS}/{hidden['incident_id']}", by="unmix:subscriber")).status_code == 404
    assert (await asked(desk, f"{ITEMS}/{red['incident_id']}", by="other:admin")).status_code == 404


async def test_csv_has_a_row_of_hxl_tags_and_no_formulas(desk: Desk) -> None:
    named = {"point": {"type": "Point", "coordinates": [-3.9962, 17.0421]}, "precision": "gps", "place_name": "=1+1"}
    made = await desk.report(location=named)
    await desk.report()
    answer = await desk.ask("GET", by="unmix:analyst", headers={"Accept": "text/csv"}, limit=1)
    assert answer.headers["content-type"].startswith("text/csv")
    following = answer.headers["link"].removeprefix("<").partition(">")[0]
    rest = await desk.ask("GET", following, by="unmix:analyst", headers={"Accept": "text/csv"})
    names, tags, row = csv.reader(io.StringIO(rest.text))
    assert all(tag.startswith("#") for tag in tags)
    found = dict(zip(names, row, strict=True))
    assert (found["incident_id"], found["category"]) == (made["incident_id"], "ied")
    assert (found["longitude"], found["latitude"], found["place_name"]) == ("-3.9962", "17.0421", "'=1+1")
    assert "link" not in rest.headers


async def test_ndjson_has_an_incident_a_line(desk: Desk) -> None:
    made = [await desk.report() for _ in range(2)]
    answer = await desk.ask("GET", by="unmix:analyst", headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["incident_id"] for line in lines} == {one["incident_id"] for one in made}
    assert lines[0] == await desk.read(lines[0], by="unmix:analyst")
