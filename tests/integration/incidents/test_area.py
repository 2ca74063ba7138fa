"""Incidents in an area, by their grades and by what their points stand for, as each reader sees them."""

from datetime import timedelta
from typing import Any

import pytest

from .conftest import Desk, a_report
from .test_along import ADMIN, WORLD, at
from .test_comparing import corrected
from .test_who_reads_what import SUBSCRIBER, found

# A triangle, whose box has more than it.
AREA = "-4.1,17.0;-3.9,17.0;-3.9,17.2;-4.1,17.0"
ELSEWHERE = "12.0,5.0;12.1,5.0;12.1,5.1;12.0,5.0"
INSIDE, BESIDE = 17.05, 17.15
COUNTRY = "-20,0;20,0;20,30;-20,30;-20,0"


def grading(grade: str) -> dict[str, Any]:
    return {"source_reliability": grade[0], "info_credibility": int(grade[1])}


async def graded(desk: Desk, grade: str, **changes: Any) -> dict[str, Any]:
    place = {"point": {"type": "Point", "coordinates": [-4.0, INSIDE]}, "precision": "gps"}
    return await desk.report(by=ADMIN, **a_report(location=place, grading=grading(grade), **changes))


async def test_what_is_in_the_area_is_found_in_every_form(desk: Desk) -> None:
    inside, beside = await at(desk, INSIDE), await at(desk, BESIDE)
    on_a_side, in_another = await at(desk, 17.1), await at(desk, 5.04, longitude=12.08)
    expected = [on_a_side["incident_id"], inside["incident_id"]]
    query: dict[str, Any] = {"area": AREA}
    assert await found(desk, ADMIN, **query) == expected
    assert await found(desk, ADMIN, area=[AREA, ELSEWHERE]) == [in_another["incident_id"], *expected]
    drawn = await desk.ask("GET", "/v1/incident-map", by=ADMIN, **WORLD, **query)
    tile = await desk.ask("GET", "/v1/incident-tiles/0/0/0", by=ADMIN, **query)
    counted = await desk.ask("GET", "/v1/incident-counts", by=ADMIN, **query)
    features = await desk.ask("GET", "/v1/ogc/collections/incidents/items", by=ADMIN, **query)
    assert (drawn.json()["total"], counted.json()["total"], features.json()["numberReturned"]) == (2, 2, 2)
    for kind in ("text/csv", "application/x-ndjson", "application/geo+json"):
        export = await desk.ask("GET", by=ADMIN, headers={"Accept": kind}, **query)
        assert all(one in export.text for one in expected), kind
        assert beside["incident_id"] not in export.text
    assert inside["incident_id"].encode() in tile.content
    assert beside["incident_id"].encode() not in tile.content


async def test_an_area_narrows_beside_the_other_filters(desk: Desk) -> None:
    inside, far = await at(desk, INSIDE), await at(desk, INSIDE, longitude=-3.92)
    assert await found(desk, ADMIN, area=AREA, bbox="-4.01,17.0,-3.99,17.2") == [inside["incident_id"]]
    line = {"along": "-4.1,17.05;-3.95,17.05", "within": 500}
    assert await found(desk, ADMIN, area=AREA, **line) == [inside["incident_id"]]
    assert await found(desk, ADMIN, area=ELSEWHERE, **line) == []
    assert await found(desk, ADMIN, area=AREA, category="landmine") == []
    page = await desk.ask("GET", by=ADMIN, area=AREA, limit=1)
    assert [one["incident_id"] for one in page.json()["items"]] == [far["incident_id"]]
    following = await desk.ask("GET", page.headers["link"].split(">")[0].lstrip("<"), by=ADMIN)
    assert [one["incident_id"] for one in following.json()["items"]] == [inside["incident_id"]]


async def test_a_reduced_incident_is_in_an_area_when_its_cell_is_and_never_by_its_point(desk: Desk) -> None:
    """The answer to a reader who sees it reduced is the same wherever in the cell the point is."""
    hidden = await at(desk, 17.04, sharing={"classification": "strictly_confidential"})
    # Within the cell -4.0 to -3.9, 17.0 to 17.1: a speck, and one that begins at its side.
    speck, beside = "-3.95,17.05;-3.949,17.05;-3.95,17.051;-3.95,17.05", "-3.9,17.0;-3.8,17.0;-3.9,17.1;-3.9,17.0"
    for longitude, latitude in ((-3.999, 17.001), (-3.95, 17.0502), (-3.9001, 17.0999)):
        made = await at(desk, latitude, longitude, sharing={"tlp": "red"})
        incident_id = made["incident_id"]
        is_there = (longitude, latitude) == (-3.95, 17.0502)
        assert (incident_id in await found(desk, ADMIN, area=speck)) is is_there
        for query in ({"area": speck}, {"area": [ELSEWHERE, COUNTRY]}, {"area": AREA}):
            assert incident_id in await found(desk, SUBSCRIBER, **query), (longitude, latitude)
        for query in ({"area": beside}, {"area": ELSEWHERE}):
            assert incident_id not in await found(desk, SUBSCRIBER, **query), (longitude, latitude)
    counted = await desk.ask("GET", "/v1/incident-counts", by=SUBSCRIBER, area=speck)
    assert (counted.json()["total"], sum(one["reduced"] for one in counted.json()["counts"])) == (3, 3)
    assert hidden["incident_id"] not in await found(desk, SUBSCRIBER, area=COUNTRY)


@pytest.mark.parametrize("side", [-4.0, -3.9, -4.1])
async def test_an_area_that_is_a_box_has_what_the_box_has(desk: Desk, side: float) -> None:
    """At the sides of cells too."""
    for longitude in (-4.1, -4.05, -4.0, -3.95, -3.9):
        await at(desk, 17.05, longitude, sharing={"tlp": "red"})
    area = f"{side},17;{side + 0.1},17;{side + 0.1},17.1;{side},17.1;{side},17"
    for by in (ADMIN, SUBSCRIBER):
        boxed = await found(desk, by, bbox=f"{side},17,{side + 0.1},17.1")
        assert boxed
        assert await found(desk, by, area=area) == boxed


async def test_as_of_a_time_the_place_and_the_grades_are_those_of_then(desk: Desk) -> None:
    made = await graded(desk, "B2")
    then = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    moved = {"point": {"type": "Point", "coordinates": [-4.0, BESIDE]}, "precision": "locality"}
    await desk.step(await corrected(desk, made, {"location": moved}), "grade", grading("C3"))
    was = ({"area": AREA}, {"grade": "B2"}, {"precision": "gps"})
    for query in was:
        assert await found(desk, ADMIN, **query) == []
        assert await found(desk, ADMIN, **query, as_of=then) == [made["incident_id"]]
        for path in ("/v1/incident-counts", "/v1/incident-map"):
            asked = {**query, **(WORLD if path.endswith("map") else {})}
            assert (await desk.ask("GET", path, by=ADMIN, **asked)).json()["total"] == 0
            assert (await desk.ask("GET", path, by=ADMIN, **asked, as_of=then)).json()["total"] == 1
    for query in ({"grade": "C3"}, {"precision": "locality"}):
        assert await found(desk, ADMIN, **query) == [made["incident_id"]]
        assert await found(desk, ADMIN, **query, as_of=then) == []


async def test_grades_are_those_of_the_source_the_information_or_both(desk: Desk) -> None:
    made = {}
    for grade in ("A1", "B2", "B3", "F6"):
        made[grade] = (await graded(desk, grade))["incident_id"]
    for wanted, expected in (
        (["B2"], ["B2"]),
        (["B"], ["B3", "B2"]),
        (["6"], ["F6"]),
        (["A", "3"], ["B3", "A1"]),
        (["F6", "A1"], ["F6", "A1"]),
        (["C"], []),
    ):
        assert await found(desk, ADMIN, grade=wanted) == [made[grade] for grade in expected], wanted
    counted = await desk.ask("GET", "/v1/incident-counts", by=ADMIN, grade=["A", "3"])
    features = await desk.ask("GET", "/v1/ogc/collections/incidents/items", by=ADMIN, grade="B")
    assert (counted.json()["total"], features.json()["numberReturned"]) == (2, 2)


async def test_what_a_point_stands_for_narrows_what_is_seen_reduced_too(desk: Desk) -> None:
    """A reduced incident shows its grades and what its point stood for, and is found by them."""
    gps = await graded(desk, "A1", sharing={"tlp": "red"})
    place = {"point": {"type": "Point", "coordinates": [-4.0, 17.0]}, "precision": "admin2"}
    district = await desk.report(**a_report(location=place))
    seen = await desk.read(gps, by=SUBSCRIBER)
    assert (seen["form"], seen["location"]["precision"], seen["grading"]["source_reliability"]) == (
        "reduced",
        "gps",
        "A",
    )
    for by in (ADMIN, SUBSCRIBER):
        assert await found(desk, by, precision=["gps", "surveyed_point"]) == [gps["incident_id"]]
        assert await found(desk, by, precision="admin2") == [district["incident_id"]]
        assert await found(desk, by, precision="country") == []
        assert await found(desk, by, grade="A1") == [gps["incident_id"]]


CROSSED = "0,0;2,2;2,0;0,2;0,0"


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ("", "position 1 that is not two numbers"),
        ("0,0;1,0;1,1,1;0,0", "position 3 that is not two numbers: '1,1,1'"),
        ("0,0;1,0;1,north;0,0", "position 3 that is not two numbers"),
        ("0,0;1,0;nan,1;0,0", "position 3 that is not on the globe"),
        ("0,0;1,0;181,1;0,0", "position 3 that is not on the globe"),
        ("17.0,-4;17.1,-94;17.2,-4;17.0,-4", "position 2 that looks swapped"),
        ("0,0;1,0;1,1", "does not end where it begins"),
        ("0,0;1,0;0,0", "fewer than three corners"),
        ("0,0;1,0;1,0;1,0;0,0", "fewer than three corners"),
        ("179,0;-179,0;-179,1;179,1;179,0", "Cut it at 180 degrees, and send both parts, each as an `area`"),
        (CROSSED, "crosses or touches itself"),
        ([AREA, CROSSED], "(area 2)"),
        (";".join(f"{x},{x % 2}" for x in range(101)), "does not end"),
        (";".join([*(f"{x},{x % 2}" for x in range(100)), "0,9", "0,0"]), "has 102 positions, more than 100"),
    ],
)  # fmt: skip
async def test_what_is_no_area_is_refused_with_what_is_wrong(desk: Desk, area: str | list[str], told: str) -> None:
    answer = await desk.ask("GET", by=ADMIN, area=area)
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert error["field"] == "query.area"
    assert told in f"{error['problem']}. {error['remedy']}"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"area": [AREA] * 11}, "query.area"),
        ({"area": "0" * 3_001}, "query.area.0"),
        ({"grade": "G1"}, "query.grade.0"),
        ({"grade": ["B2", "B22"]}, "query.grade.1"),
        ({"precision": "exact"}, "query.precision.0"),
    ],
)
async def test_what_is_too_much_or_no_word_is_refused(desk: Desk, query: dict[str, Any], field: str) -> None:
    answer = await desk.ask("GET", by=ADMIN, **query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_area_at_the_antimeridian_is_sent_in_two_parts(desk: Desk) -> None:
    east, west = await at(desk, 0.5, longitude=179.5), await at(desk, 0.5, longitude=-179.5)
    parts = ["179,0;180,0;180,1;179,1;179,0", "-180,0;-179,0;-179,1;-180,1;-180,0"]
    assert await found(desk, ADMIN, area=parts) == [west["incident_id"], east["incident_id"]]
    assert await found(desk, ADMIN, area=parts[0]) == [east["incident_id"]]
