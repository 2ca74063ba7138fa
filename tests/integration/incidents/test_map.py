"""The map: what the list has, as GeoJSON; where it is much, counted; and nothing that its reader may not see."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from clearway_contracts.grid import cell_of
from clearway_incidents.queries import incident_map
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS

from .conftest import Desk, a_report

WORLD = "-180,-90,180,90"
SUBSCRIBER = "unmix:subscriber"
READERS = ("unmix:admin", "unmix:analyst", SUBSCRIBER, f"{SUBSCRIBER}@Halo", "other:admin")


def at(longitude: float, latitude: float, **changes: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"location": {"point": point, "precision": "gps"}} | changes


# One of each kind that a filter or a ceiling tells apart.
VARIED = (
    at(-3.9962, 17.0421),
    at(-3.9961, 17.0422, category="landmine", hazard_state="suspected"),
    at(-3.91, 17.09, outcome="detonated", hazard_state="unknown", time={"occurred_at": "2026-02-01T22:00:00Z"}),
    at(-3.99, 17.0, exercise=True),
    at(179.5, -10.0, sharing={"tlp": "red"}),
    at(-179.95, -10.05, sharing={"tlp": "red"}, hazard_state="none", outcome="hoax"),
    at(180.0, 90.0, sharing={"tlp": "red"}),
    at(-0.05, -0.05, sharing={"tlp": "amber_strict"}, exercise=True),
    at(-3.9, 17.1, sharing={"tlp": "red"}, time={"occurred_at": "2026-02-20T12:00:00Z"}),
    at(-3.99, 17.05, sharing={"classification": "strictly_confidential"}),
    at(-3.98, 17.05, sharing={"tlp": "green", "releasable_to": ["Halo"]}),
    at(-3.97, 17.05, sharing={"tlp": "red", "releasable_to": ["Halo"]}),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"bbox": "-4,17,-3.95,17.06"},
    {"bbox": "-3.9,17.05,-3.8,17.2"},
    {"bbox": "170,-20,-170,0"},
    {"bbox": "-1,-1,0,0"},
    {"category": ["landmine", "uxo_erw"]},
    {"hazard_state": "unknown"},
    {"outcome": "detonated"},
    {"exercises": "only"},
    {"exercises": "exclude"},
    {"status": "retracted"},
    {"to": "2026-02-20T06:00:00Z"},
    {"from": "2026-02-20T18:00:00Z", "bbox": "-5,10,0,20"},
)


async def drawn(desk: Desk, by: str = "unmix:admin", **query: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"bbox": WORLD, "zoom": 6} | query
    answer = await desk.ask("GET", "/v1/incident-map", by=by, **asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def counted(desk: Desk, monkeypatch: pytest.MonkeyPatch, **query: Any) -> dict[str, Any]:
    """The same in clusters, which otherwise are made of many."""
    with monkeypatch.context() as patched:
        patched.setattr(incident_map, "MOST_DRAWN", 0)
        return await drawn(desk, **query)


async def listed(desk: Desk, by: str, **query: Any) -> dict[str, dict[str, Any]]:
    answer = await desk.ask("GET", by=by, limit=500, **query)
    assert answer.status_code == 200, answer.text
    return {item["incident_id"]: item for item in answer.json()["items"]}


def as_drawn(incident: dict[str, Any]) -> dict[str, Any]:
    """The feature of an incident as the list answers it."""
    location, names = incident["location"], ("incident_id", "revision", "category", "status", "hazard_state", "outcome")
    properties = {name: incident[name] for name in (*names, "exercise", "form")}
    properties |= {"uncertainty_m": location["uncertainty_m"], "earliest": incident["time"]["earliest"]}
    return {"type": "Feature", "geometry": location["point"] or location["area"], "properties": properties}


def middle_of(feature: dict[str, Any]) -> tuple[float, float]:
    """The place of an incident, or the middle of the cell in which it is shown."""
    geometry = feature["geometry"]
    if geometry["type"] == "Point":
        return geometry["coordinates"][0], geometry["coordinates"][1]
    (west, south), _, (east, north), *_ = geometry["coordinates"][0]
    return (west + east) / 2, (south + north) / 2


def is_counted(feature: dict[str, Any], bbox: str, zoom: int) -> bool:
    """Whether an incident is in a cell of the grid that the box touches."""
    west, south, east, north = map(float, bbox.split(","))
    if feature["geometry"]["type"] == "Polygon":
        first, last = cell_of(west, south), cell_of(east, north)
        # A side belongs to the next cell.
        west, south, east, north = first.west, first.south, min(180, last.east - 1e-9), min(90, last.north - 1e-9)
    side = 45 / 2**zoom
    (left, right), (bottom, top) = (
        [int((one + 180) / side) for one in (west, east)],
        [int((one + 90) / side) for one in (south, north)],
    )
    x, y = middle_of(feature)
    column, row = int((x + 180) / side), int((y + 90) / side)
    is_in = left <= column <= right if west <= east else column >= left or column <= right
    return is_in and bottom <= row <= top


async def recorded(desk: Desk, varied: Sequence[dict[str, Any]] = VARIED) -> list[dict[str, Any]]:
    made = []
    for changes in varied:
        made.append(await desk.report(**changes))
        desk.clock.advance(timedelta(minutes=1))
    await desk.step(made[0], "review")
    await desk.step(made[1], "retract", {"reason": "wrong_place"})
    return made


async def assert_draws_the_list(desk: Desk, monkeypatch: pytest.MonkeyPatch, by: str, **query: Any) -> None:
    expected = {name: as_drawn(item) for name, item in (await listed(desk, by, **query)).items()}
    body = await drawn(desk, by, **query)
    assert {item["properties"]["incident_id"]: item for item in body["features"]} == expected
    assert (body["form"], body["total"]) == ("incidents", len(expected))
    clusters = await counted(desk, monkeypatch, by=by, **query)
    counts = [item["properties"] for item in clusters["features"]]
    everywhere = (await listed(desk, by, **{name: value for name, value in query.items() if name != "bbox"})).values()
    inside = [one for one in map(as_drawn, everywhere) if is_counted(one, query.get("bbox", WORLD), clusters["zoom"])]
    properties = [item["properties"] for item in inside]
    assert sum(item["count"] for item in counts) == clusters["total"] == len(inside)
    assert sum(item["reduced"] for item in counts) == sum(item["form"] == "reduced" for item in properties)
    for state in ("active", "unknown"):
        assert sum(item[state] for item in counts) == sum(item["hazard_state"] == state for item in properties)


@pytest.mark.timeout(240)
async def test_it_draws_what_the_list_has(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every reader and filter, now and as of a time, also where an older program wrote the rows."""
    await recorded(desk)
    then, now = desk.clock.now() - timedelta(minutes=5), desk.clock.now()
    for query in FILTERS:
        for reader in READERS:
            await assert_draws_the_list(desk, monkeypatch, reader, **query)
        await assert_draws_the_list(desk, monkeypatch, SUBSCRIBER, **query, as_of=then.isoformat())
    async with desk.database.of_every_mission("a test").write() as transaction:
        values = {"tlp": "clear", "classification": "unclassified", "releasable_to": "[]", "marks_of": None}
        own = {"exercise": None, "uncertainty_m": None}
        await transaction.connection.execute(update(REVISIONS).values(values))
        await transaction.connection.execute(update(INCIDENTS).values(values | own))
    for query in FILTERS:
        await assert_draws_the_list(desk, monkeypatch, SUBSCRIBER, **query)
        await assert_draws_the_list(desk, monkeypatch, f"{SUBSCRIBER}@Halo", **query, as_of=now.isoformat())


async def test_places_that_are_nearly_nothing_are_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for degrees in (0.0, 0.0, 5e-324):
        point = {"type": "Point", "coordinates": [degrees, degrees]}
        await desk.report(location={"point": point, "precision": "gps"})
    body = await counted(desk, monkeypatch)
    [cluster] = body["features"]
    assert (cluster["geometry"]["coordinates"], cluster["properties"]["count"]) == ([0, 0], 3)


async def test_many_are_counted_in_cells(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for longitude, latitude, state in ((1.0, 1.0, "suspected"), (1.1, 1.2, "unknown"), (1.3, 1.1, "none")):
        await desk.report(**at(longitude, latitude, hazard_state=state))
    await desk.report(**at(40.0, 1.0))
    body = await counted(desk, monkeypatch, zoom=3)
    assert (body["form"], body["total"], body["zoom"], len(body["features"])) == ("clusters", 4, 3, 2)
    near, far = sorted(body["features"], key=lambda item: -item["properties"]["count"])
    assert near["geometry"]["coordinates"] == pytest.approx([3.4 / 3, 3.3 / 3], abs=1e-6)
    assert near["properties"] == {
        "count": 3,
        "hazardous": 2,
        "active": 0,
        "unknown": 1,
        "reduced": 0,
        "gravest": "suspected",
    } | {"west": 0.0, "south": 0.0, "east": 5.625, "north": 5.625}
    assert (far["geometry"]["coordinates"], far["properties"]["gravest"]) == ([40.0, 1.0], "active")
    closer = await counted(desk, monkeypatch, zoom=10, bbox="0,0,2,2")
    assert (closer["total"], len(closer["features"])) == (3, 3)


async def test_a_box_has_no_more_clusters_than_a_screen_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.report(**at(175.0, 1.0))
    await desk.report(**at(175.00005, 1.00005))
    for box, zoom, count in ((WORLD, 3, 1), ("170,-80,-170,80", 5, 1), ("175,1,175.0001,1.0001", 22, 2)):
        body = await counted(desk, monkeypatch, zoom=22, bbox=box)
        assert (body["zoom"], len(body["features"])) == (zoom, count)


async def test_nothing_is_placed_by_a_point_that_may_not_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the middle of a cluster, nor its sides, nor the cell of the grid that it is counted in."""
    for longitude, latitude in ((-3.9962, 17.0421), (-3.9011, 17.0999)):
        await desk.report(**at(longitude, latitude, sharing={"tlp": "red"}))
    cell = cell_of(-3.9962, 17.0421)
    body = await counted(desk, monkeypatch, by=SUBSCRIBER, zoom=14, bbox="-4,17,-3.99,17.01")
    [cluster] = body["features"]
    assert cluster["geometry"]["coordinates"] == pytest.approx([-3.95, 17.05])
    sides = {name: cluster["properties"][name] for name in ("west", "south", "east", "north")}
    assert sides == {"west": cell.west, "south": cell.south, "east": cell.east, "north": cell.north}
    assert (cluster["properties"]["count"], cluster["properties"]["reduced"]) == (2, 2)


async def test_the_cells_of_reduced_incidents_are_those_in_which_they_are_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the sides of cells, where floating-point numbers round, as elsewhere."""
    places = [(0.1 * number - 180, 0.1 * number - 90) for number in range(0, 1801, 97)]
    places += [(180.0, 90.0), (-180.0, -90.0), (-1e-15, -1e-15), (0.3, 0.3), (-0.3, 0.7), (5e-324, 17.1)]
    for longitude, latitude in places:
        await desk.report(**at(longitude, latitude, sharing={"tlp": "red"}))
    for longitude, latitude in places:
        shown = cell_of(longitude, latitude)
        # Cells of this zoom are smaller than the shown ones.
        here = {"bbox": f"{longitude},{latitude},{longitude},{latitude}", "zoom": 10}
        body = await counted(desk, monkeypatch, by=SUBSCRIBER, **here)
        [cluster] = body["features"]
        found = {name: cluster["properties"][name] for name in ("west", "south", "east", "north")}
        assert found == {"west": shown.west, "south": shown.south, "east": shown.east, "north": shown.north}


async def test_what_is_unchanged_is_not_drawn_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await desk.report()
    query: dict[str, Any] = {"bbox": WORLD, "zoom": 6}
    first = await desk.ask("GET", "/v1/incident-map", **query)
    known = {"If-None-Match": first.headers["etag"]}
    await desk.report(by="other:reporter")
    with monkeypatch.context() as patched:
        patched.setattr("clearway_incidents.api.mapping.incident_map", None)
        same = await desk.ask("GET", "/v1/incident-map", headers=known, **query)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-type" not in same.headers
    for by, asked in ((SUBSCRIBER, query), ("unmix:verifier", query | {"zoom": 7}), ("other:verifier", query)):
        assert (await desk.ask("GET", "/v1/incident-map", by=by, headers=known, **asked)).status_code == 200
    await desk.step(made, "review")
    changed = await desk.ask("GET", "/v1/incident-map", headers=known, **query)
    assert (changed.status_code, changed.json()["features"][0]["properties"]["revision"]) == (200, 2)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"zoom": 6}, 422),
        ({"bbox": WORLD}, 422),
        ({"bbox": WORLD, "zoom": 23}, 422),
        ({"bbox": WORLD, "zoom": -1}, 422),
        ({"bbox": "0,5,1,1", "zoom": 6}, 422),
        ({"bbox": WORLD, "zoom": 6, "exercises": "some"}, 422),
        ({"bbox": WORLD, "zoom": 6, "limit": 5}, 400),
    ],
)
async def test_a_query_that_makes_no_sense_is_explained(desk: Desk, query: dict[str, Any], status: int) -> None:
    answer = await desk.ask("GET", "/v1/incident-map", **query)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"]


async def test_what_is_known_by_now_is_drawn_as_of_then(desk: Desk) -> None:
    made = await desk.report(hazard_state="suspected")
    then = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(hours=1))
    await desk.step(made, "hazard", {"hazard_state": "active"})
    await desk.report()
    for moment, states in (({}, ["active", "active"]), ({"as_of": then}, ["suspected"])):
        features = (await drawn(desk, **moment))["features"]
        assert [item["properties"]["hazard_state"] for item in features] == states
    assert (await drawn(desk, as_of=then))["as_of"] is not None
    assert (await drawn(desk, as_of=a_report()["time"]["occurred_at"]))["features"] == []
