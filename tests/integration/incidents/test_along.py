"""Incidents along a route or a line, as each reader sees them."""

from datetime import timedelta
from typing import Any

import pytest

from clearway_contracts.geometry import LineString
from clearway_contracts.route import RouteState
from clearway_contracts.routes import RouteRegistered
from clearway_incidents.commands.routes import keep_route
from clearway_incidents.consumers import on_route
from clearway_platform.clock import new_id
from clearway_platform.service import Platform

from .conftest import Desk, a_report
from .test_comparing import corrected
from .test_who_reads_what import SUBSCRIBER, found

ADMIN = "unmix:admin"
LINE = "-4.1,17.04;-3.9,17.04"
ROAD = ((-4.1, 17.04), (-3.9, 17.04))
WORLD: dict[str, Any] = {"bbox": "-180,-90,180,90", "zoom": 4}
# By the metres from the line.
NORTH = {100: 17.0409, 400: 17.0436, 900: 17.0481}


async def at(desk: Desk, latitude: float, longitude: float = -4.0, **changes: Any) -> dict[str, Any]:
    place = {"point": {"type": "Point", "coordinates": [longitude, latitude]}, "precision": "gps"}
    return await desk.report(**a_report(location=place, **changes))


async def test_what_is_within_the_distance_is_found_in_every_form(desk: Desk) -> None:
    near, far = await at(desk, NORTH[400]), await at(desk, NORTH[900])
    await at(desk, 17.04, longitude=-3.89)
    query: dict[str, Any] = {"along": LINE, "within": 500}
    assert await found(desk, ADMIN, **query) == [near["incident_id"]]
    assert await found(desk, ADMIN, along=LINE, within=1_000) == [far["incident_id"], near["incident_id"]]
    drawn = await desk.ask("GET", "/v1/incident-map", by=ADMIN, **WORLD, **query)
    counted = await desk.ask("GET", "/v1/incident-counts", by=ADMIN, **query)
    features = await desk.ask("GET", "/v1/ogc/collections/incidents/items", by=ADMIN, **query)
    table = await desk.ask("GET", by=ADMIN, headers={"Accept": "text/csv"}, **query)
    assert (drawn.json()["total"], counted.json()["total"], features.json()["numberReturned"]) == (1, 1, 1)
    assert near["incident_id"] in table.text
    assert far["incident_id"] not in table.text
    assert await found(desk, ADMIN, **query, text="nothing") == []
    assert await found(desk, ADMIN, **query, hazard_state="active", bbox="-4.01,17.0,-3.99,17.1") == [
        near["incident_id"]
    ]


async def test_a_reduced_incident_is_found_by_its_cell_and_never_by_its_point(desk: Desk) -> None:
    """The line runs through the middle of the cell: wherever the point is, it is found, however narrow the band."""
    for latitude in (NORTH[900], 17.09, 17.001):
        made = await at(desk, latitude, sharing={"tlp": "red"})
        assert made["incident_id"] in await found(desk, SUBSCRIBER, along=LINE, within=1)
        assert made["incident_id"] not in await found(desk, ADMIN, along=LINE, within=1)
    # 1.5 km south of the cell, and 10.5 of its point.
    beside = "-4.1,16.9865;-3.9,16.9865"
    assert len(await found(desk, SUBSCRIBER, along=beside, within=1_600)) == 3
    assert await found(desk, SUBSCRIBER, along=beside, within=1_400) == []
    hidden = await at(desk, 17.04, sharing={"classification": "strictly_confidential"})
    assert hidden["incident_id"] not in await found(desk, SUBSCRIBER, along=LINE, within=5_000)


async def test_as_of_a_time_the_place_is_that_of_then(desk: Desk) -> None:
    made = await at(desk, NORTH[100])
    then = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    moved = {"location": {"point": {"type": "Point", "coordinates": [-4.0, NORTH[900]]}}}
    await corrected(desk, made, moved)
    assert await found(desk, ADMIN, along=LINE, within=500) == []
    assert await found(desk, ADMIN, along=LINE, within=500, as_of=then) == [made["incident_id"]]


async def test_a_route_is_named_by_its_id_in_its_own_mission(desk: Desk) -> None:
    made, route_id = await at(desk, NORTH[400]), new_id()
    async with desk.database.of("unmix").write() as transaction:
        await keep_route(transaction, "unmix", route_id, 1, ROAD)
    assert await found(desk, ADMIN, along=str(route_id), within=500) == [made["incident_id"]]
    assert await found(desk, ADMIN, along=str(route_id), within=300) == []
    for by, asked in (("other:admin", route_id), (ADMIN, new_id())):
        answer = await desk.ask("GET", by=by, along=str(asked), within=500)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "query.along"
        assert "no route" in answer.text


async def test_the_line_of_a_route_is_that_of_its_newest_revision(platform: Platform, desk: Desk) -> None:
    """A newer revision replaces it, an older one that comes late does not."""
    made, route_id = await at(desk, NORTH[400]), new_id()
    for revision, latitude, is_found in ((1, 17.04, True), (3, 18.04, False), (2, 17.04, False), (4, 17.04, True)):
        state = RouteState(
            route_id=route_id,
            mission="unmix",
            name="Alder",
            line=LineString(coordinates=((-4.1, latitude), (-3.9, latitude))),
            half_width_m=500,
            registered_at=desk.clock.now(),
            revision=revision,
        )
        data = RouteRegistered(mission="unmix", route_id=route_id, route=state)
        event = platform.outbox.event(data, subject=str(route_id), source="/test", occurred=desk.clock.now())
        async with desk.database.of("unmix").write() as transaction:
            await on_route(transaction, event)
        expected = [made["incident_id"]] if is_found else []
        assert await found(desk, ADMIN, along=str(route_id), within=500) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"along": LINE}, "query.along"),
        ({"within": 500}, "query.within"),
        ({"along": "nowhere", "within": 500}, "query.along"),
        ({"along": "1,2,3;4,5", "within": 500}, "query.along"),
        ({"along": "0,91;0,90", "within": 500}, "query.along"),
        ({"along": "nan,1;0,1", "within": 500}, "query.along"),
        ({"along": "179,1;-179,1", "within": 500}, "query.along"),
        ({"along": LINE, "within": 0}, "query.within"),
        ({"along": LINE, "within": 100_001}, "query.within"),
    ],
)
async def test_what_is_no_line_or_no_distance_is_refused(desk: Desk, query: dict[str, Any], field: str) -> None:
    answer = await desk.ask("GET", by=ADMIN, **query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_pole_is_no_special_place(desk: Desk) -> None:
    made = await at(desk, 89.995, longitude=170.0)
    assert await found(desk, ADMIN, along="-100,89.99;60,89.99", within=2_000) == [made["incident_id"]]
    other = await at(desk, 10.0, longitude=-179.999)
    assert await found(desk, ADMIN, along="179.9,10;179.999,10", within=500) == [other["incident_id"]]


async def test_one_position_is_the_middle_of_a_circle(desk: Desk) -> None:
    near = await at(desk, NORTH[400])
    await at(desk, NORTH[900])
    assert await found(desk, ADMIN, along="-4.0,17.04", within=500) == [near["incident_id"]]
