"""What a mission publishes: off until it is switched on, read without a key, one edition a day, the same for ever."""

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
import pytest
from sqlalchemy import Engine, delete, event, select, update
from structlog.testing import capture_logs

from clearway_incidents.api.public_feeds import preferred_language
from clearway_incidents.commands import editions
from clearway_incidents.commands.editions import Editions
from clearway_incidents.domain.public.publication import Language
from clearway_incidents.exchange.public.feeds import feeds_of
from clearway_incidents.queries import public_changes, public_feeds
from clearway_incidents.storage.tables import PUBLIC_FEEDS, PUBLIC_STANDINGS
from clearway_platform.service import Platform
from clearway_platform.settings import Settings

from .conftest import Desk, a_report, desk_of

ADMIN = "unmix:admin"
NAME = "north-valley"
AREAS = f"/v1/public/{NAME}/areas.geojson"
CLEAR = {"tlp": "clear"}


def decision(**changes: Any) -> dict[str, Any]:
    region = {"west": -6.0, "south": 15.0, "east": -2.0, "north": 19.0}
    plain = {"published": True, "public_name": NAME, "title": "North valley", "contact": "Call 123", "region": region}
    return plain | {"fewest": 3} | changes


async def decide(desk: Desk, seen: int = 0, *, by: str = ADMIN, **changes: Any) -> httpx.Response:
    return await desk.ask("PUT", "/v1/public-areas", decision(**changes), by=by, seen=seen)


async def get(desk: Desk, path: str = AREAS, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
    """Without a key."""
    return await desk.http.get(path, headers=headers, params=query or None)


def maker(desk: Desk) -> Editions:
    return Editions(desk.clock, desk.database, public_changes.changes, feeds_of)


async def night(desk: Desk, days: int = 1) -> int:
    """So many midnights pass, and the editions are made."""
    desk.clock.set(datetime.combine(desk.clock.now().date(), datetime.min.time(), UTC) + timedelta(days=days, hours=6))
    return await maker(desk).make_due()


async def reports(desk: Desk, number: int, **changes: Any) -> list[dict[str, Any]]:
    return [await desk.report(**{"sharing": CLEAR} | changes) for _ in range(number)]


def areas(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["properties"] for one in answer.json()["features"]}


@pytest.fixture(autouse=True)
def asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_feeds, "KNOWN_SECONDS", 0.0)


async def test_nothing_is_published_until_an_administrator_decides_so(desk: Desk) -> None:
    before = await desk.ask("GET", "/v1/public-areas", by="unmix:reporter")
    assert (before.json()["published"], before.json()["revision"]) == (False, 0)
    for role in ("reporter", "verifier", "analyst", "subscriber", "operator"):
        assert (await decide(desk, by=f"unmix:{role}")).status_code == 403
    assert (await decide(desk)).status_code == 200
    assert (await get(desk)).status_code == 404
    assert await night(desk) == 1
    assert areas(await get(desk)).keys() == {"region"}


async def test_an_edition_tells_what_was_public_for_a_day(desk: Desk) -> None:
    await decide(desk)
    await reports(desk, 3)
    await reports(desk, 3, sharing={"tlp": "green"})
    await reports(desk, 3, exercise=True)
    await night(desk)
    assert areas(await get(desk)).keys() == {"region"}
    await night(desk)
    found = areas(await get(desk))
    assert found.keys() == {"region", "-4_17_0.1_day-2026-03-01"}
    said = found["-4_17_0.1_day-2026-03-01"]
    assert (said["at_least"], said["at_most"], said["hazards_standing"]) == (3, 9, "yes")


async def test_what_is_marked_more_highly_within_the_day_is_never_told(desk: Desk) -> None:
    await decide(desk)
    [one, *_] = await reports(desk, 3)
    desk.clock.advance(timedelta(hours=20))
    raised = await desk.ask("PATCH", f"/{one['incident_id']}", {"sharing": {"tlp": "red"}}, by=ADMIN, seen=1)
    assert raised.status_code == 200, raised.text
    await night(desk, 2)
    assert areas(await get(desk)).keys() == {"region"}
    await reports(desk, 1)
    await night(desk, 2)
    assert len(areas(await get(desk))) == 2


async def test_an_edition_is_of_its_moment_whenever_it_is_made(desk: Desk) -> None:
    """Every day of two weeks, with reports, corrections and retractions; then all of it again, made at once."""
    await decide(desk)
    one_by_one: dict[datetime, Any] = {}
    made: list[dict[str, Any]] = []
    for day in range(14):
        point = {"type": "Point", "coordinates": [-3.99 + (day % 3) / 20, 17.04]}
        location = {"point": point, "precision": "gps"}
        made += await reports(desk, day % 4, location=location, category="landmine" if day % 5 else "ied")
        if day in (5, 6, 7):
            await desk.step(made[day], "retract", {"reason": "false_report"})
        assert await night(desk) == 1
        one_by_one |= await stored(desk)
    assert len({content for feeds in one_by_one.values() for content in feeds.values()}) > 20
    async with desk.database.of("unmix").write() as transaction:
        await transaction.connection.execute(delete(PUBLIC_FEEDS))
        await transaction.connection.execute(delete(PUBLIC_STANDINGS))
    assert await maker(desk).make_due() == 14
    assert await stored(desk) == one_by_one


async def stored(desk: Desk) -> dict[datetime, dict[str, bytes]]:
    found: dict[datetime, dict[str, bytes]] = {}
    for row in await desk.rows(select(PUBLIC_FEEDS)):
        found.setdefault(row.moment, {})[row.feed] = row.content
    return found


async def test_several_processes_make_one_edition(desk: Desk) -> None:
    await decide(desk)
    await reports(desk, 3)
    desk.clock.advance(timedelta(days=2))
    found = await asyncio.gather(*(maker(desk).make_due() for _ in range(3)))
    assert sum(found) == 2
    assert len(await stored(desk)) == 2


async def test_the_record_is_read_in_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_changes, "_AT_ONCE", 2)
    await decide(desk)
    await reports(desk, 5)
    await night(desk, 2)
    assert areas(await get(desk))["-4_17_0.1_day-2026-03-01"]["at_least"] == 3


async def test_old_editions_are_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "KEPT", timedelta(days=2))
    await decide(desk)
    assert await night(desk, 5) == 5
    assert len(await stored(desk)) == 3


async def test_switched_off_it_is_gone_and_what_was_before_does_not_come_back(desk: Desk) -> None:
    await decide(desk)
    await reports(desk, 3)
    await night(desk, 2)
    assert len(areas(await get(desk))) == 2
    assert (await decide(desk, 1, published=False)).json()["addresses"] == []
    assert (await get(desk)).status_code == 404
    assert (await decide(desk, 2)).status_code == 200
    assert (await get(desk)).status_code == 404
    await night(desk)
    assert len(areas(await get(desk))) == 2


async def test_a_reader_cannot_tell_an_unknown_name_from_one_that_is_switched_off(desk: Desk) -> None:
    """Neither by the answer nor by what is asked of the database."""
    await decide(desk)
    await reports(desk, 3)
    await night(desk, 2)
    await decide(desk, 1, published=False)
    await decide(desk, by="other:admin", public_name="other-place")
    said = []
    for name in (NAME, "never-taken1", "other-place"):
        for feed in ("areas.geojson", "areas.csv", "risk-education.geojson"):
            with Statements() as asked:
                answer = await get(desk, f"/v1/public/{name}/{feed}")
            body = answer.json()
            assert body.pop("instance") == f"/v1/public/{name}/{feed}"
            said.append((feed, answer.status_code, sorted(answer.headers.items()), body, len(asked.seen)))
    fixed = [(status, headers_without_length(headers), body, asked) for _, status, headers, body, asked in said]
    assert fixed == [fixed[0]] * 9


def headers_without_length(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name != "content-length"]


class Statements:
    """The statements that the database is asked while it lasts."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.seen.append(statement)

    def __enter__(self) -> Self:
        event.listen(Engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)


async def test_a_crowd_costs_the_database_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_feeds, "KNOWN_SECONDS", 60.0)
    await decide(desk)
    await reports(desk, 3)
    await night(desk, 2)
    with Statements() as first:
        assert len(areas(await get(desk))) == 2
    assert first.seen
    assert not [statement for statement in first.seen if "incident" in statement]
    with Statements() as asked:
        found = await asyncio.gather(*(get(desk) for _ in range(50)), get(desk, "/v1/public/nobody/areas.geojson"))
    assert (asked.seen, {answer.status_code for answer in found}) == ([], {200, 404})


async def test_caches_keep_it(desk: Desk) -> None:
    await decide(desk)
    await night(desk)
    found = await get(desk)
    assert found.headers["cache-control"] == "public, max-age=300"
    assert "last-modified" not in found.headers
    again = await get(desk, headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await desk.http.head(AREAS)).status_code == 405
    keyed = await desk.ask("GET", "/v1/public-areas", by=ADMIN)
    assert keyed.json()["addresses"][0] == AREAS


async def test_a_large_edition_is_compressed_once(desk: Desk) -> None:
    await decide(desk)
    for number in range(12):
        location = {"point": {"type": "Point", "coordinates": [-3.95 + number / 10, 17.04]}, "precision": "gps"}
        await reports(desk, 3, location=location)
    await night(desk, 2)
    plain = await get(desk, headers={"Accept-Encoding": "identity"})
    async with desk.http.stream("GET", AREAS, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert answer.headers["etag"] == plain.headers["etag"]


async def test_risk_education_is_in_the_language_that_is_asked_for(desk: Desk) -> None:
    await decide(desk)
    await reports(desk, 3)
    await night(desk, 2)
    path = f"/v1/public/{NAME}/risk-education.geojson"
    english = await get(desk, path)
    french = await get(desk, path, {"Accept-Language": "de, fr-CH;q=0.8, en;q=0.3"})
    asked = await get(desk, path, {"Accept-Language": "fr"}, lang="en")
    assert english.content == asked.content != french.content
    assert french.headers["vary"] == "Accept-Language, Accept-Encoding"
    assert english.json()["metadata"]["what_to_do"][1] == "Do not approach what you do not know. Do not touch it."
    assert (await get(desk, path, lang="xx")).status_code == 422
    assert (await get(desk, path, speech="loud")).status_code == 400


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("fr", "fr"), ("en, fr", "en"), ("fr;q=0.9, en;q=0.8", "fr"), ("*", "en"), ("FR-fr", "fr")],
)
def test_the_preferred_language(accepted: str, language: str) -> None:
    assert preferred_language(accepted) is Language(language)


async def test_the_rule_stays_as_it_is(desk: Desk) -> None:
    """Two publications of one record by two rules could be compared."""
    await decide(desk)
    assert (await decide(desk, 1, fewest=4)).status_code == 200
    await night(desk)
    for changes in (
        {"fewest": 3},
        {"fewest": 4, "grid": "half_degree"},
        {"region": decision()["region"] | {"west": -7}},
    ):
        answer = await decide(desk, 2, **({"fewest": 4} | changes))
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    other = await decide(desk, 2, fewest=4, title="Another title", public_name="another-name")
    assert other.status_code == 200
    assert (await get(desk)).status_code == 404
    assert (await get(desk, "/v1/public/another-name/areas.geojson")).json()["metadata"]["title"] == "North valley"
    await night(desk)
    assert (await get(desk, "/v1/public/another-name/areas.geojson")).json()["metadata"]["title"] == "Another title"


async def test_a_name_is_of_one_mission_while_it_publishes(desk: Desk) -> None:
    assert (await decide(desk)).status_code == 200
    taken = await decide(desk, by="other:admin")
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert (await decide(desk, by="other:admin", published=False)).status_code == 200
    assert (await decide(desk, 1, published=False)).status_code == 200
    assert (await decide(desk, 1, by="other:admin")).status_code == 200
    assert (await decide(desk, 2)).status_code == 409


async def test_a_decision_is_of_the_revision_that_was_seen(desk: Desk) -> None:
    both = await asyncio.gather(decide(desk), decide(desk, title="Another"))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert (await decide(desk, 7)).status_code == 412
    seen = (await desk.ask("GET", "/v1/public-areas", by=ADMIN)).json()
    same = {name: seen[name] for name in decision()}
    again = await desk.ask("PUT", "/v1/public-areas", same, by=ADMIN, seen=1)
    assert (again.status_code, again.headers["nothing-changed"], again.json()["revision"]) == (200, "true", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"fewest": 2},
        {"grid": "hundredth_degree"},
        {"public_name": "No"},
        {"public_name": "-dash"},
        {"contact": ""},
        {"region": {"west": 1, "south": 0, "east": 1, "north": 1}},
        {"region": {"west": 1, "south": 0, "east": 2, "north": 91}},
    ],
    ids=str,
)
async def test_a_decision_has_bounds(desk: Desk, changes: dict[str, Any]) -> None:
    assert (await decide(desk, **changes)).status_code == 422


async def test_an_address_has_a_share(platform: Platform, desk: Desk) -> None:
    few = replace(platform, shares=type(platform.shares)(Settings(public_requests_per_minute=3), platform.clock))
    async with desk_of(few) as counted:
        found = [await get(counted, "/v1/public/nobody/areas.geojson") for _ in range(4)]
        assert [answer.status_code for answer in found] == [404, 404, 404, 429]
        assert found[-1].headers["retry-after"]
        assert (await counted.ask("GET", "/v1/public-areas", by=ADMIN)).status_code == 200


async def test_a_mission_whose_edition_cannot_be_made_keeps_no_other_from_its_own(desk: Desk) -> None:
    await decide(desk)
    await decide(desk, by="other:admin", public_name="other-place")
    await night(desk)
    damaged = update(PUBLIC_STANDINGS).where(PUBLIC_STANDINGS.c.mission == "unmix").values(content=b"damaged")
    async with desk.database.of("unmix").write() as transaction:
        await transaction.connection.execute(damaged)
    with capture_logs() as logged:
        assert await night(desk) == 1
    editions_of = {name: await get(desk, f"/v1/public/{name}/areas.geojson") for name in (NAME, "other-place")}
    said = {name: answer.json()["metadata"]["edition"] for name, answer in editions_of.items()}
    assert said == {NAME: "2026-03-02T00:00:00Z", "other-place": "2026-03-03T00:00:00Z"}
    [failed] = [one for one in logged if one["log_level"] == "error"]
    assert failed == {"event": "edition_failed", "moment": "2026-03-03T00:00:00+00:00", "exc_info": True} | {
        "log_level": "error"
    }


async def test_two_records_that_differ_within_cells_and_days_are_the_same_to_everyone(desk: Desk) -> None:
    """In every byte and every header of every feed."""
    await decide(desk)
    await decide(desk, by="other:admin", public_name="other-place")
    for number in range(3):
        here = {"point": {"type": "Point", "coordinates": [-3.91 - number / 50, 17.09]}, "precision": "gps"}
        there = {"point": {"type": "Point", "coordinates": [-3.99, 17.01 + number / 50]}, "precision": "surveyed_point"}
        early, late = ({"occurred_at": f"2026-02-27T{hour}:30:00Z"} for hour in ("02", "21"))
        await reports(desk, 1, location=here, time=early, narrative="A")
        await reports(desk, 1, location=there, time=late, by="other:verifier", target="un_base", casualties=None)
        desk.clock.advance(timedelta(hours=1))
    await night(desk, 2)
    for feed in ("areas.geojson", "areas.csv", "risk-education.geojson"):
        one, other = [await get(desk, f"/v1/public/{name}/{feed}") for name in (NAME, "other-place")]
        assert (one.content, one.headers.raw) == (other.content, other.headers.raw)
        assert b"17.0" in one.content


async def test_missions_are_apart(desk: Desk) -> None:
    await decide(desk)
    await decide(desk, by="other:admin", public_name="other-place", title="Other")
    await reports(desk, 3)
    await reports(desk, 3, by="other:reporter", location=a_report()["location"] | {"place_name": "there"})
    await night(desk, 2)
    here, there = await get(desk), await get(desk, "/v1/public/other-place/areas.geojson")
    assert areas(here) == areas(there)
    assert (here.json()["metadata"]["title"], there.json()["metadata"]["title"]) == ("North valley", "Other")
    assert json.loads(here.content)["metadata"]["edition"] == "2026-03-03T00:00:00Z"
