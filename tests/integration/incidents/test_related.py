"""What has to do with an incident, as each key may see it."""

from typing import Any

from clearway_platform.clock import new_id

from .conftest import Desk, a_report
from .test_comparing import corrected
from .test_who_reads_what import SEEN_BY_NONE, SUBSCRIBER

ADMIN = "unmix:admin"


async def relations(desk: Desk, incident: dict[str, Any], by: str = ADMIN, **query: Any) -> dict[str, list[str]]:
    answer = await desk.ask("GET", f"/{incident['incident_id']}/related", by=by, **query)
    assert answer.status_code == 200, answer.text
    return {item["incident"]["incident_id"]: item["relations"] for item in answer.json()["items"]}


async def test_those_that_it_names_and_those_that_name_it(desk: Desk) -> None:
    one, other, third = [await desk.report() for _ in range(3)]
    named = {"links": {"related": [other["incident_id"]]}}
    one = await corrected(desk, one, named)
    assert await relations(desk, one) == {other["incident_id"]: ["related"]}
    assert await relations(desk, other) == {one["incident_id"]: ["named_by"]}
    assert await relations(desk, third) == {}
    await corrected(desk, other, {"links": {"related": [one["incident_id"]]}})
    assert await relations(desk, one) == {other["incident_id"]: ["named_by", "related"]}
    await corrected(desk, one, {"links": {"related": []}})
    assert await relations(desk, one) == {other["incident_id"]: ["named_by"]}
    assert await relations(desk, other) == {one["incident_id"]: ["related"]}


async def test_what_was_merged_and_what_took_it_in(desk: Desk) -> None:
    loser, survivor = await desk.report(), await desk.report()
    alias = await desk.step(loser, "merge", {"survivor_id": survivor["incident_id"]})
    assert await relations(desk, loser) == {survivor["incident_id"]: ["merged_into"]}
    assert await relations(desk, survivor) == {loser["incident_id"]: ["merged_from"]}
    await desk.step(alias, "unmerge")
    assert await relations(desk, survivor) == await relations(desk, loser) == {}


async def test_of_what_a_key_may_not_see_nothing_is_said(desk: Desk) -> None:
    one, hidden, reduced = await desk.report(), await desk.report(), await desk.report()
    named = {"related": [one["incident_id"]]}
    await corrected(desk, hidden, {"links": named, "sharing": SEEN_BY_NONE})
    await corrected(desk, reduced, {"links": named, "sharing": {"tlp": "red"}})
    assert len(await relations(desk, one)) == 2
    answer = await desk.ask("GET", f"/{one['incident_id']}/related", by=SUBSCRIBER)
    [item] = answer.json()["items"]
    assert (item["incident"]["incident_id"], item["incident"]["form"]) == (reduced["incident_id"], "reduced")
    assert hidden["incident_id"] not in answer.text
    for unseen in (hidden, {"incident_id": str(new_id())}):
        assert (await desk.ask("GET", f"/{unseen['incident_id']}/related", by=SUBSCRIBER)).status_code == 404
    assert (await desk.ask("GET", f"/{one['incident_id']}/related", by="other:admin")).status_code == 404


async def test_an_id_is_taken_alike_whether_there_is_such_an_incident(desk: Desk) -> None:
    """A refusal would tell who may not see an incident that it is there."""
    one = await desk.report(by="unmix:reporter")
    hidden = await desk.report(sharing=SEEN_BY_NONE)
    foreign = await desk.report(by="other:reporter")
    for named in (hidden["incident_id"], foreign["incident_id"], str(new_id())):
        one = await corrected(desk, one, {"links": {"related": [named]}}, by="unmix:reporter")
        assert one["links"]["related"] == [named]
        assert await relations(desk, one, "unmix:reporter") == {}
    assert await relations(desk, foreign, "other:admin") == {}


async def test_pages_are_full_and_lead_on(desk: Desk) -> None:
    one = await desk.report()
    naming = []
    for number in range(5):
        sharing = SEEN_BY_NONE if number % 2 else {"tlp": "green"}
        other = await desk.report(sharing=sharing, links={"related": [one["incident_id"]]}, time=a_report()["time"])
        naming += [] if number % 2 else [other["incident_id"]]
    path = f"/{one['incident_id']}/related"
    first = (await desk.ask("GET", path, by=SUBSCRIBER, limit=2)).json()
    assert len(first["items"]) == 2
    rest = await relations(desk, one, SUBSCRIBER, cursor=first["next"])
    assert sorted([item["incident"]["incident_id"] for item in first["items"]] + list(rest)) == sorted(naming)
    assert (await desk.ask("GET", path, by=SUBSCRIBER, cursor="nonsense")).status_code == 400
