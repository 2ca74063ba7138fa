"""Incidents are found by their words, alike on both databases, by those who read them whole and by nobody else."""

from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from sqlalchemy import select, text, update

from clearway_incidents.commands.backlog import INDEXING, Backlog
from clearway_incidents.commands.retention import Retention
from clearway_incidents.commands.revisions import Revisions
from clearway_incidents.domain.words import search_of, words_of
from clearway_incidents.storage.states import INCIDENT
from clearway_incidents.storage.tables import INCIDENT_TEXTS, INCIDENTS
from clearway_platform.messaging.precedence import Precedence
from clearway_platform.service import Platform

from .conftest import Desk, a_report
from .test_comparing import corrected
from .test_who_reads_what import SUBSCRIBER, found

ADMIN = "unmix:admin"
CORPUS = (
    {"narrative": "Suspicious object beside the culvert, km 12"},
    {"narrative": "Objet suspect près du radier, côté ÉCOLE"},
    {"narrative": "جسم مشبوه قرب الجِسر"},
    {"narrative": "Nähe Straße, Fußgänger gewarnt"},
    {"narrative": "snake_case and e-mail@example.org, 30QVD12345"},
    {"narrative": "विस्फोटक सड़क के पास"},
    {"narrative": "ﬁne ½ words ①", "location": a_report()["location"] | {"place_name": "Tin Zaouatène"}},
    {"narrative": "' OR 1=1 -- NEAR(a b) * ^ :*"},
    {"narrative": "culverts and Culvertson", "external_refs": [{"system": "Register", "id": "ACL-77/b"}]},
    {"location": a_report()["location"] | {"admin0": "MLI", "admin1": "Kidal", "admin2": "Tessalit"}},
    {"report": {"organisation": "Brigade «Nord»", "role": "clerk", "contact_ref": "book-7"}},
)
SEARCHES = (
    *("culvert", "CULV", "culvert km", "km culv", "ecole", "École", "pres radier", "الجسر", "جسم", "strasse", "Fuss"),
    *("snake", "case snake", "example org", "30qvd", "सड़क", "सड", "fine", "1", "zaouatene", "tin zaou", "near", "or"),
    *("1=1", "acl", "77 register", "ACL-77/b", "mli kidal", "tessal", "nord", "brigade nord", "book", "nothing", "a"),
    *("NOT culvert", "culvert AND", "culvert OR km", "(culvert)", "narrative:culvert", "words:culvert", "*", "cul*"),
    *("''", "'culvert'", "culvert & km", "culv:*", "\\culvert", "culvert;--", "km 12 culvert object beside the"),
)


def expected(corpus: list[dict[str, Any]], wanted: str) -> list[str]:
    """The incidents of which every word is one, or the beginning of the last one, found one by one."""
    search = search_of(wanted)
    return [
        incident["incident_id"]
        for incident in corpus
        for words in [words_of(incident)]
        if set(search.terms) <= words
        and (search.beginning is None or any(word.startswith(search.beginning) for word in words))
    ]


async def test_a_search_finds_on_both_databases_what_its_words_say(desk: Desk) -> None:
    made = [await desk.read(await desk.report(**report), by=ADMIN) for report in CORPUS]
    seen = set[str]()
    for wanted in SEARCHES:
        if not any(map(str.isalnum, wanted)):
            assert (await desk.ask("GET", by=ADMIN, text=wanted)).status_code == 422
            continue
        assert sorted(await found(desk, ADMIN, text=wanted)) == sorted(expected(made, wanted)), wanted
        seen.update(expected(made, wanted))
    assert len(seen) >= 9  # the searches are no empty ones


async def test_every_form_of_the_list_is_narrowed(desk: Desk) -> None:
    made = await desk.report(narrative="beside the culvert")
    await desk.report(narrative="beside the bridge")
    wanted: dict[str, Any] = {"text": "culv", "by": ADMIN}
    for kind in ("application/json", "application/geo+json", "text/csv", "application/x-ndjson"):
        answer = await desk.ask("GET", headers={"Accept": kind}, **wanted)
        assert answer.text.count(f"/v1/incidents/{made['incident_id']}") >= 1
        assert "bridge" not in answer.text
        assert answer.text.count("/v1/incidents/") == 1
    drawn = (await desk.ask("GET", "/v1/incident-map", bbox="-180,-90,180,90", zoom=3, **wanted)).json()
    counted = (await desk.ask("GET", "/v1/incident-counts", **wanted)).json()
    assert (drawn["total"], counted["total"]) == (1, 1)
    assert [one["properties"]["incident_id"] for one in drawn["features"]] == [made["incident_id"]]


@pytest.mark.parametrize("wanted", ['"red bridge"', "--", "", "a b c d e f g h i j k", "x" * 201])
async def test_a_search_that_cannot_be_is_refused(desk: Desk, wanted: str) -> None:
    answer = await desk.ask("GET", by=ADMIN, text=wanted)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.text"


@pytest.mark.parametrize("sharing", [{"tlp": "red"}, {"classification": "strictly_confidential"}])
async def test_who_sees_it_reduced_or_not_at_all_does_not_find_its_words(desk: Desk, sharing: dict[str, Any]) -> None:
    made = await desk.report(narrative="beside the culvert", sharing=sharing)
    assert await found(desk, ADMIN, text="culvert") == [made["incident_id"]]
    now = desk.clock.now().isoformat()
    queries: tuple[dict[str, Any], ...] = ({}, {"as_of": now})
    for query in queries:
        assert await found(desk, SUBSCRIBER, text="culvert", **query) == []
        for path in ("/v1/incident-map", "/v1/incident-counts"):
            more: dict[str, Any] = {"bbox": "-180,-90,180,90", "zoom": 3} if path.endswith("map") else {}
            answer = await desk.ask("GET", path, by=SUBSCRIBER, text="culvert", **query, **more)
            assert answer.json()["total"] == 0


async def test_marks_of_today_decide_who_finds_what_was_there(desk: Desk) -> None:
    made = await desk.report(narrative="beside the culvert")
    then = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    assert await found(desk, SUBSCRIBER, text="culvert") == [made["incident_id"]]
    await corrected(desk, made, {"sharing": {"tlp": "red"}})
    assert await found(desk, SUBSCRIBER, text="culvert") == []
    assert await found(desk, SUBSCRIBER, text="culvert", as_of=then) == []
    assert await found(desk, ADMIN, text="culvert", as_of=then) == [made["incident_id"]]


async def test_as_of_a_time_the_words_are_those_of_then(desk: Desk) -> None:
    made = await desk.report(narrative="beside the culvert")
    first = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    moved = await corrected(desk, made, {"narrative": "beside the bridge"})
    second = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    await desk.step(moved, "grade", {"info_credibility": "2"}, by="unmix:verifier:Vera")
    here = [made["incident_id"]]
    assert await found(desk, ADMIN, text="culvert") == []
    assert await found(desk, ADMIN, text="bridge") == here
    for moment, words in ((first, "culvert"), (second, "bridge")):
        for wanted in ("culvert", "bridge"):
            assert await found(desk, ADMIN, text=wanted, as_of=moment) == (here if wanted == words else [])
    before = "2026-01-01T00:00:00Z"
    assert await found(desk, ADMIN, text="culvert", as_of=before) == []
    assert await desk.count(INCIDENT_TEXTS) == 2  # a grade adds none


async def test_another_mission_finds_nothing(desk: Desk) -> None:
    await desk.report(narrative="beside the culvert")
    assert await found(desk, "other:admin", text="culvert") == []


async def test_what_retention_removed_is_not_found(desk: Desk, platform: Platform) -> None:
    kept_until = {"retention_until": "2026-03-01T07:00:00Z"}
    made = await desk.report(narrative="beside the culvert", sharing=kept_until)
    first = desk.clock.now().isoformat()
    await corrected(desk, made, {"narrative": "beside the bridge"})
    desk.clock.advance(timedelta(days=7))
    revisions = Revisions(desk.clock, platform.outbox, INCIDENT)
    assert await Retention(revisions, desk.database).apply() == 1
    for wanted in ("culvert", "bridge", "convoy"):
        assert await found(desk, ADMIN, text=wanted) == []
        assert await found(desk, ADMIN, text=wanted, as_of=first) == []
    stored = "\n".join(str(row) for row in await desk.rows(select(text("words FROM incident_words"))))
    assert "culvert" not in stored
    assert "removed" in stored


async def test_rows_of_an_older_program_are_indexed_before_a_search_answers(desk: Desk, platform: Platform) -> None:
    """It knows neither the column nor the table: what it adds is without, and what it changes keeps the old number."""
    with patch("clearway_incidents.commands.revisions.keep_words", AsyncMock()):
        made = await desk.report(narrative="beside the culvert")
    first = desk.clock.now().isoformat()
    async with desk.database.of("unmix").write() as transaction:
        await transaction.connection.execute(update(INCIDENTS).values(words_of=None))
    desk.clock.advance(timedelta(minutes=1))
    # A revision of this program on top of it makes it no more complete.
    await corrected(desk, made, {"narrative": "beside the bridge"})
    answer = await desk.ask("GET", by=ADMIN, text="culvert")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["code"] == "unavailable"
    assert await found(desk, ADMIN) == [made["incident_id"]]
    assert await found(desk, "other:admin", text="culvert") == []
    indexing = Backlog(INDEXING, desk.database, platform.feed, Precedence().after)
    await indexing.clear()
    assert await found(desk, ADMIN, text="culvert") == []
    assert await found(desk, ADMIN, text="bridge") == [made["incident_id"]]
    assert await found(desk, ADMIN, text="culvert", as_of=first) == [made["incident_id"]]
    await indexing.clear()
    assert await desk.count(INCIDENT_TEXTS) == 2
