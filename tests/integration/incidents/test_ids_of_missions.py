"""An id is of its mission: two missions that chose the same one notice nothing of each other, whatever is done."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clearway_incidents.main import STORAGE
from clearway_incidents.storage.tables import INCIDENTS, REVISIONS
from clearway_platform.clock import new_id
from clearway_platform.database.migrations import check, downgrade, upgrade

from .conftest import Desk

OURS, THEIRS = "unmix", "unmiy"
REF = {"external_refs": [{"system": "register", "id": "1"}]}


async def held(desk: Desk, mission: str) -> list[Any]:
    """Every row of the mission."""
    tables = (INCIDENTS, REVISIONS)
    # Up to which revision the words are indexed is forgotten on the way down: the program indexes them again.
    columns = [[column for column in table.c if column.key != "words_of"] for table in tables]
    queries = [select(*own).where(table.c.mission == mission) for table, own in zip(tables, columns, strict=True)]
    return [row for query in queries for row in await desk.rows(query)]


async def two_with_one_id(desk: Desk, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    chosen = {"incident_id": str(new_id()), **changes}
    theirs = await desk.report(f"{THEIRS}:reporter", narrative="theirs", **chosen)
    ours = await desk.report(f"{OURS}:reporter", narrative="ours", **chosen)
    assert ours["incident_id"] == theirs["incident_id"] == chosen["incident_id"]
    return ours, theirs


async def test_each_mission_has_its_own_life_under_the_same_id(desk: Desk) -> None:
    ours, _ = await two_with_one_id(desk, **REF)
    before = await held(desk, THEIRS)
    desk.clock.advance(timedelta(minutes=1))
    made = desk.clock.now().isoformat()
    desk.clock.advance(timedelta(minutes=1))
    merged = await desk.step(await desk.report(f"{OURS}:reporter"), "merge", {"survivor_id": ours["incident_id"]})
    await desk.step(merged, "unmerge")
    graded = await desk.step(await desk.read(ours), "grade", {"info_credibility": "2"}, by=f"{OURS}:verifier:grader")
    ours = await desk.clear(await desk.step(await desk.step(graded, "review"), "verify"))
    assert await held(desk, THEIRS) == before
    for by, narrative in ((OURS, "ours"), (THEIRS, "theirs")):
        reader = f"{by}:verifier"
        then = await desk.read(ours, by=reader, as_of=made)
        [listed] = (await desk.ask("GET", by=reader, as_of=made)).json()["items"]
        assert (then["revision"], listed["revision"]) == (1, 1)
        assert [narrative in str(one) for one in (then, listed)] == [True, True]
        revisions = (await desk.ask("GET", f"/{ours['incident_id']}/revisions", by=reader)).json()["items"]
        assert len(revisions) == (1 if by == THEIRS else ours["revision"])


async def test_a_repeat_is_the_missions_own(desk: Desk) -> None:
    ours, _ = await two_with_one_id(desk)
    again = await desk.ask("POST", body={"incident_id": ours["incident_id"]}, by=f"{OURS}:reporter")
    assert again.status_code == 422
    other = await desk.ask("GET", f"/{ours['incident_id']}", by="unmiz:operator")
    assert other.status_code == 404


async def test_the_migration_keeps_what_is_there(desk: Desk, database_url: str) -> None:
    """Up and down: rows, indexes and all. The narrower key takes no second mission."""
    await desk.step(await desk.report(sharing={"tlp": "amber"}), "grade", {"source_reliability": "B"})
    before = await held(desk, OURS)
    await downgrade(database_url, STORAGE.migrations, "0006")
    await upgrade(database_url, STORAGE.migrations)
    assert await check(database_url, STORAGE.metadata) == []
    assert await held(desk, OURS) == before
    await two_with_one_id(desk)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await downgrade(database_url, STORAGE.migrations, "0006")
