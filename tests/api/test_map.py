"""A client that draws the map and follows from its cursor misses no change."""

import httpx

from .mission import Mission, await_that, made, report

READ_SECONDS = 20
WORLD = {"bbox": "-180,-90,180,90", "zoom": "6"}


def test_what_changes_after_the_map_comes_on_the_stream(north: Mission) -> None:
    with north.client() as client:
        drawn = made(client.get("/v1/incident-map", params=WORLD))
        known = {feature["properties"]["incident_id"] for feature in drawn["features"]}
        later = made(client.post("/v1/incidents", json=report(north.mark)))["incident_id"]
        assert later not in known
        since = {"since": drawn["cursor"]}
        with client.stream("GET", "/v1/incident-events", params=since, timeout=READ_SECONDS) as stream:
            assert any(later in line for line in stream.iter_lines())


def test_a_map_that_was_drawn_is_drawn_again_after_a_change_only(north: Mission) -> None:
    """Published or not: the tag may change once more when the event is published, and then stays."""
    with north.client() as client:

        def settled() -> httpx.Response | None:
            first = client.get("/v1/incident-map", params=WORLD)
            known = {"If-None-Match": first.headers["etag"]}
            again = client.get("/v1/incident-map", params=WORLD, headers=known)
            return first if again.status_code == 304 else None

        first = await_that(settled, "the map is unchanged")
        assert first is not None
        known = {"If-None-Match": first.headers["etag"]}
        made(client.post("/v1/incidents", json=report(north.mark)))
        assert client.get("/v1/incident-map", params=WORLD, headers=known).status_code == 200
