"""Incidents along a route that analytics registered, whose line incidents has from the log."""

import httpx
import pytest

from clearway_platform.clock import new_id

from .mission import Mission, await_that, made, report, route

LISTS = ("/v1/incidents", "/v1/incident-counts", "/v1/ogc/collections/incidents/items")


def along(client: httpx.Client, route_id: str) -> httpx.Response:
    return client.get("/v1/incidents", params={"along": route_id, "within": 500})


def test_a_route_is_followed_from_when_it_is_drawn_and_drawn_anew(north: Mission) -> None:
    route_id = str(new_id())
    with north.client() as client:
        place = {"point": {"type": "Point", "coordinates": [31.0, 4.0]}, "precision": "gps"}
        made_here = made(client.post("/v1/incidents", json=report(north.mark, location=place)))["incident_id"]
        line = {"type": "LineString", "coordinates": [[30.9, 4.0], [31.1, 4.0]]}
        elsewhere = {"type": "LineString", "coordinates": [[30.9, 5.0], [31.1, 5.0]]}
        made(client.put(f"/v1/routes/{route_id}", json=route(north.mark, line=line)))
        await_that(lambda: along(client, route_id).is_success, "the route is known to incidents")
        assert [one["incident_id"] for one in made(along(client, route_id))["items"]] == [made_here]
        redrawn = route(north.mark, line=elsewhere)
        made(client.put(f"/v1/routes/{route_id}", json=redrawn, headers={"If-Match": '"1"'}))
        await_that(lambda: not made(along(client, route_id))["items"], "the new line is known to incidents")


@pytest.mark.parametrize("path", LISTS)
def test_a_route_of_another_mission_is_none(path: str, north: Mission, south: Mission) -> None:
    with south.client() as client:
        answers = [
            client.get(path, params={"along": asked, "within": 500}) for asked in (north.ids["route_id"], str(new_id()))
        ]
    assert [answer.status_code for answer in answers] == [422, 422]
    problems = [answer.json()["errors"][0]["problem"].split()[:4] for answer in answers]
    assert problems == [["there", "is", "no", "route"]] * 2
