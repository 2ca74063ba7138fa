"""Feeds: what was recorded or changed of late, as each reader may see it, and what must be dropped."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from clearway_incidents.api import feeds

from .conftest import Desk, a_report

ANALYST = "unmix:analyst"
HURT = {"affiliation": "civilian", "outcome": "injured", "low": 1, "best": 2, "high": 3}


async def asked(desk: Desk, name: str, by: str = ANALYST, **options: Any) -> httpx.Response:
    return await desk.ask("GET", f"/v1/feeds/{name}.geojson", by=by, **options)


async def feed(desk: Desk, name: str, by: str = ANALYST, **options: Any) -> dict[str, Any]:
    answer = await asked(desk, name, by, **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    body: dict[str, Any] = answer.json()
    assert body["metadata"]["count"] == len(body["features"])
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in body["features"]]


async def test_what_is_recorded_or_changed_is_in_it_until_the_time_is_over(desk: Desk) -> None:
    old = await desk.report()
    desk.clock.advance(timedelta(days=8))
    late = await desk.report(time={"earliest": "2025-01-01T00:00:00Z", "latest": "2025-01-02T00:00:00Z"})
    assert ids(await feed(desk, "all_hour")) == [late["incident_id"]]
    assert ids(await feed(desk, "all_week")) == [late["incident_id"]]
    assert ids(await feed(desk, "all_month")) == [late["incident_id"], old["incident_id"]]
    desk.clock.advance(timedelta(minutes=61))
    assert (await feed(desk, "all_hour"))["metadata"]["updated"] is None
    changed = await desk.ask("PATCH", f"/{old['incident_id']}", {"narrative": "seen again"}, seen=1)
    body = await feed(desk, "all_hour")
    assert ids(body) == [old["incident_id"]]
    assert body["metadata"]["updated"] == changed.json()["audit"]["updated_at"]
    assert body["features"][0]["properties"]["revision"] == 2


async def test_an_incident_is_a_feature_with_its_facts(desk: Desk) -> None:
    made = await desk.report()
    [feature] = (await feed(desk, "all_day"))["features"]
    properties = feature["properties"]
    assert feature["geometry"] == made["location"]["point"]
    for name in ("revision", "category", "status", "hazard_state", "outcome", "exercise"):
        assert properties[name] == made[name]
    assert (properties["earliest"], properties["latest"]) == (made["time"]["earliest"], made["time"]["latest"])
    assert properties["uncertainty_m"] == made["location"]["uncertainty_m"]
    assert (properties["url"], properties["form"]) == (f"/v1/incidents/{made['incident_id']}", "full")


async def test_each_subject_has_its_incidents(desk: Desk) -> None:
    plain = await desk.report(outcome="hoax", hazard_state="none")
    hurt = await desk.report(casualties=[HURT])
    review = await desk.step(await desk.report(), "review")
    graded = await desk.ask(
        "POST", f"/{review['incident_id']}/grade", {"info_credibility": 1}, seen=review["revision"], by="unmix:verifier"
    )
    verified = await desk.step(graded.json(), "verify", by="unmix:verifier:vera")
    assert set(ids(await feed(desk, "all_day"))) == {one["incident_id"] for one in (plain, hurt, verified)}
    assert ids(await feed(desk, "casualties_day")) == [hurt["incident_id"]]
    assert ids(await feed(desk, "verified_day")) == [verified["incident_id"]]
    assert set(ids(await feed(desk, "hazards_day"))) == {hurt["incident_id"], verified["incident_id"]}


async def test_what_is_merged_or_retracted_is_said_to_all(desk: Desk) -> None:
    survivor, loser, wrong = [await desk.report() for _ in range(3)]
    await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    await desk.step(wrong, "retract", {"reason": "wrong_place"})
    [kept] = (await feed(desk, "all_day"))["features"]
    assert kept["properties"]["ids"] == [survivor["incident_id"], loser["incident_id"]]
    dropped = await feed(desk, "deleted_day", by="unmix:subscriber")
    assert {(one["id"], one["properties"]["status"]) for one in dropped["features"]} == {
        (loser["incident_id"], "merged"),
        (wrong["incident_id"], "retracted"),
    }
    by_status = {one["properties"]["status"]: one for one in dropped["features"]}
    assert by_status["merged"]["properties"]["merged_into"] == survivor["incident_id"]
    assert by_status["retracted"]["properties"]["reason"] == "wrong_place"
    assert by_status["retracted"]["geometry"] is None
    assert (await feed(desk, "deleted_day", by="other:subscriber"))["features"] == []


async def test_a_key_sees_what_it_may_read(desk: Desk) -> None:
    red = await desk.report(sharing={"tlp": "red"}, by="unmix:admin")
    [whole] = (await feed(desk, "all_day", by="unmix:admin"))["features"]
    assert whole["geometry"]["type"] == "Point"
    [reduced] = (await feed(desk, "all_day", by="unmix:subscriber"))["features"]
    seen = await desk.read(red, by="unmix:subscriber")
    assert reduced["geometry"] == seen["location"]["area"]
    assert (reduced["properties"]["earliest"], reduced["properties"]["latest"]) == (
        seen["time"]["earliest"],
        seen["time"]["latest"],
    )
    await desk.report(sharing={"classification": "strictly_confidential"}, by="unmix:admin")
    assert len((await feed(desk, "all_day", by="unmix:subscriber"))["features"]) == 1


async def test_nothing_is_sent_again_while_nothing_changed(desk: Desk) -> None:
    await desk.report()
    first = await asked(desk, "all_day")
    kept = {"If-None-Match": first.headers["etag"]}
    desk.clock.advance(timedelta(minutes=9))
    assert (await asked(desk, "all_day", headers=kept)).status_code == 304
    await desk.report()
    assert (await asked(desk, "all_day", headers=kept)).status_code == 200


async def test_only_what_came_after_a_time_and_as_it_was_known(desk: Desk) -> None:
    first = await desk.report()
    desk.clock.advance(timedelta(minutes=5))
    then = desk.clock.now()
    desk.clock.advance(timedelta(minutes=5))
    second = await desk.report()
    assert ids(await feed(desk, "all_day", updated_after=then.isoformat())) == [second["incident_id"]]
    await desk.ask("PATCH", f"/{first['incident_id']}", {"category": "landmine"}, seen=1)
    [known] = (await feed(desk, "all_day", as_of=then.isoformat()))["features"]
    assert (known["id"], known["properties"]["category"]) == (first["incident_id"], first["category"])


async def test_the_rest_of_many_is_at_the_next_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_FEATURES", 2)
    made = [await desk.report() for _ in range(5)]
    desk.clock.advance(timedelta(minutes=1))
    address: str | None = "/v1/feeds/all_day.geojson?updated_after=2020-01-01"
    seen = list[str]()
    for _ in range(3):
        assert address is not None
        body = (await desk.ask("GET", address, by=ANALYST)).json()
        seen += ids(body)
        address = body["metadata"]["next"]
    assert address is None
    assert sorted(seen) == sorted(one["incident_id"] for one in made)


async def test_a_feed_that_there_is_not_and_a_query_that_it_does_not_know(desk: Desk) -> None:
    refused = await asked(desk, "all_year")
    assert (refused.status_code, "all_month" in refused.json()["detail"]) == (404, True)
    assert (await asked(desk, "all_day", category="ied")).status_code == 400


async def test_every_list_is_given_as_geojson(desk: Desk) -> None:
    made = await desk.report(casualties=[HURT], location=a_report()["location"] | {"place_name": "The ford"})
    await desk.report(sharing={"tlp": "red"}, by="unmix:admin")
    answer = await desk.ask("GET", by="unmix:subscriber", headers={"Accept": "application/geo+json"}, limit=1)
    body = answer.json()
    assert answer.headers["content-type"] == "application/geo+json"
    assert body["features"][0]["geometry"]["type"] == "Polygon"
    rest = await desk.ask("GET", by="unmix:subscriber", headers={"Accept": "application/geo+json"}, cursor=body["next"])
    [feature] = rest.json()["features"]
    assert (feature["id"], feature["geometry"]) == (made["incident_id"], made["location"]["point"])
    properties = feature["properties"]
    assert (properties["place_name"], properties["injured"], properties["killed"]) == ("The ford", 2, 0)
    assert not [name for name, value in properties.items() if isinstance(value, dict | list)]
